"""`podtap ps` with a real Docker, a real containerd, and sockets that are neither."""

import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
import unittest

import jsonschema

import cri
import docker
import podman
import session


def endpoint(path):
    path = str(path)
    return ["--runtime-endpoint", path if "://" in path else f"unix://{path}"]


def docker_endpoint():
    return endpoint(docker.daemon().host)


def cri_endpoint():
    return endpoint(cri.runtime().socket)


def ps(*args, **keywords):
    return session.run("ps", *args, **keywords)


SCHEMA = json.loads((session.HERE.parent.parent / "docs/schema/podtap.ps.v1.schema.json")
                    .read_text(encoding="utf-8"))


def parse(text):
    """An answer of -o json, which the schema must accept."""
    answer = json.loads(text)
    jsonschema.validate(answer, SCHEMA)
    return answer


def ps_json(*args, **keywords):
    done = ps("-o", "json", *args, **keywords)
    if done.status != 0:
        raise AssertionError(str(done))
    return parse(done.stdout)


def rows(text):
    """A table's lines as dicts by heading; columns are two spaces apart."""
    lines = [re.split(r"  +", line.rstrip()) for line in text.splitlines()]
    return [dict(zip(lines[0], line)) for line in lines[1:]]


def cgroup_inode(path):
    """The number of a cgroup in the version 2 hierarchy."""
    for top in ("/sys/fs/cgroup/unified", "/sys/fs/cgroup"):
        if os.path.exists(f"{top}/cgroup.procs"):
            return os.stat(top + path).st_ino
    raise AssertionError("no cgroup 2 hierarchy")


def wait_for(what, condition, seconds=20):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return
        time.sleep(0.05)
    raise AssertionError(f"{what} within {seconds} s")


class Docker(unittest.TestCase):
    def setUp(self):
        self.daemon = docker.daemon()

    def one(self, target):
        found = ps_json(*docker_endpoint(), target)["containers"]
        self.assertEqual(len(found), 1, found)
        return found[0]

    def test_running(self):
        container = self.daemon.run("ps-web", "server",
                                    options=("-m", "64m", "--stop-timeout", "7"))
        shown = self.one("ps-web")
        full = self.daemon.docker("inspect", "-f", "{{.Id}}", container.name).stdout.decode().strip()
        with open(f"/proc/{container.pid}/cgroup", encoding="utf-8") as lines:
            cgroup = [line.split(":", 2)[2].strip() for line in lines if line.startswith("0::")][0]
        self.assertEqual(shown["id"], full)
        self.assertEqual(shown["container"], container.name)
        self.assertEqual(shown["runtime"], "docker")
        self.assertEqual(shown["pid"], container.pid)
        self.assertEqual(shown["state"], "running")
        self.assertEqual(shown["image"], docker.IMAGE)
        self.assertEqual(shown["restarts"], 0)
        self.assertIsNone(shown["pod"])
        self.assertIsNone(shown["last_exit"])
        self.assertEqual(shown["cgroup"], cgroup)
        self.assertEqual(shown["cgroup_id"], cgroup_inode(cgroup))
        self.assertEqual(shown["memory_limit_bytes"], 64 << 20)
        self.assertGreater(shown["memory_bytes"], 0)
        self.assertEqual(shown["stop_signal"], "SIGTERM")
        self.assertEqual(shown["stop_timeout_s"], 7)

        table = rows(ps(*docker_endpoint(), "ps-web").stdout)
        self.assertEqual(table, [{"NAMESPACE": "-", "POD": "-", "CONTAINER": container.name,
                                  "ID": full[:12], "RUNTIME": "docker",
                                  "PID": str(container.pid), "STATE": "running",
                                  "RESTARTS": "0", "LAST EXIT": "-"}])
        wide = rows(ps(*docker_endpoint(), "-o", "wide", "ps-web").stdout)
        self.assertEqual(wide[0]["CGROUP"], cgroup)
        self.assertEqual(wide[0]["IMAGE"], docker.IMAGE)
        self.assertRegex(wide[0]["MEMORY"], r"^[0-9.]+ [KM]iB / 64\.0 MiB$")

    def last_exit(self, name):
        return rows(ps(*docker_endpoint(), name).stdout)[0]["LAST EXIT"]

    def ended(self, name, *command, options=()):
        self.daemon.docker("rm", "-f", name, check=False)
        self.daemon.docker("run", "--network", "none", "--name", name, *options, docker.IMAGE,
                           *command, check=False)
        self.addCleanup(self.daemon.docker, "rm", "-f", name, check=False)

    def test_ends(self):
        self.ended("ps-three", "sh", "-c", "exit 3")
        self.assertRegex(self.last_exit("ps-three"), r"^3, \d+s ago$")
        self.ended("ps-oom", "sh", "-c", "x=$(busybox head -c 50000000 /dev/zero | "
                   "busybox tr '\\0' a); echo $x", options=("-m", "10m"))
        self.assertRegex(self.last_exit("ps-oom"), r"OOMKilled, \d+s ago$")
        self.ended("ps-none", "/no/such/program")
        self.assertEqual(self.last_exit("ps-none"), "127 never started")
        killed = self.daemon.run("ps-killed", "server")
        os.kill(killed.pid, signal.SIGKILL)
        self.assertEqual(killed.exit_code(), 137)
        self.assertRegex(self.last_exit("ps-killed"), r"^137 SIGKILL, \d+s ago$")
        exit_json = self.one("ps-killed")["last_exit"]
        self.assertEqual((exit_json["code"], exit_json["signal"], exit_json["oom_killed"]),
                         (137, "SIGKILL", False))
        self.assertIsNone(self.one("ps-killed")["pid"])

    def test_a_container_that_runs_again(self):
        """Docker forgets the code of the end before: it isn't known, and isn't 0."""
        container = self.daemon.run("ps-again", "server", options=("--restart", "always"))
        os.kill(container.pid, signal.SIGKILL)
        wait_for("it runs again", lambda: (again := self.one("ps-again"))["state"] == "running" and
                 again["restarts"] == 1)
        self.assertRegex(self.last_exit("ps-again"), r"^unknown, \d+s ago$")
        self.assertIsNone(self.one("ps-again")["last_exit"]["code"])

    def test_targets(self):
        container = self.daemon.run("ps-target", "server")
        full = self.one("ps-target")["id"]
        cgroup = self.one("ps-target")["cgroup"]
        with open(f"/proc/{container.pid}/task/{container.pid}/children", encoding="ascii") as text:
            child = text.read().split()[0]
        mount = "/sys/fs/cgroup/unified" if os.path.exists("/sys/fs/cgroup/unified") else \
            "/sys/fs/cgroup"
        for target in (full, full[:12], f"docker://{full}", f"docker://{full[:12]}",
                       "docker://ps-target", f"pid:{container.pid}", f"pid:{child}",
                       f"cgroup:{cgroup}", f"cgroup:{mount}{cgroup}"):
            with self.subTest(target):
                self.assertEqual(self.one(target)["id"], full)

    def test_what_is_no_container(self):
        found = ps_json(*docker_endpoint(), f"pid:{os.getpid()}")["containers"]
        self.assertEqual(found[0]["container"], f"pid:{os.getpid()}")
        self.assertEqual(found[0]["pid"], os.getpid())
        self.assertIsNone(found[0]["id"])

    def test_not_found_and_ambiguous(self):
        self.daemon.run("ps-name", "server")
        done = ps(*docker_endpoint(), "ps-nam")
        self.assertEqual(done.status, 1)
        self.assertEqual(done.stdout, "")
        self.assertRegex(done.stderr, r"^podtap: can't find ps-nam: no pod, container or id of that "
                         r"name among \d+ containers of docker \(.*\); near it: ps-name")
        # One that isn't there doesn't hide one that is.
        done = ps(*docker_endpoint(), "ps-name", "ps-nam")
        self.assertEqual(done.status, 1)
        self.assertEqual(len(rows(done.stdout)), 1)
        for label in ("one", "two"):
            self.daemon.run(f"ps-{label}", "server", options=(
                "--label", "io.kubernetes.pod.name=twin",
                "--label", f"io.kubernetes.pod.namespace={label}"))
        done = ps(*docker_endpoint(), "twin")
        self.assertEqual(done.status, 1)
        self.assertIn("it may be one/twin, two/twin; name one of them", done.stderr)
        self.assertEqual(len(rows(ps(*docker_endpoint(), "two/twin").stdout)), 1)

    def test_wrong_usage(self):
        for args in (["pid:x"], ["a/b/c/d"], ["rkt://abc"], ["-o", "xml"], ["--timeout", "0"],
                     ["--runtime-endpoint", "tcp://1.2.3.4:2375"], ["--no-such-option"]):
            with self.subTest(args):
                done = ps(*args)
                self.assertEqual(done.status, 2, done)
                self.assertEqual(len(done.stderr.splitlines()), 1, done)

    def test_hostile_names(self):
        """Names from labels reach the terminal escaped, and JSON as what they are."""
        name = "\x1b]0;own\x07\nroot"
        self.daemon.run("ps-hostile", "server", options=(
            "--label", f"io.kubernetes.pod.name={name}",
            "--label", "io.kubernetes.pod.namespace=\x1b[2J"))
        for output in ("table", "wide"):
            done = ps(*docker_endpoint(), "-o", output)
            self.assertNotIn("\x1b", done.stdout)
            self.assertNotIn("\x07", done.stdout)
            self.assertIn("\\x1b]0;own\\x07\\x0aroot", done.stdout)
        pods = [one["pod"] for one in ps_json(*docker_endpoint())["containers"]]
        self.assertIn(name, pods)
        done = ps(*docker_endpoint(), "\x1b[31mnothing")
        self.assertNotIn("\x1b", done.stderr)

    def test_the_environment_and_links(self):
        self.daemon.run("ps-env", "server")
        path = self.daemon.host.removeprefix("unix://")
        with tempfile.TemporaryDirectory() as folder:
            link = pathlib.Path(folder) / ("x" * 120) / "docker.sock"
            link.parent.mkdir()
            link.symlink_to(path)
            done = ps("ps-env", env=dict(os.environ, PODTAP_RUNTIME_ENDPOINT=f"unix://{link}"))
            self.assertEqual(done.status, 0, done)
            self.assertEqual(len(rows(done.stdout)), 1)

    def test_in_a_container(self):
        """Host's root at /host, host's pids, a cgroup namespace of its own."""
        container = self.daemon.run("ps-inside", "server")
        path = self.daemon.host.removeprefix("unix://")
        expected = self.one("ps-inside")
        # Only a static binary runs there; the tests of a dev build go without.
        described = subprocess.run(["file", "-L", session.PODTAP], stdout=subprocess.PIPE,
                                   check=False).stdout
        static = b"static" in described or subprocess.run(
            ["ldd", session.PODTAP], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            check=False).stdout.find(b"statically") >= 0
        mounts = ["-v", f"{os.path.realpath(session.PODTAP)}:/podtap:ro", "-v", "/:/host"]
        if not static:
            mounts += ["-v", "/lib:/lib:ro", "-v", "/lib64:/lib64:ro", "-v", "/usr:/usr:ro"]
        for namespace in ("private", "host"):
            with self.subTest(namespace):
                done = self.daemon.docker(
                    "run", "--rm", "--network", "none", "--pid=host", f"--cgroupns={namespace}",
                    "--cap-add=ALL", "--cap-drop=SYS_RESOURCE",
                    "--security-opt", "seccomp=unconfined", "--security-opt",
                    "apparmor=unconfined", *mounts, docker.IMAGE, "/podtap", "ps", "--host-root",
                    "/host", "--runtime-endpoint", path, "-o", "json", f"pid:{container.pid}",
                    check=False)
                self.assertEqual(done.returncode, 0, done.stderr.decode())
                shown = parse(done.stdout)["containers"][0]
                for key in ("id", "pid", "cgroup", "cgroup_id", "memory_limit_bytes"):
                    self.assertEqual(shown[key], expected[key], key)


class Podman(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.podman = podman.Podman().start()

    @classmethod
    def tearDownClass(cls):
        cls.podman.stop()

    def test_containers(self):
        identity = self.podman.run("ps-podman", "server")
        pid = self.podman.pid("ps-podman")
        socket_endpoint = endpoint(self.podman.socket)
        one = ps_json(*socket_endpoint, "podman://ps-podman")["containers"][0]
        self.assertEqual((one["id"], one["runtime"], one["pid"], one["state"], one["container"]),
                         (identity, "podman", pid, "running", "ps-podman"))
        self.assertIn(identity, one["cgroup"])
        self.assertEqual(one["cgroup_id"], cgroup_inode(one["cgroup"]))
        for target in (identity[:12], f"podman://{identity}", f"pid:{pid}"):
            found = ps_json(*socket_endpoint, target)["containers"]
            self.assertEqual([found["id"] for found in found], [identity])
        answer = ps_json(*socket_endpoint)["runtimes"][0]
        self.assertEqual(answer["runtime"], "podman")
        self.assertRegex(answer["version"], r"^\d+\.\d+")

        self.podman.run("ps-podman-three", "sh", "-c", "exit 3")
        self.podman.podman("wait", "ps-podman-three")
        os.kill(pid, signal.SIGKILL)
        self.podman.podman("wait", "ps-podman")
        ends = {row["CONTAINER"]: row["LAST EXIT"] for row in rows(ps(*socket_endpoint).stdout)}
        self.assertRegex(ends["ps-podman-three"], r"^3, \d+s ago$")
        self.assertRegex(ends["ps-podman"], r"^137 SIGKILL, \d+s ago$")


class Cri(unittest.TestCase):
    def setUp(self):
        self.runtime = cri.runtime()

    def pod(self, name, **options):
        pod = self.runtime.pod(name, **options)
        self.addCleanup(pod.remove)
        return pod

    def shown(self, *args):
        return ps_json(*cri_endpoint(), *args)["containers"]

    def test_pods(self):
        pod = self.pod("ps-pod", namespace="shop")
        web = pod.run("web", "/bin/server", memory=64 << 20)
        side = pod.run("side", "/bin/server")
        both = self.shown("shop/ps-pod")
        self.assertEqual([one["container"] for one in both], ["side", "web"])
        self.assertEqual([one["id"] for one in self.shown("ps-pod")], [side.id, web.id])
        one = self.shown("shop/ps-pod/web")[0]
        cgroup = f"{pod.cgroup}/{web.id}"
        wanted = {"id": web.id, "pid": web.pid, "pod": "ps-pod", "namespace": "shop",
                  "pod_uid": pod.uid, "sandbox_id": pod.id, "runtime": "containerd",
                  "state": "running", "restarts": 0, "qos": "BestEffort", "cgroup": cgroup,
                  "cgroup_id": cgroup_inode(cgroup), "memory_limit_bytes": 64 << 20,
                  "target": "shop/ps-pod/web", "superseded": False, "last_exit": None}
        self.assertEqual({key: one[key] for key in wanted}, wanted)
        for target in (web.id, web.id[:13], f"containerd://{web.id}", f"pid:{web.pid}",
                       f"cgroup:{cgroup}"):
            with self.subTest(target):
                self.assertEqual([one["id"] for one in self.shown(target)], [web.id])
        table = rows(ps(*cri_endpoint(), "ps-pod").stdout)
        self.assertEqual([(row["NAMESPACE"], row["POD"], row["CONTAINER"]) for row in table],
                         [("shop", "ps-pod", "side"), ("shop", "ps-pod", "web")])

    def test_sandboxes(self):
        pod = self.pod("ps-sandbox")
        self.assertEqual(self.shown(f"{pod.namespace}/{pod.name}"), [])
        done = ps(*cri_endpoint(), "ps-sandbox")
        self.assertEqual(done.status, 0, done)
        self.assertIn("pod ps-sandbox has no container yet", done.stderr)
        self.assertNotIn(pod.id, [one["id"] for one in self.shown()])
        sandbox = [one for one in self.shown("--all") if one["id"] == pod.id][0]
        self.assertTrue(sandbox["is_sandbox"])
        self.assertEqual(sandbox["state"], "running")
        # Its process, by the cgroup: the list doesn't tell it.
        with open(f"/proc/{sandbox['pid']}/comm", encoding="utf-8") as comm:
            self.assertEqual(comm.read().strip(), "pause")

    def test_attempts(self):
        """What the kubelet starts again shows how it ended before."""
        pod = self.pod("ps-attempts")
        first = pod.run("app", "/bin/server")
        os.kill(first.pid, signal.SIGKILL)
        self.assertEqual(first.exit_code(), 137)
        row = rows(ps(*cri_endpoint(), "ps-attempts").stdout)[0]
        self.assertEqual((row["STATE"], row["RESTARTS"], row["PID"]), ("exited", "0", "-"))
        self.assertRegex(row["LAST EXIT"], r"^137 SIGKILL, \d+s ago$")
        second = pod.run("app", "/bin/server", attempt=1)
        table = rows(ps(*cri_endpoint(), "ps-attempts").stdout)
        self.assertEqual(len(table), 1)
        row = table[0]
        self.assertEqual((row["STATE"], row["RESTARTS"], row["PID"]),
                         ("running", "1", str(second.pid)))
        self.assertRegex(row["LAST EXIT"], r"^137 SIGKILL, \d+s ago$")
        self.assertTrue(self.shown(first.id)[0]["superseded"])
        everything = [one["id"] for one in self.shown("-a")]
        self.assertIn(first.id, everything)
        self.assertIn(second.id, everything)

    def test_out_of_memory(self):
        pod = self.pod("ps-oom")
        container = pod.run("eater", "/bin/sh", "-c", "x=$(/bin/busybox head -c 50000000 "
                            "/dev/zero | /bin/busybox tr '\\0' a); echo $x", memory=10 << 20)
        status = container.wait()
        if status.reason != "OOMKilled":  # the runtime's own word is unreliable
            self.assertNotEqual(status.exit_code, 0)
            return
        self.assertRegex(rows(ps(*cri_endpoint(), "ps-oom").stdout)[0]["LAST EXIT"],
                         r"^\d+ OOMKilled, \d+s ago$")

    def test_both_runtimes(self):
        pod = self.pod("ps-both")
        pod.run("app", "/bin/server")
        docker.daemon().run("ps-beside", "server")
        answer = ps_json(*docker_endpoint(), *cri_endpoint())
        runtimes = {one["runtime"] for one in answer["containers"]}
        self.assertEqual(runtimes, {"docker", "containerd"})
        self.assertEqual([one["runtime"] for one in answer["runtimes"]], ["docker", "containerd"])
        for runtime in answer["runtimes"]:
            self.assertTrue(runtime["answered"])
            self.assertRegex(runtime["version"], r"^\d+\.\d+")


class Listener:
    """A socket that accepts, and answers what `answer` sends."""

    def __init__(self, answer):
        self._folder = tempfile.mkdtemp(prefix="podtap-e2e-")
        self.path = f"{self._folder}/runtime.sock"
        self._answer = answer
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.bind(self.path)
        self._socket.listen(8)
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self):
        while True:
            try:
                peer, _ = self._socket.accept()
            except OSError:
                return
            threading.Thread(target=self._one, args=(peer,), daemon=True).start()

    def _one(self, peer):
        with peer:
            try:
                self._answer(peer)
            except OSError:
                pass

    def close(self):
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join(5)
        shutil.rmtree(self._folder, ignore_errors=True)


def hang(peer):
    while peer.recv(4096):
        pass


def garbage(peer):
    peer.recv(4096)
    peer.sendall(os.urandom(5000))


def half(peer):
    peer.recv(4096)
    peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n[{\"Id\":")


def endless(peer):
    peer.recv(4096)
    peer.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    chunk = b"10000\r\n" + b"[" * 0x10000 + b"\r\n"
    while True:
        peer.sendall(chunk)


class Trouble(unittest.TestCase):
    def listen(self, answer):
        listener = Listener(answer)
        self.addCleanup(listener.close)
        return listener

    def test_each_gets_one_message_and_the_others_answer(self):
        docker.daemon().run("ps-others", "server")
        for answer, words in ((hang, "no answer in time; does the runtime hang?"),
                              (garbage, "is it a container runtime's socket?"),
                              (half, "closed in the middle of the answer"),
                              (endless, "limit")):
            with self.subTest(answer.__name__):
                listener = self.listen(answer)
                done = ps(*docker_endpoint(), *endpoint(listener.path), "--timeout", "1",
                          "ps-others")
                self.assertEqual(done.status, 0, done)
                self.assertEqual(len(rows(done.stdout)), 1)
                self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)
                self.assertIn(listener.path, done.stderr)
                self.assertIn(words, done.stderr)

    def test_bounded_memory(self):
        listener = self.listen(endless)
        limited = ["prlimit", "--data=500000000", "--"]
        done = ps(*endpoint(listener.path), "no-such-container", before=limited)
        self.assertIn("body limit exceeded", done.stderr)
        self.assertEqual(done.status, 1, done)

    def test_nobody_answers(self):
        listener = self.listen(hang)
        done = ps(*endpoint(listener.path), "--timeout", "0.2", "no-such-container")
        self.assertEqual(done.status, 1, done)
        self.assertIn(f"couldn't ask {listener.path}", done.stderr)

    def test_a_socket_that_isnt_there(self):
        with tempfile.TemporaryDirectory() as folder:
            done = ps(*endpoint(f"{folder}/none.sock"), "-o", "json")
            self.assertIn(f"can't connect to {folder}/none.sock: No such file", done.stderr)
            self.assertFalse(parse(done.stdout)["runtimes"][0]["answered"])

    def test_a_stale_socket(self):
        with tempfile.TemporaryDirectory() as folder:
            stale = f"{folder}/stale.sock"
            with socket.socket(socket.AF_UNIX) as gone:
                gone.bind(stale)
            done = ps(*endpoint(stale))
            self.assertIn(f"{stale}: nobody listens on it; is the runtime running?", done.stderr)

    def test_not_root(self):
        with tempfile.TemporaryDirectory() as folder:
            binary = shutil.copy(session.PODTAP, folder)
            os.chmod(folder, 0o755)
            done = ps(*docker_endpoint(), "some-container", user=session.NOBODY, binary=binary)
        self.assertIn("Permission denied", done.stderr)
        self.assertEqual(done.status, 1, done)

    def test_no_runtime_at_all(self):
        """An empty root has no sockets; what was looked at is said."""
        with tempfile.TemporaryDirectory() as folder:
            done = ps("--host-root", folder)
            if done.stdout.count("\n") == 1:  # no container runs elsewhere on this machine
                self.assertIn("no container runtime was found; looked at /run/docker.sock",
                              done.stderr)
            self.assertEqual(done.status, 0, done)
        done = ps("--host-root", "/no/such/folder")
        self.assertEqual(done.status, 5, done)
        self.assertIn("can't open the host's root /no/such/folder", done.stderr)

    def test_full_disk(self):
        with open("/dev/full", "wb") as full:
            done = subprocess.run([session.PODTAP, "ps", *docker_endpoint()], stdout=full,
                                  stderr=subprocess.PIPE, timeout=20, check=False)
        self.assertEqual(done.returncode, 5)
        self.assertIn(b"standard output: No space left on device", done.stderr)

    def test_help(self):
        done = ps("--help")
        self.assertEqual(done.status, 0)
        for words in ("Examples:", "default/web-0", "Exit status:", "PODTAP_RUNTIME_ENDPOINT"):
            self.assertIn(words, done.stdout)


if __name__ == "__main__":
    unittest.main()
