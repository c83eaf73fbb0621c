"""How a session ends: Ctrl-C, SIGTERM, exit(), a second Ctrl-C."""

import os
import pty
import signal
import subprocess
import time
import unittest

import session

SCRIPT = 'probe begin { println("begin") } probe end { println("end") }'


class Signals(unittest.TestCase):
    def ended_by(self, number):
        with session.Session("-e", SCRIPT) as podtap:
            podtap.wait_armed()
            outcome = podtap.stop(number)
        self.assertEqual((outcome.status, outcome.stdout), (0, "begin\nend\n"), outcome)

    def test_interrupt(self):
        self.ended_by(signal.SIGINT)

    def test_terminate(self):
        self.ended_by(signal.SIGTERM)

    def test_hang_up(self):
        self.ended_by(signal.SIGHUP)

    def test_control_c_on_a_terminal(self):
        pid, terminal = pty.fork()
        if pid == 0:
            os.execv(session.PODTAP, ["podtap", "run", "-v", "-e", SCRIPT])
        seen = b""
        deadline = time.monotonic() + 20
        sent = False
        while time.monotonic() < deadline:
            try:
                seen += os.read(terminal, 4096)
            except OSError:
                break
            # Control-C makes the terminal forget what wasn't read yet.
            if b"armed" in seen and b"begin" in seen and not sent:
                sent = True
                os.write(terminal, b"\x03")
        _, status = os.waitpid(pid, 0)
        os.close(terminal)
        self.assertEqual(os.waitstatus_to_exitcode(status), 0, seen)
        self.assertIn(b"begin\r\n", seen)
        self.assertRegex(seen, rb"end\r\n")

    def test_interrupt_while_a_command_runs(self):
        with session.Session("-e", SCRIPT, "-c", "exec sleep 1000 >/dev/null 2>&1") as podtap:
            podtap.wait_armed()
            children = subprocess.run(["pgrep", "-P", str(podtap.process.pid)],
                                      stdout=subprocess.PIPE, check=True).stdout.split()
            outcome = podtap.stop(signal.SIGINT)
            for child in children:
                os.kill(int(child), signal.SIGKILL)
        self.assertEqual((outcome.status, outcome.stdout), (0, "begin\nend\n"), outcome)

    def test_what_came_before_the_end_is_printed(self):
        script = ('probe signal.send { if (sig_pid == target()) println("hit ", sig) } '
                  'probe end { println("end") }')
        with subprocess.Popen(["sleep", "1000"]) as victim:
            with session.Session("-x", victim.pid, "-e", script) as podtap:
                podtap.wait_armed()
                for _ in range(1000):
                    os.kill(victim.pid, signal.SIGURG)
                outcome = podtap.stop()
            victim.kill()
        expected = f"hit {int(signal.SIGURG)}\n" * 1000 + "end\n"
        self.assertEqual((outcome.status, outcome.stdout), (0, expected))

    def test_exit_in_the_kernel_ends_it(self):
        script = ('probe signal.send { if (sig_pid == target()) { println("once"); exit() } } '
                  'probe end { println("end") }')
        with subprocess.Popen(["sleep", "1000"]) as victim:
            with session.Session("-x", victim.pid, "-e", script) as podtap:
                podtap.wait_armed()
                os.kill(victim.pid, signal.SIGURG)
                os.kill(victim.pid, signal.SIGURG)
                outcome = podtap.finish()
            victim.kill()
        self.assertEqual((outcome.status, outcome.stdout), (0, "once\nend\n"), outcome)

    def test_begin_runs_before_and_end_after_everything(self):
        script = ('probe begin(2) { println("b2") } probe begin(-1) { println("b-1") } '
                  'probe end(1) { println("e1") } probe end { println("e0") } '
                  'probe timer.ms(50) { println("t"); exit() }')
        done = session.run_script(script)
        self.assertEqual((done.status, done.stdout), (0, "b-1\nb2\nt\ne0\ne1\n"), done)

    def test_a_loop_without_end_can_be_interrupted(self):
        script = 'probe begin { while (1) n++; println(n) }'
        with session.Session("-w", "-D", "MAXACTION_INTERRUPTIBLE=1000000000", "-e", script,
                             verbose=False) as podtap:
            time.sleep(0.5)
            podtap.process.send_signal(signal.SIGINT)
            time.sleep(0.2)
            outcome = podtap.stop(signal.SIGINT, timeout=10)
        self.assertLess(outcome.seconds, 10)

    def test_it_sleeps_while_nothing_happens(self):
        def ticks(process):
            with open(f"/proc/{process.pid}/stat", encoding="utf-8") as file:
                fields = file.read().rpartition(")")[2].split()
            return int(fields[11]) + int(fields[12])
        with session.Session("-e", "probe signal.send { if (sig_pid == 1) println(1) }") as podtap:
            podtap.wait_armed()
            armed = ticks(podtap.process)  # what arming takes is no waiting
            time.sleep(1)
            waited = ticks(podtap.process) - armed
            outcome = podtap.stop()
        self.assertLess(waited, 20, "podtap was busy while it waited")
        self.assertEqual(outcome.status, 0, outcome)


if __name__ == "__main__":
    unittest.main()
