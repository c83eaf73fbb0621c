"""The ground truth of a death: what was done, written down by who did it.

Whatever can be looked up is read from /proc before the blow falls. A start time is
in /proc's ticks of 10 ms since boot: podtap's nanoseconds over 10,000,000."""

import dataclasses
import os
import pwd

import proc


@dataclasses.dataclass
class Process:
    pid: int
    start_ticks: int
    comm: str | None = None  # None: not known beforehand
    exe: str | None = None   # as its own mount namespace calls it
    args: list | None = None
    uid: int | None = None
    user: str | None = None  # uid's name on the host
    exited: bool = False     # before the death


def read(pid):
    """The process as /proc tells of it now."""
    task = proc.task(pid)
    process = Process(task.pid, task.start_ticks, task.comm)
    try:
        process.exe = os.readlink(f"/proc/{pid}/exe")
    except OSError:
        pass  # a kernel thread, or gone
    with open(f"/proc/{pid}/cmdline", "rb") as file:
        process.args = [part.decode(errors="surrogateescape")
                        for part in file.read().split(b"\0")[:-1]]
    process.uid = os.stat(f"/proc/{pid}").st_uid
    process.user = user_name(process.uid)
    return process


def user_name(uid):
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return None


def ancestry(pid, last=1):
    """Its ancestors, the parent first, as they are now, up to the process `last`."""
    found = []
    parent = pid
    while parent not in (last, 0, 1):
        task = proc.task(proc.task(parent).parent)
        found.append(Process(task.pid, task.start_ticks, task.comm))
        parent = task.pid
    return found


@dataclasses.dataclass
class Signal:
    """A signal that the kernel must have seen. None: whatever."""
    signal: int
    target: int               # pid on the host
    sender: int | None = None
    sender_comm: str | None = None
    code: int | None = None   # si_code; 128 is the kernel, 0 a user's kill
    # By a timer's interrupt. Linux 6.18 doesn't run a BPF program for about one in a
    # hundred of these, though the tracepoint fires (ftrace has them all).
    in_interrupt: bool = False


@dataclasses.dataclass
class Culprit:
    kind: str  # process, kernel, runtime, kubelet, self
    process: Process | None = None
    # The parent first, up to pid 1, or as far as /proc tells the truth: up to a
    # container's first process, whose true parent (runc) is gone, or to a daemon.
    ancestry: list | None = None
    container: str | None = None    # id, of another container or the victim's own
    pod: str | None = None          # "namespace/name"
    unit: str | None = None
    flags: list = dataclasses.field(default_factory=list)
    or_process: Process | None = None  # of two that raced, the other


@dataclasses.dataclass
class Truth:
    cause: str | None  # None: nobody dies
    runtime: str       # docker, containerd
    id: str            # the container's
    name: str
    pod: str = ""      # "namespace/name"
    pod_uid: str = ""
    accept: list = dataclasses.field(default_factory=list)  # causes as right as `cause`
    partly: list = dataclasses.field(default_factory=list)  # causes not false, but not all
    via: list | None = dataclasses.field(default_factory=list)  # None: whatever
    init: Process | None = None      # None: it never ran, or not long enough to be seen
    exit_code: int | None = None     # as the runtime must show it; None: whatever it invents
    exit_signal: int | None = None   # that ended init itself; not a wrapper's 128+n
    died: Process | None = None      # whose end is the root, when it isn't init's
    culprit: Culprit | None = None
    clients: list = dataclasses.field(default_factory=list)  # who asked the runtime
    signals: list = dataclasses.field(default_factory=list)  # Signal: what proves it
    absent: list = dataclasses.field(default_factory=list)   # Signal: must not be seen
    oom_victims: list = dataclasses.field(default_factory=list)  # pids
    # Causes of other processes' ends, by pid.
    others: dict = dataclasses.field(default_factory=dict)
    observed_exit_code: int | None = None  # what the runtime said
    forgotten: bool = False  # the runtime no longer knows this life of the container
    note: str = ""

    def as_json(self):
        return dataclasses.asdict(self)
