"""A folder in /tmp that owns everything a test daemon makes, and takes it all away.

Daemons, shims, containers, mounts and cgroups are known by the folder's path or by
the ids of the containers in it. The test's own end clears them; if the test is
killed, a guardian does (it reads a pipe whose other end only the test holds); if
that is killed too, the next run does."""

import glob
import hashlib
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import proc

PREFIX = "podtap-e2e-"
CGROUPS = pathlib.Path("/sys/fs/cgroup")
CONTAINER_ID = re.compile(r"[0-9a-f]{64}")


class Folder:
    def __init__(self):
        clear_stale()
        self.path = pathlib.Path(tempfile.mkdtemp(prefix=PREFIX, dir="/tmp"))
        me = proc.task(os.getpid())
        (self.path / "owner").write_text(f"{me.pid} {me.start_ticks}")
        reading, self._alive = os.pipe2(os.O_CLOEXEC)
        self._guardian = subprocess.Popen([sys.executable, __file__, str(self.path)],
                                          stdin=reading, start_new_session=True)
        os.close(reading)

    def cgroup(self, path):
        """Notes a cgroup made by hand, "/a/b", to be removed with all that is empty above."""
        with open(self.path / "cgroups", "a", encoding="utf-8") as file:
            file.write(path + "\n")

    def own(self, pattern):
        """Notes files and folders elsewhere that are ours, "/var/log/pods/x_*"; the folder
        around them too, if it isn't there yet."""
        parent = os.path.dirname(pattern)
        with open(self.path / "elsewhere", "a", encoding="utf-8") as file:
            file.write(pattern + "\n")
            if not os.path.exists(parent):
                file.write(f"{parent}/\n")

    def keep_sysctls(self, names):
        """Notes the values of sysctls, "kernel.panic", to be put back; the first time's."""
        if (self.path / "sysctls").exists():
            return
        values = {name: _sysctl(name).read_text().strip() for name in names}
        (self.path / "sysctls").write_text(json.dumps(values), encoding="ascii")

    def clear(self):
        sweep(self.path)
        os.close(self._alive)
        self._guardian.wait()


def _sysctl(name):
    return pathlib.Path("/proc/sys") / name.replace(".", "/")


def _put_sysctls_back(folder):
    try:
        values = json.loads((folder / "sysctls").read_text())
    except (OSError, ValueError):
        return
    for name, value in values.items():
        if _sysctl(name).read_text().strip() != value:
            _sysctl(name).write_text(value)


def _remove_elsewhere(folder):
    try:
        patterns = (folder / "elsewhere").read_text(encoding="utf-8").splitlines()
    except OSError:
        return
    for path in (path for pattern in patterns for path in glob.glob(pattern)):
        _remove(path)


def _remove(path):
    try:
        if path.endswith("/"):
            os.rmdir(path)  # only if nobody else has put anything there
        elif os.path.isdir(path) and not os.path.islink(path):
            shutil.rmtree(path)
        else:
            os.unlink(path)
    except OSError:
        pass


def _remove_runtime_files(folder, ids):
    """What shims and runc keep in /run: sockets, named after a hash, and states."""
    for address, namespace in ((folder / "containerd.sock", "k8s.io"),
                               (folder / "exec/containerd/containerd.sock", "moby")):
        for identity in ids:
            name = hashlib.sha256(f"{address}/{namespace}/{identity}".encode()).hexdigest()
            _remove(f"/run/containerd/s/{name}")
            _remove(f"/run/containerd/runc/{namespace}/{identity}")


def _is_stale(folder):
    """Its owner wrote its name into it and is gone."""
    try:
        pid, start = (folder / "owner").read_text().split()
    except (OSError, ValueError):
        return False  # another program's folder, or one that is just made or removed
    try:
        return proc.task(int(pid)).start_ticks != int(start)
    except (OSError, ValueError):
        return True


def clear_stale():
    for folder in pathlib.Path("/tmp").glob(PREFIX + "*"):
        if _is_stale(folder):
            sweep(folder)


def _processes(text):
    """Pids of the processes whose command line or root file system names the folder."""
    needle = text.encode()
    found = []
    host = os.readlink("/proc/self/ns/mnt")
    for entry in os.listdir("/proc"):
        if not entry.isdigit() or int(entry) in (os.getpid(), os.getppid()):
            continue
        for file in ("cmdline", "mountinfo"):
            try:
                # The host's root is never ours, and its list of mounts is long.
                if file == "mountinfo" and os.readlink(f"/proc/{entry}/ns/mnt") == host:
                    break
                content = pathlib.Path("/proc", entry, file).read_bytes()
            except OSError:
                break
            # A container's root file system lies in the folder.
            if file == "mountinfo":
                content = b"".join(line for line in content.splitlines()
                                   if line.split(b" ")[4] == b"/")
            elif b"leftovers.py" in content:
                break
            if needle in content:
                found.append(int(entry))
                break
    return found


def remains(folder, ids=()):
    """What is still there of a folder's processes, mounts, cgroups and files, in words."""
    text = str(folder)
    found = [f"process {pid}" for pid in _processes(text)]
    with open("/proc/self/mountinfo", encoding="utf-8", errors="surrogateescape") as mounts:
        found += [f"mount {line.split(' ')[4]}" for line in mounts if text in line]
    for top in _hierarchies():
        for parent, folders, _ in os.walk(top):
            found += [f"cgroup {parent}/{name}" for name in folders if name in ids]
    for identity in ids:
        found += glob.glob(f"/run/containerd/runc/*/{identity}")
    if folder.exists():
        found.append(f"folder {folder}")
    return found


def _kill_all(text):
    # Whoever starts others first; a container's processes follow their shims.
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        pids = _processes(text)
        if not pids:
            return
        for pid in pids:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        time.sleep(0.02)


def _unmount(text):
    for _ in range(3):
        with open("/proc/self/mountinfo", encoding="utf-8", errors="surrogateescape") as mounts:
            points = [line.split(" ")[4] for line in mounts if text in line.split(" ")[4]]
        if not points:
            return
        for point in reversed(points):
            subprocess.run(["umount", "-l", point], check=False, stderr=subprocess.DEVNULL)


def _container_ids(folder):
    ids = set()
    for parent in ("data/containers", "state/io.containerd.runtime.v2.task/k8s.io",
                   "root/io.containerd.grpc.v1.cri/containers",
                   "root/io.containerd.grpc.v1.cri/sandboxes"):
        try:
            ids.update(name for name in os.listdir(folder / parent)
                       if CONTAINER_ID.fullmatch(name))
        except OSError:
            pass
    return ids


def _hierarchies():
    """The mounts of cgroup file systems: one with version 2, a dozen with version 1."""
    with open("/proc/self/mounts", encoding="utf-8") as mounts:
        fields = [line.split() for line in mounts]
    return sorted({pathlib.Path(f[1]) for f in fields if f[2] in ("cgroup", "cgroup2")})


def _remove_cgroup(folder, top):
    """Removes an empty cgroup, those below it, and those above that are empty then."""
    for parent, _, _ in os.walk(folder, topdown=False):
        for _ in range(50):
            try:
                os.rmdir(parent)
                break
            except FileNotFoundError:
                break
            except OSError:
                time.sleep(0.01)  # its last process is a zombie yet
    parent = folder.parent
    while parent != top:
        try:
            os.rmdir(parent)
        except OSError:
            return
        parent = parent.parent


def _remove_cgroups(folder, ids):
    noted = []
    try:
        noted = (folder / "cgroups").read_text(encoding="utf-8").split()
    except OSError:
        pass
    for top in _hierarchies():
        found = [top / path.lstrip("/") for path in noted]
        if ids:
            for parent, folders, _ in os.walk(top):
                found += [pathlib.Path(parent, name) for name in folders if name in ids]
        for cgroup in found:
            if cgroup.exists():
                _remove_cgroup(cgroup, top)
        # dockerd's own, which it leaves; another daemon's containers keep it.
        try:
            os.rmdir(top / "docker")
        except OSError:
            pass


def sweep(folder):
    """Ends and removes everything that belongs to the folder, and the folder."""
    folder = pathlib.Path(folder)
    ids = _container_ids(folder)
    _kill_all(str(folder))
    _unmount(str(folder))
    _remove_cgroups(folder, ids)
    _remove_runtime_files(folder, ids)
    _put_sysctls_back(folder)
    _remove_elsewhere(folder)
    shutil.rmtree(folder, ignore_errors=True)


def main():
    # Ctrl-C and the end of a terminal are for the test.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    sys.stdin.buffer.read()
    if os.path.exists(sys.argv[1]):
        sweep(sys.argv[1])


if __name__ == "__main__":
    main()
