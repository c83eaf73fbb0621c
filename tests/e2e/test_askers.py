"""On whose behalf a runtime ended a container: who asked is named, and nobody else."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
import unittest

import docker
import session

# Another program within a moment of the kill: its name and arguments are no killer's.
EXECS_AFTER = "import os, sys; os.kill(int(sys.argv[1]), 9); os.execv('/bin/true', ['kubelet'])"
SETUID = "import os, sys; os.setuid(12345); os.kill(int(sys.argv[1]), 9)"
# Asks by the socket, and is gone before anybody can look.
ASKS_AND_GOES = """import os, socket, sys
s = socket.socket(socket.AF_UNIX)
s.connect(sys.argv[1])
s.sendall(f"POST /containers/{sys.argv[2]}/kill HTTP/1.1\\r\\nHost: d\\r\\n\\r\\n".encode())
os._exit(0)"""


class Askers(unittest.TestCase):
    daemon = None

    @classmethod
    def setUpClass(cls):
        cls.daemon = docker.Daemon().start()  # its own: it is told to end

    @classmethod
    def tearDownClass(cls):
        cls.daemon.stop()

    def container(self, name, *options):
        return self.daemon.run(name, "victim", "wait", options=options)

    def verdict(self, name, act):
        """podtap watch's, of the end that `act` brings the container."""
        watch = subprocess.Popen(
            [session.PODTAP, "watch", "-v", "--once", "-o", "json", "--runtime-endpoint",
             self.daemon.host, name], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        with contextlib.ExitStack() as stack:
            stack.callback(watch.wait)
            stack.callback(watch.kill)
            out, err = session.Lines(watch.stdout), session.Lines(watch.stderr)
            self.assertTrue(err.wait(lambda lines: any("armed" in x for x in lines), 20),
                            err.seen())
            time.sleep(1.1)  # what dies sooner is likely at most
            act()
            watch.wait(40)
            objects = [json.loads(line) for line in out.text().splitlines()]
        return next(one for one in objects if one["schema"] == "podtap.verdict/v1")

    def assert_asker(self, verdict, pid):
        self.assertTrue(verdict["asker_known"], verdict["headline"])
        self.assertEqual([one["pid"] for one in verdict["on_behalf_of"]], [pid])
        self.assertIn(f"({pid})", verdict["headline"])

    def assert_nobody(self, verdict):
        self.assertFalse(verdict["asker_known"], verdict["headline"])
        self.assertNotIn("asked by", verdict["headline"])
        self.assertTrue(any("Who asked the runtime is not known" in gap
                            for gap in verdict["gaps"]), verdict["gaps"])

    def ask_and_go(self, name):
        path = self.daemon.host.removeprefix("unix://")
        subprocess.run([sys.executable, "-c", ASKS_AND_GOES, path, name], check=True)

    def test_the_command_that_names_it(self):
        self.container("named")
        asked = []

        def act():
            client = subprocess.Popen(["docker", "-H", self.daemon.host, "kill", "named"],
                                      stdout=subprocess.DEVNULL)
            asked.append(client.pid)
            client.wait()
        self.assert_asker(self.verdict("named", act), asked[0])

    def test_one_that_only_looked(self):
        self.container("looked-at")

        def act():
            self.daemon.docker("inspect", "looked-at")
            self.ask_and_go("looked-at")
        verdict = self.verdict("looked-at", act)
        self.assertEqual(verdict["cause"], "runtime.kill")
        self.assert_nobody(verdict)

    def test_one_that_started_it(self):
        def act():
            self.ask_and_go("begun")
        self.container("begun")
        self.assert_nobody(self.verdict("begun", act))

    def test_one_that_is_only_connected(self):
        self.container("idle")
        with socket.socket(socket.AF_UNIX) as idle:
            def act():
                idle.connect(self.daemon.host.removeprefix("unix://"))
                self.ask_and_go("idle")
            verdict = self.verdict("idle", act)
        self.assert_nobody(verdict)
        self.assertIn(os.getpid(), [one["pid"] for one in verdict["on_behalf_of"]])

    def test_a_killed_shim(self):
        container = self.container("shim")
        with open(f"/proc/{container.pid}/stat", encoding="utf-8") as file:
            shim = int(file.read().rsplit(")", 1)[1].split()[1])
        verdict = self.verdict("shim", lambda: os.kill(shim, signal.SIGKILL))
        self.assert_asker(verdict, os.getpid())
        self.assertIn("killed its shim", verdict["headline"])

    def test_the_daemon_is_told_to_stop(self):
        self.container("ends-with-docker")
        verdict = self.verdict("ends-with-docker",
                               lambda: os.kill(self.daemon.pid, signal.SIGTERM))
        self.daemon.stop_process()
        self.daemon.restart_process()
        self.assertIn(verdict["cause"], ("runtime.stop", "runtime.stop.timeout"))
        self.assert_asker(verdict, os.getpid())
        self.assertIn("told it to stop", verdict["headline"])

    def test_a_killer_that_becomes_another_program(self):
        container = self.container("exec")
        verdict = self.verdict("exec", lambda: subprocess.run(
            [sys.executable, "-c", EXECS_AFTER, str(container.pid)], check=True))
        culprit = verdict["culprit"]
        self.assertIn("python", culprit["comm"])
        self.assertIn("python", culprit["exe"])
        self.assertIn("os.execv", " ".join(culprit["cmdline"]))

    def test_a_killer_that_changed_its_user(self):
        container = self.container("setuid", "--user", "12345")
        verdict = self.verdict("setuid", lambda: subprocess.run(
            [sys.executable, "-c", SETUID, str(container.pid)], check=True))
        self.assertEqual(verdict["culprit"]["uid"], 12345)
        self.assertIn("uid 12345", verdict["headline"])


if __name__ == "__main__":
    unittest.main()
