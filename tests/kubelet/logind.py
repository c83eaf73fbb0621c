"""A stand-in for systemd-logind on a bus of its own: what kubelet asks of it before a
node shuts down, and the signal that it does.

    logind.py BUS_ADDRESS      a line on standard input is the shutdown

Prints "ready" when it can be asked and "released" when nobody holds it back any
more. Only the kubelet's side is real in that test."""

import os
import select
import sys

from jeepney import (DBusAddress, HeaderFields, MessageType, new_error, new_method_return,
                     new_signal)
from jeepney.bus_messages import message_bus
from jeepney.io.blocking import open_dbus_connection

MANAGER = DBusAddress("/org/freedesktop/login1", "org.freedesktop.login1",
                      "org.freedesktop.login1.Manager")
DELAY_MICROSECONDS = 60_000_000


class Logind:
    def __init__(self, address):
        self._bus = open_dbus_connection(bus=address, enable_fds=True)
        self._bus.send_and_get_reply(message_bus.RequestName("org.freedesktop.login1"))
        self._lock = None  # our end of the pipe that the kubelet's lock is

    def _inhibit(self, call):
        reading, writing = os.pipe()
        self._bus.send(new_method_return(call, "h", (writing,)))
        os.close(writing)
        self._lock = reading

    def _answer(self, call):
        member = call.header.fields.get(HeaderFields.member)
        if member == "Inhibit":
            self._inhibit(call)
        elif member == "Get":
            self._bus.send(new_method_return(call, "v", (("t", DELAY_MICROSECONDS),)))
        else:
            self._bus.send(new_error(call, "org.freedesktop.DBus.Error.UnknownMethod"))

    def _next(self):
        try:
            return self._bus.receive(timeout=0.1)
        except TimeoutError:
            return None

    def run(self):
        print("ready", flush=True)
        shutting_down = False
        while True:
            message = self._next()
            if message is not None and message.header.message_type == MessageType.method_call:
                self._answer(message)
            watched = [sys.stdin] + ([self._lock] if shutting_down and self._lock else [])
            ready, _, _ = select.select(watched, [], [], 0)
            if sys.stdin in ready:
                if not sys.stdin.readline():
                    return
                shutting_down = True
                self._bus.send(new_signal(MANAGER, "PrepareForShutdown", "b", (True,)))
            if self._lock in ready:
                os.close(self._lock)
                self._lock = None
                print("released", flush=True)


if __name__ == "__main__":
    Logind(sys.argv[1]).run()
