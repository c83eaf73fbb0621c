"""Forks and signals at a rate that no node has, and deaths in the middle of it."""

import json
import os
import shutil
import signal
import subprocess
import tempfile
import time

import cgroups
import deaths
import docker
import recording
import usage

FORKS, SIGNALS = 20_000, 100_000  # a second
MOST_MIB = 40
# The recorder's tracepoints and what they tell, as bpftrace would write them down.
BPFTRACE = """
tracepoint:sched:sched_process_fork { printf("f %d %d\\n", args->parent_pid, args->child_pid); }
tracepoint:sched:sched_process_exec { printf("x %d %s\\n", pid, str(args->filename)); }
tracepoint:sched:sched_process_exit { printf("e %d %s\\n", pid, comm); }
tracepoint:signal:signal_generate /args->sig != 17/ {
  printf("s %d %d %d %s %s\\n", args->sig, pid, args->pid, comm, args->comm); }
"""


def load(options, seconds):
    """Starts the load; its result is the JSON object on its stdout."""
    return subprocess.Popen([str(options.programs / "storm"), str(FORKS), str(SIGNALS),
                             str(seconds)], stdout=subprocess.PIPE)


def result(process):
    return json.loads(process.communicate()[0])


def tell(report, name, done):
    for what, rate in (("forks", FORKS), ("signals", SIGNALS)):
        one = done[what]
        report.figure(f"{name}: {what} a second (of {rate:,}), CPU of one",
                      f"{one['count'] / one['seconds']:,.0f}, {one['cpu_ns'] / 1000:.2f} us")


def beside_bpftrace(report, options, seconds):
    with tempfile.NamedTemporaryFile(prefix="podtap-soak-") as out:
        process = subprocess.Popen(["bpftrace", "-e", BPFTRACE], stdout=out,
                                   stderr=subprocess.STDOUT)
        time.sleep(5)
        done = result(load(options, seconds))
        cpu, peak = usage.cpu_seconds(process.pid), usage.peak_mib(process.pid)
        process.send_signal(signal.SIGINT)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        with open(out.name, "rb") as file:
            lost = sum(int(line.split()[1]) for line in file if line.startswith(b"Lost "))
    tell(report, "beside bpftrace", done)
    report.figure("bpftrace: CPU, peak memory, events it says it lost",
                  f"{100 * cpu / seconds:.0f} %, {peak:.0f} MiB, {lost:,}")


def kill_meanwhile(containers, process):
    """One container after the other, spread over the load's time."""
    killed = []
    for container in containers:
        if process.poll() is not None:
            break
        os.kill(container.pid, signal.SIGKILL)
        killed.append(container)
        time.sleep(1.5)
    return killed


def with_recorder(report, options, name, start, seconds):
    """The load `start` with containers killed under it: Docker's, and bare cgroups."""
    daemon = docker.daemon()
    count = max(3, int(seconds / 1.5) - 2)
    ours = [daemon.run(f"soak-{name}-{i}", "sleep", "100000") for i in range(min(5, count // 2))]
    ids = {one.name: json.loads(daemon.docker("inspect", "-f", "{{json .Id}}", one.name).stdout)
           for one in ours}
    bare = [cgroups.Container() for _ in range(count - len(ours))]
    cgroups.wait_started(bare)
    with recording.Store() as store, recording.Recorder(
            store=store, sockets=[daemon.host]) as recorder:
        time.sleep(2)
        before = usage.cpu_seconds(recorder.process.pid)
        process = start()
        killed = kill_meanwhile([one for pair in zip(ours, bare) for one in pair] +
                                bare[len(ours):], process)
        process.wait()
        cpu = usage.cpu_seconds(recorder.process.pid) - before
        deaths.check(report, name, recorder,
                     {ids.get(getattr(one, "name", ""), getattr(one, "id", "")) for one in killed})
        peak = usage.peak_mib(recorder.process.pid)
        lost = [one for one in recorder.events("--kind", "blind", "--most", 10_000) if one.get("why") == "lost"]
    report.figure(f"{name}: the recorder's CPU, peak memory, events it says it lost",
                  f"{100 * cpu / seconds:.0f} %, {peak:.1f} MiB, "
                  f"{sum(one['count'] for one in lost):,}")
    report.that(peak < MOST_MIB, f"{name}: its memory stays below {MOST_MIB} MiB", f"{peak:.1f}")
    for one in bare:
        if one not in killed:
            one.kill()
        one.remove()
    return process


def soak(report, options):
    seconds = 6 if options.quick else 60
    try:
        tell(report, "alone", result(load(options, seconds)))
        process = with_recorder(report, options, "storm", lambda: load(options, seconds), seconds)
        tell(report, "beside podtap record", json.loads(process.stdout.read()))
        if shutil.which("bpftrace"):
            beside_bpftrace(report, options, seconds)
        # Without any bound: as fast as the machine can.
        with_recorder(report, options, "stress-ng", lambda: subprocess.Popen(
            ["stress-ng", "--quiet", "--fork", "1", "--kill", "1", "--timeout", f"{seconds}s"]),
            seconds)
    finally:
        docker.stop_daemon()
