"""Which Python runs: Debian's modules (python3-grpcio) belong to Debian's Python."""

import importlib.util
import os
import sys

DEBIANS = "/usr/bin/python3"


def use_debians():
    """Starts the program again with Debian's Python if this one has no grpc."""
    if importlib.util.find_spec("grpc") or os.environ.get("PODTAP_TEST_PYTHON"):
        return
    os.environ["PODTAP_TEST_PYTHON"] = DEBIANS
    os.execv(DEBIANS, [DEBIANS, *sys.argv])
