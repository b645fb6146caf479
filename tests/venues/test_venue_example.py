"""The example runs and tells what it promises."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "two_venues.py"


def test_two_venues() -> None:
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path), "ZKMARGIN_ARITHMETIC": "portable"}
    ended = subprocess.run([sys.executable, str(EXAMPLE)], env=environment, capture_output=True, text=True, check=True)
    lines = ended.stdout.splitlines()
    assert [line.partition(":")[0] for line in lines] == [
        "north alone",
        "south alone",
        "together",
        "the lender accepts",
        "refused",
    ]
    assert lines[3].endswith("True")
    assert "speaks for another venue" in lines[4]
