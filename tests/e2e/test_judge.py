"""The judge of verdicts tells false statements from missing ones."""

import copy
import unittest

import judge
import proc
import truth

ID = "a" * 64
KILLER = truth.Process(40, 1000, "pkill", "/usr/bin/pkill", ["pkill", "-9"], 0, "root")
PARENT = truth.Process(39, 900, "vGhyM0", exited=True)


def true(**more):
    return truth.Truth(
        "killed.host", "docker", ID, "web", exit_code=137, exit_signal=9,
        culprit=truth.Culprit("process", process=KILLER, ancestry=[PARENT],
                              flags=["temp_exe"]), **more)


def process_json(process):
    return {"pid": process.pid, "start_ns": process.start_ticks * proc.NS_A_TICK + 1234,
            "comm": process.comm, "exited": process.exited}


VERDICT = {
    "cause": "killed.host", "via": [], "subject": {"container": {"id": ID}},
    "exit": {"code": 137, "signal": 9}, "on_behalf_of": [], "asker_known": False,
    "culprit": {**process_json(KILLER), "kind": "process", "exe": "/usr/bin/pkill",
                "cmdline": ["pkill", "-9"], "uid": 0, "user": "root", "flags": ["temp_exe"],
                "ancestry": [process_json(PARENT)]},
}


class Judge(unittest.TestCase):
    def rank(self, change=lambda verdict: None, **more):
        verdict = copy.deepcopy(VERDICT)
        change(verdict)
        found = judge.judge(verdict, true(**more))
        self.assertEqual(found.rank == "right", not found.complaints)
        return found.rank

    def test_right(self):
        self.assertEqual(self.rank(), "right")

    def test_unknown(self):
        self.assertEqual(self.rank(lambda v: v.update(cause="unknown")), "unknown")

    def test_another_cause(self):
        self.assertEqual(self.rank(lambda v: v.update(cause="exit")), "wrong")

    def test_accepted_cause(self):
        self.assertEqual(self.rank(lambda v: v.update(cause="exit", culprit=None),
                                   accept=["exit"]), "right")

    def test_cause_that_is_not_all(self):
        self.assertEqual(self.rank(lambda v: v.update(cause="exit", culprit=None),
                                   partly=["exit"]), "incomplete")

    def test_another_container(self):
        self.assertEqual(self.rank(lambda v: v["subject"]["container"].update(id="b" * 64)),
                         "wrong")

    def test_another_culprit(self):
        self.assertEqual(self.rank(lambda v: v["culprit"].update(pid=41)), "wrong")

    def test_same_pid_another_start(self):
        self.assertEqual(self.rank(lambda v: v["culprit"].update(start_ns=5)), "wrong")

    def test_another_kind(self):
        self.assertEqual(self.rank(lambda v: v["culprit"].update(kind="runtime")), "wrong")

    def test_no_culprit(self):
        self.assertEqual(self.rank(lambda v: v.update(culprit=None)), "incomplete")

    def test_no_flag(self):
        self.assertEqual(self.rank(lambda v: v["culprit"].update(flags=[])), "incomplete")

    def test_no_ancestry(self):
        self.assertEqual(self.rank(lambda v: v["culprit"].update(ancestry=[])), "incomplete")

    def test_false_ancestor(self):
        self.assertEqual(self.rank(lambda v: v["culprit"]["ancestry"][0].update(pid=1)), "wrong")

    def test_ancestor_said_to_live(self):
        self.assertEqual(self.rank(lambda v: v["culprit"]["ancestry"][0].update(exited=False)),
                         "wrong")

    def test_a_container_for_a_process_of_the_host(self):
        self.assertEqual(self.rank(lambda v: v["culprit"].update(container={"id": "c" * 64})),
                         "wrong")

    def test_another_exit_code(self):
        self.assertEqual(self.rank(lambda v: v["exit"].update(code=1)), "wrong")

    def test_wrapper_left_out(self):
        self.assertEqual(self.rank(via=["wrapper"]), "incomplete")

    def test_wrapper_made_up(self):
        self.assertEqual(self.rank(lambda v: v.update(via=["wrapper"])), "wrong")

    def test_client_left_out(self):
        self.assertEqual(self.rank(clients=[PARENT]), "incomplete")

    def test_client_named(self):
        self.assertEqual(self.rank(
            lambda v: v["on_behalf_of"].append(process_json(PARENT)), clients=[PARENT]), "right")


if __name__ == "__main__":
    unittest.main()
