"""Deaths among hostile names."""

import os

import truth
import victims
from causes.cause import CRI, USER, Family, by_process, death

cause = Family()
# Sets a terminal's title and turns it red; 15 bytes are a comm's room.
ESCAPES = "\x1b]0;own\x07\x1b[31m"
NEWLINES = "a\nb\tc\rd"
INVALID = os.fsdecode(b"\xff\xfe\x80bad\xc3(")
ARGUMENTS = ["line one\nverdict: exit\n", "\x1b[2J\x1b[1;1H", INVALID]


def encoded(name):
    return "".join(f"%{byte:02x}" for byte in os.fsencode(name))


def hostile(stage, victims_name, killers_name):
    # Docker and the CRI carry UTF-8 only, so names travel encoded.
    container = stage.run("victim", "as", encoded(victims_name), "wait")
    container.await_comm(victims_name)
    killer = stage.killer(victims.victim(), "as", encoded(killers_name), "kill", "KILL",
                          str(container.pid), *ARGUMENTS)
    yield container
    killer.open_gate()
    killer.wait()
    killer.process.comm = killers_name
    return death(container, "killed.host", 137, exit_signal=9,
                 culprit=by_process(killer, flags=["name_mismatch"]),
                 signals=[truth.Signal(9, container.init.pid, killer.pid, code=USER)])


@cause("killed.host/hostile-escapes")
def escapes(stage):
    """Names with terminal escape sequences, arguments with newlines."""
    return (yield from hostile(stage, ESCAPES, ESCAPES))


@cause("killed.host/hostile-newlines")
def newlines(stage):
    """Names with newlines and tabs."""
    return (yield from hostile(stage, NEWLINES, NEWLINES))


@cause("killed.host/hostile-bytes")
def invalid(stage):
    """Names that are no UTF-8."""
    return (yield from hostile(stage, INVALID, INVALID))


@cause("killed.host/hostile-pod", CRI)
def hostile_pod(stage):
    """The pod's name holds escape sequences."""
    stage.pod(name="web-\x1b[31m0", namespace="de\x07fault")
    container = stage.run("victim", "wait")
    killer = stage.killer("/bin/kill", "-9", str(container.pid))
    yield container
    killer.open_gate()
    killer.wait()
    return death(container, "killed.host", 137, exit_signal=9, culprit=by_process(killer),
                 signals=[truth.Signal(9, container.init.pid, killer.pid, code=USER)])


CAUSES = cause.causes
