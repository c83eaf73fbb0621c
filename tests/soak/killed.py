"""The recorder ended by SIGKILL at random moments: the store opens clean each time."""

import contextlib
import random
import signal
import sqlite3
import time

import cgroups
import recording

TIMES = 50


def rows(store, sql):
    with contextlib.closing(sqlite3.connect(f"file:{store / 'podtap.db'}?mode=ro",
                                            uri=True)) as database:
        return database.execute(sql).fetchall()


def soak(report, options):
    times = TIMES // 10 if options.quick else TIMES
    seed = random.randrange(1 << 32)
    report.figure("seed", seed)
    dice = random.Random(seed)
    unclean, vanished, committed, died = [], set(), set(), 0
    with recording.Store() as store:
        for _ in range(times):
            recorder = recording.Recorder(store=store).wait_recording()
            containers = [cgroups.Container() for _ in range(10)]
            cgroups.wait_started(containers)
            for container in containers:
                container.kill()
                died += 1
            time.sleep(dice.random() * 0.4)
            # What a reader has seen is committed.
            committed |= set(rows(store, "SELECT container_id FROM death"))
            recorder.process.kill()
            recorder.stop(signal.SIGKILL)
            for container in containers:
                container.remove()
            if rows(store, "PRAGMA integrity_check") != [("ok",)]:
                unclean.append(rows(store, "PRAGMA integrity_check"))
            vanished |= committed - set(rows(store, "SELECT container_id FROM death"))
        with recording.Recorder(store=store) as last:
            blind = [one for one in last.events("--kind", "blind", "--most", 10_000) if one["why"] == "killed"]
            report.that("damaged" not in last.messages(), "the file was never set aside",
                        last.messages())
    report.that(not unclean, f"{times} times killed, the store opens clean", str(unclean))
    report.that(not vanished, f"{len(committed)} deaths committed before, none lost",
                f"{len(vanished)} lost")
    report.that(len(blind) == times, "every blind window is recorded", f"{len(blind)} of {times}")
    report.figure("deaths, of them committed before the recorder's end",
                  f"{died}, {len(committed)}")
