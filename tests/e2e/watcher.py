"""`podtap watch --all -o json` on a runtime of the tests' own, as tests read it.

PODTAP_TEST_EVIDENCE=DIR keeps the evidence of every death there."""

import json
import os
import subprocess
import time

import session


class Watcher:
    """One watch for many deaths. Use it in a `with`, or close it."""

    def __init__(self, daemon_socket, *options, targets=("--all",), binary=None):
        evidence = os.environ.get("PODTAP_TEST_EVIDENCE")
        kept = ["--evidence", evidence] if evidence else []
        self.process = subprocess.Popen(
            [binary or session.PODTAP, "watch", "-v", "-o", "json", "--runtime-endpoint",
             daemon_socket, *kept, *options, *targets],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self._out = session.Lines(self.process.stdout)
        self._err = session.Lines(self.process.stderr)
        if not self._err.wait(lambda lines: any("armed" in line for line in lines), 30):
            self.process.kill()
            raise AssertionError(f"podtap watch wasn't armed:\n{self._err.text()[-3000:]}")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self, timeout=20):
        return session.end(self.process, self._out, self._err, timeout=timeout)

    def messages(self):
        return "".join(self._err.seen())

    def mark(self):
        return len(self._out.seen())

    def objects(self, mark=0, schema=None):
        found = [json.loads(line) for line in self._out.seen()[mark:]]
        return [one for one in found if schema in (None, one["schema"])]

    def verdicts(self, container_id, mark=0):
        return [one for one in self.objects(mark, "podtap.verdict/v1")
                if one["subject"]["container"].get("id") == container_id]

    def wait_verdict(self, container_id, mark=0, timeout=6):
        """The first verdict about that container after the mark; None: there was none."""
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline and self.process.poll() is None:
            found = self.verdicts(container_id, mark)
            if found:
                return found[0]
            time.sleep(0.01)
        return None
