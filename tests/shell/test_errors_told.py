"""Errors that are sent elsewhere are in the words of the real tool, as those that reach the cell are."""

from __future__ import annotations

import pytest

from tests.notebook import Notebook

_HEAD = "head: cannot open 'no' for reading: No such file or directory\n"
_SORT = "sort: cannot read: no: No such file or directory\n"


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("head no 2>&1; echo $?", f"{_HEAD}1\n"),
        ("sort no 2>&1 | tr a-z A-Z", _SORT.upper()),
        ("sort no |& cat; echo $?", f"{_SORT}0\n"),
        ("sort no 2>e; echo $?; cat e", f"2\n{_SORT}"),
        ("tac a >e 2>&1; head no >>e 2>&1; cat e", f"2\n1\n{_HEAD}"),
        ("head no &>e; cat e", _HEAD),
        ("cd /tmp; f=/root/e; sort no 2>>$f; cat $f", _SORT),
        ("head no 2>&1 >/dev/null", _HEAD),
        ("if ! head no 2>&1; then echo none; fi", f"{_HEAD}none\n"),
        ('x=$(sort no 2>&1) || echo "failed: $x"', f"failed: {_SORT}"),
        ("bash -c 'head no 2>&1'", _HEAD),
        ("echo 'head no 2>&1' > s.sh; bash s.sh", _HEAD),
        ("printf 'b\\na\\n' | sort 2>&1; sort 2>&1 <<< 'c'", "a\nb\nc\n"),
        ("sort 2>&1 <<E\nb\na\nE", "a\nb\n"),
        ("f() { head no 2>&1; }; declare -f f", "f () \n{ \n    head no 2>&1\n}\n"),
        ("cat a 2>e | sort 2>>e; wc -c < e", "1\n2\n0\n"),
        ("set -o pipefail; head no 2>&1 | cat; echo ${PIPESTATUS[@]}", f"{_HEAD}1 0\n"),
    ],
)
async def test_words_of_errors_that_go_elsewhere(script: str, said: str) -> None:
    notebook = Notebook()
    await notebook.said("printf '1\\n2\\n' > a")
    assert await notebook.said(f"{script}\ntrue") == said
