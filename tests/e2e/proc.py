"""/proc as the witness: who a process is, and who its ancestors are."""

import dataclasses
import os
import re
import time

TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")
NS_A_TICK = 1_000_000_000 // TICKS_A_SECOND


@dataclasses.dataclass(frozen=True)
class Task:
    comm: str
    pid: int
    parent: int
    start_ticks: int  # since boot, 10 ms each


def parse_stat(text):
    # comm may hold anything, brackets too: it ends at the last one.
    opening, closing = text.index("("), text.rindex(")")
    fields = text[closing + 2:].split()
    return Task(comm=text[opening + 1:closing], pid=int(text[:opening]),
                parent=int(fields[1]), start_ticks=int(fields[19]))


def task(pid, tid=None):
    path = f"/proc/{pid}/stat" if tid is None else f"/proc/{pid}/task/{tid}/stat"
    # A comm may hold carriage returns: no translation of line ends.
    with open(path, encoding="utf-8", errors="surrogateescape", newline="") as file:
        return parse_stat(file.read())


@dataclasses.dataclass(frozen=True)
class Level:
    """A process of an ancestry. The kernel's parent of a process is the *thread*
    that forked it, so a level holds all threads that may stand for it."""
    leader: Task
    threads: tuple

    def matches(self, entry):
        return any((entry.comm, entry.start_ns // NS_A_TICK) == (t.comm, t.start_ticks)
                   for t in self.threads)


def level(pid):
    leader = task(pid)
    threads = []
    for tid in os.listdir(f"/proc/{pid}/task"):
        try:
            threads.append(task(pid, tid))
        except OSError:
            pass  # it ended meanwhile
    return Level(leader, tuple(threads))


def ancestry(pid):
    """Levels from init down to the process itself; swapper/0 is not among them."""
    levels = []
    while pid:
        levels.append(level(pid))
        pid = levels[-1].leader.parent
    return list(reversed(levels))


@dataclasses.dataclass(frozen=True)
class Entry:
    """One link of what task_ancestry() printed."""
    comm: str
    start_ns: int


LINK = re.compile(r"(.+)\((\d+)m(\d+)\.(\d{9})s\)", re.DOTALL)


def parse_ancestry(text):
    """Entries, root first; ValueError if it isn't in SystemTap's format."""
    entries = []
    for link in text.split("=>"):
        match = LINK.fullmatch(link)
        if not match or int(match[3]) >= 60 or (len(match[3]) > 1 and match[3][0] == "0"):
            raise ValueError(f"not in the format of task_ancestry: {link!r} in {text!r}")
        seconds = int(match[2]) * 60 + int(match[3])
        entries.append(Entry(match[1], seconds * 1_000_000_000 + int(match[4])))
    return entries


def boot_ns():
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME)


def is_alive(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="surrogateescape") as file:
            return file.read().rpartition(")")[2].split()[0] not in ("Z", "X")
    except OSError:
        return False


def wait_gone(pid, timeout=10):
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        if not is_alive(pid):
            return True
        time.sleep(0.01)
    return False
