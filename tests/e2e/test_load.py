"""A million matching signals: every line is printed or counted as lost."""

import os
import pathlib
import re
import signal
import subprocess
import tempfile
import time
import unittest

import session

SCRIPT = (pathlib.Path(__file__).parent / "sg.stp").read_text(encoding="utf-8")
TOTAL = 1_000_000


class Load(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="podtap-load-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def storm(self, total, *options):
        """Two processes send `total` ignored signals; gives (lines, outcome)."""
        victim = subprocess.Popen(["sleep", "1000"])
        self.addCleanup(victim.wait)
        self.addCleanup(victim.kill)
        script = self.folder / "sg.stp"
        script.write_text(SCRIPT.replace("7942", str(victim.pid)), encoding="utf-8")
        out = self.folder / "out.txt"
        with open(out, "wb") as stdout:
            process = subprocess.Popen([session.PODTAP, "run", "-v", *options, str(script)],
                                       stdout=stdout, stderr=subprocess.PIPE)
        err = session.Lines(process.stderr)
        try:
            self.assertTrue(err.wait(lambda lines: any("armed" in l for l in lines), 20))
            self.send_by_two(victim.pid, total)
            time.sleep(0.5)
            process.send_signal(signal.SIGINT)
            status = process.wait(60)
        finally:
            process.kill()
        return out, session.Outcome(status, "", err.text())

    @staticmethod
    def send(pid, count):
        number = signal.SIGURG
        for _ in range(count):
            os.kill(pid, number)
        os._exit(0)

    @classmethod
    def send_by_two(cls, pid, total):
        senders = []
        for _ in range(2):
            sender = os.fork()
            if sender == 0:
                cls.send(pid, total // 2)
            senders.append(sender)
        for sender in senders:
            os.waitpid(sender, 0)

    def check(self, out, outcome, total):
        counts = [0, 0, 0]
        patterns = (re.compile(rb"python3?(\.\d+)?\(\d+\) send SIGURG to sleep\(\d+\)"),
                    re.compile(rb"parent of sender: .+\(\d+\)"),
                    re.compile(rb"task_ancestry:swapper/0\(0m0\.000000000s\)=>.+s\)"))
        with open(out, "rb") as file:
            for line in file:
                for which, pattern in enumerate(patterns):
                    if pattern.fullmatch(line.rstrip(b"\n")):
                        counts[which] += 1
                        break
                else:
                    self.fail(f"a line that nobody printed: {line!r}")
        self.assertEqual(outcome.status, 0, outcome)
        lost_lines = [l for l in outcome.stderr.splitlines() if "lost" in l.lower()]
        if counts == [total] * 3:
            self.assertEqual(lost_lines, [])
            return
        # What is missing stands on stderr, exactly: hits or lines.
        self.assertTrue(lost_lines, f"{counts} of {total} and not a word of the loss")
        numbers = {int(n) for line in lost_lines for n in re.findall(r"\d+", line)}
        missing = 3 * total - sum(counts)
        self.assertTrue({missing, missing // 3} & numbers, f"{missing} missing, told: {lost_lines}")

    def test_a_million_signals(self):
        out, outcome = self.storm(TOTAL)
        self.check(out, outcome, TOTAL)

    def test_a_tiny_buffer_loses_and_says_so(self):
        # A stopped reader can't keep up, whatever the machine: the loss must be exact.
        victim = subprocess.Popen(["sleep", "1000"])
        self.addCleanup(victim.wait)
        self.addCleanup(victim.kill)
        script = ('probe signal.send { if (sig_pid == target()) '
                  'printf("%s %d\\n", execname(), pid()) }')
        total = 200_000
        with session.Session("-s", "1", "-x", victim.pid, "-e", script) as podtap:
            podtap.wait_armed()
            podtap.process.send_signal(signal.SIGSTOP)
            sender = os.fork()
            if sender == 0:
                self.send(victim.pid, total)
            os.waitpid(sender, 0)
            podtap.process.send_signal(signal.SIGCONT)
            time.sleep(0.5)
            outcome = podtap.stop()
        printed = outcome.stdout.count("\n")
        self.assertLess(printed, total)
        self.assertGreater(printed, 100)
        self.assertEqual(outcome.status, 0, outcome.stderr)
        numbers = {int(n) for line in outcome.stderr.splitlines() if "lost" in line.lower()
                   for n in re.findall(r"\d+", line)}
        self.assertIn(total - printed, numbers, outcome.stderr)

    def test_counting_in_the_kernel_loses_nothing(self):
        victim = subprocess.Popen(["sleep", "1000"])
        self.addCleanup(victim.wait)
        self.addCleanup(victim.kill)
        script = ('global hits, by probe signal.send { if (sig_pid == target()) '
                  '{ hits++; by[sig_name]++ } } '
                  'probe end { printf("%d %d\\n", hits, by["SIGURG"]) }')
        with session.Session("-x", victim.pid, "-e", script) as podtap:
            podtap.wait_armed()
            self.send_by_two(victim.pid, 200_000)
            outcome = podtap.stop()
        self.assertEqual((outcome.status, outcome.stdout), (0, "200000 200000\n"), outcome)


if __name__ == "__main__":
    unittest.main()
