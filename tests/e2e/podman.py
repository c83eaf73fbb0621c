"""A Podman of the tests' own: private storage and socket.

On hybrid cgroups crun refuses, and so it is runc with plain cgroups; without the right
to raise limits, ulimits that need none."""

import os
import signal
import subprocess
import time

import image
import leftovers

IMAGE = "localhost/podtap-test:1"


class Podman:
    def __init__(self):
        self._owned = leftovers.Folder()
        self._folder = self._owned.path
        self._service = None
        self._containers = []
        self.socket = self._folder / "podman.sock"
        self._environment = dict(os.environ, XDG_RUNTIME_DIR=str(self._folder / "run"),
                                 PATH=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
        self._command = ["podman", "--root", str(self._folder / "root"), "--runroot",
                         str(self._folder / "runroot"), "--tmpdir", str(self._folder / "tmp"),
                         "--cgroup-manager", "cgroupfs", "--runtime", "runc",
                         "--events-backend", "file"]

    def start(self):
        try:
            (self._folder / "run").mkdir()
            self._owned.cgroup("/libpod_parent/conmon")
            root = image.make_root(self._folder / "image")
            tar = subprocess.run(["tar", "-C", str(root), "-c", "."], stdout=subprocess.PIPE,
                                 check=True).stdout
            self.podman("import", "-", IMAGE, input=tar)
            log = open(self._folder / "service.log", "wb")
            with log:
                self._service = subprocess.Popen(
                    [*self._command, "system", "service", "-t", "0", f"unix://{self.socket}"],
                    stdout=log, stderr=log, stdin=subprocess.DEVNULL, env=self._environment,
                    start_new_session=True)
            deadline = time.monotonic() + 30
            while not self.socket.exists():
                if time.monotonic() > deadline or self._service.poll() is not None:
                    raise RuntimeError("podman's service doesn't start:\n" +
                                       (self._folder / "service.log").read_text()[-3000:])
                time.sleep(0.05)
        except BaseException:
            self.stop()
            raise
        return self

    def podman(self, *args, check=True, timeout=60, **keywords):
        done = subprocess.run([*self._command, *args], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, check=False, timeout=timeout,
                              env=self._environment, **keywords)
        if check and done.returncode != 0:
            raise RuntimeError(f"podman {' '.join(args)}: {done.stderr.decode()}")
        return done

    def run(self, name, *command, options=(), check=True):
        """Starts a container in the background; its id."""
        self._containers.append(name)
        return self.podman("run", "-d", "--name", name, "--network", "host",
                           "--ulimit", "nofile=20000:20000", "--ulimit", "nproc=9000:9000",
                           *options, IMAGE, *command, check=check).stdout.decode().strip()

    def pid(self, name):
        return int(self.podman("inspect", "-f", "{{.State.Pid}}", name).stdout)

    def stop(self):
        if self._containers:
            self.podman("rm", "-f", "-t", "0", *self._containers, check=False)
        if self._service is not None and self._service.poll() is None:
            self._service.send_signal(signal.SIGTERM)
            try:
                self._service.wait(10)
            except subprocess.TimeoutExpired:
                self._service.kill()
                self._service.wait()
        self._owned.clear()
