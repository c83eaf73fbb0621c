"""Somebody sent a signal."""

import os
import signal

import truth
import victims
from causes.cause import (CRI, DOCKER, QUEUE, TKILL, USER, Family, await_child,
                          await_disposition, by_member, by_process, children, death, inner_pid,
                          wrapped)

cause = Family()
NOBODY = 65534


def struck(container, killer, expected="killed.host", code=USER, comm=None, **culprit):
    """Opens the killer's gate; the truth of a SIGKILL to init."""
    killer.open_gate()
    killer.wait()
    if comm:
        killer.process.comm = comm
    return death(container, expected, 137, exit_signal=9,
                 culprit=by_process(killer, **culprit),
                 signals=[truth.Signal(9, container.init.pid, killer.pid, code=code)])


@cause("killed.host/pkill")
def pkill(stage):
    """pkill, behind bash and sh, finds the container's process by its name."""
    container = stage.run("victim", "wait")
    parent = container.init_parent()
    killer = stage.killer("pkill", "-KILL", "-P", str(parent), "-x", "victim",
                          shells=("bash", "sh"))
    yield container
    return struck(container, killer)


@cause("killed.host/kill")
def kill(stage):
    """kill -9, by a process that is born after podtap was armed."""
    container = stage.run("victim", "wait")
    yield container
    return struck(container, stage.killer("/bin/kill", "-9", str(container.pid)))


@cause("killed.host/pidfd")
def pidfd(stage):
    """pidfd_send_signal(2), which hooks on kill(2) don't see."""
    container = stage.run("victim", "wait")
    killer = stage.killer(victims.victim(), "pidfd", "KILL", str(container.pid))
    yield container
    return struck(container, killer)


@cause("killed.host/sigqueue")
def sigqueue(stage):
    """sigqueue(3): code -1."""
    container = stage.run("victim", "wait")
    killer = stage.killer(victims.victim(), "sigqueue", "KILL", str(container.pid))
    yield container
    return struck(container, killer, code=QUEUE)


@cause("killed.host/tgkill")
def tgkill(stage):
    """tgkill(2): to one thread, code -6."""
    container = stage.run("victim", "threads", "3", "wait")
    killer = stage.killer(victims.victim(), "tgkill-other", "KILL", str(container.pid))
    yield container
    return struck(container, killer, code=TKILL)


@cause("killed.host/thread")
def thread(stage):
    """A thread of another name than its process' kills."""
    container = stage.run("victim", "wait")
    killer = stage.killer(victims.victim(), "thread-kill", "KILL", str(container.pid))
    yield container
    return struck(container, killer)


@cause("killed.host/orphan")
def orphan(stage):
    """A daemon that forked twice kills; both of its parents are gone by then, and
    /proc says that init is its parent."""
    container = stage.run("victim", "wait")
    yield container
    killer = stage.orphan("vGhyM0", "kill", "KILL", str(container.pid))
    killer.leave()
    killer.act()
    return death(container, "killed.host", 137, exit_signal=9,
                 culprit=by_process(killer, flags=["temp_exe"]),
                 signals=[truth.Signal(9, container.init.pid, killer.pid, code=USER)])


@cause("killed.host/daemon-shells")
def daemon_shells(stage):
    """The runbook's case: an odd daemon, then bash, sh and pkill."""
    container = stage.run("victim", "wait")
    killer = stage.killer("pkill", "-KILL", "-P", str(container.init_parent()), "-x", "victim",
                          shells=("bash", "sh"), daemon_name="vGhyM0")
    yield container
    return struck(container, killer)


@cause("killed.host/deleted-exe")
def deleted_exe(stage):
    """The killer's file is deleted once it runs."""
    container = stage.run("victim", "wait")
    exe = stage.copy_of_victim("xmr-worker")
    gate = stage.folder / "killer-go"
    killer = stage.killer(exe, "gate", str(gate), "kill", "KILL", str(container.pid))
    killer.open_gate()
    killer.await_exec()
    os.unlink(exe)
    killer.process.exe = exe
    yield container
    gate.touch()
    killer.wait()
    return death(container, "killed.host", 137, exit_signal=9,
                 culprit=by_process(killer, flags=["deleted_exe"]),
                 signals=[truth.Signal(9, container.init.pid, killer.pid, code=USER)])


@cause("killed.host/memfd-exe")
def memfd_exe(stage):
    """The killer runs from a memfd: no folder ever held it."""
    container = stage.run("victim", "wait")
    killer = stage.killer(victims.victim(), "memfd", "kdevtmpfsi", "kill", "KILL",
                          str(container.pid))
    yield container
    killer.open_gate()
    killer.wait()
    # Its comm depends on the kernel: the descriptor's number, or the memfd's name.
    killer.process.comm = None
    killer.process.exe = "/memfd:kdevtmpfsi (deleted)"
    killer.process.args = ["kdevtmpfsi", "kill", "KILL", str(container.pid)]
    return death(container, "killed.host", 137, exit_signal=9,
                 culprit=by_process(killer, flags=["memfd_exe"]),
                 signals=[truth.Signal(9, container.init.pid, killer.pid, code=USER)])


@cause("killed.host/temp-exe")
def temp_exe(stage):
    """The killer's file lies below /tmp."""
    container = stage.run("victim", "wait")
    exe = stage.copy_of_victim("vGhyM0")
    killer = stage.killer(exe, "kill", "KILL", str(container.pid))
    yield container
    return struck(container, killer, flags=["temp_exe"])


@cause("killed.host/name-mismatch")
def name_mismatch(stage):
    """The killer calls itself like a kernel thread."""
    container = stage.run("victim", "wait")
    killer = stage.killer(victims.victim(), "as", "kworker/0:1", "kill", "KILL",
                          str(container.pid))
    yield container
    return struck(container, killer, comm="kworker/0:1", flags=["name_mismatch"])


@cause("killed.host/cron")
def cron(stage):
    """The killer runs in the cgroup of cron.service."""
    container = stage.run("victim", "wait")
    unit = stage.cgroup("/system.slice/cron.service")
    killer = stage.killer("/bin/kill", "-9", str(container.pid), shells=("sh",), cgroup=unit)
    yield container
    return struck(container, killer, unit="cron.service")


@cause("killed.host/user")
def user(stage):
    """A user who isn't root kills a container of the same user."""
    container = stage.run("victim", "wait", user=NOBODY)
    killer = stage.killer("/bin/kill", "-9", str(container.pid), user=NOBODY)
    yield container
    return struck(container, killer)


@cause("killed.host/ssh")
def ssh(stage):
    """Somebody who came by ssh: the session's shell has SSH_CONNECTION."""
    container = stage.run("victim", "wait")
    killer = stage.killer("/bin/kill", "-9", str(container.pid), shells=("bash",),
                          environment={"SSH_CONNECTION": "192.0.2.7 51514 192.0.2.1 22"})
    yield container
    found = struck(container, killer)
    found.note = "ssh_from 192.0.2.7:51514"
    return found


def _term(stage, code):
    container = stage.run("victim", "wait-handling", "TERM", str(code))
    await_disposition(container.pid, signal.SIGTERM)
    killer = stage.killer("/bin/kill", "-TERM", str(container.pid))
    yield container
    killer.open_gate()
    killer.wait()
    return death(container, "killed.host", code, culprit=by_process(killer),
                 signals=[truth.Signal(15, container.init.pid, killer.pid, code=USER)])


@cause("killed.host/term-exit-0")
def term_exit_0(stage):
    """A process of the host sends SIGTERM; the container handles it and exits 0."""
    return (yield from _term(stage, 0))


@cause("killed.host/term-exit-143")
def term_exit_143(stage):
    """The same, and it exits with 143 of its own."""
    return (yield from _term(stage, 143))


@cause("killed.host/wrapped-child")
def wrapped_child(stage):
    """A process of the host kills the child of a shell that is the container's init;
    the shell exits with 137."""
    container = stage.run(*wrapped("wait"))
    child = truth.read(await_child(container.pid, "victim"))
    killer = stage.killer("/bin/kill", "-9", str(child.pid))
    yield container
    killer.open_gate()
    killer.wait()
    return death(container, "killed.host", 137, via=["wrapper"], died=child,
                 culprit=by_process(killer),
                 signals=[truth.Signal(9, child.pid, killer.pid, code=USER)],
                 absent=[truth.Signal(9, container.init.pid)])


@cause("killed.host/docker-init", DOCKER)
def docker_init(stage):
    """docker run --init: docker-init (tini) passes its child's 137 on."""
    container = stage.run("victim", "wait", docker=("--init",))
    child = truth.read(await_child(container.pid, "victim"))
    killer = stage.killer("/bin/kill", "-9", str(child.pid))
    yield container
    killer.open_gate()
    killer.wait()
    return death(container, "killed.host", 137, via=["wrapper"], died=child,
                 culprit=by_process(killer),
                 signals=[truth.Signal(9, child.pid, killer.pid, code=USER)])


@cause("killed.host/race")
def race(stage):
    """Two killers at once; whichever was first is right."""
    container = stage.run("victim", "wait")
    pair = [stage.killer(victims.victim(), "kill", "KILL", str(container.pid), quiet=True)
            for _ in range(2)]
    yield container
    for killer in pair:
        killer.open_gate()
    for killer in pair:
        killer.wait()
    return death(container, "killed.host", 137, exit_signal=9,
                 culprit=by_process(pair[0], or_process=pair[1].process),
                 signals=[truth.Signal(9, container.init.pid)])


@cause("killed.host/restarted", DOCKER)
def restarted(stage):
    """docker run --restart always: the container is killed, and runs again at once with
    another pid."""
    container = stage.run("victim", "wait", docker=("--restart", "always"))
    killer = stage.killer("/bin/kill", "-9", str(container.pid))
    yield container
    killer.open_gate()
    killer.wait()
    container.await_other_life()
    return truth.Truth("killed.host", container.runtime, container.id, container.name,
                       init=container.init, exit_code=137, exit_signal=9, forgotten=True,
                       culprit=by_process(killer),
                       signals=[truth.Signal(9, container.init.pid, killer.pid, code=USER)])


@cause("killed.container/host-pids")
def other_container(stage):
    """A container with the host's pid namespace kills another container's init."""
    victim = stage.run("victim", "wait", name=None)
    killer = stage.gated("kill", "KILL", str(victim.pid), name="killer", host_pids=True)
    culprit = by_member(killer.pid, killer)
    yield victim
    killer.open_gate()
    return death(victim, "killed.container", 137, exit_signal=9, culprit=culprit,
                 signals=[truth.Signal(9, victim.init.pid, culprit.process.pid, code=USER)])


@cause("killed.container/victims-pids")
def debug_container(stage):
    """A container in the victim's own pid namespace (kubectl debug --target) sends
    SIGTERM to its pid 1, which handles it."""
    victim = stage.run("victim", "wait-handling", "TERM", "143")
    await_disposition(victim.pid, signal.SIGTERM)
    killer = stage.gated("kill", "TERM", "1", name="debugger", pids_of=victim)
    culprit = by_member(killer.pid, killer)
    yield victim
    killer.open_gate()
    return death(victim, "killed.container", 143, culprit=culprit,
                 signals=[truth.Signal(15, victim.init.pid, culprit.process.pid, code=USER)])


@cause("killed.container/shared-pids", CRI)
def pod_mate(stage):
    """A container of the same pod, which shares its pid namespace, kills init."""
    victim = stage.run("victim", "wait", shared_pids=True)
    killer = stage.gated("kill", "KILL", str(inner_pid(victim.pid)), name="sidecar",
                         shared_pids=True)
    culprit = by_member(killer.pid, killer)
    yield victim
    killer.open_gate()
    return death(victim, "killed.container", 137, exit_signal=9, culprit=culprit,
                 signals=[truth.Signal(9, victim.init.pid, culprit.process.pid, code=USER)])


@cause("killed.inside/child-terms-init")
def child_terms_init(stage):
    """A child sends SIGTERM to the container's init, which handles it."""
    container = stage.run("victim", "with-child", "gate", "/gate/go", "kill", "TERM", "1", "--",
                          "wait-handling", "TERM", "143")
    await_disposition(container.pid, signal.SIGTERM)
    culprit = by_member(await_child(container.pid), container)
    yield container
    container.open_gate()
    return death(container, "killed.inside", 143, culprit=culprit,
                 signals=[truth.Signal(15, container.init.pid, culprit.process.pid, code=USER)])


@cause("killed.inside/supervisor")
def supervisor(stage):
    """The application's own supervisor kills its worker; init passes the 137 on."""
    script = ("victim wait & worker=$!; victim gate /gate/go kill KILL $worker; "
              "wait $worker; exit $?")
    container = stage.run("sh", "-c", script)
    worker, killer = _worker_and_killer(container)
    culprit = by_member(killer, container)
    yield container
    container.open_gate()
    return death(container, "killed.inside", 137, via=["wrapper"], died=worker, culprit=culprit,
                 signals=[truth.Signal(9, worker.pid, killer, code=USER)])


def _worker_and_killer(container):
    """The two children of a shell: the first waits, the second stands at the gate."""
    found = {}
    while len(found) < 2:
        for pid in children(container.pid):
            process = truth.read(pid)
            if process.args[:2] == ["victim", "wait"]:
                found["worker"] = process
            elif process.args[:2] == ["victim", "gate"]:
                found["killer"] = pid
    return found["worker"], found["killer"]


@cause("killed.inside/parent")
def parent(stage):
    """A child kills the container's init, which isn't a pid namespace's init."""
    container = stage.run("victim", "with-child", "gate", "/gate/go", "kill-parent", "KILL", "--",
                          "wait", shared_pids=True)
    culprit = by_member(await_child(container.pid), container)
    yield container
    container.open_gate()
    return death(container, "killed.inside", 137, exit_signal=9, culprit=culprit,
                 signals=[truth.Signal(9, container.init.pid, culprit.process.pid, code=USER)])


@cause("killed.self/kill")
def itself(stage):
    """The container's first process sends SIGKILL to itself."""
    container = stage.gated("kill-self", "KILL", shared_pids=True)
    yield container
    container.open_gate()
    return death(container, "killed.self", 137, exit_signal=9, accept=["killed.inside"],
                 culprit=truth.Culprit("self", process=container.init),
                 signals=[truth.Signal(9, container.init.pid, container.init.pid, code=USER)])


@cause("killed.inside/exec")
def exec_kill(stage):
    """docker exec, crictl exec: kill -TERM 1."""
    container = stage.run("victim", "wait-handling", "TERM", "143")
    await_disposition(container.pid, signal.SIGTERM)
    yield container
    container.exec("/bin/busybox", "kill", "-TERM", "1")
    return death(container, "killed.inside", 143,
                 culprit=truth.Culprit("process", process=None, container=container.id,
                                       pod=container.pod_name or None),
                 signals=[truth.Signal(15, container.init.pid, sender_comm="busybox", code=USER)])


@cause("killed.inside/exec-child")
def exec_kill_child(stage):
    """The same to the child of a shell: the shell exits with 137."""
    container = stage.run(*wrapped("wait"))
    child = truth.read(await_child(container.pid, "victim"))
    yield container
    container.exec("/bin/busybox", "kill", "-9", str(inner_pid(child.pid)))
    return death(container, "killed.inside", 137, via=["wrapper"], died=child,
                 culprit=truth.Culprit("process", process=None, container=container.id,
                                       pod=container.pod_name or None),
                 signals=[truth.Signal(9, child.pid, sender_comm="busybox", code=USER)])


def _broadcast(stage, target):
    script = (f"victim wait & worker=$!; victim gate /gate/go kill KILL {target}; "
              "wait $worker; exit $?")
    container = stage.run("sh", "-c", script)
    worker, killer = _worker_and_killer(container)
    culprit = by_member(killer, container)
    yield container
    container.open_gate()
    return death(container, "killed.broadcast", 137, via=["wrapper"], died=worker,
                 culprit=culprit, signals=[truth.Signal(9, worker.pid, killer, code=USER)])


@cause("killed.broadcast/everybody")
def broadcast_all(stage):
    """A process of the container calls kill(-1, SIGKILL): everybody but itself and
    init; the shell that is init passes its worker's 137 on."""
    return (yield from _broadcast(stage, "-1"))


@cause("killed.broadcast/own-group")
def broadcast_group(stage):
    """A process of the container calls kill(0, SIGKILL): its process group, itself
    included; init, which ignores it, passes its worker's 137 on."""
    return (yield from _broadcast(stage, "0"))


@cause("killed.broadcast/group-from-host")
def broadcast_from_host(stage):
    """A process of the host kills the process group that the container's init leads."""
    container = stage.run("sh", "-c", "victim wait & victim wait & wait")
    await_child(container.pid, "victim")
    killer = stage.killer(victims.victim(), "kill", "KILL", str(-container.pid))
    yield container
    found = struck(container, killer, expected="killed.broadcast")
    found.accept = ["killed.host"]
    return found


@cause("killed.cgroup/write")
def cgroup_kill(stage):
    """A process of the host writes to the container's cgroup.kill."""
    container = stage.run("sh", "-c", "victim wait & victim wait & wait")
    await_child(container.pid, "victim")
    killer = stage.killer(victims.victim(), "write",
                          str(container.cgroup_folder() / "cgroup.kill"), "1")
    yield container
    return struck(container, killer, expected="killed.cgroup")


@cause("killed.cgroup/single")
def cgroup_kill_single(stage):
    """The same for a container with one process: no burst of signals tells it."""
    container = stage.run("victim", "wait")
    killer = stage.killer(victims.victim(), "write",
                          str(container.cgroup_folder() / "cgroup.kill"), "1")
    yield container
    return struck(container, killer, expected="killed.cgroup")


CAUSES = cause.causes
