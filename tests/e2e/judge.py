"""Judges a verdict (an object of podtap.verdict/v1) by the ground truth.

"wrong" is a false statement: another cause, another culprit, an ancestor that
isn't one. "unknown" is the honest answer. "incomplete" says nothing false and
leaves out what could have been known. "right" is all of it."""

import proc

RANKS = ("right", "incomplete", "unknown", "wrong")
# Nobody else's doing: which of the two a verdict calls it is a matter of taste.
OWN = ("self", "kernel")


class Judgement:
    def __init__(self):
        self.rank = "right"
        self.complaints = []

    def lower(self, rank, text):
        if RANKS.index(rank) > RANKS.index(self.rank):
            self.rank = rank
        self.complaints.append(f"{rank}: {text}")

    def compare(self, what, said, true):
        """A fact that may be missing, and must not be false."""
        if true is None or said == true:
            return
        if said is None or said == "" or said == []:
            self.lower("incomplete", f"no {what}; it is {true!r}")
        else:
            self.lower("wrong", f"{what} {said!r}; it is {true!r}")


def _ticks(entry):
    start = entry.get("start_ns")
    return None if start is None else start // proc.NS_A_TICK


def _process(judgement, what, said, true):
    judgement.compare(f"{what}'s pid", said.get("pid"), true.pid)
    judgement.compare(f"{what}'s start", _ticks(said), true.start_ticks)
    judgement.compare(f"{what}'s comm", said.get("comm"), _replaced(true.comm))
    # The JSON has replacement characters where a name is no UTF-8.
    for key, name in (("exe", "exe"), ("uid", "uid"), ("user", "user"), ("cmdline", "args")):
        if key in said and _is_utf8(getattr(true, name)):
            judgement.compare(f"{what}'s {key}", said[key], _plain(getattr(true, name)))


def _replaced(text):
    """As JSON has it: bytes that are no UTF-8 are U+FFFD."""
    return text and text.encode(errors="surrogateescape").decode(errors="replace")


def _plain(value):
    """/proc's mark on a deleted program is no part of its path: there is a flag for it."""
    return value.removesuffix(" (deleted)") if isinstance(value, str) else value


def _is_utf8(value):
    texts = value if isinstance(value, list) else [value]
    return all(not isinstance(text, str) or text.isprintable() for text in texts)


def _is(said, true):
    return (said.get("pid"), _ticks(said)) == (true.pid, true.start_ticks)


def _ancestry(judgement, said, true):
    for index, ancestor in enumerate(true):
        if index >= len(said):
            judgement.lower("incomplete", f"no ancestor {ancestor.comm}({ancestor.pid})")
            return
        _process(judgement, f"ancestor {index + 1}", said[index], ancestor)
        if ancestor.exited and not said[index].get("exited"):
            judgement.lower("wrong", f"ancestor {index + 1} is said to live")


def _culprit(judgement, said, truth):
    true = truth.culprit
    if true is None:
        return
    if said is None:
        judgement.lower("incomplete", f"no culprit; it is {true.kind}")
        return
    kinds = OWN if true.kind in OWN else (true.kind,)
    if said["kind"] not in kinds:
        judgement.lower("wrong", f"culprit of kind {said['kind']}; it is {true.kind}")
        return
    if true.kind in ("process", "kubelet") and true.process is not None:
        process = true.process
        if true.or_process is not None and _is(said, true.or_process):
            process = true.or_process
        _process(judgement, "culprit", said, process)
        if true.ancestry and process is true.process:
            _ancestry(judgement, said.get("ancestry", []), true.ancestry)
    judgement.compare("culprit's container", said.get("container", {}).get("id"), true.container)
    if true.kind == "process" and true.container is None and said.get("container"):
        judgement.lower("wrong", "culprit in a container; it is a process of the host")
    pod = said.get("pod")
    judgement.compare("culprit's pod", pod and f"{pod['namespace']}/{pod['name']}", true.pod)
    judgement.compare("culprit's unit", said.get("unit"), true.unit)
    for flag in true.flags:
        if flag not in said.get("flags", []):
            judgement.lower("incomplete", f"culprit isn't flagged {flag}")


def judge(verdict, truth):
    """A Judgement of the verdict about a container that has died."""
    judgement = Judgement()
    subject = verdict["subject"]["container"].get("id")
    judgement.compare("container", subject, truth.id)
    if verdict["cause"] == "unknown":
        judgement.lower("unknown", f"cause; it is {truth.cause}")
        return judgement
    if verdict["cause"] in truth.partly:
        judgement.lower("incomplete", f"cause {verdict['cause']}; it is {truth.cause}")
    elif verdict["cause"] not in (truth.cause, *truth.accept):
        judgement.lower("wrong", f"cause {verdict['cause']}; it is {truth.cause}")
        return judgement
    if verdict["cause"] == truth.cause:
        if truth.via is not None:
            judgement.compare("via", verdict["via"], truth.via)
        _culprit(judgement, verdict.get("culprit"), truth)
    judgement.compare("exit code", verdict["exit"]["code"], truth.exit_code)
    judgement.compare("exit signal", verdict["exit"]["signal"] or 0, truth.exit_signal or 0)
    if verdict["asker_known"] and truth.clients:
        if not any(_is(verdict["on_behalf_of"][0], client) for client in truth.clients):
            judgement.lower("wrong", "somebody is said to have asked who did not")
    for client in truth.clients:
        if not any(_is(asker, client) for asker in verdict.get("on_behalf_of", [])):
            judgement.lower("incomplete", f"not said: {client.comm}({client.pid}) asked for it")
    return judgement
