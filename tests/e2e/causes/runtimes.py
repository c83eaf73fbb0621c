"""The runtime did it: docker stop, StopContainer, docker kill, rm -f."""

import os
import signal
import subprocess

import truth
from causes.cause import (CRI, DOCKER, USER, Family, await_child, await_disposition,
                          by_runtime, children, death, wrapped)

cause = Family()


def sent(container, number, comm="runc"):
    return truth.Signal(number, container.init.pid, sender_comm=comm, code=USER)


def myself():
    """This process, which is the CRI's client."""
    process = truth.read(os.getpid())
    return [process]


def by_client(container, cause_name, exit_code, *arguments, **more):
    """A docker client acts; its identity is known before."""
    client = container.client(*arguments)
    container.stage.on_close(client.close)
    client.go()
    return death(container, cause_name, exit_code, culprit=by_runtime(),
                 clients=[client.process], **more)


def handling(stage, code, name="TERM", **options):
    container = stage.run("victim", "wait-handling", name, str(code), **options)
    await_disposition(container.pid, getattr(signal, f"SIG{name}"))
    return container


def ignoring(stage, **options):
    container = stage.run("victim", "wait-ignoring", "TERM", **options)
    await_disposition(container.pid, signal.SIGTERM, "SigIgn")
    return container


@cause("runtime.stop/docker-stop", DOCKER)
def docker_stop(stage):
    """docker stop; the container obeys SIGTERM."""
    container = handling(stage, 0)
    yield container
    return by_client(container, "runtime.stop", 0, "stop", container.name,
                     signals=[sent(container, 15)], absent=[truth.Signal(9, container.pid)])


@cause("runtime.stop/docker-stop-143", DOCKER)
def docker_stop_143(stage):
    """docker stop; the container ends with 143 of its own."""
    container = handling(stage, 143)
    yield container
    return by_client(container, "runtime.stop", 143, "stop", container.name,
                     signals=[sent(container, 15)])


@cause("runtime.stop/docker-stop-signal", DOCKER)
def docker_stop_signal(stage):
    """docker stop of a container whose STOPSIGNAL is SIGUSR1."""
    container = handling(stage, 5, "USR1", stop_signal="USR1")
    yield container
    return by_client(container, "runtime.stop", 5, "stop", container.name,
                     signals=[sent(container, 10)])


@cause("runtime.stop/docker-init", DOCKER)
def docker_stop_init(stage):
    """docker stop with --init: docker-init passes SIGTERM to its child, which ends by
    it, and ends with 143."""
    container = stage.run("victim", "wait", docker=("--init",))
    await_child(container.pid, "victim")
    yield container
    return by_client(container, "runtime.stop", 143, "stop", container.name, via=None,
                     signals=[sent(container, 15)])


@cause("runtime.stop/docker-restart", DOCKER)
def docker_restart(stage):
    """docker restart: the first life ends by SIGTERM, a second begins."""
    container = handling(stage, 0)
    yield container
    client = container.client("restart", container.name)
    stage.on_close(client.close)
    client.go()
    found = truth.Truth("runtime.stop", container.runtime, container.id, container.name,
                        init=container.init, exit_code=0, forgotten=True, culprit=by_runtime(),
                        clients=[client.process], signals=[sent(container, 15)],
                        note="it runs again, with another pid")
    container.await_other_life()
    return found


@cause("runtime.stop/docker-stop-rm", DOCKER)
def docker_stop_rm(stage):
    """docker run --rm: nothing is left to inspect once it has ended."""
    container = handling(stage, 0, docker=("--rm",))
    yield container
    return by_client(container, "runtime.stop", 0, "stop", container.name,
                     signals=[sent(container, 15)], forgotten=True)


@cause("runtime.stop/dockerd-ends", DOCKER)
def dockerd_ends(stage):
    """dockerd is restarted without live-restore: it stops its containers first."""
    container = handling(stage, 0)
    yield container
    stage.daemon.stop_process()
    stage.daemon.restart_process()
    return death(container, "runtime.stop", 0, culprit=by_runtime(),
                 signals=[sent(container, 15)])


@cause("runtime.stop/cri-stop", CRI)
def cri_stop(stage):
    """StopContainer; the container obeys SIGTERM."""
    container = handling(stage, 0)
    yield container
    container.stop(30)
    return death(container, "runtime.stop", 0, culprit=by_runtime(), clients=myself(),
                 signals=[sent(container, 15)])


@cause("runtime.stop/cri-stop-signal", CRI)
def cri_stop_signal(stage):
    """StopContainer; the image's StopSignal is SIGUSR1."""
    container = handling(stage, 5, "USR1", stop_signal="USR1")
    yield container
    container.stop(30)
    return death(container, "runtime.stop", 5, culprit=by_runtime(), clients=myself(),
                 signals=[sent(container, 10)])


@cause("runtime.kill/cri-stop-pod", CRI)
def cri_stop_pod(stage):
    """StopPodSandbox kills the containers that still run, without asking."""
    container = handling(stage, 0)
    yield container
    container.pod.stop()
    return death(container, "runtime.kill", 137, exit_signal=9, culprit=by_runtime(),
                 clients=myself(), signals=[sent(container, 9)])


@cause("runtime.stop.timeout/docker-ignores", DOCKER)
def docker_timeout(stage):
    """docker stop -t 1 of one that ignores SIGTERM."""
    container = ignoring(stage)
    yield container
    return by_client(container, "runtime.stop.timeout", 137, "stop", "-t", "1", container.name,
                     exit_signal=9, signals=[sent(container, 15), sent(container, 9)])


@cause("runtime.stop.timeout/docker-no-handler", DOCKER)
def docker_timeout_default(stage):
    """docker stop -t 1 of a pid namespace's init without a handler: SIGTERM is lost on
    it."""
    container = stage.run("victim", "wait")
    yield container
    return by_client(container, "runtime.stop.timeout", 137, "stop", "-t", "1", container.name,
                     exit_signal=9, signals=[sent(container, 15), sent(container, 9)])


@cause("runtime.stop.timeout/cri", CRI)
def cri_timeout(stage):
    """StopContainer with one second of one that ignores SIGTERM."""
    container = ignoring(stage)
    yield container
    container.stop(1)
    return death(container, "runtime.stop.timeout", 137, exit_signal=9, culprit=by_runtime(),
                 clients=myself(), signals=[sent(container, 15), sent(container, 9)])


@cause("runtime.kill/docker-kill", DOCKER)
def docker_kill(stage):
    """docker kill."""
    container = stage.run("victim", "wait")
    yield container
    return by_client(container, "runtime.kill", 137, "kill", container.name, exit_signal=9,
                     signals=[sent(container, 9)])


@cause("runtime.kill/docker-kill-term", DOCKER)
def docker_kill_term(stage):
    """docker kill -s TERM: looks like docker stop to the kernel."""
    container = handling(stage, 143)
    yield container
    return by_client(container, "runtime.kill", 143, "kill", "-s", "TERM", container.name,
                     accept=["runtime.stop"], signals=[sent(container, 15)])


@cause("runtime.kill/docker-rm", DOCKER)
def docker_rm(stage):
    """docker rm -f: killed, and nothing is left to inspect."""
    container = stage.run("victim", "wait")
    yield container
    return by_client(container, "runtime.kill", 137, "rm", "-f", container.name, exit_signal=9,
                     signals=[sent(container, 9)], forgotten=True)


@cause("runtime.kill/docker-wrapper", DOCKER)
def docker_kill_wrapper(stage):
    """docker kill of a shell with a child."""
    container = stage.run(*wrapped("wait"))
    yield container
    return by_client(container, "runtime.kill", 137, "kill", container.name, exit_signal=9,
                     signals=[sent(container, 9)],
                     others={pid: "pidns.teardown" for pid in children(container.pid)})


@cause("runtime.kill/stopped", DOCKER)
def docker_kill_stopped(stage):
    """Somebody of the host sends SIGSTOP; later comes docker kill. SIGSTOP killed
    nobody."""
    container = stage.run("victim", "wait")
    yield container
    subprocess.run(["/bin/kill", "-STOP", str(container.pid)], check=True)
    return by_client(container, "runtime.kill", 137, "kill", container.name, exit_signal=9,
                     signals=[truth.Signal(19, container.init.pid, sender_comm="kill"),
                              sent(container, 9)])


@cause("runtime.kill/docker-hangup", DOCKER)
def docker_hangup(stage):
    """The terminal of an attached docker client is closed; the client passes its
    SIGHUP on to the container, which ends by it."""
    container = stage.create("victim", "wait-handling", "HUP", "129")
    attached = container.start_attached()
    await_disposition(container.pid, signal.SIGHUP)
    yield container
    client = attached.process
    attached.close_terminal()
    return death(container, "runtime.kill", 129, accept=["hangup"], culprit=by_runtime(),
                 clients=[client], signals=[sent(container, 1)])


@cause("runtime.kill/cri-remove", CRI)
def cri_remove(stage):
    """RemoveContainer of one that runs: killed, and nothing is left to ask for."""
    container = stage.run("victim", "wait")
    yield container
    container.remove()
    return death(container, "runtime.kill", 137, exit_signal=9, culprit=by_runtime(),
                 clients=myself(), signals=[sent(container, 9)], forgotten=True)


CAUSES = cause.causes
