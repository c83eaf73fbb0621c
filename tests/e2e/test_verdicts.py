"""Every way to die, provoked for real: what `podtap watch` says of it is the truth."""

import json
import unittest

import causes
import judge
import stage
import watcher

# Nobody dies: as long is waited for a verdict that must not come.
QUIET_SECONDS = 1.0


def socket_of(daemon):
    return getattr(daemon, "host", None) or f"unix://{daemon.socket}"


def play(watch, cause, runtime):
    """Provokes it under the watch. The truth and the verdict, None where there is none."""
    with stage.Stage(runtime, cause.name.replace("/", "-").replace(".", "-")) as scene:
        mark = watch.mark()
        scenario = causes.Play(cause, scene)
        scenario.prepare()
        truth = scenario.strike()
        seconds = 6 if truth.cause is not None else QUIET_SECONDS
        return truth, watch.wait_verdict(truth.id, mark, seconds)


class Verdicts(unittest.TestCase):
    watchers = {}

    @classmethod
    def watch(cls, runtime):
        if runtime not in cls.watchers:
            with stage.Stage(runtime) as scene:
                cls.watchers[runtime] = watcher.Watcher(socket_of(scene.daemon))
        return cls.watchers[runtime]

    @classmethod
    def tearDownClass(cls):
        for one in cls.watchers.values():
            one.close()
        cls.watchers.clear()

    def check(self, cause, runtime):
        truth, verdict = play(self.watch(runtime), cause, runtime)
        if truth.cause is None:
            self.assertIsNone(verdict, f"nobody died: {json.dumps(verdict, indent=1)}")
            return
        self.assertIsNotNone(verdict, "no verdict came; " + self.watch(runtime).messages()[-2000:])
        judgement = judge.judge(verdict, truth)
        self.assertEqual(judgement.rank, "right",
                         f"{judgement.complaints}\nsaid: {json.dumps(verdict, indent=1)}")


def add_tests():
    for cause in causes.ALL:
        for runtime in cause.runtimes:
            def test(self, cause=cause, runtime=runtime):
                self.check(cause, runtime)
            name = cause.name.replace("/", "_").replace(".", "_").replace("-", "_")
            test.__doc__ = f"{cause.name} in {runtime}: {cause.text}"
            setattr(Verdicts, f"test_{runtime}_{name}", test)


add_tests()
