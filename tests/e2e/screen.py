"""A program on a pseudo-terminal, and what stands on its screen.

Knows the few control sequences that podtap top sends; any other fails the test."""

import fcntl
import os
import pty
import re
import signal
import struct
import termios
import threading
import time

_CONTROL = re.compile(r"\x1b\[(\??)([0-9;]*)([A-Za-z])")


class Screen:
    def __init__(self, command, columns=100, lines=30, env=None):
        self._columns, self._lines = columns, lines
        self.cells, self.row, self.column = {}, 0, 0
        self.alternate, self.cursor, self.wraps, self.problem = False, True, True, None
        self._rest = b""
        self.pid, self._fd = pty.fork()
        if self.pid == 0:
            time.sleep(0.05)  # until the size is set
            os.execve(command[0], list(map(str, command)), env or dict(os.environ, TERM="xterm"))
        self.resize(columns, lines)
        self.before = termios.tcgetattr(self._fd)
        self._status = None
        self._changed = threading.Condition()
        threading.Thread(target=self._read, daemon=True).start()

    def resize(self, columns, lines):
        self._columns, self._lines = columns, lines
        fcntl.ioctl(self._fd, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    def settings(self):
        return termios.tcgetattr(self._fd)

    def press(self, keys):
        os.write(self._fd, keys.encode())

    def text(self):
        rows = []
        for row in range(self._lines):
            line = "".join(self.cells.get((row, column), " ") for column in range(self._columns))
            rows.append(line.rstrip())
        return "\n".join(rows)

    def wait(self, accept, timeout=10):
        """True once accept(text) is; raises what was wrong with the bytes."""
        with self._changed:
            self._changed.wait_for(lambda: self.problem or accept(self.text()), timeout)
            if self.problem:
                raise AssertionError(self.problem)
            return accept(self.text())

    def wait_for(self, words, timeout=10):
        if not self.wait(lambda text: words in text, timeout):
            raise AssertionError(f"'{words}' isn't on the screen:\n{self.text()}")

    def signal(self, number):
        os.kill(self.pid, number)

    def exit_status(self, timeout=10):
        """Waits for the end. Below 0: by that signal."""
        deadline = time.monotonic() + timeout
        while self._status is None and time.monotonic() < deadline:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self._status = os.waitstatus_to_exitcode(status)
            time.sleep(0.01)
        return self._status

    def close(self):
        if self._status is None:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        os.close(self._fd)

    # --------------------------------------------------------------- the bytes
    def _read(self):
        while True:
            try:
                data = os.read(self._fd, 65536)
            except OSError:
                return
            if not data:
                return
            with self._changed:
                try:
                    self._feed(data)
                except ValueError as error:
                    self.problem = str(error)
                self._changed.notify_all()

    def _feed(self, data):
        data = self._rest + data
        # A sequence or a character that isn't complete waits for more.
        escape = data.rfind(b"\x1b")
        whole = escape < 0 or re.match(rb"\x1b\[[?0-9;]*[A-Za-z]", data[escape:])
        cut = len(data) if whole else escape
        while cut > 0 and _is_cut(data[:cut]):
            cut -= 1
        text, self._rest = data[:cut].decode(), data[cut:]
        at = 0
        while at < len(text):
            match = _CONTROL.match(text, at)
            if match:
                self._obey(*match.groups())
                at = match.end()
                continue
            self._put(text[at])
            at += 1

    def _put(self, character):
        if character == "\r":
            self.column = 0
        elif character == "\n":
            self.row += 1
        elif character < " " or "\x7f" <= character < "\xa0":
            raise ValueError(f"a control character: {character!r}")
        else:
            self.cells[self.row, self.column] = character
            self.column += 1

    def _obey(self, private, numbers, kind):
        if private and (numbers, kind) in (("1049", "h"), ("1049", "l")):
            self.alternate = kind == "h"
        elif private and (numbers, kind) in (("25", "h"), ("25", "l")):
            self.cursor = kind == "h"
        elif private and (numbers, kind) in (("7", "h"), ("7", "l")):
            self.wraps = kind == "h"
        elif kind == "H" and not numbers:
            self.row = self.column = 0
        elif kind == "K" and not numbers:
            self.cells = {at: c for at, c in self.cells.items()
                          if at[0] != self.row or at[1] < self.column}
        elif kind == "J" and numbers == "2":
            self.cells = {}
        elif kind == "J" and not numbers:
            self.cells = {at: c for at, c in self.cells.items() if at < (self.row, self.column)}
        elif kind != "m":
            raise ValueError(f"an unknown sequence: {private}{numbers}{kind}")


def _is_cut(data):
    try:
        data.decode()
        return False
    except UnicodeDecodeError as error:
        return error.end == len(data)
