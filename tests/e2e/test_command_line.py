"""Options of `podtap run` (and of the name `stap`), and exit statuses."""

import json
import os
import pathlib
import re
import subprocess
import tempfile
import time
import unittest

import session

USAGE = 2
HELLO = 'probe begin { println("hello"); exit() }'


class CommandLine(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="podtap-cli-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def expect(self, done, stdout, status=0, stderr=""):
        self.assertEqual((done.status, done.stdout, done.stderr), (status, stdout, stderr))


class Scripts(CommandLine):
    def test_from_an_argument(self):
        self.expect(session.run_script(HELLO), "hello\n")

    def test_from_a_file(self):
        (self.folder / "hello.stp").write_text(HELLO)
        self.expect(session.run("run", "hello.stp", cwd=self.folder), "hello\n")

    def test_from_standard_input(self):
        self.expect(session.run("run", "-", stdin=HELLO), "hello\n")

    def test_script_arguments(self):
        done = session.run("run", "-e", 'probe begin { printf("%d %s %d\\n", $1, @2, $#); exit() }',
                           "41", "two")
        self.expect(done, "41 two 2\n")

    def test_script_arguments_after_a_file(self):
        (self.folder / "a.stp").write_text('probe begin { printf("%d %s\\n", $1, @2); exit() }')
        self.expect(session.run("run", "a.stp", "7", "x y", cwd=self.folder), "7 x y\n")

    def test_missing_script_argument(self):
        done = session.run_script("probe begin { println($1); exit() }")
        self.assertEqual(done.status, 1, done)
        self.assertIn("command line argument out of range", done.stderr)

    def test_two_scripts_of_options(self):
        done = session.run("run", "-e", 'probe begin { println("a") exit() }', "-w")
        self.expect(done, "a\n")


class AsStap(CommandLine):
    def setUp(self):
        super().setUp()
        self.stap = self.folder / "stap"
        self.stap.symlink_to(session.PODTAP)

    def test_the_name_alone_means_run(self):
        self.expect(session.run("-e", HELLO, binary=str(self.stap)), "hello\n")

    def test_a_file(self):
        (self.folder / "hello.stp").write_text(HELLO)
        self.expect(session.run("hello.stp", binary=str(self.stap), cwd=self.folder), "hello\n")

    def test_list(self):
        done = session.run("-l", 'kernel.trace("signal:signal_generate")', binary=str(self.stap))
        self.assertEqual((done.status, done.stdout),
                         (0, 'kernel.trace("signal:signal_generate")\n'), done)

    def test_version(self):
        done = session.run("-V", binary=str(self.stap))
        self.assertEqual(done.status, 0, done)
        self.assertRegex(done.stdout + done.stderr, r"podtap.* \d+\.\d+\.\d+")


class Options(CommandLine):
    def test_target_pid(self):
        self.expect(session.run_script("probe begin { println(target()); exit() }", "-x", "4711"),
                    "4711\n")

    def test_output_file(self):
        done = session.run_script(HELLO, "-o", str(self.folder / "out.txt"))
        self.expect(done, "")
        self.assertEqual((self.folder / "out.txt").read_text(), "hello\n")

    def test_output_file_that_cannot_be_made(self):
        done = session.run_script(HELLO, "-o", "/nonexistent/out.txt")
        self.assertNotEqual(done.status, 0, done)
        self.assertIn("/nonexistent/out.txt", done.stderr)
        self.assertEqual(len(done.stderr.splitlines()), 1, done)

    def test_time_limit(self):
        done = session.run_script('probe begin { println("b") } probe end { println("e") }',
                                  "-T", "1")
        self.expect(done, "b\ne\n")
        self.assertGreaterEqual(done.seconds, 0.95)
        self.assertLess(done.seconds, 3)

    def test_global_from_outside(self):
        script = 'global n = 1, s = "x" probe begin { printf("%d %s\\n", n, s); exit() }'
        self.expect(session.run_script(script, "-G", "n=42", "-G", "s=zwei"), "42 zwei\n")

    def test_define_limits(self):
        script = "probe begin { for (i = 0; i < 50; i++) n += i; println(n); exit() }"
        done = session.run_script(script, "-D", "MAXACTION=2", "-w")
        self.assertEqual(done.status, 1, done)
        self.assertIn("MAXACTION exceeded", done.stderr)
        self.expect(session.run_script(script, "-DMAXACTION=100000", "-w"), "1225\n")

    def test_define_string_length(self):
        script = 'probe begin { for (i = 0; i < 100; i++) s .= "x"; println(strlen(s)); exit() }'
        self.expect(session.run_script(script, "-D", "MAXSTRINGLEN=64"), "63\n")

    def test_warnings_can_be_silenced(self):
        script = 'probe begin { println(nosuch_variable_here + 1); exit() }'
        self.assertIn("WARNING", session.run_script(script).stderr)
        self.assertEqual(session.run_script(script, "-w").stderr, "")

    def test_accepted_without_meaning(self):
        for options in (["-m", "modname"], ["-d", "kernel"], ["-k"], ["-u"], ["-s", "8"], ["-t"],
                        ["--vp", "00001"], ["-g"], ["-b"], ["-R", "/tmp"], ["-I", "/tmp"]):
            with self.subTest(options=options):
                done = session.run_script(HELLO, *options)
                self.assertEqual((done.status, done.stdout), (0, "hello\n"), done)
                self.assertLessEqual(len(done.stderr.splitlines()), 1, done)

    def test_verbose_tells_every_pass(self):
        done = session.run_script('probe timer.ms(1) { println("hello") exit() }', "-v")
        self.assertEqual((done.status, done.stdout), (0, "hello\n"), done)
        for number in range(1, 6):
            self.assertRegex(done.stderr, rf"(?m)^Pass {number}: ")
        self.assertRegex(done.stderr, r"armed in \d+ ?us")

    def test_stop_after_a_pass(self):
        for number in (1, 2, 3, 4):
            with self.subTest(number=number):
                done = session.run_script(HELLO, "-p", str(number))
                self.assertEqual(done.status, 0, done)
                self.assertNotIn("hello\nhello", done.stdout)
                self.assertNotEqual(done.stdout.strip(), "hello")

    def test_several_options_in_one_word(self):
        done = session.run("run", "-ve", HELLO)
        self.assertEqual((done.status, done.stdout), (0, "hello\n"), done)

    def test_version(self):
        done = session.run("--version")
        self.assertEqual(done.status, 0, done)
        self.assertRegex(done.stdout, r"podtap.* \d+\.\d+\.\d+")

    def test_help(self):
        for arguments in (["--help"], ["run", "--help"]):
            with self.subTest(arguments=arguments):
                done = session.run(*arguments)
                self.assertEqual((done.status, done.stderr), (0, ""), done)
                self.assertIn("run", done.stdout)


class Command(CommandLine):
    def test_target_is_its_pid(self):
        script = 'probe begin { println(target() > 1) }'
        self.expect(session.run_script(script, "-c", "true"), "1\n")

    def test_its_end_ends_the_session(self):
        script = 'probe begin { println("b") } probe end { println("e") }'
        done = session.run_script(script, "-c", "sleep 0.3")
        self.expect(done, "b\ne\n")
        self.assertGreaterEqual(done.seconds, 0.3)

    def test_it_starts_after_the_probes(self):
        # Its very first act is seen, or -c would be of no use.
        script = 'probe kprocess.exec { if (pid() == target()) println("exec") }'
        done = session.run_script(script, "-c", "/bin/true")
        self.assertEqual(done.status, 0, done)
        self.assertIn("exec\n", done.stdout)

    def test_its_output_is_kept(self):
        done = session.run_script("probe begin { }", "-c", "echo from the command")
        self.expect(done, "from the command\n")

    def test_failing_child(self):
        done = session.run_script("probe begin { }", "-c", "sh -c 'exit 3'")
        self.expect(done, "", 1, "WARNING: Child process exited with status 3\n")

    def test_killed_child(self):
        suicide = self.folder / "suicide"
        suicide.write_text("#!/bin/sh\nkill -9 $$\n")
        suicide.chmod(0o755)
        done = session.run_script("probe begin { }", "-c", str(suicide))
        self.expect(done, "", 1, "WARNING: Child process exited with signal 9 (Killed)\n")

    def test_target_is_the_command_and_no_shell_around_it(self):
        script = ('probe kprocess.exit { if (pid() == target()) println(execname()) } '
                  'probe signal.send { if (sig_pid == target()) println(pid_name, sig) }')
        self.expect(session.run_script(script, "-c", "/bin/true"), "true\n")

    def test_shell_syntax(self):
        done = session.run_script("probe begin { }", "-c", "echo a; echo b | cat && test -n \"$HOME\"")
        self.expect(done, "a\nb\n")

    def test_child_that_does_not_exist(self):
        done = session.run_script("probe begin { }", "-c", "/nonexistent/command")
        self.assertEqual(done.status, 1, done)
        self.assertIn("nonexistent", done.stderr + done.stdout)

    def test_exit_leaves_the_command_alone(self):
        """The session ends; the command is the operator's and goes on."""
        marker = f"{100000 + os.getpid()}"
        done = session.run_script('probe timer.ms(200) { exit() }',
                                  "-c", f"exec sleep {marker} >/dev/null 2>&1", timeout=10)
        left = subprocess.run(["pgrep", "-fx", f"sleep {marker}"], stdout=subprocess.PIPE,
                              check=False).stdout.split()
        for pid in left:
            os.kill(int(pid), 9)
        self.assertEqual(done.status, 0, done)
        self.assertEqual(len(left), 1)


class Listing(CommandLine):
    def test_l(self):
        done = session.run("run", "-l", 'kernel.trace("signal:*")')
        self.assertEqual((done.status, done.stderr), (0, ""), done)
        lines = done.stdout.splitlines()
        self.assertIn('kernel.trace("signal:signal_generate")', lines)
        self.assertIn('kernel.trace("signal:signal_deliver")', lines)
        self.assertEqual(len(lines), len(set(lines)))

    def test_L_shows_the_variables(self):
        done = session.run("run", "-L", 'kernel.trace("signal_generate")')
        self.assertEqual(done.status, 0, done)
        self.assertRegex(done.stdout, r'^kernel\.trace\("signal:signal_generate"\)')
        for name in ("$sig:", "$info:", "$task:", "$group:", "$result:"):
            self.assertIn(name, done.stdout)

    def test_aliases(self):
        done = session.run("run", "-l", "signal.*")
        self.assertEqual(done.status, 0, done)
        self.assertIn("signal.send", done.stdout.split())

    def test_L_of_an_alias(self):
        done = session.run("run", "-L", "signal.send")
        self.assertEqual(done.status, 0, done)
        for name in ("sig:long", "sig_name:string", "sig_pid:long", "pid_name:string"):
            self.assertIn(name, done.stdout)

    def test_nothing_matches(self):
        for option in ("-l", "-L"):
            done = session.run("run", option, 'kernel.trace("no_such_thing_at_all")')
            self.assertEqual((done.status, done.stdout), (1, ""), done)


class Json(CommandLine):
    def test_one_object_a_line(self):
        before = time.time()
        done = session.run_script('probe begin { println("a\\"b"); printf("c\\n"); exit() }',
                                  "--json")
        self.assertEqual((done.status, done.stderr), (0, ""), done)
        objects = [json.loads(line) for line in done.stdout.splitlines()]
        self.assertEqual("".join(o["text"] for o in objects), 'a"b\nc\n')
        for o in objects:
            self.assertEqual(o["probe"], "begin")
            self.assertIsInstance(o["cpu"], int)
            self.assertIsInstance(o["pid"], int)
            self.assertAlmostEqual(self.seconds(o["time"]), before, delta=30)

    @staticmethod
    def seconds(when):
        """time is RFC 3339 or a number of seconds or nanoseconds since 1970."""
        if isinstance(when, str):
            import datetime
            text = re.sub(r"(\.\d{6})\d+", r"\1", when).replace("Z", "+00:00")
            return datetime.datetime.fromisoformat(text).timestamp()
        return when / 1e9 if when > 1e12 else when

    def test_kernel_side(self):
        script = 'probe signal.send { if (sig_pid == target()) printf("%s\\n", sig_name) }'
        with subprocess.Popen(["sleep", "1000"]) as victim:
            with session.Session("--json", "-x", victim.pid, "-e", script) as podtap:
                podtap.wait_armed()
                victim.kill()
                lines = podtap.wait_lines(1)
                outcome = podtap.stop()
        self.assertEqual(outcome.status, 0, outcome)
        o = json.loads(lines[0])
        self.assertEqual((o["text"], o["probe"], o["pid"]), ("SIGKILL\n", "signal.send",
                                                              os.getpid()), o)


class Dumps(CommandLine):
    def test_every_door_has_a_window(self):
        script = 'probe signal.send { if (sig_pid == 1) printf("%s\\n", execname()) }'
        for stage, sight in (("tokens", "signal"), ("tree", "signal"), ("checked", "execname"),
                             ("ir", "arg"), ("bpf", "exit"), ("attach", "signal_generate")):
            with self.subTest(stage=stage):
                done = session.run_script(script, f"--dump={stage}")
                self.assertEqual((done.status, done.stderr), (0, ""), done)
                self.assertIn(sight, done.stdout)

    def test_unknown_stage(self):
        done = session.run_script(HELLO, "--dump=nonsense")
        self.assertEqual(done.status, USAGE, done)
        self.assertIn("tokens", done.stderr)


class Usage(CommandLine):
    def check(self, *arguments, mentions=""):
        done = session.run(*arguments)
        self.assertEqual(done.status, USAGE, done)
        self.assertEqual(done.stdout, "", done)
        self.assertIn(mentions, done.stderr)
        self.assertLess(len(done.stderr.splitlines()), 10, done)

    def test_nothing_shows_the_help(self):
        done = session.run()
        self.assertEqual((done.status, done.stderr), (0, ""), done)
        self.assertIn("podtap run", done.stdout)

    def test_no_such_command(self):
        self.check("frobnicate", mentions="frobnicate")

    def test_no_such_option(self):
        self.check("run", "--no-such-option", "-e", HELLO, mentions="no-such-option")

    def test_no_script(self):
        self.check("run")

    def test_missing_value(self):
        self.check("run", "-e")

    def test_bad_numbers(self):
        for option, value in (("-x", "abc"), ("-T", "-3"), ("-p", "9"), ("-s", "0"),
                              ("-x", "99999999999999999999")):
            with self.subTest(option=option, value=value):
                self.assertEqual(session.run_script(HELLO, option, value).status, USAGE)

    def test_bad_define(self):
        self.assertEqual(session.run_script(HELLO, "-D", "MAXACTION=many").status, USAGE)
        self.assertNotEqual(session.run_script(HELLO, "-G", "nosuch=1").status, 0)


if __name__ == "__main__":
    unittest.main()
