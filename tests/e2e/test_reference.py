"""Scripts whose output under the real SystemTap is on record: ours is the same."""

import pathlib
import re
import unittest

import session

SCRIPTS = pathlib.Path(__file__).resolve().parent.parent / "systemtap"
EXPECTED = re.compile(r"exit status (\d+)\n--- stdout\n(.*)--- stderr\n(.*)", re.DOTALL)
OPTIONS = {"T": ["-T", "1"]}


class Reference(unittest.TestCase):
    maxDiff = None

    def check(self, name):
        text = (SCRIPTS / f"{name}.expected").read_text(encoding="utf-8")
        status, stdout, stderr = EXPECTED.fullmatch(text).groups()
        done = session.run("run", *OPTIONS.get(name, []), f"{name}.stp", cwd=SCRIPTS)
        self.assertEqual((done.status, done.stdout, done.stderr), (int(status), stdout, stderr))


def add_cases():
    for path in sorted(SCRIPTS.glob("*.stp")):
        setattr(Reference, f"test_{path.stem}", lambda self, name=path.stem: self.check(name))


add_cases()

if __name__ == "__main__":
    unittest.main()
