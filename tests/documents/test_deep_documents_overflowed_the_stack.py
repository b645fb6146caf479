"""A library raised the recursion limit, and a deep document ended the process with a segmentation fault."""

from __future__ import annotations

import subprocess
import sys

import pytest

from zkmargin.circuits.canonical import MAX_DEPTH, load
from zkmargin.circuits.errors import InvalidInput

READ_DEEP = r"""
import sys
from zkmargin.circuits.canonical import load
from zkmargin.circuits.errors import InvalidInput
sys.setrecursionlimit(10**6)
for text in ("[" * 300_000, '{"a":' * 300_000, '["]", ' + "[" * 300_000):
    try:
        load(text)
    except InvalidInput as error:
        print(error)
"""


def test_a_deep_document_is_refused_whatever_the_recursion_limit() -> None:
    done = subprocess.run([sys.executable, "-c", READ_DEEP], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == [f"document: nested deeper than {MAX_DEPTH} levels"] * 3


def nested(depth: int) -> str:
    return "[" * depth + "]" * depth


def test_depth_counts_brackets_and_not_what_is_written_in_strings() -> None:
    assert load(nested(MAX_DEPTH + 1))
    assert load(f'["{"[" * 50}", "\\"{"{" * 50}", {{"{"[" * 50}": "\\\\"}}]')
    assert load(f"[{', '.join(['[[]]'] * 50)}]")
    for text in (nested(MAX_DEPTH + 2), f'["]]]", {nested(MAX_DEPTH + 1)}]', f'["\\\\", {nested(MAX_DEPTH + 1)}]'):
        with pytest.raises(InvalidInput, match="nested deeper"):
            load(text)
