"""The victim's own act: faults, abort, seccomp."""

import json

import truth
from causes.cause import (BOTH, DOCKER, KERNEL, TKILL, Family, await_child, by_self, death,
                          gated_and_wrapped)

cause = Family()
SECCOMP = 1  # SYS_SECCOMP


def own(name, expected, number, code, *actor, runtimes=BOTH, text, **options):
    """A cause whose container's first process dies of its own signal."""
    def provoke(stage):
        container = stage.gated(*actor, **options)
        yield container
        container.open_gate()
        pid = container.init.pid
        return death(container, expected, 128 + number, exit_signal=number,
                     culprit=by_self(container),
                     signals=[truth.Signal(number, pid, pid, code=code)])
    provoke.__doc__ = text
    cause(name, runtimes)(provoke)


def own_child(name, expected, number, code, *actor, runtimes=BOTH, text, sender_known=True):
    """The same for a shell's child; the shell passes 128 + n on."""
    def provoke(stage):
        container = stage.run(*gated_and_wrapped(*actor))
        child = truth.read(await_child(container.pid, "victim"))
        yield container
        container.open_gate()
        sender = child.pid if sender_known else None
        return death(container, expected, 128 + number, via=["wrapper"], died=child,
                     culprit=truth.Culprit("self", process=child),
                     signals=[truth.Signal(number, child.pid, sender, code=code)])
    provoke.__doc__ = text
    cause(name, runtimes)(provoke)


own("fault.segv/null", "fault.segv", 11, 1, "segv-null", text="Writes to address 0.")
own("fault.segv/wild-jump", "fault.segv", 11, 1, "segv-jump",
    text="Calls a function where nothing is mapped.")
own("fault.segv/read-only", "fault.segv", 11, 2, "segv-read-only",
    text="Writes to read-only memory.")
own("fault.segv/stack", "fault.segv", 11, 1, "segv-stack", text="Recurses off its stack.")
own("fault.segv/non-canonical", "fault.segv", 11, KERNEL, "segv-non-canonical",
    text="Writes to what is no address: a general protection fault.")
own("fault.segv/thread", "fault.segv", 11, 1, "threads", "3", "segv-null",
    text="A process with four threads writes to address 0.")
own_child("fault.segv/wrapped", "fault.segv", 11, 1, "segv-null",
          text="A shell's child writes to address 0; the shell ends with 139.")
own("fault.bus/truncated", "fault.bus", 7, 2, "bus",
    text="Reads a mapped file that was cut short.")
own("fault.ill/ud2", "fault.ill", 4, 2, "ill", text="Runs an instruction that is none.")
own("fault.fpe/division", "fault.fpe", 8, 1, "fpe", text="Divides by zero.")
own("fault.trap/int3", "fault.trap", 5, KERNEL, "trap",
    text="Runs into a breakpoint without a debugger.")

@cause("fault.segv/at-once")
def segv_at_once(stage):
    """It faults as soon as it runs. Nobody can look it up in /proc in time."""
    container = stage.create("victim", "segv-null")
    yield container
    container.start()
    found = death(container, "fault.segv", 139, exit_signal=11, culprit=truth.Culprit("self"))
    found.init = None
    return found


own("abort/direct", "abort", 6, TKILL, "abort", shared_pids=True,
    text="abort() in a first process that is no pid namespace's init.")
own("abort/tgkill", "abort", 6, TKILL, "tgkill", "ABRT", shared_pids=True,
    text="tgkill() of itself with SIGABRT.")
own_child("abort/wrapped", "abort", 6, TKILL, "abort",
          text="abort() in a shell's child; the shell ends with 134.")


@cause("abort/namespace-init")
def abort_of_init(stage):
    """abort() in a pid namespace's init: its own SIGABRT is lost on it, so the C
    library runs into an instruction that faults, and the exit code is 139."""
    container = stage.gated("abort")
    yield container
    container.open_gate()
    pid = container.init.pid
    return death(container, "abort", 139, exit_signal=11, accept=["fault.segv"],
                 culprit=by_self(container),
                 signals=[truth.Signal(6, pid, pid, code=TKILL), truth.Signal(11, pid, pid)])


@cause("abort/docker-init", DOCKER)
def abort_below_docker_init(stage):
    """docker run --init: abort() in its child; docker-init ends with 134."""
    container = stage.gated("abort", docker=("--init",))
    child = truth.read(await_child(container.pid, "victim"))
    yield container
    container.open_gate()
    return death(container, "abort", 134, via=["wrapper"], died=child,
                 culprit=truth.Culprit("self", process=child),
                 signals=[truth.Signal(6, child.pid, child.pid, code=TKILL)])


own("seccomp/process", "seccomp", 31, SECCOMP, "seccomp-process",
    text="The program's own filter: SECCOMP_RET_KILL_PROCESS.")
own_child("seccomp/wrapped", "seccomp", 31, SECCOMP, "seccomp-process",
          text="The same in a shell's child; the shell ends with 159.")


@cause("seccomp/profile")
def seccomp_profile(stage):
    """The runtime's profile kills the process: SCMP_ACT_KILL_PROCESS."""
    profile = stage.folder / "profile.json"
    profile.write_text(json.dumps({
        "defaultAction": "SCMP_ACT_ALLOW", "architectures": ["SCMP_ARCH_X86_64"],
        "syscalls": [{"names": ["getpriority"], "action": "SCMP_ACT_KILL_PROCESS"}]}))
    container = stage.gated("forbidden", seccomp=profile)
    yield container
    container.open_gate()
    pid = container.init.pid
    return death(container, "seccomp", 159, exit_signal=31, culprit=by_self(container),
                 signals=[truth.Signal(31, pid, pid, code=SECCOMP)])


def _thread(stage, actor, text):
    container = stage.gated(actor, "5")
    yield container
    container.open_gate()
    return death(container, "seccomp", 5, accept=["exit"], culprit=by_self(container),
                 absent=[truth.Signal(31, container.init.pid)], note=text)


@cause("seccomp/worker-thread")
def seccomp_worker(stage):
    """SECCOMP_RET_KILL_THREAD ends a worker thread without a signal; the program
    sees it and exits with 5."""
    return (yield from _thread(stage, "seccomp-worker", "one thread was ended, then exit(5)"))


@cause("seccomp/first-thread")
def seccomp_leader(stage):
    """SECCOMP_RET_KILL_THREAD ends the first thread; the other ends by itself, and
    its code is the process'."""
    return (yield from _thread(stage, "seccomp-leader", "the leader was ended, then exit(5)"))


CAUSES = cause.causes
