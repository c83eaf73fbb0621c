"""Nothing is left of a test daemon, whatever becomes of the test."""

import os
import pathlib
import re
import signal
import subprocess
import sys
import time
import unittest

import leftovers

HERE = pathlib.Path(__file__).resolve().parent


class Leftovers(unittest.TestCase):
    def start(self, runtime, cause="killed.host/cron"):
        """tests/e2e/provoke with a container that runs; its folder and ids."""
        process = subprocess.Popen(
            [sys.executable, str(HERE / "provoke"), cause, "--runtime", runtime],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        for pipe in (process.stdin, process.stdout, process.stderr):
            self.addCleanup(pipe.close)
        said = ""
        for line in process.stderr:
            said += line
            if "strikes" in line:
                break
        folder = re.search(r"unix://(/tmp/podtap-e2e-[^/]+)/", said)
        self.assertTrue(folder, said)
        folder = pathlib.Path(folder[1])
        self.assertTrue(folder.is_dir())
        return process, folder, re.findall(r"[0-9a-f]{64}", said)

    def setUp(self):
        self.sockets_before = self.sockets()

    @staticmethod
    def sockets():
        """The sockets of shims that nobody listens on."""
        try:
            names = set(os.listdir("/run/containerd/s"))
        except FileNotFoundError:
            return set()
        used = pathlib.Path("/proc/net/unix").read_text(encoding="utf-8", errors="replace")
        return {name for name in names if name not in used}

    def check_gone(self, folder, ids, timeout=20):
        deadline = time.monotonic() + timeout
        while leftovers.remains(folder, ids) and time.monotonic() < deadline:
            time.sleep(0.5)
        self.assertEqual(leftovers.remains(folder, ids), [])
        if any(other != folder for other in pathlib.Path("/tmp").glob(leftovers.PREFIX + "*")):
            return  # another run's can't be told from ours
        self.assertLessEqual(self.sockets(), self.sockets_before)
        self.assertEqual(list(pathlib.Path("/sys/fs/cgroup").glob("*/system.slice/cron.service")),
                         [])

    def ended(self, runtime):
        process, folder, ids = self.start(runtime)
        self.assertTrue(any("cgroup" in line for line in leftovers.remains(folder, ids)))
        process.communicate("\n", timeout=60)
        self.assertEqual(process.returncode, 0)
        self.assertEqual(leftovers.remains(folder, ids), [])

    def test_end_docker(self):
        self.ended("docker")

    def test_end_cri(self):
        self.ended("cri")

    def stopped(self, runtime, number):
        process, folder, ids = self.start(runtime)
        process.send_signal(number)
        process.wait(60)
        self.check_gone(folder, ids)

    def test_interrupt_docker(self):
        self.stopped("docker", signal.SIGINT)

    def test_terminate_cri(self):
        self.stopped("cri", signal.SIGTERM)

    def test_kill_docker(self):
        self.stopped("docker", signal.SIGKILL)

    def test_kill_cri(self):
        self.stopped("cri", signal.SIGKILL)

    def guardian_killed_too(self, runtime):
        process, folder, ids = self.start(runtime)
        guardian = subprocess.run(["pgrep", "-f", f"leftovers.py {folder}"],
                                  stdout=subprocess.PIPE, check=True).stdout.split()
        self.assertEqual(len(guardian), 1)
        os.kill(int(guardian[0]), signal.SIGKILL)
        process.kill()
        process.wait()
        self.assertNotEqual(leftovers.remains(folder, ids), [])
        leftovers.clear_stale()  # as the next run does
        self.check_gone(folder, ids)

    def test_next_run_docker(self):
        self.guardian_killed_too("docker")

    def test_next_run_cri(self):
        self.guardian_killed_too("cri")

    def test_a_living_owner_keeps_its_folder(self):
        process, folder, ids = self.start("cri")
        leftovers.clear_stale()
        self.assertTrue(folder.is_dir())
        process.communicate("\n", timeout=60)
        self.assertEqual(process.returncode, 0)


if __name__ == "__main__":
    unittest.main()
