"""`podtap watch` as an operator uses it: what it is told to watch, what it prints, how it ends."""

import json
import os
import pathlib
import re
import signal
import subprocess
import time
import unittest

import docker
import fake_docker
import killers
import proc
import session
import stage
import victims

# Exit statuses by the cause, as the README's table has them.
OK, NOT_FOUND, USAGE, KILLED, RUNTIME, MEMORY, OWN, EXITED = 0, 1, 2, 10, 11, 12, 13, 14


def socket_of(daemon):
    return getattr(daemon, "host", None) or f"unix://{daemon.socket}"


class Watching:
    """One `podtap watch`, armed. Use it in a `with`."""

    def __init__(self, daemon, *arguments, endpoint=True, before=()):
        where = ["--runtime-endpoint", socket_of(daemon)] if endpoint else []
        self.process = subprocess.Popen(
            [*before, session.PODTAP, "watch", "-v", *where, *map(str, arguments)],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.out = session.Lines(self.process.stdout)
        self.err = session.Lines(self.process.stderr)
        if not self.err.wait(lambda lines: any("armed" in line for line in lines), 30):
            self.process.kill()
            raise AssertionError(f"podtap watch wasn't armed:\n{self.err.text()[-3000:]}")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        return self.finish()

    def finish(self, timeout=20):
        try:
            self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        return session.Outcome(self.process.returncode, self.out.text(), self.err.text())

    def wait_out(self, pattern, timeout=10):
        """Until its output matches; gives the output."""
        if not self.out.wait(lambda lines: re.search(pattern, "".join(lines)), timeout):
            raise AssertionError(f"no {pattern!r} in\n{''.join(self.out.seen())}\n"
                                 f"{''.join(self.err.seen())[-2000:]}")
        return "".join(self.out.seen())

    def wait_err(self, pattern, timeout=10):
        if not self.err.wait(lambda lines: re.search(pattern, "".join(lines)), timeout):
            raise AssertionError(f"no {pattern!r} in\n{''.join(self.err.seen())}")

    def peak_kb(self):
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as file:
            return int(re.search(r"VmHWM:\s+(\d+)", file.read()).group(1))


def verdicts(text):
    objects = [json.loads(line) for line in text.splitlines()]
    return [one for one in objects if one["schema"] == "podtap.verdict/v1"]


def kill(container, name="pkill-for-test", folder=None):
    """A process of the host ends a container; gives it."""
    killer = killers.Killer(["kill", "-9", str(container.pid)], shells=("sh",), folder=folder)
    try:
        killer.open_gate()
        killer.wait()
    finally:
        killer.close()
    return killer


class Story(unittest.TestCase):
    """--once: a container's story, until its first death."""

    def test_a_screen_and_a_status(self):
        with stage.Stage("docker", "watch-once") as scene:
            container = scene.run("victim", "wait")
            with Watching(scene.daemon, "--once", container.name) as watch:
                killer = kill(container, folder=scene.folder)
                done = watch.finish()
        self.assertEqual(done.status, KILLED, done)
        story = done.stdout[done.stdout.index("\n\n") + 2:] if "\n\n" in done.stdout else ""
        self.assertIn(f"kill({killer.pid})", done.stdout)
        self.assertIn("SIGKILL", done.stdout)
        self.assertIn(f"bash({killer.parent.pid})", done.stdout)
        lines = done.stdout.splitlines()
        self.assertTrue(story)
        self.assertLessEqual(max(map(len, lines)), 80, done.stdout)
        self.assertLessEqual(len(lines), 24 + 5, done.stdout)  # facts, and a screen
        self.assertNotIn("\x1b", done.stdout)

    def test_statuses(self):
        for actor, options, status in (
                (("victim", "exit", "0"), {}, OK), (("victim", "exit", "3"), {}, EXITED),
                (("victim", "segv-null"), {}, OWN), (("victim", "abort"), {}, OWN),
                (("victim", "memory", "64"), {"memory": 20 << 20}, MEMORY),
                (("no-such-program",), {}, EXITED)):
            with self.subTest(actor), stage.Stage("docker", "watch-status") as scene:
                container = scene.create(*actor, **options)
                with Watching(scene.daemon, "--once", container.name) as watch:
                    watch.wait_err("waiting for")
                    container.start(check=actor[0] == "victim")
                    self.assertEqual(watch.finish().status, status)

    def test_stopped_by_docker(self):
        with stage.Stage("docker", "watch-stopped") as scene:
            container = scene.run("victim", "wait")
            with Watching(scene.daemon, "--once", container.name) as watch:
                scene.daemon.docker("stop", "-t", "5", container.name)
                done = watch.finish()
        self.assertEqual(done.status, RUNTIME, done)

    def test_classic(self):
        """The runbook's three lines."""
        with stage.Stage("docker", "watch-classic") as scene:
            container = scene.run("victim", "wait")
            with Watching(scene.daemon, "--classic", container.name) as watch:
                killer = kill(container, folder=scene.folder)
                watch.wait_out("task_ancestry:.*\n")
                done = watch.stop()
        lines = done.stdout.splitlines()
        at = next(i for i, line in enumerate(lines) if "send SIGKILL" in line)
        self.assertEqual(lines[at], f"kill({killer.pid}) send SIGKILL to victim({container.pid})")
        self.assertEqual(lines[at + 1], f"parent of sender: bash({killer.parent.pid})")
        names = [level.split("(")[0] for level in
                 lines[at + 2].removeprefix("task_ancestry:").split("=>")]
        self.assertEqual(names[-2:], ["bash", "kill"])
        self.assertEqual(names[0], "swapper/0")


class Targets(unittest.TestCase):
    def test_restarts_are_followed(self):
        with stage.Stage("docker", "watch-again") as scene:
            container = scene.run("victim", "wait", docker=("--restart", "always"))
            with Watching(scene.daemon, "-o", "json", container.name) as watch:
                for death in (1, 2):
                    first = container.pid
                    kill(container, folder=scene.folder)
                    container._await(lambda: container.state()["Pid"] not in (0, first),
                                     "isn't restarted")
                    container.pid = container.state()["Pid"]
                    watch.wait_out(f"(?s)(podtap.verdict/v1.*){{{death}}}")
                done = watch.stop()
        self.assertEqual([one["cause"] for one in verdicts(done.stdout)], ["killed.host"] * 2)

    def test_short_id_and_scheme(self):
        with stage.Stage("docker", "watch-id") as scene:
            for form in ("{}", "docker://{}"):
                container = scene.run("victim", "wait")
                with self.subTest(form), Watching(scene.daemon, "--once",
                                                  form.format(container.id[:12])) as watch:
                    kill(container, folder=scene.folder)
                    self.assertEqual(watch.finish().status, KILLED)

    def test_other_containers_are_none_of_its_business(self):
        with stage.Stage("docker", "watch-other") as scene:
            container, other = scene.run("victim", "wait"), scene.run("victim", "wait")
            with Watching(scene.daemon, "-o", "json", container.name) as watch:
                kill(other, folder=scene.folder)
                kill(container, folder=scene.folder)
                watch.wait_out("podtap.verdict/v1")
                done = watch.stop()
        self.assertEqual([one["subject"]["container"]["id"] for one in verdicts(done.stdout)],
                         [container.id])
        self.assertNotIn(other.id, done.stdout)

    def test_a_pod(self):
        with stage.Stage("cri", "watch-pod") as scene:
            pod = scene.pod()
            container = scene.run("/bin/victim", "wait")
            for number, form in enumerate((pod.name, f"default/{pod.name}")):
                with self.subTest(form), Watching(scene.daemon, "--once", form) as watch:
                    kill(container, folder=scene.folder)
                    done = watch.finish()
                    self.assertEqual(done.status, KILLED, done)
                    self.assertIn(pod.name, done.stdout)
                container = scene.run("/bin/victim", "wait", name=f"next{number}")

    def test_a_process(self):
        with stage.Stage("docker", "watch-pid") as scene, \
                subprocess.Popen([victims.victim(), "wait"]) as process:
            with Watching(scene.daemon, "--once", f"pid:{process.pid}") as watch:
                os.kill(process.pid, signal.SIGKILL)
                done = watch.finish()
        self.assertEqual(done.status, KILLED, done)
        self.assertIn(f"({os.getpid()})", done.stdout)

    def test_a_unit_and_a_cgroup(self):
        for target in ("unit:podtap-watch.service", "cgroup:/system.slice/podtap-watch.service"):
            with self.subTest(target), stage.Stage("docker", "watch-unit") as scene:
                cgroup = scene.cgroup("/system.slice/podtap-watch.service")
                with subprocess.Popen([victims.victim(), "wait"],
                                      preexec_fn=lambda: cgroup.enter(os.getpid())) as process:
                    with Watching(scene.daemon, "--once", target) as watch:
                        os.kill(process.pid, signal.SIGKILL)
                        process.wait()
                        done = watch.finish()
                self.assertEqual(done.status, KILLED, done)

    def test_nothing_of_that_name(self):
        with stage.Stage("docker", "watch-none") as scene:
            container = scene.run("victim", "wait", name="nearly")
            done = session.run("watch", "--runtime-endpoint", socket_of(scene.daemon),
                               container.name[:-1] + "i")
        self.assertEqual((done.status, done.stdout), (NOT_FOUND, ""), done)
        self.assertIn(container.name, done.stderr)

    def test_usage(self):
        for arguments in ((), ("--all", "x"), ("--once", "--bogus", "x"), ("-o", "yaml", "x"),
                          ("pid:x",), ("unit:",)):
            with self.subTest(arguments):
                done = session.run("watch", *arguments)
                self.assertEqual((done.status, done.stdout), (USAGE, ""), done)


class Hostile(unittest.TestCase):
    def test_names_on_the_terminal_and_in_json(self):
        """A killer whose name and arguments would repaint the screen, and aren't UTF-8."""
        name = b"e\x1b[2Jv\nil\xff"
        with stage.Stage("docker", "watch-hostile") as scene:
            for options in ((), ("-o", "json")):
                container = scene.run("victim", "wait")
                path = os.fsencode(scene.folder) + b"/" + name
                with open(path, "wb") as copy, open(victims.victim(), "rb") as program:
                    copy.write(program.read())
                os.chmod(path, 0o755)
                with self.subTest(options), Watching(scene.daemon, "--once", *options,
                                                     container.name) as watch:
                    subprocess.run([path, b"kill", b"KILL", str(container.pid).encode(),
                                    b"\x1b]0;x\x07\xfe"], check=False)
                    done = watch.finish()
                self.assertEqual(done.status, KILLED, done)
                self.assertNotRegex(done.stdout, "[\x00-\x08\x0b-\x1f\x7f]")
                done.stdout.encode("utf-8")  # no byte that isn't
                if options:
                    said = verdicts(done.stdout)[0]["culprit"]
                    self.assertTrue(said["comm"].startswith("e"), said)


class Trouble(unittest.TestCase):
    def test_the_runtime_is_restarted(self):
        """containerd goes and comes back. Its containers go on, and so does the watch."""
        with stage.Stage("cri", "watch-restart") as scene:
            before = scene.run("/bin/victim", "wait", name="before")
            during = scene.run("/bin/victim", "wait", name="during")
            with Watching(scene.daemon, "-o", "json", "--all") as watch:
                scene.daemon.stop_process()
                kill(during, folder=scene.folder)
                watch.wait_out(during.id)
                scene.daemon.restart_process()
                after = scene.run("/bin/victim", "wait", name="after")
                watch.wait_out(f'(?s)"name":"{after.name}"|{after.id}', 20)
                kill(after, folder=scene.folder)
                kill(before, folder=scene.folder)
                watch.wait_out(f"(?s)(podtap.verdict/v1.*?){{3}}", 15)
                done = watch.stop()
        said = {one["subject"]["container"]["id"]: one for one in verdicts(done.stdout)}
        for container in (before, during, after):
            self.assertEqual(said[container.id]["cause"], "killed.host", container.name)
            self.assertEqual(said[container.id]["culprit"]["comm"], "kill")

    def test_a_fork_bomb(self):
        """A container that forks without end is ended from outside: bounded memory, the right
        culprit, and whatever was lost is counted."""
        bomb = "while :; do (:) & (:) & wait; done"
        with stage.Stage("docker", "watch-bomb") as scene:
            container = scene.run("sh", "-c", f"{bomb} & {bomb} & {bomb} & {bomb}",
                                  docker=("--pids-limit", "200"))
            with Watching(scene.daemon, "-o", "json", "--once", container.name) as watch:
                time.sleep(3)
                before = watch.peak_kb()
                time.sleep(2)
                after = watch.peak_kb()
                killer = kill(container, folder=scene.folder)
                done = watch.finish()
        verdict = verdicts(done.stdout)[0]
        self.assertEqual(verdict["cause"], "killed.host", done.stderr)
        self.assertEqual(verdict["culprit"]["pid"], killer.pid)
        self.assertLess(after, 64 << 10)
        self.assertLess(after - before, 8 << 10, "it grows with every process")

    def test_a_number_that_comes_back(self):
        """A harmless process had the killer's number before."""
        last = pathlib.Path("/proc/sys/kernel/ns_last_pid")
        with stage.Stage("docker", "watch-reuse") as scene:
            container = scene.run("victim", "wait")
            with Watching(scene.daemon, "-o", "json", "--once", container.name) as watch:
                wanted = 0
                for _ in range(200):
                    harmless = subprocess.Popen(["true"])
                    harmless.wait()
                    if wanted and harmless.pid == wanted:
                        break
                    wanted = harmless.pid
                    last.write_text(str(wanted - 1))
                    killer = subprocess.Popen([victims.victim(), "kill", "KILL",
                                               str(container.pid)])
                    killer.wait()
                    if killer.pid == wanted:
                        break
                    if not proc.is_alive(container.pid):
                        self.skipTest("another process took the number")
                done = watch.finish()
        self.assertEqual(killer.pid, wanted)
        process = verdicts(done.stdout)[0]["culprit"]
        self.assertEqual((process["pid"], process["comm"]), (wanted, "victim"))

    def test_it_dies_before_the_watch_is_armed(self):
        """Its runtime still believes that it runs."""
        container = fake_docker.container(1, pid=fake_docker.free_pid())
        with fake_docker.FakeDocker([container]) as daemon, \
                Watching(None, "--runtime-endpoint", daemon.endpoint, "fake-1",
                         endpoint=False) as watch:
            watch.wait_err("fake-1 ended while the watch began; podtap why fake-1")
            done = watch.stop()
        self.assertEqual((done.status, done.stdout), (OK, ""), done)

    def test_five_hundred_containers(self):
        """Of two runtimes, one that is slow with many; a death in the other one is judged."""
        many = [fake_docker.container(number) for number in range(1, 501)]
        with fake_docker.FakeDocker(many) as daemon, stage.Stage("cri", "watch-many") as scene:
            container = scene.run("/bin/victim", "wait")
            with Watching(scene.daemon, "-o", "json", "--all", "--runtime-endpoint",
                          daemon.endpoint) as watch:
                self.assertRegex("".join(watch.err.seen()), r"50[1-9] containers known")
                kill(container, folder=scene.folder)
                watch.wait_out("podtap.verdict/v1")
                peak = watch.peak_kb()
                done = watch.stop()
        said = [one for one in verdicts(done.stdout)
                if one["subject"]["container"]["id"] == container.id]
        self.assertEqual([one["cause"] for one in said], ["killed.host"])
        self.assertLess(peak, 64 << 10)

    def test_in_a_container(self):
        """podtap itself in a container, with the host's processes and its root at /host."""
        with stage.Stage("docker", "watch-inside") as scene:
            victim = scene.run("victim", "wait")
            path = scene.daemon.host.removeprefix("unix://")
            name = f"{scene.name}-podtap"
            watch = subprocess.Popen(
                ["docker", "-H", scene.daemon.host, "run", "--rm", "--name", name, "--network",
                 "none", "--pid=host", "--cap-add=ALL", "--cap-drop=SYS_RESOURCE",
                 "--security-opt", "seccomp=unconfined", "--security-opt", "apparmor=unconfined",
                 "-v", f"{os.path.realpath(session.PODTAP)}:/podtap:ro", "-v", "/:/host",
                 "-v", "/sys/kernel/tracing:/sys/kernel/tracing", docker.IMAGE,
                 "/podtap", "watch", "-v", "--once", "-o", "json", "--host-root", "/host",
                 "--runtime-endpoint", path, victim.name],
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            out, err = session.Lines(watch.stdout), session.Lines(watch.stderr)
            try:
                self.assertTrue(err.wait(lambda lines: any("armed" in x for x in lines), 30),
                                err.text()[-2000:])
                killer = kill(victim, folder=scene.folder)
                watch.wait(20)
            finally:
                watch.kill()
                watch.wait()
                scene.daemon.docker("rm", "-f", name, check=False)
        verdict = verdicts(out.text())[0]
        self.assertEqual((verdict["cause"], verdict["culprit"]["pid"]),
                         ("killed.host", killer.pid), err.text())
        self.assertEqual(verdict["subject"]["container"]["id"], victim.id)

    def test_nobody_reads(self):
        with stage.Stage("docker", "watch-full") as scene, open("/dev/full", "wb") as full:
            container = scene.run("victim", "wait")
            process = subprocess.Popen(
                [session.PODTAP, "watch", "-v", "--once", "--runtime-endpoint",
                 scene.daemon.host, container.name], stdout=full, stderr=subprocess.PIPE)
            err = session.Lines(process.stderr)
            err.wait(lambda lines: any("armed" in line for line in lines), 20)
            kill(container, folder=scene.folder)
            process.wait(20)
        self.assertEqual(process.returncode, 5, err.text())
        self.assertIn("can't write", err.text())
