"""Nobody dies: what looks like a killing and isn't one. The truth's cause is None."""

import subprocess
import time

import truth
from causes.cause import DOCKER, USER, Family, await_child

cause = Family()


def alive(container, **more):
    """The truth that the container lives; complains if it doesn't."""
    time.sleep(0.1)
    if truth.read(container.pid).start_ticks != container.init.start_ticks:
        raise AssertionError("the container has ended")
    return truth.Truth(None, container.runtime, container.id, container.name, container.pod_name,
                       container.pod_uid, init=container.init, **more)


@cause("none/kill-init-from-inside")
def kill_init_from_inside(stage):
    """SIGKILL to init from its own pid namespace is ignored."""
    container = stage.run("victim", "with-child", "gate", "/gate/go", "kill", "KILL", "1", "--",
                          "wait")
    child = await_child(container.pid)
    yield container
    container.open_gate()
    return alive(container,
                 signals=[truth.Signal(9, container.init.pid, child, code=USER)])


@cause("none/term-without-handler")
def term_without_handler(stage):
    """SIGTERM from the host to an init that doesn't handle it is ignored."""
    container = stage.run("victim", "wait")
    killer = stage.killer("/bin/kill", "-TERM", str(container.pid))
    yield container
    killer.open_gate()
    killer.wait()
    return alive(container, signals=[truth.Signal(15, container.init.pid, killer.pid)])


@cause("none/kill-0")
def kill_0(stage):
    """kill -0 asks whether a process is there."""
    container = stage.run("victim", "wait")
    yield container
    subprocess.run(["/bin/kill", "-0", str(container.pid)], check=True)
    return alive(container, absent=[truth.Signal(0, container.init.pid)])


@cause("none/stop-and-continue")
def stop_and_continue(stage):
    """SIGSTOP, then SIGCONT."""
    container = stage.run("victim", "wait")
    yield container
    for name in ("STOP", "CONT"):
        subprocess.run(["/bin/kill", f"-{name}", str(container.pid)], check=True)
    return alive(container, signals=[truth.Signal(19, container.init.pid)])


@cause("none/exec-killed")
def exec_killed(stage):
    """A process that docker exec or crictl exec started is killed; the container
    isn't."""
    container = stage.run("victim", "wait")
    running = container.exec_in_background("/bin/victim", "as", "intruder", "wait")
    pid = container.await_process("intruder")
    killer = stage.killer("/bin/kill", "-9", str(pid))
    yield container
    killer.open_gate()
    killer.wait()
    running.join(10)
    return alive(container, signals=[truth.Signal(9, pid, killer.pid, code=USER)],
                 others={pid: "killed.host"})


@cause("none/docker-tty-closed", DOCKER)
def tty_closed(stage):
    """docker run -t: the client's terminal is closed; the container has a terminal of
    its own and lives on."""
    container = stage.create("victim", "wait", tty=True)
    attached = container.start_attached()
    yield container
    attached.close_terminal()
    return alive(container, absent=[truth.Signal(1, container.init.pid)])


@cause("none/worker-killed")
def worker_killed(stage):
    """A worker is killed; its init starts another and lives on."""
    script = "while :; do victim wait; done"
    container = stage.run("sh", "-c", script)
    worker = await_child(container.pid, "victim")
    killer = stage.killer("/bin/kill", "-9", str(worker))
    yield container
    killer.open_gate()
    killer.wait()
    return alive(container, signals=[truth.Signal(9, worker, killer.pid, code=USER)],
                 others={worker: "killed.host"})


CAUSES = cause.causes
