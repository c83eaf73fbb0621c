"""The kernel as an independent witness of deaths: podtap's engine runs witness.stp.

It knows nothing of verdicts: it tells signals, births, ends and OOM victims."""

import json
import pathlib
import time

import session

SCRIPT = pathlib.Path(__file__).resolve().parent / "witness.stp"


class Witness:
    def __init__(self):
        self._session = session.Session("--json", "-s", "16", SCRIPT)
        self._session.wait_armed()

    def close(self):
        outcome = self._session.stop()
        if outcome.status != 0 or "lost" in outcome.stderr:
            raise AssertionError(f"the witness is no good: {outcome.stderr[-2000:]}")

    def mark(self):
        """A place to read from later."""
        return len(self._session.out.seen())

    def since(self, mark):
        """What was seen after the mark, in order, as dicts with "event"."""
        return [json.loads(line) for line in self._session.out.seen()[mark:]]

    def wait_for(self, mark, accept, timeout=30):
        """What was seen, once accept(events) holds or the time is over."""
        deadline = time.monotonic() + timeout
        while True:
            events = self.since(mark)
            if accept(events) or time.monotonic() > deadline:
                return events
            if self._session.process.poll() is not None:
                raise AssertionError(f"the witness has ended: {self._session.err.text()[-2000:]}")
            time.sleep(0.01)
