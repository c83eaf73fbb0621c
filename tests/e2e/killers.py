"""Processes that kill when told to.

A killer waits at a gate: it is a shell that reads from a fifo and then execs
the command that kills. exec keeps pid, parent and start time, so the test can
look everything up in /proc before it opens the gate, and compare exactly."""

import os
import pathlib
import shlex
import shutil
import subprocess
import tempfile
import time

import proc


class Killer:
    """`command` behind a chain of shells, outermost first ("bash", "sh"). With
    `daemon_name`, the outermost is an orphan, forked twice, of that name."""

    def __init__(self, command, shells=(), daemon_name=None):
        self._folder = pathlib.Path(tempfile.mkdtemp(prefix="podtap-gate-"))
        self._gate = self._folder / "gate"
        os.mkfifo(self._gate)
        pid_file = self._folder / "pid"
        text = (f"echo $$ >{pid_file}.new; mv {pid_file}.new {pid_file}; "
                f"read _ <{self._gate}; exec {shlex.join(command)}")
        # The colon keeps a shell from becoming its last command.
        for shell in reversed(shells):
            text = f"{shell} -c {shlex.quote(text)}; :"
        if daemon_name:
            odd = self._folder / daemon_name
            shutil.copy(shutil.which("busybox") or "/bin/busybox", odd)
            # setsid --fork leaves at once, so that its child is an orphan. Its
            # name is its file's; busybox takes its part from argv[0].
            text = (f"setsid --fork bash -c "
                    + shlex.quote(f"exec -a sh {odd} -c {shlex.quote(text + '; :')}"))
        self._process = subprocess.Popen(["bash", "-c", text], stdin=subprocess.DEVNULL)
        self.pid = self._read_pid(pid_file)
        if daemon_name:
            self._process.wait(10)
        self.levels = proc.ancestry(self.pid)

    @staticmethod
    def _read_pid(path, timeout=10):
        deadline = time.monotonic() + timeout
        while not path.exists():
            if time.monotonic() > deadline:
                raise AssertionError("the killer doesn't come to its gate")
            time.sleep(0.005)
        return int(path.read_text())

    @property
    def parent(self):
        return self.levels[-2].leader

    def open_gate(self):
        with open(self._gate, "w", encoding="ascii") as gate:
            gate.write("go\n")

    def close(self):
        # Still at its gate: the test failed before. Its shells end with it.
        try:
            if proc.task(self.pid) == self.levels[-1].leader:
                os.kill(self.pid, 9)
        except (OSError, ValueError):
            pass
        if self._process.poll() is None:
            try:
                self._process.wait(5)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        shutil.rmtree(self._folder, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
