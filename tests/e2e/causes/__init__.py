"""Every way a container dies, provoked for real.

A cause is a function of a stage that is called twice, as a generator: it prepares
the container and yields it; resumed, it strikes and returns the truth. In between,
podtap can be armed. Kept in one file a family; `ALL` is the table.

    for cause in causes.ALL:
        with stage.Stage("docker") as scene:
            play = causes.Play(cause, scene)
            container = play.prepare()
            truth = play.strike()
"""

from causes import endings, faults, killed, limits, oom, runtimes, survived, trouble
from causes.cause import Play

ALL = tuple(sorted((*killed.CAUSES, *runtimes.CAUSES, *oom.CAUSES, *faults.CAUSES,
                    *limits.CAUSES, *endings.CAUSES, *trouble.CAUSES, *survived.CAUSES),
                   key=lambda cause: cause.name))


def find(name):
    """The causes that a name means: "killed.host/pkill", or all of "killed.host"."""
    exact = [cause for cause in ALL if cause.name == name]
    return exact or [cause for cause in ALL if cause.name.split("/")[0] == name]


__all__ = ["ALL", "Play", "find"]
