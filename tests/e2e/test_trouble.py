"""Hostile and unlucky input: one clear message, the documented status, no crash."""

import ctypes
import os
import pathlib
import pty
import select
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

import bpf
import session

SCRIPT_ERROR, USAGE, PRIVILEGE, UNSUPPORTED, SYSTEM = 1, 2, 3, 4, 5
SIGNALS = 'probe signal.send { println("x") }'


class Trouble(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="podtap-trouble-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.folder.chmod(0o755)

    def check(self, done, status, *mentions):
        """`done` failed with this status and one short message with these words."""
        self.assertEqual(done.status, status, str(done)[:3000])
        self.assertEqual(done.stdout, "", str(done)[:3000])
        for word in mentions:
            self.assertIn(word.lower(), done.stderr.lower())
        self.assertTrue(done.stderr.strip(), "no message at all")

    def script(self, content, name="s.stp"):
        path = self.folder / name
        if isinstance(content, bytes):
            path.write_bytes(content)
        else:
            path.write_text(content)
        return path


class Privilege(Trouble):
    def binary_for_all(self):
        copy = self.folder / "podtap"
        shutil.copy(session.PODTAP, copy)
        copy.chmod(0o755)
        return str(copy)

    def test_not_root(self):
        done = session.run_script(SIGNALS, binary=self.binary_for_all(), user=session.NOBODY,
                                  cwd="/")
        self.check(done, PRIVILEGE, "root")
        self.assertEqual(len(done.stderr.splitlines()), 1, done)

    def test_root_without_the_capabilities(self):
        done = session.run_script(
            SIGNALS, before=["setpriv", "--bounding-set=-bpf,-perfmon,-sys_admin"])
        self.check(done, PRIVILEGE, "CAP_BPF")
        self.assertEqual(len(done.stderr.splitlines()), 1, done)

    def test_checking_needs_no_privilege(self):
        done = session.run_script("probe begin { println(1 + ) }", binary=self.binary_for_all(),
                                  user=session.NOBODY, cwd="/")
        self.check(done, SCRIPT_ERROR, "parse error")

    def test_locked_memory_limit_may_stay(self):
        done = session.run_script('probe kernel.trace("signal_generate") { } '
                                  'probe begin { println("on"); exit() }',
                                  before=["prlimit", "--memlock=65536:65536"])
        self.assertEqual((done.status, done.stdout), (0, "on\n"), done)


class Kernel(Trouble):
    def test_no_btf(self):
        hide = "mount -t tmpfs none /sys/kernel/btf && exec \"$@\""
        done = session.run_script(SIGNALS, before=["unshare", "-m", "sh", "-c", hide, "sh"])
        self.check(done, UNSUPPORTED, "btf")

    def test_no_tracefs(self):
        # The kernel's own types say enough to go on.
        hide = "umount -l /sys/kernel/tracing; umount -l /sys/kernel/debug/tracing; exec \"$@\""
        done = session.run_script(
            'probe signal.send { } probe begin { println("on"); exit() }',
            before=["unshare", "-m", "sh", "-c", f"({hide.split('exec')[0]}) 2>/dev/null; "
                                                 'exec "$@"', "sh"])
        self.assertEqual((done.status, done.stdout), (0, "on\n"), done)

    def test_unknown_tracepoint(self):
        done = session.run_script('probe kernel.trace("signal_generat") { }')
        self.check(done, SCRIPT_ERROR, "signal_generate", "similar", "<input>:1:")

    def test_unknown_alias(self):
        done = session.run_script("probe signal.sendd { }")
        self.check(done, SCRIPT_ERROR, "similar: send", "probe point mismatch")

    def test_unknown_variable(self):
        done = session.run_script('probe kernel.trace("signal_generate") { println($sigg) }')
        self.check(done, SCRIPT_ERROR, "$sig", "$sigg")

    def test_unknown_member(self):
        done = session.run_script(
            'probe kernel.trace("signal_generate") { println($task->tgidd) }')
        self.check(done, SCRIPT_ERROR, "tgidd", "tgid")

    def test_optional_points(self):
        done = session.run_script('probe kernel.trace("no_such_tracepoint")? { } '
                                  'probe begin { println("on"); exit() }')
        self.assertEqual((done.status, done.stdout), (0, "on\n"), done)


class Files(Trouble):
    def test_missing(self):
        done = session.run("run", "/nonexistent/x.stp")
        self.check(done, SCRIPT_ERROR, "/nonexistent/x.stp")
        self.assertEqual(len(done.stderr.splitlines()), 1, done)

    def test_folder(self):
        self.check(session.run("run", str(self.folder)), SCRIPT_ERROR, str(self.folder))

    def test_unreadable(self):
        path = self.script(SIGNALS)
        path.chmod(0o600)
        copy = self.folder / "podtap"
        shutil.copy(session.PODTAP, copy)
        copy.chmod(0o755)
        done = session.run("run", str(path), binary=str(copy), user=session.NOBODY, cwd="/")
        self.check(done, SCRIPT_ERROR, "permission denied")

    def test_empty(self):
        self.check(session.run("run", str(self.script(""))), SCRIPT_ERROR)

    def test_nul_bytes(self):
        for content in (b"\0", b"probe begin { \0 }", b'probe begin { println("a\0b") exit() }',
                        b"\0" * 4096):
            with self.subTest(content=content[:40]):
                done = session.run("run", str(self.script(content)))
                self.assertIn(done.status, (0, SCRIPT_ERROR), done)

    def test_bytes_of_all_kinds(self):
        for content in (bytes(range(256)) * 16, b"\xff\xfe" * 1000, b"probe begin { \x80\x81 }",
                        os.urandom(65536)):
            with self.subTest(content=content[:16]):
                done = session.run("run", str(self.script(content)))
                self.check(done, SCRIPT_ERROR)
                self.assertLess(len(done.stderr), 200_000)

    def test_escape_sequences_in_a_script(self):
        done = session.run("run", str(self.script(b"probe begin { \x1b[31m\x07 }")))
        self.check(done, SCRIPT_ERROR)

    def test_ten_megabytes_of_statements(self):
        line = 'x += 1; if (x > 3) { println("yes") }\n'
        body = line * (10 * 1024 * 1024 // len(line))
        self.limited(self.script("probe begin {\n" + body + "exit() }\n"), (0, SCRIPT_ERROR))

    def test_ten_megabytes_of_comment(self):
        path = self.script("/*" + "x" * (10 * 1024 * 1024) + '*/ probe begin { println("on") '
                           "exit() }")
        self.assertEqual(self.limited(path, (0,)).stdout, "on\n")

    def test_a_megabyte_is_no_trouble(self):
        path = self.script("/*" + "x" * 1_000_000 + '*/ probe begin { println("on") exit() }')
        self.assertEqual(self.limited(path, (0,)).stdout, "on\n")

    def test_ten_megabytes_of_noise(self):
        self.limited(self.script("{ ) probe ; " * (10 * 1024 * 1024 // 12)), (SCRIPT_ERROR,))

    def limited(self, path, statuses):
        """Ends within half a minute and 1.5 GB, and doesn't flood the terminal."""
        before = ["prlimit", f"--as={1536 << 20}"]
        done = session.run("run", str(path), before=before, timeout=30)
        self.assertIn(done.status, statuses, str(done)[:2000])
        self.assertLess(len(done.stderr), 100_000)
        return done


class Depth(Trouble):
    DEEP = 100_000

    def deep(self, content):
        done = session.run("run", str(self.script(content)), timeout=30)
        self.check(done, SCRIPT_ERROR)
        self.assertLess(len(done.stderr), 100_000)

    def test_brackets(self):
        self.deep("probe begin { println(" + "(" * self.DEEP + "1" + ")" * self.DEEP + ") }")

    def test_brackets_that_never_close(self):
        self.deep("probe begin { println(" + "(" * self.DEEP)

    def test_blocks(self):
        self.deep("probe begin " + "{" * self.DEEP + "}" * self.DEEP)

    def test_unary_operators(self):
        self.deep("probe begin { println(" + "!" * self.DEEP + "1) }")
        self.deep("probe begin { println(" + "- " * self.DEEP + "1) }")

    def test_ifs(self):
        self.deep("probe begin { " + "if (1) " * self.DEEP + "println(1) }")

    def test_ternaries(self):
        self.deep("probe begin { println(" + "1 ? 2 : " * self.DEEP + "3) }")

    def test_assignments(self):
        self.deep("probe begin { " + "x = " * self.DEEP + "3 }")

    def test_long_chain_of_operators(self):
        # Wide, not deep: may work, but must not overflow a stack.
        text = "probe begin { println(" + "1 + " * self.DEEP + "1); exit() }"
        done = session.run("run", str(self.script(text)), timeout=30)
        self.assertIn(done.status, (0, SCRIPT_ERROR), str(done)[:2000])

    def test_long_chain_of_concatenations(self):
        text = "probe begin { s = " + '"a" . ' * self.DEEP + '"b"; println(strlen(s)); exit() }'
        done = session.run("run", str(self.script(text)), timeout=30)
        self.assertIn(done.status, (0, SCRIPT_ERROR), str(done)[:2000])

    def test_preprocessor(self):
        self.deep("%( 1 == 1 %? " * self.DEEP)

    def test_macro_that_calls_itself(self):
        self.deep("@define m %( @m @m %) probe begin { @m }")

    def test_macros_that_double(self):
        text = "@define m0 %( x++ ; %)\n"
        for level in range(1, 40):
            text += f"@define m{level} %( @m{level - 1} @m{level - 1} %)\n"
        done = session.run("run", str(self.script(text + "probe begin { @m39 }")), timeout=30,
                           before=["prlimit", f"--as={1536 << 20}"])
        self.check(done, SCRIPT_ERROR)

    def test_alias_that_means_itself(self):
        self.deep("probe a = a { } probe a { }")
        self.deep("probe a = b { } probe b = a { } probe a { }")


class Recursion(Trouble):
    def test_in_user_space_has_a_limit(self):
        done = session.run_script("function f:long(n:long) { return f(n + 1) } "
                                  "probe begin { println(f(1)) }")
        self.assertEqual(done.status, SCRIPT_ERROR, done)
        self.assertIn("MAXNESTING exceeded", done.stderr)

    def test_in_user_space_works_below_it(self):
        done = session.run_script(
            "function fact:long(n:long) { if (n < 2) return 1 return n * fact(n - 1) } "
            "probe begin { println(fact(6)); exit() }")
        self.assertEqual((done.status, done.stdout), (0, "720\n"), done)

    def in_the_kernel(self, functions, call):
        script = (functions + " probe signal.send { if (sig_pid == target()) "
                  "{ println(" + call + "); exit() } }")
        with subprocess.Popen(["sleep", "1000"]) as victim:
            with session.Session("-w", "-x", victim.pid, "-e", script) as podtap:
                podtap.wait_armed()
                victim.kill()
                return podtap.finish()

    def test_in_the_kernel_has_a_limit(self):
        outcome = self.in_the_kernel("function f:long(n:long) { return f(n + 1) }", "f(1)")
        self.assertEqual((outcome.status, outcome.stdout), (SCRIPT_ERROR, ""), outcome)
        self.assertIn("MAXNESTING exceeded", outcome.stderr)

    def test_in_the_kernel_works_below_it(self):
        outcome = self.in_the_kernel("function fact:long(n:long) "
                                     "{ if (n < 2) return 1 return n * fact(n - 1) }", "fact(6)")
        self.assertEqual((outcome.status, outcome.stdout), (0, "720\n"), outcome)

    def test_mutual(self):
        outcome = self.in_the_kernel("function a:long() { return b() } "
                                     "function b:long() { return a() }", "a()")
        self.assertEqual((outcome.status, outcome.stdout), (SCRIPT_ERROR, ""), outcome)
        self.assertIn("MAXNESTING exceeded", outcome.stderr)


class RunTime(Trouble):
    def test_kernel_side_division_by_zero(self):
        script = ('global z probe signal.send { if (sig_pid == target()) println(1 / z) } '
                  'probe end { println("end ran") } probe error { println("error ran") } '
                  'probe never { z = 1 }')
        with subprocess.Popen(["sleep", "1000"]) as victim:
            with session.Session("-x", victim.pid, "-e", script) as podtap:
                podtap.wait_armed()
                victim.kill()
                outcome = podtap.finish()
        self.assertEqual((outcome.status, outcome.stdout), (1, "error ran\n"), outcome)
        column = script.index(" / ") + 2
        self.assertIn(f"ERROR: division by 0 near operator '/' at <input>:1:{column} in probe ",
                      outcome.stderr)
        self.assertIn("WARNING: Number of errors: 1, skipped probes: 0", outcome.stderr)

    def test_kernel_side_endless_loop(self):
        script = ('probe signal.send { if (sig_pid == target()) while (1) n++ '
                  'if (n == 7) println(n) }')
        with subprocess.Popen(["sleep", "1000"]) as victim:
            with session.Session("-w", "-x", victim.pid, "-e", script) as podtap:
                podtap.wait_armed()
                victim.kill()
                outcome = podtap.finish()
        self.assertEqual(outcome.status, 1, outcome)
        self.assertIn("MAXACTION exceeded", outcome.stderr)

    def test_kernel_side_bad_pointer(self):
        script = ('probe signal.send { if (sig_pid == target()) { '
                  'try { println(kernel_long(8)) } catch (m) { println("caught ", m) } exit() } }')
        with subprocess.Popen(["sleep", "1000"]) as victim:
            with session.Session("-x", victim.pid, "-e", script) as podtap:
                podtap.wait_armed()
                victim.kill()
                outcome = podtap.finish()
        self.assertEqual((outcome.status, outcome.stdout),
                         (0, "caught kernel long copy fault at 0x8 [man error::fault]\n"), outcome)

    def test_embedded_c(self):
        done = session.run_script("function f:long() %{ STAP_RETURN(1); %} "
                                  "probe begin { println(f()) }")
        self.check(done, SCRIPT_ERROR, "embedded")
        done = session.run_script("function f:long() %{ STAP_RETURN(1); %} "
                                  "probe begin { println(f()) }", "-g")
        self.check(done, SCRIPT_ERROR, "embedded")


class Terminal(Trouble):
    """What a process calls itself must not reach the terminal as commands."""

    HOSTILE = "\x1b]0;own\x07\x1b[31m"  # 14 bytes: sets a title, then red

    def on_a_terminal(self, *arguments, until=b"END", action=None):
        """podtap's bytes on a terminal of its own."""
        pid, terminal = pty.fork()
        if pid == 0:
            os.execv(session.PODTAP, ["podtap", "run", *arguments])
        seen = b""
        deadline = time.monotonic() + 20
        try:
            while time.monotonic() < deadline and until not in seen:
                ready, _, _ = select.select([terminal], [], [], 0.2)
                if ready:
                    try:
                        chunk = os.read(terminal, 65536)
                    except OSError:
                        break
                    if not chunk:
                        break
                    seen += chunk
                if action and b"armed" in seen:
                    action()
                    action = None
        finally:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            os.waitpid(pid, 0)
            os.close(terminal)
        return seen

    def test_a_name_with_escape_sequences(self):
        with subprocess.Popen(["sleep", "1000"]) as victim:
            def strike():
                child = os.fork()
                if child == 0:
                    ctypes.CDLL(None).prctl(15, self.HOSTILE.encode(), 0, 0, 0)
                    os.kill(victim.pid, signal.SIGKILL)
                    os._exit(0)
                os.waitpid(child, 0)
            script = ('probe signal.send { if (sig_pid == target()) { '
                      'printf("[%s] by %s\\n", execname(), task_ancestry(task_current(), 1)); '
                      'println("END") } }')
            seen = self.on_a_terminal("-v", "-x", str(victim.pid), "-e", script, action=strike)
        self.assertIn(b"END", seen)
        text = seen[seen.index(b"["):] if b"armed" not in seen else seen.split(b"armed", 1)[1]
        self.assertIn(b"\\x1b]0;own", text)
        self.assertNotIn(b"\x1b", text)
        self.assertNotIn(b"\x07", text)

    def test_a_script_that_is_quoted(self):
        seen = self.on_a_terminal("-e", "probe begin { \x1b]0;own\x07 println(1) }",
                                  until=b"Pass 1")
        self.assertIn(b"parse error", seen)
        self.assertNotIn(b"\x1b]0;own", seen)
        self.assertNotIn(b"\x07", seen)

    def test_colours_only_on_a_terminal(self):
        done = session.run_script("probe begin { x = ; }")
        self.assertNotIn("\x1b", done.stderr)


class Output(Trouble):
    def test_closed_pipe_ends_the_session(self):
        script = 'probe timer.ms(1) { println("tick") }'
        process = subprocess.Popen([session.PODTAP, "run", "-e", script], stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE)
        process.stdout.readline()
        process.stdout.close()
        try:
            process.wait(10)
        finally:
            process.kill()
            process.stderr.close()

    def test_full_disk(self):
        script = 'probe begin { for (i = 0; i < 500; i++) println("x"); exit() }'
        with open("/dev/full", "wb") as full:
            done = subprocess.run([session.PODTAP, "run", "-e", script], stdout=full,
                                  stderr=subprocess.PIPE, timeout=20, check=False)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn(b"space", done.stderr)

    def test_nothing_is_left_behind(self):
        """Maps, programs and links go with the session, even after SIGKILL."""
        script = ('global a probe signal.send { a[execname()]++ } '
                  'probe end { foreach (n in a) println(n) }')
        with session.Session("-e", script) as podtap:
            podtap.wait_armed()
            held = bpf.held_by(podtap.process.pid)
            podtap.process.kill()
            podtap.process.wait()
        self.assertEqual({kind for kind, _ in held}, {"prog", "map", "link"})
        deadline = time.monotonic() + 10
        while held & bpf.alive() and time.monotonic() < deadline:
            time.sleep(0.1)
        self.assertEqual(held & bpf.alive(), set(), "outlived podtap")


if __name__ == "__main__":
    unittest.main()
