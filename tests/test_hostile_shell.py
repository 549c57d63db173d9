"""What never ends, or is too much: it stops when told to, at once, and the machine goes on."""

from __future__ import annotations

import asyncio

import pytest

from llm_kernel.session import Setup
from tests.notebook import Notebook, out


@pytest.mark.parametrize(
    "script",
    [
        "while true; do :; done",
        "while :; do echo x; done",
        "bash -c 'while :; do :; done'",
        "for i in $(seq 1000000); do touch f$i; done",
        "x=a; while :; do x=$x$x; done; while :; do :; done",
        "yes | bash",
        'eval "$(yes)"',
        "sleep infinity",
        "bash -c 'sleep infinity'",
    ],
)
async def test_what_does_not_end_is_interrupted_at_once(script: str) -> None:
    notebook = Notebook(setup=Setup(output=1000))
    cell = asyncio.ensure_future(notebook(script))
    await asyncio.wait({cell}, timeout=0.4)
    wished = cell.cancel()  # False for one that has ended by itself
    await asyncio.wait({cell}, timeout=60)
    assert (cell.done(), cell.cancelled()) == (True, wished)
    assert await notebook("echo alive") == out("alive\n")


@pytest.mark.parametrize(
    "script",
    [
        "cat /dev/urandom",
        "yes",
        "seq 1000000000",
        "seq 1e9 | tail -1",
        "touch {1..1000000}",
        "yes > big",
        "f() { f; }; f",
        "bash -c 'f() { f; }; f'",
    ],
)
async def test_what_is_too_much_has_an_end_of_its_own(script: str) -> None:
    notebook = Notebook(setup=Setup(output=1000))
    await asyncio.wait_for(notebook(script), 60)
    assert await notebook("echo alive") == out("alive\n")


async def test_a_file_of_zeroes_has_its_size_and_no_bytes() -> None:
    assert await Notebook()(
        "head -c 10G /dev/zero > x; stat -c %s x; bash -c 'head -c 3M /dev/zero > y; stat -c %s y'"
    ) == out("10737418240\n3145728\n")
