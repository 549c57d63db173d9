"""What the library's tools complain of, in the words of the GNU utilities."""

from __future__ import annotations

import pytest

from llm_kernel.shell.wording import mended


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        (
            "head: nosuch: No such file or directory\n",
            "head: cannot open 'nosuch' for reading: No such file or directory\n",
        ),
        ("tail: d: Is a directory\n", "tail: error reading 'd': Is a directory\n"),
        ("head: invalid number of lines: 'x'\n", "head: invalid number of lines: ‘x’\n"),
        ("tr: missing operand\n", "tr: missing operand\nTry 'tr --help' for more information.\n"),
        ("sort: invalid option -- 'x'\n", "sort: invalid option -- 'x'\nTry 'sort --help' for more information.\n"),
        (
            "seq: missing operand\nTry 'seq --help' for more information.\n",
            "seq: missing operand\nTry 'seq --help' for more information.\n",
        ),
        ("yes: output limit (10000 lines) exceeded; output truncated\n", ""),
        ("mine: nosuch: No such file or directory\n", "mine: nosuch: No such file or directory\n"),
    ],
)
def test_a_complaint_is_the_real_one(said: str, meant: str) -> None:
    assert mended(said.encode()).decode() == meant
