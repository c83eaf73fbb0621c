"""The provocations of causes/ do what they say: exit codes as the runtime shows them,
signals, ends, births and OOM victims as the kernel saw them. podtap's verdicts are
judged by the same provocations elsewhere."""

import unittest

import causes
import stage
import witness


def signals_of(events):
    return [event for event in events if event["event"] == "signal"]


def is_seen(wanted, event):
    return (event["signal"] == wanted.signal and event["target"] == wanted.target
            and wanted.sender in (None, event["sender"])
            and wanted.sender_comm in (None, event["sender_comm"])
            and wanted.code in (None, event["code"]))


def end_of(pid, events):
    """The status that the process' parent could read; None: it wasn't seen to end."""
    return next((event["status"] for event in events
                 if event["event"] == "ended" and event["process"] == pid), None)


def missing(truth, events):
    """The truth's signals that weren't seen in that order."""
    left = list(truth.signals)
    for event in signals_of(events):
        if left and is_seen(left[0], event):
            left.pop(0)
    return left


class Truth(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.witness = witness.Witness()

    @classmethod
    def tearDownClass(cls):
        cls.witness.close()

    def provoke(self, cause, runtime):
        for _ in range(3):
            truth, events = self.play(cause, runtime)
            # What the kernel may not have shown to the witness proves nothing: once more.
            if not any(signal.in_interrupt for signal in missing(truth, events)):
                break
        self.check_runtime(truth)
        self.check_signals(truth, events)
        self.check_ends(truth, events)
        self.check_lineage(truth, events)

    def play(self, cause, runtime):
        mark = self.witness.mark()
        with stage.Stage(runtime, cause.name.replace("/", "-").replace(".", "-")) as scene:
            play = causes.Play(cause, scene)
            play.prepare()
            truth = play.strike()
            return truth, self.witness.wait_for(mark, lambda seen: self.is_complete(truth, seen))

    @staticmethod
    def is_complete(truth, events):
        dead = truth.cause is None or truth.init is None or \
            end_of(truth.init.pid, events) is not None
        return dead and not missing(truth, events)

    def check_runtime(self, truth):
        self.assertEqual(len(truth.id), 64)
        if truth.cause is not None and truth.exit_code is not None and not truth.forgotten:
            self.assertEqual(truth.observed_exit_code, truth.exit_code)

    def check_signals(self, truth, events):
        concerned = {signal.target for signal in (*truth.signals, *truth.absent)}
        seen = [event for event in signals_of(events) if event["target"] in concerned]
        self.assertFalse(missing(truth, events), f"not seen, in this order; seen: {seen}")
        for unwanted in truth.absent:
            self.assertFalse([event for event in seen if is_seen(unwanted, event)])

    def check_ends(self, truth, events):
        victims = [event["process"] for event in events if event["event"] == "oom"]
        self.assertLessEqual(set(truth.oom_victims), set(victims))
        if truth.init is None:
            return
        status = end_of(truth.init.pid, events)
        if truth.cause is None:
            self.assertIsNone(status, "the container's first process has ended")
            return
        self.assertIsNotNone(status, "the container's first process wasn't seen to end")
        self.assertEqual(status & 0x7f, truth.exit_signal or 0)
        if not truth.exit_signal and truth.exit_code is not None:
            self.assertEqual(status >> 8 & 0xff, truth.exit_code)
        if truth.died is not None:
            ended = end_of(truth.died.pid, events)
            self.assertEqual(ended & 0x7f, truth.signals[-1].signal)
        if truth.init.pid not in truth.oom_victims:
            self.assertNotIn(truth.init.pid, victims)

    def check_lineage(self, truth, events):
        """Who the kernel saw being born had the parent that the truth says."""
        culprit = truth.culprit
        if culprit is None or culprit.process is None or culprit.ancestry is None:
            return
        parents = {event["process"]: event["parent"] for event in events
                   if event["event"] == "born"}
        chain = [culprit.process, *culprit.ancestry]
        self.assertIn(culprit.process.pid, parents)
        for child, parent in zip(chain, chain[1:]):
            if child.pid in parents:
                self.assertEqual(parents[child.pid], parent.pid, f"{child} of {parent}")


def add_tests():
    for cause in causes.ALL:
        for runtime in cause.runtimes:
            def test(self, cause=cause, runtime=runtime):
                self.provoke(cause, runtime)
            name = cause.name.replace("/", "_").replace(".", "_").replace("-", "_")
            test.__doc__ = f"{cause.name} in {runtime}: {cause.text}"
            setattr(Truth, f"test_{runtime}_{name}", test)


add_tests()


if __name__ == "__main__":
    unittest.main()
