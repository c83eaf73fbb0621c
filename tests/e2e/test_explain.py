"""`podtap explain`: what codes mean, without root and without a container."""

import json
import os
import subprocess
import unittest

import session


def explain(*codes):
    return session.run("explain", *codes)


class Explain(unittest.TestCase):
    def test_an_exit_code(self):
        done = explain("137")
        self.assertEqual((done.status, done.stderr), (0, ""))
        self.assertTrue(done.stdout.startswith("137: exit code, 128 + 9, SIGKILL\n"), done.stdout)
        for word in ("OOM", "wrapper", "podtap watch"):
            self.assertIn(word, done.stdout)
        self.assertLessEqual(max(map(len, done.stdout.splitlines())), 80)
        self.assertNotIn("\x1b", done.stdout)

    def test_a_wait_status_is_what_the_kernel_gives(self):
        status = subprocess.run(["sh", "-c", "kill -SEGV $$"], check=False).returncode
        self.assertEqual(status, -11)
        self.assertIn("ended by SIGSEGV, core dumped", explain("0x8b").stdout)
        pid = os.fork()
        if pid == 0:
            os._exit(3)
        raw = os.waitpid(pid, 0)[1]
        self.assertIn("exit code 3", explain(str(raw)).stdout)

    def test_signals_reasons_and_causes(self):
        for code in ("SIGSYS", "sigkill", "9", "OOMKilled", "Error", "Completed",
                     "ContainerCannotRun", "CrashLoopBackOff", "StartError", "DeadlineExceeded",
                     "Evicted", "NodeLost", "CreateContainerConfigError", "ImagePullBackOff",
                     "RunContainerError", "killed.host", "oom.pod", "unknown"):
            with self.subTest(code):
                done = explain(code)
                self.assertEqual((done.status, done.stderr), (0, ""))
                self.assertGreater(len(done.stdout.splitlines()), 2)

    def test_every_cause_of_the_schema(self):
        path = session.HERE.parent.parent / "docs/schema/podtap.verdict.v1.schema.json"
        causes = json.loads(path.read_text())["properties"]["cause"]["enum"]
        self.assertGreater(len(causes), 30)
        done = explain(*causes, "-o", "json")
        self.assertEqual(done.status, 0, done.stderr)
        said = [json.loads(line) for line in done.stdout.splitlines()]
        self.assertEqual([one["code"] for one in said], causes)

    def test_json(self):
        done = explain("143", "-o", "json")
        one = json.loads(done.stdout)
        self.assertEqual((one["schema"], one["code"]), ("podtap.explanation/v1", "143"))
        self.assertEqual(one["readings"][0]["entries"][1]["name"], "SIGTERM")

    def test_an_unknown_code(self):
        done = explain("OMKilled")
        self.assertEqual((done.status, done.stdout), (1, ""))
        self.assertEqual(done.stderr, "podtap: no explanation for `OMKilled`; near: OOMKilled\n")
        # What is known is told all the same.
        done = explain("OMKilled", "137")
        self.assertEqual(done.status, 1)
        self.assertIn("SIGKILL", done.stdout)
        done = explain("\x1b[2J")
        self.assertEqual(done.status, 1)
        self.assertNotIn("\x1b", done.stderr)

    def test_wrong_usage(self):
        for options in ((), ("137", "-o", "xml"), ("--no-such-option",)):
            self.assertEqual(explain(*options).status, 2, options)

    def test_without_root(self):
        done = session.run("explain", "139", user=session.NOBODY)
        self.assertEqual((done.status, done.stderr), (0, ""))
        self.assertIn("SIGSEGV", done.stdout)
