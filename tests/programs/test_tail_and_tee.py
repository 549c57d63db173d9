"""``tail -f`` on the machine's clock, and ``tee``: whole outputs, each in the words of the real programs."""

from __future__ import annotations

import pytest

from llm_kernel.events import Exit, Text
from tests.notebook import Notebook, joined

_OVER = "tail: nothing runs here that could change this any more\n"
_BOTH = ("stdout", "stderr")
_APPEARED = "tail: 'log' has appeared;  following new file\n"


async def _streams(script: str) -> tuple[str, str, int]:
    """What a script writes to each stream, without what is said of its job, and its status."""
    notebook = Notebook()
    events = joined(await notebook(script))
    await notebook.session.close()
    told = {stream: "".join(e.text for e in events if isinstance(e, Text) and e.stream == stream) for stream in _BOTH}
    end = events[-1]
    assert isinstance(end, Exit)
    told["stderr"] = "".join(line for line in told["stderr"].splitlines(keepends=True) if line[0] != "[")
    return told["stdout"], told["stderr"], end.status


@pytest.mark.parametrize(
    ("script", "shown", "said", "status"),
    [
        (
            "echo a > log; (sleep 2; echo b >> log; sleep 2; rm log; sleep 2; echo c > log) & tail -F log",
            "a\nb\nc\n",
            f"tail: 'log' has become inaccessible: No such file or directory\n{_APPEARED}{_OVER}",
            0,
        ),
        (
            "echo a > log; (sleep 2; mv log old; echo b > log) & tail -F log",
            "a\nb\n",
            f"tail: 'log' has been replaced;  following new file\n{_OVER}",
            0,
        ),
        ("echo a > log; (sleep 2; rm log; echo b > log) & tail -f log", "a\n", _OVER, 0),
        (
            "echo aa > log; (sleep 2; : > log; sleep 2; echo b > log) & tail -f log",
            "aa\nb\n",
            f"tail: log: file truncated\n{_OVER}",
            0,
        ),
        (
            "(sleep 2; echo b > log) & tail -F log no",
            "==> log <==\nb\n",
            "tail: cannot open 'log' for reading: No such file or directory\n"
            f"tail: cannot open 'no' for reading: No such file or directory\n{_APPEARED}{_OVER}",
            1,
        ),
        (
            "tail -f /tmp",
            "",
            "tail: error reading '/tmp': Is a directory\n"
            "tail: /tmp: cannot follow end of this type of file; giving up on this name\ntail: no files remaining\n",
            1,
        ),
        ("echo a > log; (sleep 9; echo b >> log) & tail -f --pid=$! log", "a\nb\n", "", 0),
        ("printf 'a\\nb\\n' | tail -n 1 -f", "b\n", "", 0),
        ("echo a | tee x y; echo b | tee -a x; cat x y", "a\nb\na\nb\na\n", "", 0),
        ("echo a | tee /no/x y; cat y; tee y < y", "a\na\na\n", "tee: /no/x: No such file or directory\n", 0),
    ],
)
async def test_what_is_added_is_shown(script: str, shown: str, said: str, status: int) -> None:
    assert await _streams(script) == (shown, said, status)
