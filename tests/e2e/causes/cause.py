"""What a cause is, and how one is written."""

import dataclasses
import os
import time
from collections.abc import Callable

import truth

BOTH = ("docker", "cri")
DOCKER = ("docker",)
CRI = ("cri",)


@dataclasses.dataclass(frozen=True)
class Cause:
    name: str  # the expected cause and how it comes about: "killed.host/pkill"
    runtimes: tuple
    provoke: Callable

    @property
    def text(self):
        return " ".join(self.provoke.__doc__.split())


class Family:
    """Collects the causes of one file."""

    def __init__(self):
        self.causes = []

    def __call__(self, name, runtimes=BOTH):
        def add(function):
            self.causes.append(Cause(name, runtimes, function))
            return function
        return add


class Play:
    def __init__(self, cause, scene):
        self.cause = cause
        self._generator = cause.provoke(scene)

    def prepare(self):
        """The container, ready to die; it may not have been started yet."""
        return next(self._generator)

    def strike(self):
        """Provokes the death. The truth, with what the runtime says of the exit code."""
        try:
            next(self._generator)
        except StopIteration as end:
            return end.value
        raise AssertionError(f"{self.cause.name} yields twice")


def death(container, cause, exit_code, **more):
    """The truth about a container that has been struck; waits for its end."""
    found = truth.Truth(cause=cause, runtime=container.runtime, id=container.id,
                        name=container.name, pod=container.pod_name, pod_uid=container.pod_uid,
                        init=container.init, exit_code=exit_code, **more)
    found.observed_exit_code = container.exit_code()
    return found


def by_process(killer, **more):
    """The culprit that a killer of killers.py, or a client, is."""
    return truth.Culprit("process", process=killer.process, ancestry=killer.ancestry, **more)


def by_member(pid, container):
    """The culprit that a process of a container is; before it acts."""
    return truth.Culprit("process", process=truth.read(pid),
                         ancestry=truth.ancestry(pid, last=container.pid),
                         container=container.id, pod=container.pod_name or None)


def by_self(container):
    return truth.Culprit("self", process=container.init)


def by_runtime():
    """runc acts; its pid can't be known beforehand."""
    return truth.Culprit("runtime")


KERNEL = 128   # si_code SI_KERNEL
USER = 0       # SI_USER
QUEUE = -1
TIMER = -2
TKILL = -6


def await_disposition(pid, number, what="SigCgt", timeout=10):
    """Waits until the process handles ("SigCgt") or ignores ("SigIgn") the signal."""
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        with open(f"/proc/{pid}/status", encoding="utf-8", errors="surrogateescape") as file:
            mask = [int(line.split()[1], 16) for line in file if line.startswith(what)][0]
        if mask >> (number - 1) & 1:
            return
        time.sleep(0.002)
    raise AssertionError(f"process {pid} doesn't {what} signal {number}")


def await_child(parent, comm=None, timeout=10):
    """The pid of a child of that comm, once there is one."""
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        for pid in children(parent):
            try:
                if comm is None or truth.read(pid).comm == comm:
                    return pid
            except (OSError, ValueError):
                pass
        time.sleep(0.002)
    raise AssertionError(f"process {parent} has no child {comm}")


def children(pid):
    found = []
    try:
        for thread in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{thread}/children", encoding="ascii") as file:
                found += [int(child) for child in file.read().split()]
    except OSError:
        pass
    return found


def inner_pid(pid):
    """The process' number in its own pid namespace."""
    with open(f"/proc/{pid}/status", encoding="utf-8", errors="surrogateescape") as file:
        return int([line.split()[-1] for line in file if line.startswith("NSpid:")][0])


# A shell, the container's first process, that passes on how its child ended.
def wrapped(*actor):
    return ("sh", "-c", 'victim "$@"; exit $?', "sh", *actor)


def gated_and_wrapped(*actor):
    return wrapped("gate", "/gate/go", *actor)
