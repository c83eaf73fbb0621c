"""What the recorder must have kept of containers that this very process killed."""

import collections
import json
import os

import recording


def check(report, name, recorder, ids):
    """Every one of them once, and by our hand; gives the seconds' worth of patience to it."""
    recording.wait_for(lambda: ids <= {one["container_id"] for one in recorder.deaths()}, 120)
    told = [one for one in recorder.deaths() if one["container_id"] in ids]
    times = collections.Counter(one["container_id"] for one in told)
    missing = ids - times.keys()
    report.that(ids and not missing, f"{name}: {len(ids):,} deaths, none lost",
                f"{len(missing)} missing")
    report.that(max(times.values(), default=0) == 1, f"{name}: each is told once",
                f"{len(told) - len(times)} are told again")
    mine = f"({os.getpid()})"
    blamed = [one for one in told if one["cause"] != "unknown" and
              mine not in one.get("culprit", "")]
    report.that(not blamed, f"{name}: no false culprit", json.dumps(blamed[:3]))
    unknown = [one for one in told if one["cause"] == "unknown"]
    report.that(not unknown, f"{name}: none unknown", json.dumps(unknown[:3]))
    sure = collections.Counter(one["confidence"] for one in told)
    report.figure(f"{name}: how sure", ", ".join(f"{sure[rank]:,} {rank}" for rank in sorted(sure)))
