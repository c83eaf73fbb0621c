"""How large the runbook's script is, for the kernel and for its verifier.

The golden file holds both numbers for the kernel it was made on; there they must
not grow unnoticed (a smaller one is to be written down as well). On another
kernel the verifier counts differently, so only the order is checked.
`tests/e2e/test_size.py --approve` writes the file anew.
"""

import json
import pathlib
import platform
import re
import sys
import unittest

import session

HERE = pathlib.Path(__file__).resolve().parent
GOLDEN = HERE.parent / "golden" / "runbook_size.json"
STATS = re.compile(r"(\d+) instructions, (\d+) verified")


def measure():
    done = session.run("run", "-v", "-p", "4", HERE / "sg.stp")
    found = STATS.search(done.stderr)
    if not found:
        raise AssertionError(done)
    return {"kernel": ".".join(platform.release().split(".")[:2]),
            "instructions": int(found[1]), "verified": int(found[2])}


class Size(unittest.TestCase):
    def test_runbook(self):
        golden, now = json.loads(GOLDEN.read_text(encoding="utf-8")), measure()
        if golden["kernel"] == now["kernel"]:
            self.assertEqual(now, golden)
        for what in ("instructions", "verified"):
            self.assertLess(now[what], 4 * golden[what])


if __name__ == "__main__":
    if "--approve" in sys.argv:
        GOLDEN.write_text(json.dumps(measure(), indent=2) + "\n", encoding="utf-8")
    else:
        unittest.main()
