"""A Docker daemon of the tests' own: private folders and socket, no network.

Nothing of a daemon that already runs is touched. PODTAP_TEST_DOCKER=HOST uses
that daemon instead (its containers named podtap-test-* and its image
podtap-test only)."""

import http.client
import json
import os
import signal
import socket
import subprocess
import time

import image
import leftovers

IMAGE = "podtap-test:1"


class _Connection(http.client.HTTPConnection):
    def __init__(self, path, timeout):
        super().__init__("localhost", timeout=timeout)
        self._path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


class Daemon:
    def __init__(self):
        self._owned = leftovers.Folder()
        self._folder = self._owned.path
        self._process = None
        self._containers = []
        self.host = os.environ.get("PODTAP_TEST_DOCKER")
        self._environment = dict(os.environ, PATH=os.environ.get("PATH", "") +
                                 ":/usr/local/sbin:/usr/sbin:/sbin")
        self._environment.pop("DOCKER_CONTEXT", None)

    @property
    def folder(self):
        return self._folder

    def start(self):
        try:
            if not self.host:
                self.host = f"unix://{self._folder / 'docker.sock'}"
                self._log = self._folder / "dockerd.log"
                # In place of the machine's /etc/docker/daemon.json.
                (self._folder / "daemon.json").write_text("{}", encoding="ascii")
                self._start_daemon()
            self._import_image()
        except BaseException:
            self.stop()
            raise
        return self

    def _start_daemon(self):
        path = self._folder / "docker.sock"
        with open(self._log, "ab") as log:
            self._process = subprocess.Popen(
                ["dockerd", "--data-root", str(self._folder / "data"),
                 "--exec-root", str(self._folder / "exec"),
                 "--pidfile", str(self._folder / "dockerd.pid"), "-H", self.host,
                 "--config-file", str(self._folder / "daemon.json"),
                 "--iptables=false", "--ip6tables=false", "--bridge=none"],
                stdout=log, stderr=log, stdin=subprocess.DEVNULL, env=self._environment,
                # Ctrl-C on the tests must not take the daemon before its containers.
                start_new_session=True)
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                break
            if path.exists() and self._answers():
                return
            time.sleep(0.1)
        raise RuntimeError("dockerd doesn't start:\n" + self._log.read_text()[-3000:])

    def _answers(self):
        try:
            return self.api("GET", "/version")[0] == 200
        except OSError:
            return False

    def stop_process(self):
        """Ends the daemon, and with it, by its own doing, its containers."""
        self._process.send_signal(signal.SIGTERM)
        self._process.wait(60)

    def note_cgroup(self, path):
        self._owned.cgroup(path)

    def restart_process(self):
        self._start_daemon()

    @property
    def pid(self):
        return self._process.pid

    def _import_image(self):
        root = image.make_root(self._folder / "image")
        tar = subprocess.run(["tar", "-C", str(root), "-c", "."], stdout=subprocess.PIPE,
                             check=True).stdout
        self.docker("import", "-", IMAGE, input=tar)

    def docker(self, *args, check=True, timeout=60, **keywords):
        done = subprocess.run(["docker", "-H", self.host, *args], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, check=False, timeout=timeout,
                              env=self._environment, **keywords)
        if check and done.returncode != 0:
            raise RuntimeError(f"docker {' '.join(args)}: {done.stderr.decode()}")
        return done

    def api(self, method, path, timeout=60):
        """One call of the Engine API: (status, decoded answer). Cheaper than a client."""
        connection = _Connection(self.host.removeprefix("unix://"), timeout)
        try:
            connection.request(method, path)
            answer = connection.getresponse()
            content = answer.read()
            return answer.status, json.loads(content) if content else None
        finally:
            connection.close()

    def run(self, name, *command, options=()):
        """Starts a container; gives its first process's pid on the host."""
        name = f"podtap-test-{name}" if "PODTAP_TEST_DOCKER" in os.environ else name
        self.docker("rm", "-f", name, check=False)
        self._containers.append(name)
        self.docker("run", "-d", "--network", "none", "--name", name, *options, IMAGE, *command)
        return Container(self, name)

    def stop(self):
        if self._process is not None or self._containers:
            for name in self._containers:
                self.docker("rm", "-f", name, check=False)
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(30)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._owned.clear()


class Container:
    def __init__(self, daemon, name):
        self._daemon = daemon
        self.name = name
        self.pid = int(daemon.docker("inspect", "-f", "{{.State.Pid}}", name).stdout)
        if self.pid == 0:
            logs = daemon.docker("logs", name, check=False)
            raise RuntimeError(f"container {name} has ended: {logs.stdout} {logs.stderr}")

    def exec(self, *command, check=True):
        return self._daemon.docker("exec", self.name, *command, check=check)

    def kill(self, name="KILL"):
        return self._daemon.docker("kill", "-s", name, self.name)

    def exit_code(self):
        return int(self._daemon.docker("wait", self.name).stdout)


_daemon = None


def daemon():
    """The one daemon of this run of the tests."""
    global _daemon
    if _daemon is None:
        _daemon = Daemon().start()
    return _daemon


def stop_daemon():
    global _daemon
    if _daemon is not None:
        _daemon.stop()
        _daemon = None
