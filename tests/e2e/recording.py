"""`podtap record` with a store of its own, as tests use it."""

import json
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time

import schema
import session


class Recorder:
    """Runs until it is closed or killed; its store stays until the folder is removed."""

    def __init__(self, *options, store, sockets=(), env=None, before=(), listen="off"):
        endpoints = [word for socket in sockets for word in ("--runtime-endpoint", socket)]
        self.store = pathlib.Path(store)
        self.process = subprocess.Popen(
            [*before, session.PODTAP, "record", "--store", str(store), "--listen", listen,
             *endpoints, *map(str, options)],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=env)
        self.out = session.Lines(self.process.stdout)
        self.err = session.Lines(self.process.stderr)

    def __enter__(self):
        return self.wait_recording()

    def __exit__(self, *_):
        self.stop()

    def wait_recording(self, timeout=20):
        if not self.err.wait(lambda lines: any("recording into" in line for line in lines), timeout):
            self.process.kill()
            raise AssertionError(f"podtap record doesn't record:\n{self.messages()}")
        return self

    def messages(self):
        return "".join(self.err.seen())

    def wait_message(self, text, timeout=10):
        return self.err.wait(lambda lines: any(text in line for line in lines), timeout)

    def stop(self, number=signal.SIGTERM, timeout=20):
        return session.end(self.process, self.out, self.err, number, timeout)

    # ------------------------------------------------------------- what it kept

    def events(self, *options):
        done = session.run("events", "--store", self.store, "-o", "json", *options)
        if done.status != 0:
            raise AssertionError(str(done))
        events = [json.loads(line) for line in done.stdout.splitlines()]
        for event in events[:200]:
            schema.check(event)
        return events

    def deaths(self, container_id=None):
        return [event for event in self.events("--kind", "death", "--most", 1_000_000)
                if container_id in (None, event.get("container_id"))]

    def wait_death(self, container_id, count=1, timeout=10):
        return wait_for(lambda: len(self.deaths(container_id)) >= count, timeout)

    def why(self, *arguments, sockets=()):
        endpoints = [word for socket in sockets for word in ("--runtime-endpoint", socket)]
        return session.run("why", "--store", self.store, *endpoints, *arguments)


def wait_for(holds, timeout=10):
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        if holds():
            return True
        time.sleep(0.05)
    return holds()


class Store:
    """A folder for a store; goes when it is closed."""

    def __enter__(self):
        self.folder = tempfile.mkdtemp(prefix="podtap-store-", dir="/tmp")
        return pathlib.Path(self.folder) / "store"

    def __exit__(self, *_):
        shutil.rmtree(self.folder, ignore_errors=True)
