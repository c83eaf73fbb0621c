"""`podtap report`: a page about real deaths, as Chromium shows it in light and in dark."""

import html.parser
import json
import os
import pathlib
import subprocess
import tempfile
import time
import unittest

import png
import recording
import schema
import session
import stage

NOT_FOUND, USAGE = 1, 2
WIDTH, HEIGHT = 800, 500
# https://www.w3.org/TR/WCAG21/#contrast-minimum
LEAST_CONTRAST = 4.5


def luminance(colour):
    parts = [part / 255 for part in colour]
    parts = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def contrast(one, other):
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


class Outline(html.parser.HTMLParser):
    """What the page would load, and its text."""

    def __init__(self, page):
        super().__init__()
        self.links, self.loads, self.texts = [], [], []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attrs):
        for name, value in attrs:
            if name == "href":
                self.links.append(value)
            if name in ("src", "srcset", "data", "action", "background") or name.startswith("on"):
                self.loads.append((tag, name, value))
        if tag in ("script", "link", "iframe", "object", "img"):
            self.loads.append((tag, attrs))

    def handle_data(self, data):
        self.texts.append(data)

    @property
    def text(self):
        return "".join(self.texts)


class Report(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.stage = stage.Stage("docker", "report")
        cls.addClassCleanup(cls.stage.__exit__, None, None, None)
        cls.stage.__enter__()
        store = recording.Store()
        cls.addClassCleanup(store.__exit__, None, None, None)
        cls.store = store.__enter__()
        with recording.Recorder(store=cls.store, sockets=[cls.stage.daemon.host]) as recorder:
            time.sleep(2)  # a death in the first second is likely, not proven
            cls.container = cls.stage.run("victim", "wait")
            cls.killer = subprocess.Popen(["kill", "-KILL", str(cls.container.pid)])
            cls.killer.wait()
            assert recorder.wait_death(cls.container.id), recorder.messages()
        folder = tempfile.TemporaryDirectory(prefix="podtap-report-")
        cls.addClassCleanup(folder.cleanup)
        cls.folder = pathlib.Path(folder.name)

    def report(self, *options):
        done = session.run("report", "--store", self.store, *options)
        self.assertEqual((done.status, done.stderr), (0, ""), done)
        return done.stdout

    def ours(self, deaths):
        return [one for one in deaths if one["container_id"] == self.container.id]

    def screenshot(self, page, scheme):
        """As the window shows it to a reader whose system is `scheme`, 0 dark or 1 light."""
        source, picture = self.folder / "page.html", self.folder / f"{scheme}.png"
        source.write_text(page, encoding="utf-8")
        subprocess.run(
            ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
             f"--user-data-dir={self.folder / 'profile'}",
             f"--blink-settings=preferredColorScheme={scheme}", f"--window-size={WIDTH},{HEIGHT}",
             f"--screenshot={picture}", source.as_uri()],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=90, check=True)
        return png.read(picture)

    def test_the_page_tells_the_death(self):
        outline = Outline(self.report("--since", "1h"))
        self.assertEqual(outline.loads, [])
        self.assertTrue(outline.links)
        self.assertTrue(all(link.startswith("#death-") for link in outline.links), outline.links)
        self.assertIn(f"kill({self.killer.pid})", outline.text)
        self.assertIn(self.container.id[:12], outline.text)
        self.assertIn("killed.host", outline.text)
        # It recorded for some seconds of that hour.
        self.assertIn("Nobody recorded for", outline.text)

    def test_json(self):
        page = json.loads(self.report("--since", "1h", "-o", "json"))
        schema.check(page)
        death, = self.ours(page["deaths"])
        self.assertEqual((death["cause"], death["confidence"]), ("killed.host", "proven"))
        self.assertEqual(death["killer"]["name"], "kill")
        self.assertIn("kill", [one["killer"].get("name") for one in page["killers"]])
        self.assertGreater(page["unwatched_seconds"], 3000)
        self.assertEqual(page["blind"][0]["why"], "not running")

    def test_a_time_without_deaths(self):
        page = Outline(self.report("--until", "1h", "--since", "2h"))
        self.assertIn("No container died here", page.text)

    def test_looks_right_in_light_and_dark(self):
        page = self.report("--since", "1m")
        grounds = {}
        for scheme in (0, 1):
            width, height, rows = self.screenshot(page, scheme)
            self.assertEqual((width, height), (WIDTH, HEIGHT))
            ground = rows[2][2]
            colours = {pixel for row in rows for pixel in row}
            self.assertGreater(max(contrast(ground, one) for one in colours), LEAST_CONTRAST)
            # Letters, marks, figures: not an empty page.
            drawn = sum(pixel != ground for row in rows for pixel in row)
            self.assertGreater(drawn, WIDTH * HEIGHT // 50)
            grounds[scheme] = ground
        self.assertLess(luminance(grounds[0]), 0.05)
        self.assertGreater(luminance(grounds[1]), 0.9)

    def test_trouble(self):
        empty = session.run("report", "--store", self.folder / "nothing")
        self.assertEqual((empty.status, empty.stdout), (NOT_FOUND, ""), empty)
        for options in (["--since", "yesterdayish"], ["--since", "1h", "--until", "2h"]):
            wrong = session.run("report", "--store", self.store, *options)
            self.assertEqual(wrong.status, USAGE, wrong)
            self.assertEqual(wrong.stderr.count("\n"), 1, wrong)

    def test_a_terminal_gets_no_page(self):
        done = subprocess.run(
            ["script", "-qec", f"{session.PODTAP} report --store {self.store}", os.devnull],
            stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, timeout=30, check=False)
        self.assertEqual(done.returncode, USAGE, done.stdout)
        self.assertIn(b"podtap report > deaths.html", done.stdout)
        self.assertNotIn(b"<html", done.stdout)

    def test_a_full_disk(self):
        with open("/dev/full", "wb") as full:
            done = subprocess.run([session.PODTAP, "report", "--store", str(self.store)],
                                  stdout=full, stderr=subprocess.PIPE, timeout=30, check=False)
        self.assertEqual(done.returncode, 5, done.stderr)
        self.assertIn(b"No space left", done.stderr)


if __name__ == "__main__":
    unittest.main()
