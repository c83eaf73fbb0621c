"""`podtap top` on a pseudo-terminal, with real containers and a real recorder."""

import json
import os
import pathlib
import signal
import subprocess
import tempfile
import time
import unittest

import recording
import schema
import screen
import session
import stage

USAGE = 2
NO_RUNTIME = "unix:///run/podtap-no-such.sock"
LFLAG = 3  # of termios.tcgetattr()


class Top(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.stage = stage.Stage("docker", "top")
        cls.addClassCleanup(cls.stage.__exit__, None, None, None)
        cls.stage.__enter__()
        store = recording.Store()
        cls.addClassCleanup(store.__exit__, None, None, None)
        cls.store = store.__enter__()
        cls.host = cls.stage.daemon.host
        cls.recorder = recording.Recorder(store=cls.store, sockets=[cls.host]).wait_recording()
        cls.addClassCleanup(cls.recorder.stop)
        time.sleep(2)  # a death in the first second is likely, not proven

    def words(self, *options, store=None, host=None):
        return ["top", "--store", store or self.store, "--runtime-endpoint", host or self.host,
                *options]

    def open(self, *options, **keywords):
        shown = screen.Screen([session.PODTAP, *self.words(*options)], **keywords)
        self.addCleanup(shown.close)
        return shown

    def name_of(self, container):
        return self.stage.daemon.docker("inspect", "-f", "{{.Name}}",
                                        container.id).stdout.decode().strip().lstrip("/")

    def test_a_death_and_its_story(self):
        container = self.stage.run("victim", "wait")
        name = self.name_of(container)
        top = self.open("--delay", "0.5")
        top.wait_for(name)
        self.assertTrue(top.alternate)
        self.assertFalse(top.cursor)
        self.assertIn("Recording since", top.text())
        self.assertIn("running", next(line for line in top.text().splitlines() if name in line))
        killer = subprocess.Popen(["kill", "-KILL", str(container.pid)])
        killer.wait()
        started = time.monotonic()
        top.wait_for(f"killed.host by kill({killer.pid})")
        self.assertLess(time.monotonic() - started, 5)
        line = next(line for line in top.text().splitlines() if name in line)
        self.assertIn("exited", line)
        self.assertIn("LATEST DEATHS", top.text())
        top.press(f"/{name}\r")
        top.wait_for(f"only /{name}")
        top.press("\r")
        top.wait_for("Exit       137: SIGKILL")
        self.assertIn("Killer", top.text())
        top.press("\x1b")
        top.wait_for("q quit")
        top.press("h")
        top.wait_for("Any key goes back")
        top.press("x")
        top.wait_for("q quit")
        top.press("q")
        self.left_well(top, 0)

    def left_well(self, top, status):
        self.assertEqual(top.exit_status(), status, top.text())
        self.assertTrue(top.wait(lambda _: not top.alternate and top.cursor))
        self.assertEqual(top.settings()[LFLAG], top.before[LFLAG])

    def test_however_it_ends_the_terminal_is_as_before(self):
        for end in ("\x03", "q", signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
            with self.subTest(end=end):
                top = self.open()
                top.wait_for("q quit")
                self.assertNotEqual(top.settings()[LFLAG], top.before[LFLAG])
                if isinstance(end, str):
                    top.press(end)
                else:
                    top.signal(end)
                self.left_well(top, 0)

    def test_stopped_and_continued(self):
        top = self.open()
        top.wait_for("q quit")
        top.signal(signal.SIGTSTP)
        self.assertTrue(recording.wait_for(
            lambda: not top.alternate and top.settings()[LFLAG] == top.before[LFLAG]))
        self.assertTrue(top.cursor)
        top.signal(signal.SIGCONT)
        self.assertTrue(top.wait(lambda _: top.alternate))
        top.wait_for("q quit")
        top.press("q")
        self.left_well(top, 0)

    def test_another_size(self):
        container = self.stage.run("victim", "wait")
        name = self.name_of(container)
        top = self.open(columns=120, lines=40)
        top.wait_for(name)
        top.resize(60, 12)
        top.signal(signal.SIGWINCH)
        self.assertTrue(top.wait(lambda text: text.split("\n")[11].startswith("q quit")),
                        top.text())
        self.assertTrue(all(column < 60 for _, column in top.cells))

    def test_once(self):
        container = self.stage.run("victim", "wait")
        done = session.run(*self.words("--once"))
        self.assertEqual((done.status, done.stderr), (0, ""), done)
        self.assertIn(self.name_of(container), done.stdout)
        self.assertNotIn("\x1b", done.stdout)

    def test_json(self):
        container = self.stage.run("victim", "wait")
        name = self.name_of(container)
        done = session.run(*self.words("--once", "-o", "json"))
        self.assertEqual(done.status, 0, done)
        node = json.loads(done.stdout)
        schema.check(node)
        one, = [row for row in node["containers"] if row["target"] == name]
        self.assertEqual(one["state"], "running")
        self.assertEqual(node["recorder"]["state"], "runs")
        # Again and again, until nobody reads it.
        with subprocess.Popen([session.PODTAP, *map(str, self.words("-o", "json", "-d", "0.2"))],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            for _ in range(3):
                schema.check(json.loads(process.stdout.readline()))
            process.stdout.close()
            process.wait(10)

    def test_without_a_runtime_and_without_a_recorder(self):
        with recording.Store() as store:
            with recording.Recorder(store=store, sockets=[self.host]):
                pass
            stopped = session.run(*self.words("--once", store=store, host=NO_RUNTIME))
            self.assertEqual(stopped.status, 0, stopped)
            self.assertIn("Nobody has recorded since", stopped.stdout)
            self.assertIn("podtap-no-such.sock", stopped.stdout)
        with tempfile.TemporaryDirectory(prefix="podtap-top-") as folder:
            none = session.run(*self.words("--once", store=pathlib.Path(folder) / "none"))
            self.assertEqual(none.status, 0, none)
            self.assertIn("nothing was recorded", none.stdout)

    def test_a_recorder_that_was_killed(self):
        with recording.Store() as store:
            recorder = recording.Recorder(store=store, sockets=[self.host]).wait_recording()
            recorder.stop(signal.SIGKILL)
            done = session.run(*self.words("--once", store=store))
            self.assertIn("The recorder was killed", done.stdout)

    def test_from_a_pid_namespace_of_its_own(self):
        """The recorder can't be seen from there, which doesn't mean that it was killed."""
        done = session.run(*self.words("--once"),
                           before=["unshare", "--pid", "--fork", "--mount-proc", "sh", "-c",
                                   '"$@"; exit $?', "sh"])
        self.assertEqual(done.status, 0, done)
        self.assertIn("Recording since", done.stdout)

    def test_no_terminal(self):
        done = session.run(*self.words())
        self.assertEqual((done.status, done.stdout), (USAGE, ""), done)
        self.assertEqual(done.stderr.count("\n"), 1, done)
        self.assertIn("--once", done.stderr)

    def test_a_hostile_name(self):
        # Docker's names are tame; a process' own isn't.
        container = self.stage.run("victim", "as", "\x1b[2J\x1b[1;31m", "wait")
        time.sleep(0.3)
        os.kill(container.pid, signal.SIGKILL)
        self.assertTrue(self.recorder.wait_death(container.id))
        top = self.open(columns=200)
        top.wait_for(self.name_of(container))
        top.wait_for("killed \\x1b[2J\\x1b[1;31m(")
        top.press("q")
        self.left_well(top, 0)


if __name__ == "__main__":
    unittest.main()
