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
import truth
import victims


class Killer:
    """`command` behind a chain of shells, outermost first ("bash", "sh"). With
    `daemon_name`, the outermost is an orphan, forked twice, of that name. `user` is
    a uid to run as; `cgroup` a stage.Cgroup to run in; `folder` where its gate is."""

    def __init__(self, command, shells=(), daemon_name=None, user=None, environment=None,
                 cgroup=None, quiet=False, folder=None):
        self._folder = pathlib.Path(tempfile.mkdtemp(prefix="podtap-gate-", dir=folder))
        self._gate = self._folder / "gate"
        os.mkfifo(self._gate)
        identity = {}
        if user is not None:
            identity = {"user": user, "group": user, "extra_groups": []}
            for path in (self._folder, self._gate):
                os.chown(path, user, user)
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
        enter = None if cgroup is None else lambda: cgroup.enter(os.getpid())
        self._process = subprocess.Popen(
            ["bash", "-c", text], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL if quiet else None, preexec_fn=enter,
            env=dict(os.environ, **(environment or {})), **identity)
        self.pid = self._read_pid(pid_file)
        if daemon_name:
            self._process.wait(10)
        self.levels = proc.ancestry(self.pid)
        self.process = truth.read(self.pid)
        self.process.comm = os.path.basename(command[0])[:15]
        self.process.exe = os.path.realpath(shutil.which(command[0]) or command[0])
        self.process.args = list(command)
        self.ancestry = truth.ancestry(self.pid)
        if daemon_name:
            # Its true parents are gone.
            last = [entry.comm for entry in self.ancestry].index(daemon_name[:15])
            self.ancestry = self.ancestry[:last + 1]

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

    def await_exec(self, timeout=10):
        """Until it is no shell any more but its command."""
        deadline = time.monotonic() + timeout
        while proc.task(self.pid).comm != self.process.comm:
            if time.monotonic() > deadline:
                raise AssertionError(f"{self.process.args} doesn't start")
            time.sleep(0.002)

    def wait(self, timeout=10):
        """Until it has done its work and is gone."""
        if not proc.wait_gone(self.pid, timeout):
            raise AssertionError(f"{self.process.args} doesn't end")

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


class Orphan:
    """A copy of the victim program called `name` that forks twice: its parents live
    until leave(), so that they can be looked up, and are gone when it acts."""

    def __init__(self, folder, name, actor):
        folder.mkdir()
        self._folder = folder
        exe = folder / name
        shutil.copy(victims.victim(), exe)
        command = [str(exe), "daemon", str(folder), *actor]
        self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL,
                                         stderr=subprocess.DEVNULL)
        pids = self._read_pids()
        self.pid = pids["third"]
        self.process = truth.read(self.pid)
        self.ancestry = [truth.read(pids["second"]), truth.read(pids["first"]),
                         *truth.ancestry(pids["first"])]

    def _read_pids(self):
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            try:
                lines = (self._folder / "pids").read_text().splitlines()
            except FileNotFoundError:
                lines = []
            if len(lines) == 3:
                return {step: int(pid) for step, pid in map(str.split, lines)}
            time.sleep(0.002)
        raise AssertionError("the orphan's parents don't tell their pids")

    def leave(self):
        """Ends both parents; init adopts the orphan."""
        second, first = self.ancestry[:2]
        (self._folder / "leave-second").touch()
        proc.wait_gone(second.pid)
        (self._folder / "leave-first").touch()
        self._process.wait(10)
        second.exited = first.exited = True
        if proc.task(self.pid).parent == second.pid:
            raise AssertionError("the orphan still has its parent")

    def act(self):
        (self._folder / "go").touch()
        if not proc.wait_gone(self.pid):
            raise AssertionError("the orphan doesn't end")

    def close(self):
        for entry in (self.process, *self.ancestry[:2]):
            try:
                if proc.task(entry.pid).start_ticks == entry.start_ticks:
                    os.kill(entry.pid, 9)
            except (OSError, ValueError):
                pass
        self._process.wait()
