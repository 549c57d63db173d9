"""Scripts that send their outputs elsewhere on their way."""

from __future__ import annotations

import shlex

import pytest

from tests.notebook import Notebook, out


@pytest.mark.parametrize(
    ("script", "said", "status"),
    [
        ("exec 2>err; echo oops >&2; cat nosuch; cat err", "oops\ncat: nosuch: No such file or directory\n", 0),
        ("exec 3>&1 1>log; echo logged; exec 1>&3 3>&-; echo back; cat log", "back\nlogged\n", 0),
        ("exec > >(tr a-z A-Z); echo hello; exit 3", "HELLO\n", 3),
        ("exec > log; echo hi; exec > /dev/tty; cat log; exit 4", "hi\n", 4),
        ("exec 2>&1; echo err >&2; false", "err\n", 1),
        ("L=log; exec &>> $L; echo one; cat <<X >&2\ntwo\nX\nL=no; echo 3; tac log > /dev/tty", "3\ntwo\none\n", 0),
    ],
)
async def test_what_a_script_writes_goes_where_it_sent_its_streams(script: str, said: str, status: int) -> None:
    assert await Notebook()(f"bash -c {shlex.quote(script)}") == out(said, status)
