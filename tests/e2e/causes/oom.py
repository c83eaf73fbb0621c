"""Memory ran out, or somebody thought so.

oom.group needs memory.oom.group, which only cgroup version 2 has; on a machine
where the memory controller is version 1 it can't be provoked. oom.node needs the
whole machine's memory to run out, which would take everybody else along."""

import os
import pathlib

import truth
from causes.cause import (CRI, DOCKER, KERNEL, Family, await_child, by_process, death,
                          gated_and_wrapped)

cause = Family()
MIB = 1 << 20
LIMIT = 24 * MIB
TAKEN = "200"  # MiB


def has_memory_groups():
    """Whether the memory controller is version 2's."""
    return not pathlib.Path("/sys/fs/cgroup/memory").is_dir()


def killed(pid):
    return truth.Signal(9, pid, code=KERNEL)


def kernel():
    return truth.Culprit("kernel")


@cause("oom.container/init")
def oom_init(stage):
    """The container's only process outgrows the container's limit."""
    container = stage.gated("memory", TAKEN, memory=LIMIT)
    yield container
    container.open_gate()
    return death(container, "oom.container", 137, exit_signal=9, culprit=kernel(),
                 oom_victims=[container.init.pid], signals=[killed(container.init.pid)])


@cause("oom.child/wrapped")
def oom_child(stage):
    """A shell's child outgrows the limit; the shell ends with 137."""
    container = stage.run(*gated_and_wrapped("memory", TAKEN), memory=LIMIT)
    child = truth.read(await_child(container.pid, "victim"))
    yield container
    container.open_gate()
    return death(container, "oom.child", 137, via=["wrapper"], died=child, culprit=kernel(),
                 oom_victims=[child.pid], signals=[killed(child.pid)])


@cause("oom.child/exit-3")
def oom_child_exit_3(stage):
    """The same, and init hides it behind an exit code of its own."""
    container = stage.run("victim", "child-then", "3", "gate", "/gate/go", "memory", TAKEN,
                          memory=LIMIT)
    child = truth.read(await_child(container.pid))
    yield container
    container.open_gate()
    return death(container, "oom.child", 3, died=child, culprit=kernel(),
                 oom_victims=[child.pid], signals=[killed(child.pid)])


@cause("oom.child/restarted-worker")
def oom_child_survived(stage):
    """A worker is OOM-killed, init goes on, and ends later by itself with 0: the OOM
    is no cause of that."""
    script = ("victim gate /gate/go memory 200; : >/gate/worker-gone; "
              "victim gate /gate/end exit 0; exit 0")
    container = stage.run("sh", "-c", script, memory=LIMIT)
    child = truth.read(await_child(container.pid, "victim"))
    yield container
    container.open_gate()
    container.await_file("worker-gone")
    container.open_gate("end")
    return death(container, "exit", 0, accept=["oom.child"], oom_victims=[child.pid],
                 culprit=truth.Culprit("self", process=container.init),
                 signals=[killed(child.pid)], others={child.pid: "oom.child"})


@cause("oom.group/all")
def oom_group(stage):
    """memory.oom.group=1: one allocation, and everybody of the container dies."""
    container = stage.run(*gated_and_wrapped("memory", TAKEN), memory=LIMIT)
    (container.cgroup_folder() / "memory.oom.group").write_text("1")
    child = await_child(container.pid, "victim")
    yield container
    container.open_gate()
    return death(container, "oom.group", 137, exit_signal=9, culprit=kernel(),
                 oom_victims=[child], signals=[killed(container.init.pid), killed(child)])


@cause("oom.pod/cri", CRI)
def oom_pod(stage):
    """Only the pod has a limit; the container that outgrows it has none."""
    stage.pod(memory=LIMIT)
    container = stage.gated("memory", TAKEN)
    yield container
    container.open_gate()
    return death(container, "oom.pod", 137, exit_signal=9, culprit=kernel(),
                 oom_victims=[container.init.pid], signals=[killed(container.init.pid)])


@cause("oom.pod/neighbour", CRI)
def oom_pod_neighbour(stage):
    """Two containers below one pod's limit: the small one allocates, the large one is
    killed."""
    stage.pod(memory=64 * MIB)
    large = stage.gated("memory", "48", name="large")
    small = stage.gated("memory", "20", name="small")
    large.open_gate()
    large.await_memory(46 * MIB)
    yield large
    small.open_gate()
    return death(large, "oom.pod", 137, exit_signal=9, culprit=kernel(),
                 oom_victims=[large.init.pid], signals=[killed(large.init.pid)])


@cause("oom.pod/docker-parent", DOCKER)
def oom_parent(stage):
    """docker run --cgroup-parent: the limit is the parent cgroup's."""
    parent = stage.memory_cgroup(f"/podtap-parent-{os.getpid()}-{stage.name}", LIMIT)
    container = stage.gated("memory", TAKEN, docker=("--cgroup-parent", parent))
    yield container
    container.open_gate()
    return death(container, "oom.pod", 137, exit_signal=9, culprit=kernel(),
                 oom_victims=[container.init.pid], signals=[killed(container.init.pid)])


@cause("oom.userspace/earlyoom")
def earlyoom(stage):
    """A stand-in called earlyoom, in earlyoom.service, sees a process grow and kills it
    by its own decision; no limit of the kernel's was hit."""
    container = stage.gated("memory", "40")
    unit = stage.cgroup("/system.slice/earlyoom.service")
    killer = stage.killer(stage.copy_of_victim("earlyoom"), "watch-memory", "KILL",
                          str(20 * 1024), str(container.pid), cgroup=unit)
    yield container
    killer.open_gate()
    container.open_gate()
    killer.wait()
    return death(container, "oom.userspace", 137, exit_signal=9,
                 culprit=by_process(killer, unit="earlyoom.service"),
                 signals=[truth.Signal(9, container.init.pid, killer.pid, code=0)])


CAUSES = [entry for entry in cause.causes
          if has_memory_groups() or not entry.name.startswith("oom.group")]
