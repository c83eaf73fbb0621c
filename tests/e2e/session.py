"""podtap as a test sees it: a run to its end, or a session that is armed."""

import dataclasses
import os
import pathlib
import signal
import subprocess
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
# The binary under test; the runner sets it.
PODTAP = os.environ.get("PODTAP", str(HERE.parent.parent / "build/release/bin/podtap"))
NOBODY = 65534


@dataclasses.dataclass
class Outcome:
    """How a finished podtap ended. A status below 0 is the signal that ended it."""
    status: int
    stdout: str
    stderr: str
    seconds: float = 0.0

    def __str__(self):
        return (f"exit status {self.status}\n--- stdout\n{self.stdout}"
                f"--- stderr\n{self.stderr[-4000:]}")


def run(*args, stdin="", cwd=None, timeout=60, binary=None, before=(), user=None, env=None):
    """Runs podtap with these arguments to its end.

    `before` is a command that starts it (unshare, setpriv); `user` a uid to run
    it as."""
    command = [*before, binary or PODTAP, *map(str, args)]
    started = time.monotonic()
    identity = {} if user is None else {"user": user, "group": user, "extra_groups": []}
    done = subprocess.run(command, input=stdin.encode() if isinstance(stdin, str) else stdin,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=cwd,
                          timeout=timeout, check=False, env=env, **identity)
    return Outcome(done.returncode, done.stdout.decode(errors="surrogateescape"),
                   done.stderr.decode(errors="surrogateescape"), time.monotonic() - started)


def run_script(script, *options, **keywords):
    """`podtap run OPTIONS -e SCRIPT`."""
    return run("run", *options, "-e", script, **keywords)


class Lines:
    """Collects a pipe's lines on a thread, so that a test can wait for some."""

    def __init__(self, pipe):
        self._pipe = pipe
        self._lines = []
        self._ended = False
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self):
        for raw in self._pipe:
            with self._changed:
                self._lines.append(raw.decode(errors="surrogateescape"))
                self._changed.notify_all()
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def wait(self, accept, timeout):
        """True once accept(lines) is; False after the timeout or at the pipe's end."""
        with self._changed:
            self._changed.wait_for(lambda: self._ended or accept(self._lines), timeout)
            return accept(self._lines)

    def text(self):
        self._thread.join(timeout=10)
        with self._changed:
            return "".join(self._lines)

    def seen(self):
        with self._changed:
            return list(self._lines)


def end(process, out, err, number=signal.SIGINT, timeout=20):
    """Sends the signal unless it has ended, or kills it; how it ended and what it said."""
    if process.poll() is None:
        process.send_signal(number)
    try:
        process.wait(timeout)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    return Outcome(process.returncode, out.text(), err.text())


class Session:
    """A podtap that keeps running. Use it in a `with`: it never outlives the test."""

    def __init__(self, *args, cwd=None, binary=None, verbose=True):
        # -v makes it say when it is armed.
        extra = ["-v"] if verbose else []
        self._started = time.monotonic()
        self.process = subprocess.Popen([binary or PODTAP, "run", *extra, *map(str, args)],
                                        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, cwd=cwd)
        self.out = Lines(self.process.stdout)
        self.err = Lines(self.process.stderr)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()

    def wait_armed(self, timeout=20):
        if not self.err.wait(lambda lines: any("armed" in line for line in lines), timeout):
            self.process.kill()
            raise AssertionError(f"podtap wasn't armed within {timeout} s:\n{self.finish(5)}")
        return self

    def wait_lines(self, count, timeout=20):
        """Waits for `count` lines on stdout and gives those that came, without newlines."""
        self.out.wait(lambda lines: len(lines) >= count, timeout)
        return [line.rstrip("\n") for line in self.out.seen()]

    def stop(self, number=signal.SIGINT, timeout=20):
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.finish(timeout)

    def finish(self, timeout=30):
        try:
            status = self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"podtap didn't end within {timeout} s; stdout so far:\n"
                                 f"{self.out.text()[-2000:]}\nstderr:\n"
                                 f"{self.err.text()[-2000:]}") from None
        return Outcome(status, self.out.text(), self.err.text(),
                       time.monotonic() - self._started)
