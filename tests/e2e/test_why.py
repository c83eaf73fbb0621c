"""`podtap why`: what can still be known of a death that nobody watched.

Containers die for real, by the causes of causes/, and only then is podtap asked."""

import json
import os
import pathlib
import shutil
import signal
import stat
import subprocess
import tempfile
import time
import unittest

import causes
import schema
import session
import stage

KILLED, STOPPED, MEMORY, FAULT, ENDED, UNKNOWN = 10, 11, 12, 13, 14, 15
NOT_FOUND, USAGE, PRIVILEGE = 1, 2, 3

# What each death must be said to be: the cause, or that it can't be known any more.
EXPECTED = {
    "exit/3": "exit",
    "exit/255": "exit",
    "exit/137": "unknown",  # nobody killed anything, and nobody can tell
    "killed.host/kill": "unknown",
    "killed.host/pidfd": "unknown",
    "killed.inside/supervisor": "unknown",
    "killed.broadcast/everybody": "unknown",
    "pdeathsig/process": "unknown",
    "runtime.stop/docker-stop": "runtime.stop",
    "runtime.stop/docker-stop-143": "runtime.stop",
    "runtime.stop/docker-stop-signal": "runtime.stop",
    "runtime.stop.timeout/docker-ignores": "runtime.stop.timeout",
    "runtime.kill/docker-kill": "runtime.kill",
    "runtime.kill/docker-hangup": "runtime.kill",
    "runtime.kill/docker-rm": "runtime.kill",  # gone, but for Docker's events
    "oom.container/init": "oom.container",
    "oom.child/wrapped": "oom.child",
    "oom.child/exit-3": "oom.child",
    "oom.pod/cri": "oom.pod",
    "oom.pod/docker-parent": "oom.pod",
    "fault.segv/null": "fault.segv",
    "fault.segv/wrapped": "fault.segv",
    "fault.fpe/division": "fault.fpe",
    "fault.bus/truncated": "fault.bus",
    "abort/direct": "abort",
    "seccomp/process": "seccomp",
    "sigpipe/write": "sigpipe",
    "start.failed/docker-127": "start.failed",
    "start.failed/docker-126": "start.failed",
    "start.failed/cri-not-found": "start.failed",
}


def socket_of(daemon):
    return getattr(daemon, "host", None) or f"unix://{daemon.socket}"


def why(daemon, *arguments, **keywords):
    return session.run("why", "--runtime-endpoint", socket_of(daemon), *arguments, **keywords)


def id_target(truth):
    return f"{truth.runtime}://{truth.id}"


class Why(unittest.TestCase):
    def verdict(self, done):
        self.assertEqual(len(done.stdout.splitlines()), 1, done)
        verdict = json.loads(done.stdout)
        schema.check(verdict)
        return verdict

    def play(self, scene, name):
        play = causes.Play(causes.find(name)[0], scene)
        container = play.prepare()
        return container, play.strike()


class Deaths(Why):
    """Never a wrong word; and each of these is known for what it was."""

    def check(self, name, runtime, expected):
        with stage.Stage(runtime, "why-" + name.replace("/", "-").replace(".", "-")) as scene:
            _, truth = self.play(scene, name)
            verdict = self.verdict(why(scene.daemon, "-o", "json", id_target(truth)))
        self.assertEqual(verdict["cause"], expected, json.dumps(verdict, indent=1))
        self.assertEqual(verdict["subject"]["container"]["id"], truth.id)
        # Docker has one code for a start that failed, whatever the runtime says.
        if truth.exit_code is not None:
            self.assertEqual(verdict["exit"]["code"], truth.exit_code)
        if expected == "start.failed":
            return  # the runtime needs no other witness
        self.assertNotEqual(verdict["confidence"], "proven")
        self.assertTrue(verdict["gaps"])
        self.assertTrue(any(one["source"] == "kernel log" for one in verdict["asked"]))
        self.assertTrue(verdict["next_steps"][-1].startswith(
            "catch it the next time: podtap watch "), verdict["next_steps"])
        if verdict["culprit"] is not None:
            self.assertIn(verdict["culprit"]["kind"], ("kernel", "runtime"))


def add_tests():
    for name, expected in EXPECTED.items():
        cause = causes.find(name)[0]
        for runtime in cause.runtimes:
            def test(self, name=name, runtime=runtime, expected=expected):
                self.check(name, runtime, expected)
            word = name.replace("/", "_").replace(".", "_").replace("-", "_")
            test.__doc__ = f"{name} in {runtime}"
            setattr(Deaths, f"test_{runtime}_{word}", test)


add_tests()


class Words(Why):
    def test_killed_by_somebody(self):
        """Honest: who is not known, who it was not, and how to catch it."""
        with stage.Stage("docker", "why-text") as scene:
            container, _ = self.play(scene, "killed.host/kill")
            done = why(scene.daemon, container.target)
        self.assertEqual(done.status, UNKNOWN, done)
        self.assertEqual(done.stderr, "")
        lines = done.stdout.splitlines()
        self.assertLessEqual(len(lines), 24, done)
        self.assertLessEqual(max(map(len, lines)), 80)
        text = " ".join(done.stdout.split())
        self.assertIn("is not known; it was not Docker, nor the kernel's OOM killer.", text)
        self.assertIn(f"catch it the next time: podtap watch {container.target}", text)
        self.assertIn("Asked runtime events", text)
        self.assertNotIn("\x1b", done.stdout)

    def test_statuses(self):
        for name, status in (("exit/3", ENDED), ("exit/0", 0), ("oom.container/init", MEMORY),
                             ("fault.segv/null", FAULT), ("runtime.stop/docker-stop", STOPPED)):
            with self.subTest(name), stage.Stage("docker", "why-status") as scene:
                container, _ = self.play(scene, name)
                self.assertEqual(why(scene.daemon, container.target).status, status)

    def test_it_runs(self):
        with stage.Stage("docker", "why-runs") as scene:
            container = scene.run("victim", "wait")
            done = why(scene.daemon, container.target)
            self.assertEqual((done.status, done.stderr), (0, ""), done)
            self.assertRegex(done.stdout, f"container {container.name} runs since .*; "
                                          "it hasn't died.\n")
            done = why(scene.daemon, "-o", "json", container.target)
            alive = json.loads(done.stdout)
            self.assertEqual((alive["schema"], alive["state"]), ("podtap.life/v1", "running"))
            never = scene.create("victim", "wait")
            self.assertIn("was never started", why(scene.daemon, never.target).stdout)

    def test_it_runs_again(self):
        """The last death of a container that its runtime has started again in place."""
        with stage.Stage("docker", "why-again") as scene:
            container = scene.run("sh", "-c", "test -e /gate/second && exec victim wait; "
                                  ": >/gate/second; exit 42", docker=("--restart", "on-failure:3"))
            # dockerd counts the restart a moment before it says that the first run has ended.
            container._await(lambda: container.state()["Status"] == "running" and
                             not container.state()["FinishedAt"].startswith("0001"),
                             "isn't restarted")
            done = why(scene.daemon, "-o", "json", container.target)
        verdict = self.verdict(done)
        self.assertEqual((verdict["cause"], verdict["exit"]["code"]), ("exit", 42))
        self.assertIn("runs again since", done.stderr)

    def test_the_attempt_before(self):
        """A pod's container runs again as another container; the first one's end is told."""
        with stage.Stage("cri", "why-attempt") as scene:
            pod = scene.pod()
            first = pod.create("app", "/bin/victim", "exit", "9", attempt=0)
            first.start()
            first.wait()
            second = pod.create("app", "/bin/victim", "wait", attempt=1)
            second.start()
            done = why(scene.daemon, "-o", "json", f"{pod.namespace}/{pod.name}/app")
        verdict = self.verdict(done)
        self.assertEqual((verdict["cause"], verdict["exit"]["code"]), ("exit", 9))
        self.assertEqual(verdict["subject"]["container"]["id"], first.id)
        self.assertIn("runs again", done.stderr)

    def test_each_container_of_a_pod(self):
        with stage.Stage("cri", "why-pod") as scene:
            pod = scene.pod()
            for name, code in (("one", "1"), ("two", "2")):
                container = pod.create(name, "/bin/victim", "exit", code)
                container.start()
                container.wait()
            alive = pod.create("three", "/bin/victim", "wait")
            alive.start()
            done = why(scene.daemon, "-o", "json", f"{pod.namespace}/{pod.name}")
        said = [json.loads(line) for line in done.stdout.splitlines()]
        self.assertEqual([one["schema"] for one in said].count("podtap.verdict/v1"), 2)
        self.assertEqual(sorted(one["exit"]["code"] for one in said if "exit" in one), [1, 2])
        self.assertEqual([one["container"]["name"] for one in said if "state" in one], ["three"])

    def test_a_name_that_would_deceive(self):
        with stage.Stage("docker", "why-hostile") as scene:
            _, truth = self.play(scene, "killed.host/hostile-escapes")
            done = why(scene.daemon, id_target(truth))
        self.assertNotIn("\x1b", done.stdout + done.stderr)


class Evidence(Why):
    def test_it_is_kept_and_judged_again(self):
        with tempfile.TemporaryDirectory() as folder, stage.Stage("docker", "why-keep") as scene:
            container, _ = self.play(scene, "oom.container/init")
            first = self.verdict(why(scene.daemon, "-o", "json", "--evidence", folder,
                                     container.target))
            files = list(pathlib.Path(folder).iterdir())
            self.assertEqual(len(files), 1)
            self.assertEqual(stat.S_IMODE(files[0].stat().st_mode), 0o600)
            again = session.run("why", "-o", "json", "--case", str(files[0]),
                                user=os.getuid())
            self.assertEqual(again.status, MEMORY)
            self.assertEqual(json.loads(again.stdout), first)
            from_input = session.run("why", "-o", "json", "--case", "-",
                                     stdin=files[0].read_text())
            self.assertEqual(json.loads(from_input.stdout), first)

    def test_files_that_are_none(self):
        with tempfile.TemporaryDirectory() as folder:
            for name, content in (("empty", ""), ("text", "hello"), ("other", '{"schema": "x"}'),
                                  ("half", '{"schema":"podtap.death/v1","rows":[{"at":1,"kind":')):
                path = pathlib.Path(folder) / name
                path.write_text(content)
                done = session.run("why", "--case", str(path))
                self.assertEqual((done.status, done.stdout), (NOT_FOUND, ""), done)
                self.assertIn(str(path), done.stderr)
                self.assertEqual(len(done.stderr.splitlines()), 1, done)
            done = session.run("why", "--case", folder + "/none")
            self.assertEqual(done.status, NOT_FOUND if done.status == 1 else 5, done)

    def test_no_place_to_keep_it(self):
        with stage.Stage("docker", "why-full") as scene:
            container, _ = self.play(scene, "exit/3")
            done = why(scene.daemon, "--evidence", "/nonexistent", container.target)
        self.assertEqual(done.status, 5, done)
        self.assertIn("/nonexistent", done.stderr)
        self.assertIn("exited by itself with code 3", done.stdout)


class Witnesses(Why):
    """The journal, read by the real journalctl from a real journal."""

    REMOTE = "/lib/systemd/systemd-journal-remote"

    def journal(self, folder, *entries):
        """Writes a journal of these entries, dictionaries of fields, as journald would."""
        if not os.access(self.REMOTE, os.X_OK):
            self.fail("systemd-journal-remote is missing; scripts/setup test")
        text = b""
        for number, entry in enumerate(entries):
            fields = {"__CURSOR": f"s=1;i={number}", "__MONOTONIC_TIMESTAMP": str(1000 + number),
                      "_BOOT_ID": "0123456789abcdef0123456789abcdef", **entry}
            text += "".join(f"{key}={value}\n" for key, value in fields.items()).encode() + b"\n"
        subprocess.run([self.REMOTE, "-o", f"{folder}/system.journal", "-"], input=text,
                       check=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def entry(self, at, unit, message, **more):
        return {"__REALTIME_TIMESTAMP": str(int(at * 1_000_000)), "_SYSTEMD_UNIT": unit,
                "SYSLOG_IDENTIFIER": unit.split(".")[0], "_TRANSPORT": "stdout", "_PID": "700",
                "MESSAGE": message, **more}

    def klog(self, at, text, file="kubelet.go"):
        moment = time.gmtime(at)
        return (f"I{moment.tm_mon:02}{moment.tm_mday:02} {moment.tm_hour:02}:{moment.tm_min:02}:"
                f"{moment.tm_sec:02}.{int(at * 1e6) % 1000000:06}     700 {file}:1] {text}")

    def death_of_a_pods_container(self, scene, *entries_of):
        """Kills one by SIGKILL; gives its verdict by a journal of `entries_of(at, id)`."""
        pod = scene.pod()
        container = pod.create("app", "/bin/victim", "wait")
        container.start()
        os.kill(container.pid, signal.SIGKILL)
        container.wait()
        at = time.time()
        with tempfile.TemporaryDirectory() as folder:
            self.journal(folder, *(entry(at, container, pod) for entry in entries_of))
            return self.verdict(why(scene.daemon, "-o", "json", "--journal", folder,
                                    f"{pod.namespace}/{pod.name}"))

    def test_the_kubelets_reason(self):
        def liveness(at, container, pod):
            return self.entry(at - 5, "kubelet.service", self.klog(
                at - 5, '"Message for Container of pod" containerName="app" containerStatusID='
                f'{{"Type":"containerd","ID":"{container.id}"}} pod="{pod.namespace}/{pod.name}" '
                'containerMessage="Container app failed liveness probe, will be restarted"'))
        with stage.Stage("cri", "why-kubelet") as scene:
            verdict = self.death_of_a_pods_container(scene, liveness)
        self.assertEqual((verdict["cause"], verdict["confidence"]),
                         ("kubernetes.liveness", "likely"), json.dumps(verdict, indent=1))
        self.assertEqual(verdict["culprit"]["kind"], "kubelet")

    def test_a_log_file_of_the_kubelet(self):
        with stage.Stage("cri", "why-klog") as scene, tempfile.TemporaryDirectory() as folder:
            pod = scene.pod()
            container = pod.create("app", "/bin/victim", "wait")
            container.start()
            at = time.time()
            log = pathlib.Path(folder) / "kubelet.log"
            log.write_text(self.klog(at, '"SyncLoop DELETE" source="api" pods='
                                     f'["{pod.namespace}/{pod.name}"]') + "\n")
            container.stop(5)
            done = why(scene.daemon, "-o", "json", "--kubelet-log", str(log),
                       f"{pod.namespace}/{pod.name}")
        verdict = self.verdict(done)
        self.assertEqual(verdict["cause"], "kubernetes.deletion", json.dumps(verdict, indent=1))

    def test_forged_lines_of_another_unit(self):
        def forged(at, container, pod):
            return self.entry(at - 1, "evil.service", self.klog(
                at - 1, f'"SyncLoop DELETE" source="api" pods=["{pod.namespace}/{pod.name}"]'))
        with stage.Stage("cri", "why-forged") as scene:
            verdict = self.death_of_a_pods_container(scene, forged)
        self.assertEqual(verdict["cause"], "unknown", json.dumps(verdict, indent=1))

    def test_containerds_log(self):
        def stopped(at, container, _):
            return self.entry(at - 10, "containerd.service",
                              f'level=info msg="StopContainer for \\"{container.id}\\" '
                              'with timeout 10 (s)"')

        def killed(at, container, _):
            return self.entry(at - 0.1, "containerd.service",
                              f'level=info msg="Kill container \\"{container.id}\\""')
        with stage.Stage("cri", "why-containerd") as scene:
            verdict = self.death_of_a_pods_container(scene, stopped, killed)
        self.assertEqual(verdict["cause"], "runtime.stop.timeout", json.dumps(verdict, indent=1))

    def test_a_journal_that_never_answers(self):
        """It is named, and nobody waits for it beyond the time allowed."""
        with stage.Stage("docker", "why-slow") as scene, tempfile.TemporaryDirectory() as folder:
            container, _ = self.play(scene, "exit/3")
            slow = pathlib.Path(folder) / "journalctl"
            slow.write_text("#!/bin/sh\nexec sleep 1000\n")
            slow.chmod(0o755)
            environment = {**os.environ, "PATH": f"{folder}:{os.environ['PATH']}"}
            done = why(scene.daemon, "-o", "json", "--journal", folder, "--timeout", "0.5",
                       container.target, env=environment)
        verdict = self.verdict(done)
        self.assertEqual(verdict["cause"], "exit")
        journal = [one for one in verdict["asked"] if one["source"] == "journal"]
        self.assertEqual([one.get("problem") for one in journal],
                         ["no answer within the time allowed"])
        self.assertLess(done.seconds, 20)

    def test_no_journalctl(self):
        with stage.Stage("docker", "why-none") as scene, tempfile.TemporaryDirectory() as folder:
            container, _ = self.play(scene, "exit/3")
            done = why(scene.daemon, "-o", "json", "--journal", folder, container.target,
                       env={"PATH": folder})
        journal = [one for one in self.verdict(done)["asked"] if one["source"] == "journal"]
        self.assertIn("journalctl", journal[0]["problem"])


class Trouble(Why):
    def test_nothing_of_that_name(self):
        with stage.Stage("docker", "why-near") as scene:
            container, _ = self.play(scene, "exit/3")
            done = why(scene.daemon, container.target + "x")
        self.assertEqual((done.status, done.stdout), (NOT_FOUND, ""), done)
        self.assertIn(container.target, done.stderr)

    def test_usage(self):
        for arguments in ((), ("-o", "xml", "a"), ("a//b",), ("--kubelet-port", "99999", "a"),
                          ("--journal", "/nonexistent", "a"), ("--timeout", "0", "a")):
            done = session.run("why", *arguments)
            self.assertEqual((done.status, done.stdout), (USAGE, ""), done)
            self.assertEqual(len(done.stderr.splitlines()), 1, done)

    def test_without_root(self):
        with stage.Stage("docker", "why-nobody") as scene, tempfile.TemporaryDirectory() as folder:
            container, _ = self.play(scene, "exit/3")
            os.chmod(folder, 0o755)
            copy = pathlib.Path(folder) / "podtap"
            shutil.copy(session.PODTAP, copy)
            copy.chmod(0o755)
            done = why(scene.daemon, container.target, binary=str(copy), user=session.NOBODY,
                       cwd="/")
        self.assertEqual((done.status, done.stdout), (PRIVILEGE, ""), done)
        self.assertIn("Permission denied", done.stderr)

    def test_nobody_reads(self):
        with stage.Stage("docker", "why-full") as scene:
            container, _ = self.play(scene, "exit/3")
            with open("/dev/full", "wb") as full:
                done = subprocess.run(
                    [session.PODTAP, "why", "--runtime-endpoint", socket_of(scene.daemon),
                     container.target], stdout=full, stderr=subprocess.PIPE, check=False)
        self.assertEqual(done.returncode, 5, done)
        self.assertIn(b"standard output", done.stderr)
