"""Resource limits, timers, pipes, terminals, and parents that end."""

import truth
from causes.cause import (DOCKER, KERNEL, TIMER, USER, Family, await_child, by_self, death,
                          gated_and_wrapped)

cause = Family()


def kernel():
    return truth.Culprit("kernel")


def signalled(name, expected, number, code, *actor, text, shared=False, interrupt=False):
    """The kernel ends the process by a signal that its own doing brought about: as a
    shell's child, or, `shared`, as a first process that is no namespace's init (which
    would ignore it)."""
    def provoke(stage):
        if shared:
            container = stage.gated(*actor, shared_pids=True)
            child = container.init
        else:
            container = stage.run(*gated_and_wrapped(*actor))
            child = truth.read(await_child(container.pid, "victim"))
        yield container
        container.open_gate()
        return death(container, expected, 128 + number,
                     exit_signal=number if shared else None,
                     via=[] if shared else ["wrapper"], died=None if shared else child,
                     culprit=truth.Culprit("self", process=child),
                     signals=[truth.Signal(number, child.pid, code=code,
                                           in_interrupt=interrupt)])
    provoke.__doc__ = text
    cause(name)(provoke)


signalled("rlimit.cpu/soft", "rlimit.cpu", 24, KERNEL, "cpu", "1", "60",
          text="ulimit -S -t 1: SIGXCPU.")
signalled("rlimit.cpu/hard", "rlimit.cpu", 9, KERNEL, "cpu", "1", "1",
          text="ulimit -t 1, soft and hard: SIGKILL, and no SIGXCPU before.")
signalled("rlimit.fsize/write", "rlimit.fsize", 25, USER, "fsize", "4096",
          text="Writes beyond RLIMIT_FSIZE.")
signalled("sigpipe/write", "sigpipe", 13, USER, "pipe",
          text="Writes to a pipe that nobody reads.")
signalled("sigpipe/init", "sigpipe", 13, USER, "pipe", shared=True,
          text="The same in a first process that is no pid namespace's init.")
signalled("alarm/real", "alarm", 14, KERNEL, "alarm", interrupt=True,
          text="setitimer(ITIMER_REAL), as alarm().")
signalled("alarm/second", "alarm", 14, KERNEL, "alarm-second", shared=True, interrupt=True,
          text="alarm(1).")
signalled("alarm/profiler", "alarm", 27, KERNEL, "profiler", text="setitimer(ITIMER_PROF).")
signalled("alarm/virtual", "alarm", 26, KERNEL, "virtual-timer",
          text="setitimer(ITIMER_VIRTUAL).")
signalled("alarm/posix", "alarm", 14, TIMER, "posix-timer", interrupt=True,
          text="timer_create().")


@cause("rlimit.cpu/docker-ulimit", DOCKER)
def docker_ulimit(stage):
    """docker run --ulimit cpu=1: the hard limit, SIGKILL to init."""
    container = stage.gated("busy", docker=("--ulimit", "cpu=1:1"))
    yield container
    container.open_gate()
    return death(container, "rlimit.cpu", 137, exit_signal=9, culprit=by_self(container),
                 signals=[truth.Signal(9, container.init.pid, code=KERNEL)])


@cause("hangup/pty")
def hangup(stage):
    """Init closes the terminal whose session its child leads; the child gets SIGHUP,
    and init ends with 129."""
    container = stage.gated("hangup", "wait")
    yield container
    container.open_gate()
    return death(container, "hangup", 129, via=["wrapper"], culprit=kernel(),
                 absent=[truth.Signal(1, container.init.pid)])


@cause("hangup/docker-tty", DOCKER)
def hangup_tty(stage):
    """docker run -t: the shim, which holds the terminal's other end, is gone; the
    container's first process leads the session."""
    container = stage.run("victim", "wait", tty=True, shared_pids=True)
    shim = truth.read(container.init_parent())
    yield container
    killer = stage.killer("/bin/kill", "-9", str(shim.pid))
    killer.open_gate()
    killer.wait()
    return death(container, "hangup", None, exit_signal=1, culprit=kernel(),
                 signals=[truth.Signal(1, container.init.pid, code=KERNEL)],
                 note="the exit code that dockerd shows is not init's: nobody waited for it")


def _parent_ends(stage, actor, number, comm_count):
    container = stage.run("victim", actor, "KILL", "/gate/go")
    parent = container.pid if comm_count == 1 else await_child(container.pid)
    child = truth.read(await_child(parent))
    parent = truth.read(parent)
    yield container
    container.open_gate()
    return death(container, "pdeathsig", 137, via=["wrapper"], died=child,
                 culprit=truth.Culprit("process", process=parent, container=container.id,
                                       pod=container.pod_name or None),
                 signals=[truth.Signal(number, child.pid, parent.pid, code=USER)])


@cause("pdeathsig/process")
def pdeathsig_process(stage):
    """A child asked for SIGKILL when its parent ends, and the parent ends; init passes
    the 137 on."""
    return (yield from _parent_ends(stage, "pdeathsig-process", 9, 2))


@cause("pdeathsig/thread")
def pdeathsig_thread(stage):
    """The same, and it is only the parent's thread that ends."""
    return (yield from _parent_ends(stage, "pdeathsig-thread", 9, 1))


@cause("pdeathsig/shim")
def pdeathsig_shim(stage):
    """The container's init asked for SIGKILL when its parent ends; its parent is the
    runtime's shim, which somebody kills."""
    container = stage.run("victim", "bound", "KILL", "wait")
    shim = truth.read(container.init_parent())
    yield container
    killer = stage.killer("/bin/kill", "-9", str(shim.pid))
    killer.open_gate()
    killer.wait()
    return death(container, "pdeathsig", None, exit_signal=9,
                 culprit=truth.Culprit("process", process=shim),
                 signals=[truth.Signal(9, container.init.pid, shim.pid, code=USER)],
                 note="the exit code that the runtime shows is not init's: nobody waited for it")


CAUSES = cause.causes
