"""`podtap doctor`: it says what works here, without lying and without crashing."""

import json
import os
import pathlib
import shutil
import socket
import subprocess
import tempfile
import unittest

import docker
import schema
import session
import stage

PRIVILEGE, UNSUPPORTED, SYSTEM = 3, 4, 5


class Doctor(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="podtap-doctor-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.folder.chmod(0o755)

    def binary_for_all(self):
        copy = self.folder / "podtap"
        shutil.copy(session.PODTAP, copy)
        copy.chmod(0o755)
        return str(copy)

    def ask(self, *arguments, **keywords):
        """The checks by name, each a list of its lines; and the outcome."""
        done = session.run("doctor", "-o", "json", *arguments, **keywords)
        return self.read(done.status, done.stdout), done

    def read(self, status, text):
        report = json.loads(text)
        schema.check(report)
        self.assertEqual(report["status"], status)
        self.assertEqual(report["ok"], status == 0)
        checks = {}
        for check in report["checks"]:
            checks.setdefault(check["name"], []).append(check)
            # Whoever is told of a trouble is told what to do.
            self.assertEqual("remedy" in check, check["level"] != "ok", check)
        return checks

    def level(self, checks, name):
        return [check["level"] for check in checks[name]]

    def test_as_root(self):
        checks, done = self.ask()
        self.assertEqual((done.status, done.stderr), (0, ""), done)
        for name in ("kernel", "btf", "capabilities", "tracepoints", "bpf", "pids", "cgroups"):
            self.assertEqual(self.level(checks, name), ["ok"], checks[name])
        self.assertRegex(checks["bpf"][0]["text"], r"loaded and attached in \d+\.\d ms")
        self.assertIn(os.uname().release, checks["kernel"][0]["text"])

    def test_its_text(self):
        done = session.run("doctor")
        self.assertEqual((done.status, done.stderr), (0, ""), done)
        lines = done.stdout.splitlines()
        self.assertLessEqual(max(map(len, lines)), 80)
        self.assertTrue(lines[0].startswith("kernel        ok    Linux "), done)
        self.assertTrue(lines[-1].startswith("podtap watch can do its work here"), done)
        self.assertNotIn("\x1b", done.stdout)

    def test_as_nobody(self):
        checks, done = self.ask(binary=self.binary_for_all(), user=session.NOBODY, cwd="/")
        self.assertEqual((done.status, done.stderr), (PRIVILEGE, ""), done)
        self.assertEqual(self.level(checks, "capabilities"), ["fail"])
        self.assertEqual(self.level(checks, "bpf"), ["fail"])
        # What needs no privilege is told all the same.
        for name in ("kernel", "btf", "tracepoints", "cgroups"):
            self.assertEqual(self.level(checks, name), ["ok"], checks[name])

    def test_root_without_the_capabilities(self):
        checks, done = self.ask(
            before=["setpriv", "--bounding-set=-bpf,-perfmon,-sys_admin,-sys_ptrace"])
        self.assertEqual(done.status, PRIVILEGE, done)
        said = " ".join(check["text"] for check in checks["capabilities"])
        for name in ("CAP_BPF", "CAP_PERFMON", "CAP_SYS_PTRACE"):
            self.assertIn(name, said)

    def test_one_capability_less(self):
        checks, done = self.ask(before=["setpriv", "--bounding-set=-syslog"])
        self.assertEqual(done.status, 0, done)
        self.assertEqual(self.level(checks, "capabilities"), ["warn"])
        self.assertIn("CAP_SYSLOG", checks["capabilities"][0]["text"])

    def test_in_a_pid_namespace(self):
        checks, done = self.ask(before=["unshare", "--pid", "--fork", "--mount-proc"])
        self.assertEqual(done.status, UNSUPPORTED, done)
        self.assertEqual(self.level(checks, "pids"), ["fail"])
        self.assertIn("--pid=host", checks["pids"][0]["remedy"])
        self.assertIn("hostPID", checks["pids"][0]["remedy"])

    def hiding(self, command):
        return ["unshare", "-m", "sh", "-c", f'{command} && exec "$@"', "sh"]

    def test_without_btf(self):
        checks, done = self.ask(before=self.hiding("mount -t tmpfs none /sys/kernel/btf"))
        self.assertEqual(done.status, UNSUPPORTED, done)
        self.assertEqual(self.level(checks, "btf"), ["fail"])
        self.assertIn("CONFIG_DEBUG_INFO_BTF", checks["btf"][0]["remedy"])
        self.assertEqual(self.level(checks, "bpf"), ["warn"])

    def test_without_tracefs(self):
        checks, done = self.ask(before=self.hiding(
            "{ umount -l /sys/kernel/tracing; umount -l /sys/kernel/debug/tracing; } 2>/dev/null; "
            "true"))
        self.assertEqual(done.status, 0, done)
        self.assertEqual(self.level(checks, "tracefs"), ["warn"])
        self.assertIn("mount -t tracefs", checks["tracefs"][0]["remedy"])
        self.assertEqual(self.level(checks, "tracepoints"), ["ok"])

    def test_without_cgroups(self):
        checks, done = self.ask(before=self.hiding("mount -t tmpfs none /sys/fs/cgroup"))
        self.assertEqual(done.status, 0, done)
        self.assertEqual(self.level(checks, "cgroups"), ["warn"])

    def test_without_proc(self):
        checks, done = self.ask(before=self.hiding("mount -t tmpfs none /proc"))
        self.assertNotEqual(done.status, 0, done)
        self.assertEqual(self.level(checks, "pids"), ["fail"])

    def test_locked_memory_limit(self):
        checks, _ = self.ask(before=["prlimit", "--memlock=65536:65536"])
        self.assertIn("64 KiB", checks["memlock"][0]["text"])

    def test_runtimes(self):
        with stage.Stage("docker") as one, stage.Stage("cri") as other:
            one.run("victim", "wait")
            checks, done = self.ask("--runtime-endpoint", one.daemon.host,
                                    "--runtime-endpoint", f"unix://{other.daemon.socket}")
        self.assertEqual(done.status, 0, done)
        texts = [check["text"] for check in checks["runtimes"]]
        self.assertEqual(self.level(checks, "runtimes"), ["ok", "ok"], texts)
        self.assertRegex(texts[0], r"^docker \d+\.\d+\.\S+ at .*: 1 container$")
        self.assertRegex(texts[1], r"^containerd \S+ at .*: \d+ containers?$")
        self.assertIn("connected to", checks["clients"][0]["text"])

    def test_a_runtime_that_is_none(self):
        silent = self.folder / "silent.sock"
        listener = socket.socket(socket.AF_UNIX)
        self.addCleanup(listener.close)
        listener.bind(str(silent))
        listener.listen()
        (self.folder / "file.sock").write_text("no socket")
        checks, done = self.ask("--timeout", "0.3", "--runtime-endpoint", f"unix://{silent}",
                                "--runtime-endpoint", f"unix://{self.folder}/file.sock",
                                "--runtime-endpoint", f"unix://{self.folder}/none.sock")
        self.assertEqual(done.status, 0, done)
        self.assertEqual(self.level(checks, "runtimes"), ["warn"] * 3, checks["runtimes"])
        said = " ".join(check["text"] for check in checks["runtimes"])
        for word in (str(silent), "file.sock", "none.sock"):
            self.assertIn(word, said)

    def test_a_kubelets_log(self):
        log = self.folder / "kubelet.log"
        log.write_text("nothing of a kubelet\n")
        checks, _ = self.ask("--kubelet-log", str(log))
        self.assertEqual(checks["kubelet"][0]["level"], "warn", checks["kubelet"])
        log.write_text('I1125 23:37:37.065910   17932 kubelet.go:1] "SyncLoop ADD" source="api"\n')
        checks, _ = self.ask("--kubelet-log", str(log))
        self.assertIn(f"its log is {log}", checks["kubelet"][0]["text"])

    def test_a_kubelet_that_is_silent(self):
        """A process that is called so, at -v=0: it wouldn't say why it ends a container."""
        fake = self.folder / "kubelet"
        shutil.copy(shutil.which("sleep"), fake)
        with subprocess.Popen(["sh", "-c", f"exec {fake} 1000"]) as kubelet:
            try:
                for _ in range(200):
                    if pathlib.Path(f"/proc/{kubelet.pid}/comm").read_text() == "kubelet\n":
                        break
                checks, done = self.ask()
            finally:
                kubelet.kill()
        self.assertEqual(done.status, 0, done)
        self.assertIn("-v=0", " ".join(check["text"] for check in checks["kubelet"]))
        self.assertIn("run it with -v=2",
                      [check.get("remedy") for check in checks["kubelet"]])

    def test_another_that_watches(self):
        with subprocess.Popen([session.PODTAP, "watch", "-v", "--all"], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE) as other:
            try:
                while b"armed" not in other.stderr.readline():
                    self.assertIsNone(other.poll())
                checks, _ = self.ask()
            finally:
                other.terminate()
        self.assertIn(f"podtap watch ({other.pid}) is watching", checks["recorder"][0]["text"])

    def in_docker(self, *options):
        """podtap doctor in a container; its libraries, if it has any, come from the host."""
        daemon = docker.daemon()
        libraries = [option for place in ("/lib", "/usr/lib", "/lib64")
                     if os.path.isdir(place)
                     for option in ("-v", f"{os.path.realpath(place)}:{place}:ro")]
        done = daemon.docker(
            "run", "--rm", "--network", "none", *libraries, "-v",
            f"{session.PODTAP}:/podtap:ro", *options, docker.IMAGE, "/podtap", "doctor", "-o",
            "json", check=False)
        self.assertEqual(done.stderr.decode(), "")
        return self.read(done.returncode, done.stdout.decode()), done.returncode

    def test_in_a_container_with_all_that_it_takes(self):
        checks, status = self.in_docker(
            "--cap-add=ALL", "--cap-drop=SYS_RESOURCE", "--security-opt", "seccomp=unconfined",
            "--security-opt", "apparmor=unconfined", "--pid=host", "-v",
            "/sys/kernel/tracing:/sys/kernel/tracing")
        self.assertEqual(status, 0, checks)
        for name in ("capabilities", "bpf", "pids"):
            self.assertEqual(self.level(checks, name), ["ok"], checks[name])

    def test_in_a_plain_container(self):
        checks, status = self.in_docker()
        self.assertEqual(status, PRIVILEGE, checks)
        self.assertEqual(self.level(checks, "pids"), ["fail"])
        self.assertIn("--cap-add=BPF", checks["capabilities"][0]["remedy"])

    def test_usage(self):
        for arguments in (("-o", "xml"), ("--timeout", "0"), ("argument",),
                          ("--runtime-endpoint", "tcp://x")):
            done = session.run("doctor", *arguments)
            self.assertEqual((done.status, done.stdout), (2, ""), done)
            self.assertEqual(len(done.stderr.splitlines()), 1, done)

    def test_nobody_reads(self):
        with open("/dev/full", "wb") as full:
            done = subprocess.run([session.PODTAP, "doctor"], stdout=full, stderr=subprocess.PIPE,
                                  check=False)
        self.assertEqual(done.returncode, SYSTEM)
