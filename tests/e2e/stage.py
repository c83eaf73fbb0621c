"""Where a death is played: containers of one runtime, killers, cgroups made by hand.

What a stage made goes when it closes. Each container has a folder of its own at
/gate; a victim that waits there (`victim gate /gate/go ...`) acts once opened."""

import contextlib
import itertools
import os
import pathlib
import pty
import shutil
import signal
import tempfile
import threading
import time

import cri
import docker
import killers
import proc
import truth
import victims

RUNTIMES = ("docker", "cri")
GATED = ("/bin/victim", "gate", "/gate/go")
_numbers = itertools.count(1)


class Stage:
    def __init__(self, runtime, name="death"):
        self.runtime = runtime
        self.name = f"{name}-{next(_numbers)}"
        self._closing = contextlib.ExitStack()
        self._daemon = docker.daemon() if runtime == "docker" else cri.runtime()
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="stage-", dir=self._daemon.folder))
        # A killer of another user must reach its gate.
        for folder in (self._daemon.folder, self.folder):
            os.chmod(folder, 0o755)
        self._pod = None
        self._pods = 0
        self._count = 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self._closing.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def daemon(self):
        return self._daemon

    @property
    def is_docker(self):
        return self.runtime == "docker"

    def on_close(self, function, *arguments):
        self._closing.callback(function, *arguments)

    # Containers

    def pod(self, **options):
        """CRI: the pod that the next containers are in; made by itself if not asked for."""
        self._pods += 1
        name = self.name if self._pods == 1 else f"{self.name}-pod{self._pods}"
        self._pod = self._daemon.pod(options.pop("name", name), **options)
        self.on_close(self._pod.remove)
        return self._pod

    def create(self, *command, **options):
        """A container that isn't started.

        name; memory: bytes; shared_pids: its first process is no pid namespace's init;
        host_pids; pids_of: another container; user: uid; stop_signal; seccomp: path;
        workdir; tty; docker: more options of `docker create`."""
        self._count += 1
        gate = self.folder / f"gate{self._count}"
        gate.mkdir()
        make = DockerContainer if self.is_docker else CriContainer
        container = make(self, gate, command, options)
        self.on_close(container.clear)
        return container

    def run(self, *command, **options):
        container = self.create(*command, **options)
        container.start()
        return container

    def gated(self, *actor, **options):
        """A container whose first process, `victim`, plays `actor` once its gate opens."""
        return self.run(*GATED, *actor, **options)

    # Killers

    def killer(self, *command, **options):
        """A process of the host that waits to become `command`; see killers.Killer."""
        killer = killers.Killer(command, folder=self.folder, **options)
        self.on_close(killer.close)
        return killer

    def copy_of_victim(self, name):
        """The victim program under another name, below /tmp; gives its path."""
        path = self.folder / name
        shutil.copy(victims.victim(), path)
        return str(path)

    def orphan(self, name, *actor):
        orphan = killers.Orphan(self.folder / f"orphan-{next(_numbers)}", name, actor)
        self.on_close(orphan.close)
        return orphan

    # Cgroups

    def cgroup(self, path):
        """Makes "/system.slice/cron.service" in every hierarchy that has names."""
        cgroup = Cgroup(path)
        if cgroup.is_ours:
            self._daemon.note_cgroup(path)
        self.on_close(cgroup.remove)
        return cgroup

    def memory_cgroup(self, path, limit):
        """A cgroup made by hand whose memory is limited to so many bytes; its path."""
        file = cri.memory_limit_file(path)
        file.parent.mkdir()
        self._daemon.note_cgroup(path)
        file.write_text(str(limit))
        return path


class Cgroup:
    """A cgroup made by hand, as a systemd would: in version 2, and in version 1's tree
    without controllers where that is mounted."""

    def __init__(self, path):
        tops = [pathlib.Path("/sys/fs/cgroup/unified"), pathlib.Path("/sys/fs/cgroup/systemd")]
        if not tops[0].is_dir():
            tops = [pathlib.Path("/sys/fs/cgroup")]
        self._made = []
        self.folders = []
        for top in tops:
            folder = top
            for part in path.strip("/").split("/"):
                folder = folder / part
                if not folder.is_dir():
                    folder.mkdir()
                    self._made.append(folder)
            self.folders.append(folder)

    @property
    def is_ours(self):
        return set(self.folders) <= set(self._made)

    def enter(self, pid):
        for folder in self.folders:
            (folder / "cgroup.procs").write_text(str(pid))

    def remove(self):
        for folder in reversed(self._made):
            for _ in range(100):
                try:
                    folder.rmdir()
                    break
                except FileNotFoundError:
                    break
                except OSError:
                    time.sleep(0.01)


class _Container:
    """What both runtimes' containers can do."""

    init = None  # truth.Process; None: not started, or gone before it could be read

    def _read_init(self):
        """Waits until the runtime's process has become the container's."""
        deadline = time.monotonic() + 10
        while self.pid and time.monotonic() < deadline:
            try:
                process = truth.read(self.pid)
            except (OSError, ValueError):
                return
            if not process.comm.startswith("runc:["):
                self.init = process
                return
            time.sleep(0.001)

    def init_parent(self):
        """The shim's pid."""
        return proc.task(self.pid).parent

    def open_gate(self, name="go"):
        (self.gate / name).touch()

    def _await(self, found, what, timeout=10):
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            try:
                value = found()
                if value:
                    return value
            except (OSError, ValueError):
                pass  # a process that ended meanwhile
            time.sleep(0.002)
        raise AssertionError(f"container {self.name}: {what} within {timeout} s")

    def await_file(self, name):
        """Until somebody in the container has made /gate/NAME."""
        self._await((self.gate / name).exists, f"no /gate/{name}")

    def await_comm(self, comm):
        """Until its first process calls itself so."""
        self._await(lambda: proc.task(self.pid).comm == comm, f"isn't called {comm!r}")
        self.init = truth.read(self.pid)

    def await_process(self, comm):
        """The pid of a process of its cgroup that is called so."""
        return self._await(lambda: next((pid for pid in self.pids()
                                         if proc.task(pid).comm == comm), 0),
                           f"no process {comm!r}")

    def await_memory(self, least):
        """Until its first process holds so many bytes."""
        def enough():
            with open(f"/proc/{self.pid}/statm", encoding="ascii") as file:
                return int(file.read().split()[1]) * os.sysconf("SC_PAGESIZE") >= least
        self._await(enough, f"doesn't hold {least} bytes")

    def exec_in_background(self, *command):
        """The same as exec(), on a thread, because it ends when the command does."""
        thread = threading.Thread(target=self.exec, args=command, daemon=True)
        thread.start()
        return thread

    def pids(self):
        """All processes of its cgroup, by their numbers on the host."""
        with open(f"/proc/{self.pid}/cgroup", encoding="ascii") as file:
            path = [line.split(":", 2)[2].strip() for line in file if line.startswith("0::")][0]
        for top in ("/sys/fs/cgroup/unified", "/sys/fs/cgroup"):
            procs = pathlib.Path(top + path) / "cgroup.procs"
            if procs.exists():
                return [int(pid) for pid in procs.read_text().split()]
        return []

    def cgroup_folder(self):
        """Its folder in the version 2 hierarchy."""
        with open(f"/proc/{self.pid}/cgroup", encoding="ascii") as file:
            path = [line.split(":", 2)[2].strip() for line in file if line.startswith("0::")][0]
        unified = pathlib.Path("/sys/fs/cgroup/unified" + path)
        return unified if unified.is_dir() else pathlib.Path("/sys/fs/cgroup" + path)


class DockerContainer(_Container):
    runtime = "docker"
    pod_name = ""
    pod_uid = ""

    def __init__(self, stage, gate, command, options):
        self.stage = stage
        self.gate = gate
        self.name = f"{stage.name}-{options.pop('name', None) or stage._count}"
        self.pid = 0
        self._docker = stage.daemon.docker
        self._host = stage.daemon.host
        made = self._docker("create", "--network", "none", "--name", self.name,
                            "-v", f"{gate}:/gate", *self._options(options), docker.IMAGE, *command)
        self.id = made.stdout.decode().strip()

    @staticmethod
    def _options(options):
        found = list(options.pop("docker", ()))
        memory = options.pop("memory", 0)
        if memory:
            found += ["--memory", str(memory), "--memory-swap", str(memory)]
        if options.pop("shared_pids", False) or options.pop("host_pids", False):
            found += ["--pid", "host"]
        other = options.pop("pids_of", None)
        if other is not None:
            found += ["--pid", f"container:{other.id}"]
        for option, flag in (("user", "--user"), ("stop_signal", "--stop-signal"),
                             ("workdir", "--workdir")):
            value = options.pop(option, None)
            if value is not None:
                found += [flag, str(value)]
        if options.pop("tty", False):
            found.append("--tty")
        seccomp = options.pop("seccomp", None)
        if seccomp:
            found += ["--security-opt", f"seccomp={seccomp}"]
        if options:
            raise TypeError(f"unknown options {sorted(options)}")
        return found

    @property
    def target(self):
        """What `podtap watch` is told."""
        return self.name

    def start(self, check=True):
        status, answer = self._api("POST", "start")
        if check and status >= 300:
            raise RuntimeError(f"start {self.name}: {answer}")
        self.pid = self.state()["Pid"]
        self._read_init()

    def _api(self, method, call="", query=""):
        return self.stage.daemon.api(method, f"/containers/{self.id}/{call}".rstrip("/") + query)

    def state(self):
        """Its State, as inspect gives it; {"Pid": 0} if there is none left."""
        status, answer = self._api("GET", "json")
        # A container with --rm is gone as soon as it has ended.
        return answer["State"] if status == 200 else {"Pid": 0, "Running": False}

    def start_attached(self):
        """Starts it by a client that stays, on a terminal of its own."""
        attached = Attached(["docker", "-H", self._host, "start", "--attach", self.name])
        self.stage.on_close(attached.close)
        self._await(lambda: self.state()["Running"], "doesn't start")
        self.pid = self.state()["Pid"]
        self._read_init()
        return attached

    def await_other_life(self):
        """Until it runs again, with another pid."""
        self._await(lambda: self.state()["Pid"] not in (0, self.pid), "isn't restarted")

    def exec(self, *command):
        return self._docker("exec", self.name, *command, check=False)

    def client(self, *arguments):
        """A docker client of our own, started and not waited for: its pid is known."""
        return Client(["docker", "-H", self._host, *arguments], self.stage.folder)

    def exit_code(self):
        """Waits for its end; None if the daemon no longer knows it."""
        status, answer = self._api("POST", "wait")
        return answer["StatusCode"] if status == 200 else None

    def clear(self):
        self._api("DELETE", query="?force=true&v=true")


class CriContainer(_Container):
    runtime = "containerd"

    def __init__(self, stage, gate, command, options):
        self.stage = stage
        self.gate = gate
        self.command = command
        self.name = options.pop("name", None) or "app"
        pids = cri.NODE if options.pop("host_pids", False) else cri.OWN
        if options.pop("shared_pids", False):
            pids = cri.POD
        # All containers of a pod have their pids in one way.
        pod = stage._pod if stage._pod is not None and stage._pod.pids == pids else \
            stage.pod(pids=pids)
        self.pod = pod
        self.pod_name = f"{pod.namespace}/{pod.name}"
        self.pod_uid = pod.uid
        other = options.pop("pids_of", None)
        if other is not None:
            options.update(pid=cri.TARGET, target=other.id)
        stop_signal = options.pop("stop_signal", None)
        if stop_signal == "USR1":
            options["image_name"] = cri.IMAGE_STOPPED_BY_USR1
        elif stop_signal:
            raise TypeError(f"no image has the stop signal {stop_signal}")
        options.pop("docker", None)
        if command and not command[0].startswith("/"):
            command = ("/bin/" + command[0], *command[1:])
        self._container = pod.create(self.name, *command, mounts=[(gate, "/gate")], **options)
        self.id = self._container.id

    @property
    def pid(self):
        return self._container.pid

    @property
    def target(self):
        return f"{self.pod_name}/{self.name}"

    def start(self, check=True):
        try:
            self._container.start()
            self._read_init()
        except cri.CriError:
            if check:
                raise

    def status(self):
        return self._container.status().status

    def exec(self, *command):
        return self._container.exec(*command)

    def stop(self, seconds):
        self._container.stop(seconds)

    def remove(self):
        self._container.remove()

    def exit_code(self):
        try:
            return self._container.wait().exit_code
        except cri.CriError:
            return None

    def clear(self):
        pass  # with its pod


class Attached:
    """A docker client that leads a session on a terminal."""

    def __init__(self, command):
        self._pid, self._terminal = pty.fork()
        if self._pid == 0:
            # Under nohup it is ignored, and a client would outlive its terminal.
            signal.signal(signal.SIGHUP, signal.SIG_DFL)
            os.execvp(command[0], command)
        self.process = truth.read(self._pid)
        self.process.comm = os.path.basename(command[0])
        self.process.exe = os.path.realpath(shutil.which(command[0]))
        self.process.args = command

    def close_terminal(self):
        if self._terminal is not None:
            os.close(self._terminal)
            self._terminal = None

    def close(self):
        self.close_terminal()
        if self._pid:
            os.waitpid(self._pid, 0)
            self._pid = 0


class Client:
    """A runtime's client as a process whose identity is known before it works: it
    waits at a gate as a shell, and becomes the client by exec."""

    def __init__(self, command, folder):
        self._killer = killers.Killer(command, folder=folder)
        self.process = truth.read(self._killer.pid)
        self.process.comm = os.path.basename(command[0])
        self.process.exe = os.path.realpath(shutil.which(command[0]))
        self.process.args = list(command)
        self.ancestry = truth.ancestry(self._killer.pid)

    def go(self, wait=True):
        self._killer.open_gate()
        if wait:
            self._killer.wait()

    def close(self):
        self._killer.close()
