"""Probe points and functions against what this kernel does."""

import os
import pathlib
import signal
import subprocess
import tempfile
import unittest

import proc
import session


class Probes(unittest.TestCase):
    def lines_of(self, script, *options, action=None, **keywords):
        """stdout's lines of a script that ends by itself (-c, exit())."""
        done = session.run_script(script, *options, **keywords)
        self.assertEqual((done.status, done.stderr), (0, ""), done)
        return done.stdout.splitlines()

    def hit(self, script, count=1, number=signal.SIGURG):
        """Lines that the script prints when a process of ours is signalled."""
        with subprocess.Popen(["sleep", "1000"]) as victim:
            with session.Session("-x", victim.pid, "-e", script) as podtap:
                podtap.wait_armed()
                os.kill(victim.pid, number)
                lines = podtap.wait_lines(count)
                outcome = podtap.stop()
            victim.kill()
        self.assertEqual(outcome.status, 0, outcome)
        return lines, victim.pid

    def on_target(self, body):
        return "probe signal.send { if (sig_pid == target()) { " + body + " } }"


class Points(Probes):
    def test_raw_tracepoint_with_typed_arguments(self):
        lines, victim = self.hit(
            'probe kernel.trace("signal:signal_generate") { if ($task->tgid == target()) '
            'printf("%d %d %s %d\\n", $sig, $task->tgid, kernel_string($task->comm), $group) }')
        self.assertEqual(lines, [f"{int(signal.SIGURG)} {victim} sleep 1"])

    def test_all_variables_of_a_signal(self):
        lines, victim = self.hit(self.on_target(
            'printf("%d %s %d %s %d %d %s %s\\n", sig, sig_name, sig_pid, pid_name, sinfo, '
            'shared, si_code, name)'))
        words = lines[0].split()
        self.assertEqual(words[:6], [str(int(signal.SIGURG)), "SIGURG", str(victim), "sleep",
                                     words[4], "1"])
        # The truth: a user's kill(2) carries a siginfo of SI_USER.
        self.assertIn("SI_USER", lines[0])
        self.assertTrue(lines[0].endswith("signal_generate"), lines)

    def test_real_time_signal_prints_as_hex(self):
        lines, _ = self.hit(self.on_target("println(sig_name)"), number=37)
        self.assertEqual(lines, ["0x25"])

    def test_exec_and_exit_of_a_command(self):
        lines = self.lines_of(
            'probe kprocess.exec { if (pid() == target()) println("exec") } '
            'probe kprocess.exit { if (pid() == target()) println("exit") }', "-c", "/bin/true")
        self.assertEqual(lines, ["exec", "exit"])

    def test_fork(self):
        lines = self.lines_of(
            'probe kprocess.create { if (pid() == target()) { printf("%d\\n", new_pid) } }',
            "-c", "sh -c '/bin/true; /bin/true; :'")
        self.assertEqual(len(lines), 2)
        self.assertEqual(len(set(lines)), 2)

    def test_process_begin_by_path(self):
        true = os.path.realpath("/bin/true")
        lines = self.lines_of(f'probe process("{true}").begin {{ println("begin ", execname()) }} '
                              f'probe process("{true}").end {{ println("end ", execname()) }}',
                              "-c", "sh -c '/bin/true; :'")
        self.assertEqual(lines, ["begin true", "end true"])

    def test_timers(self):
        done = session.run_script(
            'global n probe timer.ms(10) { n++ } probe timer.ms(500) { println(n); exit() }')
        self.assertEqual(done.status, 0, done)
        self.assertTrue(35 <= int(done.stdout) <= 52, done)

    def test_profile_timer(self):
        done = session.run_script('global n probe timer.profile { n++ } '
                                  'probe timer.ms(500) { println(n > 10); exit() }')
        self.assertEqual((done.status, done.stdout), (0, "1\n"), done)

    def test_wildcards(self):
        lines, _ = self.hit('probe kernel.trace("signal:signal_g*") '
                            '{ if ($task->tgid == target()) println(pn()) }')
        self.assertEqual(len(lines), 1, lines)

    def test_oom_victim(self):
        # Arming it is what can be tested everywhere.
        done = session.run_script('probe oom.* { println("oom") } probe begin { exit() }', "-w")
        if done.status != 0:
            done = session.run_script('probe kernel.trace("oom:mark_victim") { println("oom") } '
                                      'probe begin { exit() }', "-w")
        self.assertEqual((done.status, done.stdout), (0, ""), done)


class Context(Probes):
    def test_who_sends(self):
        lines, _ = self.hit(self.on_target(
            'printf("%s %d %d %d %d %d %d\\n", execname(), pid(), tid(), ppid(), uid(), gid(), '
            'pgrp())'))
        me = proc.task(os.getpid())
        self.assertEqual(lines, [f"{me.comm} {me.pid} {me.pid} {me.parent} 0 0 {os.getpgrp()}"])

    def test_ancestry_with_and_without_times(self):
        lines, _ = self.hit(self.on_target(
            'println(task_ancestry(task_current(), 0)); println(task_ancestry(task_current(), 1))'),
            count=2)
        levels = proc.ancestry(os.getpid())
        names = lines[0].split("=>")
        self.assertEqual(names[0], "swapper/0")
        self.assertEqual(len(names), len(levels) + 1)
        entries = proc.parse_ancestry(lines[1])
        self.assertEqual([entry.comm for entry in entries], names)
        for entry, level in zip(entries[1:], levels):
            self.assertTrue(level.matches(entry), lines[1])

    def test_pid2task_of_another(self):
        lines, victim = self.hit(self.on_target(
            'printf("%s %s\\n", pid2execname(sig_pid), task_execname(pid2task(sig_pid)))'))
        self.assertEqual(lines, ["sleep sleep"])

    def test_namespaces(self):
        """A process of a pid namespace: host numbers, and its own beside them."""
        with tempfile.TemporaryDirectory() as folder:
            pid_file = pathlib.Path(folder) / "pid"
            lines = self.lines_of(
                'probe kprocess.exit { if (execname() == "true" && ns_pid() != pid()) '
                'printf("%d %d\\n", pid(), ns_pid()) }',
                "-c", f"unshare --fork --pid sh -c 'echo $$ >{pid_file}; /bin/true; :'")
            self.assertEqual(pid_file.read_text(), "1\n")
        host, inner = map(int, lines[0].split())
        self.assertGreater(host, 2)
        self.assertEqual(inner, 2)

    def test_command_line(self):
        lines = self.lines_of('probe kprocess.exec { } probe kprocess.exit '
                              '{ if (pid() == target()) println(cmdline_str()) }',
                              "-c", "/bin/sh -c ':' one two")
        self.assertEqual(lines, ["/bin/sh -c : one two"])

    def test_clocks(self):
        import time
        done = session.run_script(
            'probe begin { printf("%d %d %d\\n", gettimeofday_s(), gettimeofday_ns(), '
            'gettimeofday_us()); exit() }')
        seconds, nanoseconds, microseconds = map(int, done.stdout.split())
        self.assertAlmostEqual(seconds, time.time(), delta=5)
        self.assertAlmostEqual(nanoseconds / 1e9, time.time(), delta=5)
        self.assertAlmostEqual(microseconds / 1e6, time.time(), delta=5)

    def test_kernel_clock_is_the_wall_clock(self):
        import time
        lines, _ = self.hit(self.on_target('println(gettimeofday_ns())'))
        self.assertAlmostEqual(int(lines[0]) / 1e9, time.time(), delta=5)


class Language(Probes):
    """The same text in a kernel-side and in a user-side probe prints the same."""

    BODIES = {
        "arithmetic": 'printf("%d %d %d %d\\n", -7 / 2, -7 % 2, -7 >> 1, 7 * -3)',
        "formats": 'printf("%5d|%-5d|%05d|%x|%X|%o|%p|%c|%s|%8.3s|%%\\n", '
                   '42, 42, 42, 255, 255, 8, 4096, 65, "text", "abcdef")',
        "strings": 's = "abc" . "def"; printf("%s %d %s %d\\n", s, strlen(s), '
                   'substr(s, 1, 3), s == "abcdef")',
        "compare": 'printf("%d %d %d\\n", "a" < "b", "b" <= "a", "" == "")',
        "loops": 'for (i = 0; i < 10; i++) { if (i == 3) continue; if (i == 6) break; t += i } '
                 'printf("%d\\n", t)',
        "while": 'n = 5; while (n > 0) { n--; r .= sprintf("%d", n) } println(r)',
        "ternary": 'x = 3; println(x > 2 ? "more" : "less")',
        "sprintf": 'println(sprintf("%d-%s", 5, "x") . "!")',
        "logic": 'printf("%d %d %d\\n", 1 && 0 || 2, !5, ~0)',
        "try": 'z = strlen(""); try { println(1 / z) } catch (why) { println("caught ", why) }',
        "functions": 'println(twice(21), " ", join("a", "b"))',
        "arrays": 'm["x", 1] = 5; m["y", 2] = 7; m["x", 1]++; delete m["y", 2]; '
                  'printf("%d %d %d\\n", m["x", 1], ["y", 2] in m, ["x", 1] in m)',
        "minimum": 'x = -9223372036854775807 - 1; printf("%d %d\\n", x / -1, x % -1)',
        "shift": 'printf("%d %d\\n", 1 << 62, 1 << 3)',
        "names": 'printf("%s %s\\n", signal_str(9), errno_str(2))',
    }
    PRELUDE = ('global m function twice:long(n:long) { return n * 2 } '
               'function join:string(a:string, b:string) { return a . "+" . b } ')

    def check(self, body):
        user = session.run_script(self.PRELUDE + "probe begin { " + body + "; exit() }", "-w")
        self.assertEqual(user.status, 0, user)
        lines, _ = self.hit(self.PRELUDE + self.on_target(body))
        self.assertEqual("\n".join(lines) + "\n", user.stdout)
        self.assertTrue(user.stdout.strip())


def add_bodies():
    for name, body in Language.BODIES.items():
        setattr(Language, f"test_{name}", lambda self, body=body: self.check(body))


add_bodies()

if __name__ == "__main__":
    unittest.main()
