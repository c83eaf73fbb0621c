"""`podtap record`: after a death its cause is known, whatever happened to the recorder."""

import contextlib
import json
import os
import pathlib
import signal
import socket
import sqlite3
import subprocess
import time
import unittest
import urllib.request

import causes
import recording
import schema
import session
import stage

KILLED, MEMORY, FAULT, ENDED, UNKNOWN = 10, 12, 13, 14, 15
NOT_FOUND, USAGE, PRIVILEGE, SYSTEM = 1, 2, 3, 5
PROVEN = "proven"
SCHEMES = {"docker": "docker", "cri": "containerd"}


def socket_of(daemon):
    return getattr(daemon, "host", None) or f"unix://{daemon.socket}"


class WithStore(unittest.TestCase):
    def setUp(self):
        self.closing = contextlib.ExitStack()
        self.addCleanup(self.closing.close)
        self.store = self.closing.enter_context(recording.Store())

    def recorder(self, *options, **keywords):
        made = recording.Recorder(*options, store=self.store, **keywords)
        self.addCleanup(made.stop, signal.SIGKILL)
        return made.wait_recording()

    def stage(self, runtime, name):
        return self.closing.enter_context(stage.Stage(runtime, name))

    def play(self, scene, name):
        play = causes.Play(causes.find(name)[0], scene)
        play.prepare()
        return play.strike()

    def verdict(self, done):
        self.assertEqual(len(done.stdout.splitlines()), 1, done)
        verdict = json.loads(done.stdout)
        schema.check(verdict)
        return verdict

    def rows(self, sql):
        with contextlib.closing(sqlite3.connect(self.store / "podtap.db")) as database:
            return database.execute(sql).fetchall()

    def blind(self, recorder):
        return recorder.events("--kind", "blind")


class Deaths(WithStore):
    """What the store knows of deaths that it saw."""

    def recorded(self, runtime, cause, expected, status):
        scene = self.stage(runtime, "record")
        recorder = self.recorder(sockets=[socket_of(scene.daemon)])
        time.sleep(2)  # so that the last moments are watched as a whole
        truth = self.play(scene, cause)
        self.assertTrue(recorder.wait_death(truth.id), recorder.messages())
        done = recorder.why("-o", "json", f"{SCHEMES[runtime]}://{truth.id}",
                            sockets=[socket_of(scene.daemon)])
        verdict = self.verdict(done)
        self.assertEqual((verdict["cause"], verdict["confidence"]), (expected, PROVEN), done)
        self.assertEqual(done.status, status)
        return scene, recorder, truth, verdict

    def test_docker_killed(self):
        _, recorder, truth, verdict = self.recorded("docker", "killed.host/kill", "killed.host",
                                                    KILLED)
        self.assertEqual(verdict["culprit"]["pid"], truth.culprit.process.pid)
        event = recorder.deaths(truth.id)[0]
        self.assertEqual(event["culprit"], f"kill({truth.culprit.process.pid})")
        self.assertEqual(recorder.stop().status, 0)
        lives = self.rows(f"SELECT ended_unix_ns FROM life WHERE container_id = '{truth.id}'")
        self.assertEqual(len(lives), 1)
        self.assertIsNotNone(lives[0][0])

    def test_cri_killed(self):
        scene, recorder, truth, _ = self.recorded("cri", "killed.host/kill", "killed.host", KILLED)
        pod = recorder.deaths(truth.id)[0]
        # By its pod's name, and when no runtime can be asked any more.
        done = recorder.why("-o", "json", f"{pod['namespace']}/{pod['pod']}",
                            sockets=["unix:///run/podtap-no-such.sock"])
        self.assertEqual(self.verdict(done)["cause"], "killed.host", done)
        del scene

    def test_memory(self):
        self.recorded("docker", "oom.child/wrapped", "oom.child", MEMORY)

    def test_fault(self):
        self.recorded("docker", "fault.segv/null", "fault.segv", FAULT)

    def test_a_removed_container_and_its_deaths_by_number(self):
        scene = self.stage("docker", "again")
        recorder = self.recorder(sockets=[socket_of(scene.daemon)])
        container = scene.run("sh", "-c", "sleep 0.3; exit 3")
        self.assertTrue(recorder.wait_death(container.id))
        scene.daemon.docker("start", container.id)
        self.assertTrue(recorder.wait_death(container.id, 2))
        scene.daemon.docker("start", container.id)
        time.sleep(0.1)
        scene.daemon.docker("kill", container.id)
        self.assertTrue(recorder.wait_death(container.id, 3))
        scene.daemon.docker("rm", "-f", container.id)
        name = recorder.deaths(container.id)[0]["container"]
        last = self.verdict(recorder.why("-o", "json", name))
        self.assertEqual(last["cause"], "runtime.kill", last)
        before = self.verdict(recorder.why("-o", "json", "--death", "2", name))
        self.assertEqual((before["cause"], before["exit"]["code"]), ("exit", 3))
        all_of_them = recorder.why("-o", "json", "--since", "1h", name)
        self.assertEqual(len(all_of_them.stdout.splitlines()), 3, all_of_them)
        none = recorder.why("--death", "4", name)
        self.assertEqual(none.status, NOT_FOUND)
        self.assertIn("the store has none of that number", none.stderr)
        too_old = recorder.why("--death", "2020-01-01", name)
        self.assertEqual(too_old.status, NOT_FOUND)

    def test_short_lives_and_a_new_name(self):
        scene = self.stage("docker", "record-names")
        docker = scene.daemon.docker
        recorder = self.recorder(sockets=[scene.daemon.host])
        clients = [subprocess.Popen(
            ["docker", "-H", scene.daemon.host, "run", "--rm", "--network", "none", "--name",
             f"short-{code}", "podtap-test:1", "victim", "exit", str(code)])
            for code in range(1, 6)]
        for client in clients:
            client.wait()
        docker("run", "-d", "--network", "none", "--name", "old", "podtap-test:1", "victim", "wait")
        docker("rename", "old", "new")
        docker("kill", "new")
        docker("rm", "-f", "new")

        def told():
            return {event["container"] for event in recorder.events("--kind", "death")}
        wanted = {*(f"short-{code}" for code in range(1, 6)), "new"}
        self.assertTrue(recording.wait_for(lambda: told() >= wanted), told())
        why = session.run("why", "--store", self.store, "--runtime-endpoint", scene.daemon.host,
                          "short-3")
        self.assertIn("proven", why.stdout)

    def test_a_process_outside_of_containers(self):
        recorder = self.recorder()
        victim = subprocess.Popen(["sleep", "1000"])
        killer = subprocess.Popen(["bash", "-c", f"kill -9 {victim.pid}; :"])
        killer.wait()
        victim.wait()
        self.assertTrue(recording.wait_for(lambda: recorder.events("--kind", "kill")))
        event = [one for one in recorder.events("--kind", "kill")
                 if one["container"] == f"pid:{victim.pid}"][0]
        self.assertEqual(event["cause"], "killed.host")
        self.assertEqual(event["culprit"], f"bash({killer.pid})")
        done = recorder.why("-o", "json", f"pid:{victim.pid}")
        self.assertEqual(self.verdict(done)["culprit"]["pid"], killer.pid)

    def test_a_container_that_goes_on_loses_a_process(self):
        scene = self.stage("docker", "loses")
        recorder = self.recorder(sockets=[socket_of(scene.daemon)])
        container = scene.run("sh", "-c", "sleep 1000 & sleep 1001")
        children = pathlib.Path(f"/proc/{container.pid}/task/{container.pid}/children")
        self.assertTrue(recording.wait_for(children.read_text))
        os.kill(int(children.read_text().split()[0]), signal.SIGKILL)
        self.assertTrue(recording.wait_for(lambda: recorder.events("--kind", "kill")))
        self.assertEqual(recorder.deaths(container.id), [])

    def test_followed(self):
        recorder = self.recorder()
        follower = subprocess.Popen([session.PODTAP, "events", "-f", "--most", "1", "--store",
                                     self.store],
                                    stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.addCleanup(follower.kill)
        lines = session.Lines(follower.stdout)
        time.sleep(0.5)

        def kill_some():
            victims = [subprocess.Popen(["sleep", "1000"]) for _ in range(3)]
            for victim in victims:
                victim.terminate()
                victim.wait()
            self.assertTrue(lines.wait(
                lambda seen: all(any(f"pid:{victim.pid}" in line for line in seen)
                                 for victim in victims), 10), lines.seen())
        kill_some()  # more at once than --most
        for file in self.store.glob("podtap.db*"):
            file.unlink()
        # The recorder sees it, and begins afresh.
        self.assertTrue(recording.wait_for((self.store / "podtap.db").exists), recorder.messages())
        kill_some()


class Interrupted(WithStore):
    """The recorder is gone for a while: it says so, and proves nothing of that time."""

    def known_container(self):
        """A recorder that knows a container: (stage, sockets, recorder, container)."""
        scene = self.stage("docker", "meanwhile")
        sockets = [socket_of(scene.daemon)]
        recorder = self.recorder(sockets=sockets)
        container = scene.run("victim", "wait")
        self.assertTrue(recording.wait_for(
            lambda: self.rows(f"SELECT 1 FROM life WHERE container_id = '{container.id}'")))
        return scene, sockets, recorder, container

    def test_killed_and_a_death_meanwhile(self):
        scene, sockets, recorder, container = self.known_container()
        recorder.stop(signal.SIGKILL)
        os.kill(container.pid, signal.SIGKILL)
        self.assertTrue(recording.wait_for(lambda: not scene.daemon.docker(
            "ps", "-q", "--filter", f"id={container.id}").stdout.strip()))
        again = self.recorder(sockets=sockets)
        self.assertTrue(again.wait_death(container.id), again.messages())
        self.assertIn("the recorder before was killed", again.messages())
        self.assertEqual([one["why"] for one in self.blind(again)], ["killed"])
        verdict = self.verdict(again.why("-o", "json", f"docker://{container.id}",
                                         sockets=sockets))
        self.assertNotEqual(verdict["confidence"], PROVEN)
        self.assertNotIn("pid", verdict.get("culprit") or {})
        self.assertEqual(verdict["exit"]["code"], 137)

    def test_begun_and_ended_meanwhile(self):
        scene, sockets, recorder, container = self.known_container()
        # Recorded, just before: it isn't told once more.
        os.kill(container.pid, signal.SIGKILL)
        self.assertTrue(recorder.wait_death(container.id), recorder.messages())
        recorder.stop(signal.SIGKILL)
        scene.daemon.docker("run", "--network", "none", "--name", "meanwhile", "podtap-test:1",
                            "victim", "exit", "9", check=False)
        again = self.recorder(sockets=sockets)
        self.assertTrue(again.wait_message("meanwhile"), again.messages())
        self.assertTrue(recording.wait_for(lambda: len(again.events("--kind", "death")) == 2))
        verdict = self.verdict(again.why("-o", "json", "meanwhile", sockets=sockets))
        self.assertEqual((verdict["cause"], verdict["exit"]["code"]), ("exit", 9))
        self.assertNotEqual(verdict["confidence"], PROVEN)
        scene.daemon.docker("rm", "meanwhile")

    def test_stopped_and_nothing_died(self):
        _, sockets, recorder, _ = self.known_container()
        self.assertEqual(recorder.stop().status, 0)
        again = self.recorder(sockets=sockets)
        time.sleep(1)
        self.assertEqual(again.deaths(), [])
        self.assertEqual([one["why"] for one in self.blind(again)], ["not running"])

    def test_killed_at_any_moment_the_store_opens_clean(self):
        for round_number in range(5):
            recorder = self.recorder()
            victims = [subprocess.Popen(["sleep", "1000"]) for _ in range(5)]
            for victim in victims:
                victim.kill()
            time.sleep(0.05 * round_number)
            kept = len(self.rows("SELECT 1 FROM incident"))
            recorder.stop(signal.SIGKILL)
            for victim in victims:
                victim.wait()
            self.assertEqual(self.rows("PRAGMA integrity_check"), [("ok",)])
            self.assertGreaterEqual(len(self.rows("SELECT 1 FROM incident")), kept)
        last = self.recorder()
        self.assertEqual(len(self.blind(last)), 5)
        self.assertNotIn("damaged", last.messages())


class RuntimeRestarted(WithStore):
    def test_what_dies_before_during_and_after_is_known(self):
        """containerd goes and comes back. Its containers go on, and so does the recording."""
        scene = self.stage("cri", "record-restart")
        before = scene.run("/bin/victim", "wait", name="before")
        during = scene.run("/bin/victim", "wait", name="during")
        recorder = self.recorder(sockets=[socket_of(scene.daemon)])
        time.sleep(2)  # so that the last moments are watched as a whole
        scene.daemon.stop_process()
        os.kill(during.pid, signal.SIGKILL)
        self.assertTrue(recorder.wait_death(during.id, timeout=20), recorder.messages())
        scene.daemon.restart_process()
        after = scene.run("/bin/victim", "wait", name="after")
        time.sleep(1)
        for container in (before, after):
            os.kill(container.pid, signal.SIGKILL)
            self.assertTrue(recorder.wait_death(container.id, timeout=20), recorder.messages())
        for container in (before, during, after):
            death, = recorder.deaths(container.id)
            self.assertEqual((death["cause"], death["confidence"]), ("killed.host", PROVEN), death)
            self.assertIn(f"({os.getpid()})", death["culprit"])
            self.assertEqual(death.get("container"), container.name, recorder.messages())


class Trouble(WithStore):
    def refused(self, *options, status, says):
        done = session.run("record", "--store", self.store, "--listen", "off", *options)
        self.assertEqual(done.status, status, done)
        self.assertIn(says, done.stderr)
        self.assertEqual(done.stderr.count("\n"), 1, done)

    def test_two_recorders(self):
        first = self.recorder()
        self.refused(status=NOT_FOUND, says=f"process {first.process.pid} records into it already")

    def test_a_damaged_file_is_set_aside(self):
        self.store.mkdir()
        (self.store / "podtap.db").write_bytes(b"SQLite format 3\0" + os.urandom(40000))
        recorder = self.recorder()
        self.assertTrue(recorder.wait_message("is damaged"))
        self.assertEqual(len(list(self.store.glob("podtap.db.corrupt-*"))), 1)
        self.assertEqual(recorder.stop().status, 0)
        self.assertEqual(self.rows("PRAGMA integrity_check"), [("ok",)])

    def test_removed_while_it_runs(self):
        recorder = self.recorder()
        time.sleep(1.2)
        for file in self.store.glob("podtap.db*"):
            file.unlink()
        self.assertTrue(recorder.wait_message("a new one was begun", 15), recorder.messages())
        victim = subprocess.Popen(["sleep", "1000"])
        victim.kill()
        victim.wait()
        self.assertTrue(recording.wait_for(lambda: recorder.events("--kind", "kill")))
        self.assertEqual(recorder.stop().status, 0)
        self.assertEqual(self.rows("PRAGMA integrity_check"), [("ok",)])

    def test_a_newer_store(self):
        self.recorder().stop()
        with contextlib.closing(sqlite3.connect(self.store / "podtap.db")) as database:
            database.execute("PRAGMA user_version=99")
            database.commit()
        self.refused(status=4, says="its schema is 99")
        done = session.run("events", "--store", self.store)
        self.assertEqual(done.status, 4, done)

    def test_a_full_disk_and_room_again(self):
        disk = pathlib.Path(self.store).parent / "disk"
        disk.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=600k", "tmpfs", disk], check=True)
        self.addCleanup(subprocess.run, ["umount", "-l", disk])
        self.store = disk / "store"
        recorder = self.recorder()
        filler = disk / "filler"
        with contextlib.suppress(OSError), open(filler, "wb", buffering=0) as file:
            while True:
                file.write(b"x" * 4096)
        victims = []
        for _ in range(40):
            victims.append(subprocess.Popen(["sleep", "1000"]))
            victims[-1].kill()
            victims[-1].wait()
        self.assertTrue(recorder.wait_message("kept in memory", 15), recorder.messages())
        self.assertIsNone(recorder.process.poll())
        filler.unlink()
        self.assertTrue(recorder.wait_message("can be written again", 15), recorder.messages())
        pids = {f"pid:{victim.pid}" for victim in victims}
        told = {one["container"] for one in recorder.events("--kind", "kill")}
        passed_over = sum(one.get("count", 0) for one in self.blind(recorder))
        self.assertGreaterEqual(len(pids & told) + passed_over, len(pids))
        self.assertGreater(len(pids & told), 0)

    def test_a_read_only_file_system(self):
        disk = pathlib.Path(self.store).parent / "disk"
        disk.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", "ro", "tmpfs", disk], check=True)
        self.addCleanup(subprocess.run, ["umount", "-l", disk])
        self.store = disk / "store"
        self.refused(status=SYSTEM, says="Read-only file system")

    def test_nothing_recorded(self):
        done = session.run("events", "--store", self.store)
        self.assertEqual(done.status, NOT_FOUND)
        self.assertIn("start podtap record", done.stderr)

    def test_not_privileged(self):
        done = session.run("record", "--store", self.store, "--listen", "off",
                           user=session.NOBODY)
        self.assertIn(done.status, (PRIVILEGE, SYSTEM), done)
        self.assertEqual(done.stderr.count("\n"), 1, done)

    def test_others_may_not_read_it(self):
        self.recorder().stop()
        self.assertEqual((self.store / "podtap.db").stat().st_mode & 0o777, 0o600)
        self.assertEqual(self.store.stat().st_mode & 0o777, 0o750)
        os.chmod(self.store.parent, 0o755)
        done = session.run("events", "--store", self.store, user=session.NOBODY)
        self.assertEqual(done.status, PRIVILEGE, done)

    def test_a_group_may_read_it(self):
        recorder = self.recorder("--group", "nogroup")
        victim = subprocess.Popen(["sleep", "1000"])
        victim.kill()
        victim.wait()
        self.assertTrue(recording.wait_for(lambda: recorder.events("--kind", "kill")))
        os.chmod(self.store.parent, 0o755)
        done = session.run("events", "--store", self.store, "-o", "json",
                           before=["setpriv", "--reuid=65533", "--regid=65534", "--clear-groups"])
        self.assertEqual(done.status, 0, done)
        self.assertIn(f"pid:{victim.pid}", done.stdout)
        self.refused("--group", "no-such-group", status=NOT_FOUND, says="already")

    def test_a_group_that_is_not_there(self):
        self.refused("--group", "no-such-group", status=NOT_FOUND, says="there is no such group")

    def test_a_store_that_is_shared_later(self):
        self.recorder().stop()
        self.recorder("--group", "nogroup")
        for file in self.store.glob("podtap.db*"):
            status = file.stat()
            self.assertEqual((status.st_gid, status.st_mode & 0o777), (65534, 0o640), file)

    def test_a_folder_of_somebody_else(self):
        self.store.mkdir()
        os.chmod(self.store, 0o777)
        self.refused(status=NOT_FOUND, says="everybody may write there")
        os.chmod(self.store, 0o755)
        os.chown(self.store, 12345, 12345)
        self.refused(status=NOT_FOUND, says="belongs to uid 12345")

    def test_a_folder_behind_a_link(self):
        real = self.store.parent / "elsewhere"
        real.mkdir()
        link = self.store.parent / "link"
        link.symlink_to(real)
        self.store = link / "store"
        self.recorder().stop()
        self.assertTrue((real / "store" / "podtap.db").is_file())
        self.assertEqual(session.run("events", "--store", self.store).status, 0)

    def test_listens_on_localhost(self):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.recorder(listen=f"localhost:{port}")
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=10) as answer:
            self.assertEqual(answer.status, 200)


class Service(WithStore):
    """What an init system and its operator rely on."""

    def notifications(self):
        path = str(pathlib.Path(self.store).parent / "notify")
        receiver = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.addCleanup(receiver.close)
        receiver.bind(path)
        receiver.settimeout(10)
        return receiver, dict(os.environ, NOTIFY_SOCKET=path, WATCHDOG_USEC="5000000")

    def test_readiness_watchdog_reload_and_end(self):
        receiver, env = self.notifications()
        config = pathlib.Path(self.store).parent / "record.toml"
        config.write_text('keep-days = 30\n')
        recorder = self.recorder("--config", config, env=env)
        self.assertIn(b"READY=1", receiver.recv(4096))
        self.assertEqual(receiver.recv(4096), b"WATCHDOG=1")
        config.write_text('keep-days = 1\n')
        recorder.process.send_signal(signal.SIGHUP)
        said = [receiver.recv(4096) for _ in range(3)]
        self.assertTrue(any(b"RELOADING=1\nMONOTONIC_USEC=" in one for one in said), said)
        self.assertTrue(recorder.wait_message("settings read again"))
        config.write_text('keep-dais = 1\n')
        recorder.process.send_signal(signal.SIGHUP)
        self.assertTrue(recorder.wait_message("there is no setting keep-dais"))
        self.assertIsNone(recorder.process.poll())
        self.assertEqual(recorder.stop().status, 0)

    def test_privileges_given_up(self):
        recorder = self.recorder()
        status = pathlib.Path(f"/proc/{recorder.process.pid}/status").read_text()
        # CAP_DAC_READ_SEARCH 2, CAP_SYS_PTRACE 19, CAP_PERFMON 38, CAP_BPF 39.
        kept = sum(1 << bit for bit in (2, 19, 38, 39))
        for name in ("CapEff", "CapPrm", "CapBnd"):
            self.assertIn(f"{name}:\t{kept:016x}\n", status)
        # The kernel keeps them by thread. The one that reconciles gives up the last later.
        def others():
            return [task.name + " " + (task / "comm").read_text() + text
                    for task in pathlib.Path(f"/proc/{recorder.process.pid}/task").iterdir()
                    if f"CapEff:\t{kept:016x}" not in (text := (task / "status").read_text())
                    or "NoNewPrivs:\t1" not in text]
        until = time.monotonic() + 10
        while others() and time.monotonic() < until:
            time.sleep(0.05)
        self.assertEqual(others(), [])

    def test_settings(self):
        config = pathlib.Path(self.store).parent / "record.toml"

        def check(text, *options):
            config.write_text(text)
            return session.run("record", "--config", config, "--check-config", *options)

        right = check('store = "/data"\nkeep-days = 30\nkeep-mib = 512\nlisten = "off"\n')
        self.assertEqual((right.status, right.stdout.count("is right")), (0, 1), right)
        for text, says in (("keep-dais = 3\n", "there is no setting keep-dais"),
                           ("keep-days = 'x'\n", "keep-days"),
                           ("[section]\nkeep-days = 3\n", "no sections"),
                           ("keep-days = nan\n", "keep-days"),
                           ('store = ""\n', "no folder"),
                           ("listen = 'nonsense'\n", "HOST:PORT"),
                           ("listen = '127.0.0.1:99999'\n", "HOST:PORT"),
                           ("notify-url = 'foo'\n", "foo"),
                           ("notify-url = 'https://x/'\n", "https"),
                           ("timeout = 0\n", "timeout"),
                           ("runtime-endpoint = 'tcp://x'\n", "tcp://x"),
                           ("notify-command = 'a'\nnotify-url = 'http://b'\n", "exclude")):
            wrong = check(text)
            self.assertEqual(wrong.status, USAGE, wrong)
            self.assertIn(says, wrong.stderr)
        missing = session.run("record", "--config", "/no/such.toml", "--check-config")
        self.assertEqual(missing.status, SYSTEM, missing)
        config.unlink()
        os.mkfifo(config)  # nobody writes into it
        fifo = session.run("record", "--config", config, "--check-config")
        self.assertEqual(fifo.status, USAGE, fifo)

    def test_metrics_health_notification_and_end(self):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        told = pathlib.Path(self.store).parent / "told"
        scene = self.stage("docker", "metrics")
        recorder = self.recorder("--notify-command", f"cat >>{told}",
                                 sockets=[socket_of(scene.daemon)], listen=f"127.0.0.1:{port}")

        def page(path):
            with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
                return answer.read().decode()

        container = scene.run("sh", "-c", "sleep 0.3; exit 3")
        self.assertTrue(recorder.wait_death(container.id))
        self.assertTrue(recording.wait_for(lambda: "podtap_store_written_total 0\n"
                                           not in page("/metrics")))
        self.assertIn('podtap_deaths_total{cause="exit",namespace="",pod=""} 1\n',
                      page("/metrics"))
        self.assertEqual(page("/healthz"), "ok\n")
        self.assertTrue(recording.wait_for(lambda: told.exists() and told.read_text().strip()))
        schema.check(json.loads(told.read_text()))
        done = recorder.stop()
        self.assertEqual(done.status, 0, done)
        self.assertEqual(len(self.rows("SELECT 1 FROM session WHERE ended_unix_ns IS NOT NULL")),
                         1)

    def test_log_as_json(self):
        recorder = self.recorder("--log-format", "json")
        recorder.stop()
        lines = [json.loads(line) for line in recorder.messages().splitlines()]
        self.assertEqual({"time", "level", "message"}, set(lines[0]))


if __name__ == "__main__":
    unittest.main()
