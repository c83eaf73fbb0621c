"""Ten thousand deaths, of a thousand containers at a time."""

import json
import random
import statistics
import time

import cgroups
import deaths
import recording
import session
import usage

AT_A_TIME, ROUNDS = 1000, 10
MOST_MIB, MOST_MS = 40, 50


def one_round(count):
    containers = [cgroups.Container() for _ in range(count)]
    cgroups.wait_started(containers)
    for container in containers:
        container.kill()
    for container in containers:
        container.remove()
    return {container.id for container in containers}


def soak(report, options):
    at_a_time = AT_A_TIME // 10 if options.quick else AT_A_TIME
    with recording.Store() as store, recording.Recorder(store=store) as recorder:
        time.sleep(2)
        ids = set()
        started = time.monotonic()
        for _ in range(ROUNDS):
            ids |= one_round(at_a_time)
        seconds = time.monotonic() - started
        deaths.check(report, "many", recorder, ids)
        cpu, peak = usage.cpu_seconds(recorder.process.pid), usage.peak_mib(recorder.process.pid)
        report.that(peak < MOST_MIB, f"the recorder's memory stays below {MOST_MIB} MiB",
                    f"{peak:.1f} MiB")
        asked = []
        for container in random.sample(sorted(ids), 20):
            done = recorder.why("-o", "json", f"docker://{container}")
            asked.append(done.seconds * 1000)
            verdict = json.loads(done.stdout)
            if verdict["subject"]["container"]["id"] != container:
                report.that(False, "why answers about the container asked for", container)
        report.that(statistics.median(asked) < MOST_MS,
                    f"why answers within {MOST_MS} ms (median of 20)",
                    f"{statistics.median(asked):.1f} ms")
        report.figure("why: median, worst", f"{statistics.median(asked):.1f} ms, {max(asked):.1f} ms")
        started = time.monotonic()
        listed = session.run("events", "--store", recorder.store, "--kind", "death", "--most", "1000000",
                             timeout=120)
        report.figure("events: all of them listed in", f"{time.monotonic() - started:.2f} s, "
                      f"{listed.stdout.count(chr(10)):,} lines")
        size = sum(file.stat().st_size for file in recorder.store.iterdir())
        report.figure("deaths a second, the recorder's CPU a death",
                      f"{len(ids) / seconds:,.0f}, {1e6 * cpu / len(ids):.0f} us")
        report.figure("peak memory, store", f"{peak:.1f} MiB, {size / 2**20:.1f} MiB")
