"""`podtap top` where not all can be known: runtimes that hang, deaths nobody recorded."""

import contextlib
import json
import os
import signal
import socket
import tempfile
import threading
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


@contextlib.contextmanager
def hanging_runtime():
    """A socket that takes connections and never answers."""
    with tempfile.TemporaryDirectory(prefix="podtap-top-") as folder:
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind(f"{folder}/hang.sock")
            listening.listen(64)
            yield f"unix://{folder}/hang.sock"


class Relay:
    """A socket through which a daemon answers, until it is held."""

    def __init__(self, host):
        self._host = host.removeprefix("unix://")
        self._folder = tempfile.TemporaryDirectory(prefix="podtap-top-")
        self._listening = socket.socket(socket.AF_UNIX)
        self._listening.bind(f"{self._folder.name}/relay.sock")
        self._listening.listen(64)
        self.host = f"unix://{self._folder.name}/relay.sock"
        self.goes = threading.Event()
        self.goes.set()
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.goes.set()
        self._listening.close()
        self._folder.cleanup()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listening.accept()
                daemon = socket.socket(socket.AF_UNIX)
                daemon.connect(self._host)
                for source, target in ((client, daemon), (daemon, client)):
                    threading.Thread(target=self._copy, args=(source, target), daemon=True).start()

    def _copy(self, source, target):
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                self.goes.wait()
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)


class Trouble(unittest.TestCase):
    def setUp(self):
        self.closing = contextlib.ExitStack()
        self.addCleanup(self.closing.close)
        self.store = self.closing.enter_context(recording.Store())

    def words(self, *options, host):
        return ["top", "--store", self.store, "--runtime-endpoint", host, *options]

    def once(self, *options, host):
        done = session.run(*self.words("--once", "--timeout", "1", *options, host=host))
        self.assertEqual((done.status, done.stderr), (0, ""), done)
        return done.stdout

    def json(self, *options, host):
        node = json.loads(self.once("-o", "json", *options, host=host))
        schema.check(node)
        return node

    def open(self, *words, **keywords):
        shown = screen.Screen([session.PODTAP, *words], **keywords)
        self.addCleanup(shown.close)
        return shown

    def left_well(self, top, status=0, timeout=10):
        self.assertEqual(top.exit_status(timeout), status, top.text())
        self.assertTrue(top.wait(lambda _: not top.alternate and top.cursor and top.wraps))
        self.assertEqual(top.settings()[LFLAG], top.before[LFLAG])

    def name_of(self, scene, container):
        return scene.daemon.docker("inspect", "-f", "{{.Name}}",
                                   container.id).stdout.decode().strip().lstrip("/")

    # ------------------------------------------------------------------- runtimes
    def test_a_runtime_that_hangs_holds_up_no_key_and_not_the_end(self):
        host = self.closing.enter_context(hanging_runtime())
        top = self.open(*self.words("--timeout", "1", "--delay", "0.2", host=host))
        top.wait_for("no answer in time")
        started = time.monotonic()
        top.press("h")
        top.wait_for("Any key goes back", 1)
        top.press("x/ab")
        top.wait_for("/ab_", 1)
        self.assertLess(time.monotonic() - started, 1)
        top.press("\x1b")
        top.wait_for("q quit")
        top.press("q")
        self.left_well(top)
        patient = self.open(*self.words("--timeout", "60", host=host))
        patient.wait_for("asking")
        patient.press("q")
        self.left_well(patient, timeout=2)

    def test_an_old_picture_is_marked(self):
        scene = self.closing.enter_context(stage.Stage("docker", "top"))
        relay = self.closing.enter_context(Relay(scene.daemon.host))
        name = self.name_of(scene, scene.run("victim", "wait"))
        top = self.open(*self.words("--timeout", "20", "--delay", "0.2", host=relay.host))
        top.wait_for(name)
        relay.goes.clear()
        self.assertTrue(top.wait(lambda text: "s old]" in text.split("\n")[0], 10), top.text())
        self.assertIn(name, top.text())
        relay.goes.set()
        self.assertTrue(top.wait(lambda text: "s old]" not in text, 10), top.text())
        top.press("q")
        self.left_well(top)

    def killed_while_recorded(self):
        """A container whose death a recorder has kept that runs no more: (stage, it, its name)."""
        scene = self.closing.enter_context(stage.Stage("docker", "top"))
        container = scene.run("victim", "wait")
        name = self.name_of(scene, container)
        with recording.Recorder(store=self.store, sockets=[scene.daemon.host]) as recorder:
            time.sleep(1)
            os.kill(container.pid, signal.SIGKILL)
            self.assertTrue(recorder.wait_death(container.id), recorder.messages())
        return scene, container, name

    def test_what_no_runtime_could_be_asked_for_is_not_gone(self):
        scene, container, name = self.killed_while_recorded()
        # By name: other containers of this machine can be seen by their cgroups.
        node = self.json(name, host=NO_RUNTIME)
        self.assertEqual([(one["target"], one["state"]) for one in node["containers"]],
                         [(name, "unknown")])
        self.assertNotIn("running", node)
        scene.daemon.docker("rm", "-f", container.id)
        node = self.json(name, host=scene.daemon.host)
        self.assertEqual([(one["target"], one["state"]) for one in node["containers"]],
                         [(name, "gone")])

    # -------------------------------------------------------------------- the store
    def test_a_later_end_that_nobody_recorded(self):
        scene, container, name = self.killed_while_recorded()
        time.sleep(6)  # a runtime may tell of the same end five seconds later
        scene.daemon.docker("start", container.id)
        scene.daemon.docker("kill", container.id)
        node = self.json(name, host=scene.daemon.host)
        one, = node["containers"]
        self.assertNotIn("last_death", one, "it accuses whoever killed it before")
        self.assertEqual(one["unrecorded_end"]["exit_code"], 137)
        self.assertEqual(node["recorder"]["state"], "stopped")
        self.assertGreater(node["blind_seconds_last_hour"], 4)
        top = self.open(*self.words(name, host=scene.daemon.host), columns=110)
        top.wait_for("137 SIGKILL, not recorded")
        top.press("\r")
        top.wait_for(f"podtap why {name}")
        top.press("q")
        top.wait_for("q quit")
        top.press("q")
        self.left_well(top)

    def test_without_a_store_and_without_a_runtime(self):
        text = self.once("no-such-one", host=NO_RUNTIME)
        self.assertIn("podtap record", text)
        self.assertIn("containers aren't known", text)
        self.assertNotIn("deaths", text.splitlines()[0])
        self.assertNotIn("deaths_last_hour", self.json(host=NO_RUNTIME))

    # ------------------------------------------------------------------ the command
    def test_targets(self):
        scene = self.closing.enter_context(stage.Stage("docker", "top"))
        one, other = (scene.run("victim", "wait") for _ in range(2))
        name = self.name_of(scene, one)
        for target in (name, f"pid:{one.pid}", f"docker://{one.id}"):
            with self.subTest(target=target):
                node = self.json(target, host=scene.daemon.host)
                self.assertEqual([row["target"] for row in node["containers"]], [name])
                self.assertEqual(node["running"], 1)
        del other
        nobody = self.json("no-such-one", host=scene.daemon.host)
        self.assertEqual(nobody["containers"], [])
        self.assertTrue(any("no-such-one" in problem for problem in nobody["problems"]), nobody)

    def test_wrong_options_are_told_before_the_screen_is_taken(self):
        for options in (["--timeout", "0"], ["--runtime-endpoint", "tcp://x"], ["a/b/c/d"]):
            with self.subTest(options=options):
                top = self.open("top", *options)
                self.assertEqual(top.exit_status(), USAGE, top.text())
                self.assertFalse(top.alternate)
                self.assertIn("podtap: ", top.text())

    def test_a_story_follows_the_size(self):
        scene = self.closing.enter_context(stage.Stage("docker", "top"))
        container = scene.run("victim", "wait")
        with recording.Recorder(store=self.store, sockets=[scene.daemon.host]) as recorder:
            time.sleep(1)
            os.kill(container.pid, signal.SIGKILL)
            self.assertTrue(recorder.wait_death(container.id), recorder.messages())
        top = self.open(*self.words(self.name_of(scene, container), host=scene.daemon.host),
                        columns=120, lines=40)
        top.wait_for("killed.host")
        top.press("\r")
        top.wait_for("Killer")
        top.resize(60, 40)
        self.assertTrue(top.wait(lambda text: max(map(len, text.split("\n"))) <= 60
                                 and "Killer" in text and "…" not in text), top.text())
        top.press("q")
        top.wait_for("q quit")
        top.press("q")
        self.left_well(top)

    def test_stopped_so_that_nobody_sees_it(self):
        top = self.open(*self.words(host=NO_RUNTIME))
        top.wait_for("q quit")
        top.signal(signal.SIGSTOP)
        time.sleep(0.2)
        # As a shell does it.
        screen.termios.tcsetattr(top._fd, screen.termios.TCSANOW, top.before)
        top.signal(signal.SIGCONT)
        self.assertTrue(recording.wait_for(
            lambda: top.settings()[LFLAG] != top.before[LFLAG]))
        top.wait_for("q quit")
        top.press("q")
        self.left_well(top)


if __name__ == "__main__":
    unittest.main()
