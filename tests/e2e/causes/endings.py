"""It ended by itself, or it never began."""

import truth
from causes.cause import (CRI, DOCKER, Family, by_self, children, death,
                          gated_and_wrapped)

cause = Family()


def exits(code, note=""):
    def provoke(stage):
        container = stage.gated("exit", str(code))
        yield container
        container.open_gate()
        return death(container, "exit", code, culprit=by_self(container), note=note,
                     absent=[truth.Signal(9, container.init.pid),
                             truth.Signal(15, container.init.pid)])
    provoke.__doc__ = f"exit({code}). {note}"
    cause(f"exit/{code}")(provoke)


for _code in (0, 1, 3, 42):
    exits(_code)
exits(137, "Nobody killed anything: nobody may be blamed.")
exits(143, "The same for SIGTERM.")
exits(255)


@cause("exit/wrapped")
def wrapped_exit(stage):
    """A shell passes on its child's exit code 7."""
    container = stage.run(*gated_and_wrapped("exit", "7"))
    yield container
    container.open_gate()
    return death(container, "exit", 7, accept=["exit"], culprit=by_self(container))


@cause("exit/with-children")
def exit_with_children(stage):
    """Init exits with 3 while children run; they end with its pid namespace."""
    container = stage.run("sh", "-c", "victim wait & victim wait & victim gate /gate/go; exit 3")
    found = []
    while len(found) < 3:
        found = children(container.pid)
    waiting = [pid for pid in found if truth.read(pid).args[1:2] == ["wait"]]
    yield container
    container.open_gate()
    return death(container, "exit", 3, culprit=by_self(container),
                 others={pid: "pidns.teardown" for pid in waiting},
                 signals=[truth.Signal(9, pid, container.init.pid, code=128) for pid in waiting])


@cause("exit/ignored-child")
def exit_after_child(stage):
    """A child is killed by a sibling, init doesn't care, and exits 0 much later: the
    child's death is no cause of that."""
    script = ("victim wait & worker=$!; victim gate /gate/go kill KILL $worker; wait $worker; "
              ": >/gate/worker-gone; victim gate /gate/end exit 0; exit 0")
    container = stage.run("sh", "-c", script)
    yield container
    container.open_gate()
    container.await_file("worker-gone")
    container.open_gate("end")
    return death(container, "exit", 0, culprit=by_self(container))


@cause("exit/20-ms")
def short_life(stage):
    """It lives 20 ms and exits with 9. Nobody can look it up in /proc in time."""
    container = stage.create("victim", "live", "20", "9")
    yield container
    container.start()
    found = death(container, "exit", 9)
    found.init = None
    return found


@cause("exit/at-once")
def no_life(stage):
    """It exits with 4 at once."""
    container = stage.create("victim", "exit", "4")
    yield container
    container.start()
    found = death(container, "exit", 4)
    found.init = None
    return found


@cause("exit/restart-policy", DOCKER)
def restart_policy(stage):
    """docker run --restart on-failure:1: it exits with 1 twice, with two pids."""
    container = stage.gated("exit", "1", docker=("--restart", "on-failure:1"))
    yield container
    container.open_gate()
    return death(container, "exit", 1, culprit=by_self(container),
                 note="a second life of the same container ends the same way")


def never(name, exit_code, *command, text, runtimes, **options):
    def provoke(stage):
        container = stage.create(*command, **options)
        yield container
        container.start(check=False)
        return death(container, "start.failed", exit_code)
    provoke.__doc__ = text
    cause(name, runtimes)(provoke)


never("start.failed/docker-126", 126, "/bin/not-executable", runtimes=DOCKER,
      text="The command is a file without the permission to run.")
never("start.failed/docker-127", 127, "/bin/no-such-program", runtimes=DOCKER,
      text="The command doesn't exist.")
never("start.failed/docker-folder", 126, "/tmp", runtimes=DOCKER,
      text="The command is a folder.")
never("start.failed/docker-128", 128, "victim", "wait", runtimes=DOCKER,
      docker=("--sysctl", "net.ipv4.ip_forward=nonsense"),
      text="A sysctl that can't be set: an error of the runtime.")
never("start.failed/cri-not-found", 128, "/bin/no-such-program", runtimes=CRI,
      text="The command doesn't exist: containerd says 128 and StartError.")
never("start.failed/cri-not-executable", 128, "/bin/not-executable", runtimes=CRI,
      text="The command is a file without the permission to run.")
never("start.failed/cri-workdir", 128, "/bin/victim", "wait", workdir="/bin/busybox",
      runtimes=CRI, text="The working directory is a file.")


@cause("start.failed/shell-127")
def shell_not_found(stage):
    """sh -c of a command that doesn't exist: the shell ran, and says 127."""
    container = stage.run("sh", "-c", "victim gate /gate/go; no-such-program")
    yield container
    container.open_gate()
    return death(container, "exit", 127, accept=["start.failed"], culprit=by_self(container))


CAUSES = cause.causes
