"""The programs of victims/, built."""

import os
import pathlib
import subprocess

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
NAMES = ("victim", "pause")


def _is_fresh(folder):
    try:
        built = min((folder / name).stat().st_mtime for name in NAMES)
    except OSError:
        return False
    return all(source.stat().st_mtime <= built for source in (HERE / "victims").iterdir())


def folder():
    """The folder that holds them; they are built if need be."""
    given = os.environ.get("PODTAP_VICTIMS")
    if given:
        return pathlib.Path(given)
    for preset in ("dev", "release"):
        found = ROOT / "build" / preset / "bin"
        if _is_fresh(found):
            return found
    subprocess.run([ROOT / "scripts/build", "dev", "victims"], check=True,
                   stdout=subprocess.DEVNULL)
    return ROOT / "build/dev/bin"


def victim():
    return str(folder() / "victim")


def pause():
    return str(folder() / "pause")
