"""Two CPUs at once: no push and no add is lost, no two names are mixed.

Two processes, each on a CPU of its own and with a name of its own, send signals as
fast as they can to a third; the probe fires in their context.
"""

import os
import re
import signal
import subprocess
import unittest

import session

EACH = 100_000
NAMES = ("aaaaaaaaaaaaaaa", "bbbbbbbbbbbbbbb")  # as long as a comm can be


class Concurrency(unittest.TestCase):
    def storm(self, script, each=EACH):
        """Runs the script (TARGET is the victim) while both send; gives the outcome."""
        victim = subprocess.Popen(["sleep", "1000"])
        self.addCleanup(victim.wait)
        self.addCleanup(victim.kill)
        with session.Session("-e", script.replace("TARGET", str(victim.pid))) as running:
            running.wait_armed()
            cpus = sorted(os.sched_getaffinity(0))
            senders = [self.send(victim.pid, name, cpus[i % len(cpus)], each)
                       for i, name in enumerate(NAMES)]
            for sender in senders:
                self.assertEqual(os.waitpid(sender, 0)[1], 0)
            return running.stop()

    @staticmethod
    def send(target, name, cpu, count):
        sender = os.fork()
        if sender > 0:
            return sender
        os.sched_setaffinity(0, {cpu})
        with open("/proc/self/comm", "w", encoding="ascii") as comm:
            comm.write(name)
        for _ in range(count):
            os.kill(target, signal.SIGURG)
        os._exit(0)

    def fine(self, outcome):
        self.assertEqual(outcome.status, 0, outcome)
        self.assertNotIn("WARNING", outcome.stderr, outcome)
        return outcome.stdout

    def test_statistics_lose_nothing(self):
        out = self.fine(self.storm(
            "global s, byname, n\n"
            "probe signal.send { if (sig_pid == TARGET) { i = n++; s <<< i; byname[execname()] <<< i } }\n"
            'probe end { printf("%d %d %d %d %d\\n", @count(s), @sum(s), @min(s), @max(s), @variance(s))\n'
            ' foreach (k+ in byname) printf("%s %d\\n", k, @count(byname[k]))\n'
            ' println(@sum(byname[@1]) + @sum(byname[@2])) print(@hist_log(s)) }'
            .replace("@1", f'"{NAMES[0]}"').replace("@2", f'"{NAMES[1]}"')))
        total = 2 * EACH
        lines = out.split("\n")
        # Of 0 … n - 1 the sample variance is n * (n + 1) / 12.
        self.assertEqual(lines[0], f"{total} {total * (total - 1) // 2} 0 {total - 1} "
                                   f"{total * (total + 1) // 12}")
        self.assertEqual(lines[1:4], [f"{NAMES[0]} {EACH}", f"{NAMES[1]} {EACH}",
                                      str(total * (total - 1) // 2)])
        rows = re.findall(r"^ *(\d+) \|@* +(\d+)$", out, re.MULTILINE)
        counts = {int(low): int(count) for low, count in rows}
        self.assertEqual(counts[65536], 65536)
        self.assertEqual(sum(counts.values()), total)

    def test_adds_of_both_sides_are_all_there(self):
        out = self.fine(self.storm(
            "global a, s, n\n"
            "probe signal.send { if (sig_pid == TARGET) { a[1]++; s[1] <<< 1 } }\n"
            "probe timer.ms(10) { for (i = 0; i < 100; i++) { a[1] += 1000000; s[1] <<< 1; n++ } }\n"
            "probe end { println(a[1] - n * 1000000) println(@count(s[1]) - n) println(n > 0) }"))
        self.assertEqual(out.split(), [str(2 * EACH), str(2 * EACH), "1"])

    def test_names_are_never_mixed(self):
        out = self.fine(self.storm(
            "global last, names, sent, wrong, other\n"
            "function right:long(name:string) { return name == @1 || name == @2 || name == \"\" }\n"
            "probe signal.send { if (sig_pid == TARGET) {\n"
            "  sent[execname()]++\n"
            "  last = execname(); names[1] = execname(); names[0] = execname() . \"!\"\n"
            "  if (!right(last)) wrong++\n"
            "  if (!right(names[1])) wrong++\n"
            "  if (execname() == @1) delete names[1] } }\n"
            "probe timer.ms(5) { if (!right(last)) other++ if (!right(names[1])) other++\n"
            "  foreach (k in names) if (k == 1 && !right(names[k])) other++ }\n"
            "probe end { println(wrong, \" \", other) foreach (k in sent) println(k, \" \", sent[k]) }"
            .replace("@1", f'"{NAMES[0]}"').replace("@2", f'"{NAMES[1]}"')))
        self.assertEqual(out.split("\n")[0], "0 0")
        for name in NAMES:
            self.assertIn(f"{name} {EACH}\n", out)

    def test_walking_while_others_insert_and_delete(self):
        out = self.fine(self.storm(
            "global a, n, wrong, walks, seen\n"
            "function right:long(name:string) { return name == @1 || name == @2 }\n"
            "probe signal.send { if (sig_pid == TARGET) { i = n++; a[i % 40, execname()] = i\n"
            "  if (i % 97 == 0) { walks++ foreach (v = [k, name] in a) { seen++\n"
            "      if (!right(name) || k != v % 40) wrong++ } }\n"
            "  if (i % 53 == 0) delete a[i % 40, *]\n"
            "  if (i % 1009 == 0) delete a } }\n"
            'probe end { println(wrong, " ", walks > 1000, " ", seen > 1000) }'
            .replace("@1", f'"{NAMES[0]}"').replace("@2", f'"{NAMES[1]}"')))
        self.assertEqual(out, "0 1 1\n")

    def test_deleting_while_others_push(self):
        out = self.fine(self.storm(
            "global s, wrong, times, total\n"
            "probe signal.send { if (sig_pid == TARGET) s <<< 7 }\n"
            "probe timer.ms(1) { n = @count(s) if (n) { if (@min(s) != 7 || @max(s) != 7) wrong++\n"
            "  times++ total += n } delete s }\n"
            "probe end { if (@count(s) && @sum(s) != 7 * @count(s)) wrong++\n"
            "  println(wrong, \" \", times > 10, \" \", total + @count(s) <= 200000) }"))
        self.assertEqual(out, "0 1 1\n")


if __name__ == "__main__":
    unittest.main()
