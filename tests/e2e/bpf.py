"""The kernel's BPF objects, as (kind, id): ("prog", 12), ("map", 7), ("link", 3)."""

import ctypes
import errno
import os
import pathlib
import re

_BPF = 321  # the system call, x86-64
# BPF_PROG_GET_NEXT_ID and its kin of enum bpf_cmd.
_NEXT_ID = {"prog": 11, "map": 12, "link": 31}
_libc = ctypes.CDLL(None, use_errno=True)


def _ids(command):
    attributes = (ctypes.c_uint32 * 3)()  # start_id, next_id, open_flags
    while _libc.syscall(_BPF, command, attributes, ctypes.sizeof(attributes)) == 0:
        yield attributes[1]
        attributes[0] = attributes[1]
    if ctypes.get_errno() != errno.ENOENT:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def alive():
    """All of this kernel's."""
    return {(kind, number) for kind, command in _NEXT_ID.items() for number in _ids(command)}


def held_by(pid):
    """What a process has descriptors of."""
    held = set()
    for file in pathlib.Path(f"/proc/{pid}/fdinfo").iterdir():
        # A link's file names its program too, so the first of these tells what it is.
        match = re.search(r"^(prog|map|link)_id:\t(\d+)$", file.read_text(), re.MULTILINE)
        if match:
            held.add((match[1], int(match[2])))
    return held
