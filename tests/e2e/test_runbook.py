"""The main job: the runbook's script names the killer of a real container."""

import ctypes
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
import unittest

import docker
import killers
import proc
import session

SCRIPT = (pathlib.Path(__file__).parent / "sg.stp").read_text(encoding="utf-8")
SENT = re.compile(r"(.{1,15})\((\d+)\) send (\S+) to (.{1,15})\((\d+)\)")
PARENT = re.compile(r"parent of sender: (.{1,15})\((\d+)\)")
ANCESTRY = "task_ancestry:"


class Runbook(unittest.TestCase):
    """What every killing has in common."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="podtap-runbook-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def server(self):
        container = docker.daemon().run("server", "server")
        self.assertEqual(proc.task(container.pid).comm, "server")
        # Its signal handler is set once it has written its child's pid.
        self.wait_for(lambda: container.exec("cat", "/tmp/child", check=False).stdout.strip())
        return container

    def wait_for(self, condition, timeout=10):
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            value = condition()
            if value:
                return value
            time.sleep(0.02)
        self.fail("what the test waits for doesn't happen")

    def watch(self, pid):
        """`podtap run sg.stp`, armed, with only the pid replaced in the script."""
        (self.folder / "sg.stp").write_text(SCRIPT.replace("7942", str(pid)), encoding="utf-8")
        return session.Session("sg.stp", cwd=self.folder)

    def finish(self, podtap, count=3):
        """The lines that podtap printed; it must end well and say nothing else."""
        lines = podtap.wait_lines(count)
        outcome = podtap.stop()
        self.assertEqual(outcome.status, 0, outcome)
        self.assertGreaterEqual(len(lines), 3, f"podtap printed too little\n{outcome}")
        self.assertNotRegex(outcome.stderr, r"ERROR|WARNING|lost")
        return outcome.stdout.splitlines()

    def check(self, lines, *, sender, sender_pid, name, target, target_pid, parent, levels):
        """The three lines, with real names, pids and the ancestry of /proc.

        `levels`: proc.Level from init down to the sender's; the last may be
        None when nobody could look at it."""
        sent = SENT.fullmatch(lines[0])
        self.assertIsNotNone(sent, lines[0])
        self.assertEqual(sent.groups(), (sender, str(sender_pid), name, target, str(target_pid)))

        by = PARENT.fullmatch(lines[1])
        self.assertIsNotNone(by, lines[1])
        names = {thread.comm for thread in parent.threads}
        self.assertIn(by[1], names)
        self.assertEqual(int(by[2]), parent.leader.pid)

        self.assertTrue(lines[2].startswith(ANCESTRY), lines[2])
        self.check_ancestry(lines[2].removeprefix(ANCESTRY), levels, sender)

    def check_ancestry(self, text, levels, sender):
        entries = proc.parse_ancestry(text)
        self.assertEqual(entries[0], proc.Entry("swapper/0", 0), text)
        self.assertEqual(len(entries), 1 + len(levels), f"{text}\n{levels}")
        self.assertEqual(entries[-1].comm, sender)
        self.assertLessEqual(entries[-1].start_ns, proc.boot_ns())
        for entry, level in zip(entries[1:], levels):
            if level is not None and entry is not entries[-1]:
                self.assertTrue(level.matches(entry), f"{entry} is not {level.leader}\n{text}")
        if levels[-1] is not None:
            ticks = entries[-1].start_ns // proc.NS_A_TICK
            self.assertEqual(ticks, levels[-1].leader.start_ticks, text)

    def killed_by(self, command, sender, *, container=None, name="SIGKILL", target="server",
                  **killer_options):
        """A container's server, killed by `command`; PID in it is replaced."""
        container = container or self.server()
        command = [word.replace("PID", str(container.pid)) for word in command]
        with self.watch(container.pid) as podtap, \
                killers.Killer(command, **killer_options) as killer:
            podtap.wait_armed()
            killer.open_gate()
            lines = self.finish(podtap)
        self.assertEqual(len(lines), 3, lines)
        self.check(lines, sender=sender, sender_pid=killer.pid, name=name, target=target,
                   target_pid=container.pid, parent=killer.levels[-2], levels=killer.levels)
        return container, killer

    def assert_killed(self, container, code=137):
        self.assertEqual(container.exit_code(), code)


class FromTheHost(Runbook):
    def test_pkill(self):
        # By name and parent, so that no other server on this machine is hit.
        container = self.server()
        shim = proc.task(container.pid).parent
        container, _ = self.killed_by(["pkill", "-KILL", "-P", str(shim), "-x", "server"],
                                      "pkill", container=container)
        self.assert_killed(container)

    def test_kill(self):
        container, _ = self.killed_by(["/bin/kill", "-KILL", "PID"], "kill")
        self.assert_killed(container)

    def test_kill_with_another_signal(self):
        container, _ = self.killed_by(["/bin/kill", "-TERM", "PID"], "kill", name="SIGTERM")
        self.assert_killed(container, code=0)

    def test_kill_of_a_plain_sleep(self):
        container = docker.daemon().run("server", "sleep", "100000")
        self.killed_by(["/bin/kill", "-KILL", "PID"], "kill", container=container, target="sleep")
        self.assert_killed(container)

    def test_pidfd(self):
        # Tools that hook kill, tkill and tgkill don't see this one.
        code = ("import os, signal; signal.pidfd_send_signal(os.pidfd_open(PID), "
                "signal.SIGKILL)")
        python = os.path.realpath(sys.executable)
        container, _ = self.killed_by([python, "-c", code], os.path.basename(python)[:15])
        self.assert_killed(container)

    def test_chain_of_shells(self):
        container, killer = self.killed_by(["/bin/kill", "-9", "PID"], "kill",
                                           shells=["bash", "sh", "bash", "bash"])
        self.assertGreaterEqual(len(killer.levels), 6)
        self.assert_killed(container)

    def test_orphan_with_an_odd_name(self):
        # The runbook's own case: malware that daemonised itself, then shells.
        container, killer = self.killed_by(["/bin/kill", "-9", "PID"], "kill",
                                           shells=["bash", "bash"], daemon_name="vGhyM0")
        names = [level.leader.comm for level in killer.levels]
        self.assertIn("vGhyM0", names)
        # It has no parent left but init (or a subreaper): none of ours.
        self.assertNotIn(os.getpid(), [level.leader.pid for level in killer.levels])
        self.assert_killed(container)

    def test_a_thread_kills(self):
        container = self.server()
        libc = ctypes.CDLL(None, use_errno=True)
        go = threading.Event()

        def strike():
            libc.prctl(15, b"odd-thread", 0, 0, 0)  # PR_SET_NAME
            go.wait(30)
            os.kill(container.pid, signal.SIGKILL)

        thread = threading.Thread(target=strike)
        thread.start()
        with self.watch(container.pid) as podtap:
            podtap.wait_armed()
            levels = proc.ancestry(os.getpid())
            go.set()
            lines = self.finish(podtap)
        thread.join()
        # The thread's own name sends, but the process's pid and ancestry count.
        self.assertEqual(lines[0], f"odd-thread({os.getpid()}) send SIGKILL to "
                                   f"server({container.pid})")
        self.assertRegex(lines[1], rf"parent of sender: .+\({os.getppid()}\)")
        self.check_ancestry(lines[2].removeprefix(ANCESTRY), levels, levels[-1].leader.comm)
        self.assert_killed(container)

    def test_other_processes_stay_out(self):
        # Only the target's signals are printed, however much goes on.
        container = self.server()
        with subprocess.Popen(["sleep", "1000"]) as bystander, self.watch(container.pid) as podtap:
            podtap.wait_armed()
            for _ in range(100):
                bystander.send_signal(signal.SIGWINCH)
            bystander.kill()
            time.sleep(0.3)
            outcome = podtap.stop()
        self.assertEqual((outcome.status, outcome.stdout), (0, ""), outcome)

    def test_signal_0_is_none(self):
        container = self.server()
        with self.watch(container.pid) as podtap:
            podtap.wait_armed()
            os.kill(container.pid, 0)
            time.sleep(0.3)
            outcome = podtap.stop()
        self.assertEqual((outcome.status, outcome.stdout), (0, ""), outcome)


class ByTheRuntime(Runbook):
    def check_runtime(self, strike, name, code):
        container = self.server()
        shim = proc.level(proc.task(container.pid).parent)
        ancestors = proc.ancestry(shim.leader.pid)
        with self.watch(container.pid) as podtap:
            podtap.wait_armed()
            before = proc.boot_ns()
            strike(container)
            lines = self.finish(podtap)
        sent = SENT.fullmatch(lines[0])
        self.assertIsNotNone(sent, lines[0])
        # runc has ended: nobody can look its pid up. All else is known.
        self.check(lines, sender="runc", sender_pid=int(sent[2]), name=name, target="server",
                   target_pid=container.pid, parent=shim, levels=[*ancestors, None])
        started = proc.parse_ancestry(lines[2].removeprefix(ANCESTRY))[-1].start_ns
        self.assertGreater(started, before)
        self.assert_killed(container, code)

    def test_docker_kill(self):
        self.check_runtime(lambda container: container.kill(), "SIGKILL", 137)

    def test_docker_kill_with_another_signal(self):
        self.check_runtime(lambda container: container.kill("TERM"), "SIGTERM", 0)


class FromInside(Runbook):
    """The killer sits in a pid namespace: the real SystemTap fails here."""

    def test_second_container_in_the_same_pid_namespace(self):
        container = self.server()
        gate = self.folder / "gate"
        gate.mkdir()
        os.mkfifo(gate / "fifo")
        killer = docker.daemon().run(
            "killer", "sh", "-c", "read _ </gate/fifo; exec kill -TERM 1",
            options=["--pid=container:server", "-v", f"{gate}:/gate"])
        self.assertEqual(os.readlink(f"/proc/{killer.pid}/ns/pid"),
                         os.readlink(f"/proc/{container.pid}/ns/pid"))
        levels = proc.ancestry(killer.pid)
        with self.watch(container.pid) as podtap:
            podtap.wait_armed()
            (gate / "fifo").write_text("go\n")
            lines = self.finish(podtap)
        self.check(lines, sender="kill", sender_pid=killer.pid, name="SIGTERM", target="server",
                   target_pid=container.pid, parent=levels[-2], levels=levels)
        self.assert_killed(container, 0)

    def test_docker_exec_kills_the_first_process(self):
        container = self.server()
        with self.watch(container.pid) as podtap:
            podtap.wait_armed()
            container.exec("kill", "-TERM", "1", check=False)
            lines = self.finish(podtap)
        sent = SENT.fullmatch(lines[0])
        self.assertIsNotNone(sent, lines[0])
        self.assertEqual(sent.groups()[2:], ("SIGTERM", "server", str(container.pid)))
        self.assertEqual(sent[1], "kill")
        entries = proc.parse_ancestry(lines[2].removeprefix(ANCESTRY))
        self.assertEqual(entries[0], proc.Entry("swapper/0", 0))
        self.assertEqual(entries[-1].comm, "kill")
        # Never the 0 that the real one prints inside a pid namespace.
        self.assertTrue(all(entry.start_ns > 0 for entry in entries[2:]), lines[2])
        self.assert_killed(container, 0)

    def test_a_child_of_the_container_is_killed(self):
        container = self.server()
        child = self.wait_for(lambda: self.child_of(container))
        with self.watch(child) as podtap:
            podtap.wait_armed()
            container.exec("sh", "-c", "kill -9 $(cat /tmp/child)")
            lines = self.finish(podtap)
        sent = SENT.fullmatch(lines[0])
        self.assertIsNotNone(sent, lines[0])
        self.assertEqual(sent.groups()[2:], ("SIGKILL", "sleep", str(child)))
        self.assertTrue(proc.is_alive(container.pid))

    @staticmethod
    def child_of(container):
        """The host's pid of the server's long sleep."""
        inner = container.exec("cat", "/tmp/child").stdout.strip()
        for folder in pathlib.Path("/proc").glob("[0-9]*"):
            try:
                status = (folder / "status").read_text()
            except OSError:
                continue
            match = re.search(r"^NSpid:\s+(\d+)\s+(\d+)$", status, re.MULTILINE)
            if match and match[2].encode() == inner and \
                    proc.task(int(match[1])).parent == container.pid:
                return int(match[1])
        return None

    def test_uncatchable_from_inside_is_seen(self):
        # SIGKILL to a namespace's init from inside is ignored, but it was sent.
        container = self.server()
        with self.watch(container.pid) as podtap:
            podtap.wait_armed()
            container.exec("kill", "-KILL", "1", check=False)
            lines = self.finish(podtap)
        self.assertRegex(lines[0], rf"^kill\(\d+\) send SIGKILL to server\({container.pid}\)$")
        self.assertTrue(proc.is_alive(container.pid))


if __name__ == "__main__":
    unittest.main()
