#!/usr/bin/env python3
"""Checks who includes whom.

A room (a folder of src/) may include the rooms after DEPS in its podtap_room()
of CMakeLists.txt and itself; libbpf's headers only src/attach. The test tells
every include that breaks this, as FILE:LINE.

    tests/rooms_test.py [SOURCE_DIR]
"""

import pathlib
import re
import sys

ROOM = re.compile(r"^podtap_room\(\s*(\w+)([^)]*)\)", re.MULTILINE)
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')
# Wiring: the command line may include every room, and the tapset.
EVERYTHING = {"cli"}
# <bpf/...> is libbpf; <linux/bpf.h> is only the kernel's numbers.
LIBBPF_ROOM = "attach"
# Tests of lowering and of both executors need real scripts and kernels.
TEST_EXTRA = {"attach": {"lang", "lower", "probes", "interp", "events", "print", "regex"},
              "interp": {"lang", "lower", "probes", "kernel"},
              "bpf": {"lang", "lower", "probes", "kernel"}}


def read_rooms(cmake_text):
    """Room name -> set of rooms that it may include."""
    rooms = {}
    for name, rest in ROOM.findall(cmake_text):
        words = rest.split()
        deps = set()
        collecting = False
        for word in words:
            if word.isupper():
                collecting = word == "DEPS"
            elif collecting:
                deps.add(word)
        rooms[name] = deps | {name}
    return rooms


def cycles(rooms):
    """Rooms that reach themselves: the libraries could not be linked in order."""
    found = []
    for room in rooms:
        seen, todo = set(), list(rooms[room] - {room})
        while todo:
            dep = todo.pop()
            if dep == room:
                found.append(f"CMakeLists.txt: room {room} depends on itself")
                break
            if dep not in seen:
                seen.add(dep)
                todo.extend(rooms.get(dep, {dep}) - {dep})
    return found


def check_file(path, room, rooms, source_dir):
    allowed = rooms.get(room, set())
    if path.name.endswith("_test.cc") or "fake_" in path.name or "test_" in path.name:
        allowed = allowed | TEST_EXTRA.get(room, set())
    complaints = []
    text = path.read_text(encoding="utf-8", errors="replace")
    for number, line in enumerate(text.splitlines(), start=1):
        match = INCLUDE.match(line)
        if not match:
            continue
        where = f"{path.relative_to(source_dir)}:{number}"
        kind, target = match.groups()
        first = target.split("/")[0]
        if first == "bpf" and kind == "<" and room != LIBBPF_ROOM:
            complaints.append(f"{where}: only src/{LIBBPF_ROOM} may include libbpf's <{target}>")
        if kind != '"' or room in EVERYTHING:
            continue
        if "/" not in target:
            complaints.append(f'{where}: write "{target}" from src/, with its room')
        elif ".." in target:
            complaints.append(f'{where}: "{target}" climbs out of its room')
        elif first in rooms and first not in allowed:
            complaints.append(f"{where}: src/{room} may not include {first} "
                              f"({', '.join(sorted(allowed - {room})) or 'nothing'} only)")
        elif first == "cli":
            complaints.append(f"{where}: nothing includes src/cli")
        elif first == "tapset" and room != "tapset":
            complaints.append(f"{where}: only src/cli hands the tapset out")
    return complaints


def self_test():
    """The rules must bite: a checker that finds nothing anywhere is no use."""
    rooms = read_rooms("podtap_room(base)\npodtap_room(ir DEPS base LIBS x::y)\n"
                       "podtap_room(attach DEPS base ir\n  LIBS PkgConfig::BPF)\n")
    assert rooms == {"base": {"base"}, "ir": {"ir", "base"}, "attach": {"attach", "base", "ir"}}, rooms
    assert cycles({"a": {"a", "b"}, "b": {"b", "a"}})
    assert not cycles(rooms)

    import tempfile
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        (root / "ir").mkdir()
        file = root / "ir" / "x.cc"
        file.write_text('#include "attach/a.h"\n#include <bpf/libbpf.h>\n#include "ir/ir.h"\n'
                        '#include <linux/bpf.h>\n#include "x.h"\n')
        found = check_file(file, "ir", rooms, root)
        assert [int(c.split(":")[1]) for c in found] == [1, 2, 5], found


def main():
    self_test()
    default = pathlib.Path(__file__).resolve().parent.parent
    source_dir = pathlib.Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else default
    rooms = read_rooms((source_dir / "CMakeLists.txt").read_text(encoding="utf-8"))
    complaints = cycles(rooms)
    count = 0
    for path in sorted((source_dir / "src").rglob("*")):
        if path.suffix not in {".cc", ".h"}:
            continue
        room = path.relative_to(source_dir / "src").parts[0]
        count += 1
        if room not in rooms and room not in EVERYTHING:
            complaints.append(f"src/{room}: not a podtap_room() of CMakeLists.txt")
        complaints.extend(check_file(path, room, rooms, source_dir))
    for complaint in complaints:
        print(complaint)
    print(f"{count} files of {len(rooms)} rooms, {len(complaints)} complaints")
    return 1 if complaints or not count else 0


if __name__ == "__main__":
    sys.exit(main())
