"""Scripts as people type them, run in the sandbox and compared with what CPython of each version wrote."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from llm_kernel.machine import Machine
from llm_kernel.python import Disk, Sandbox, Script, Unsure
from tests.python.record import STDIN, cases

RECORDED = json.loads((Path(__file__).parent / "recorded.json").read_text())

NOT_COMPUTED = (
    "5()",
    'print("abc"["a"])',
    '[1, 2]["a"]',
    "def f(a, b):",
    "def gen():",
    "class A:",
    "class MyError(Exception):",
    "import os",
    "import statistics",
    "import string",
    "def deep(n):",
    'print(hash("a") == hash("a"))',
    "print({1, 2, 3})",
    'print(eval("1+1"))',
)
"""The beginnings of scripts that are left to the model in every version."""


@cache
def machine() -> Machine:
    return Machine()


async def computed(source: str, version: str) -> list[Any] | None:
    """What the sandbox says: standard output, standard error, exit status; None where it is not sure."""
    minor = int(version.partition(".")[2])
    name = "/root/t.py" if minor >= 9 else "t.py"
    script = Script(source + "\n", name, ("t.py", "a", "b"), (3, minor), "/root/t.py")
    try:
        run = await Sandbox().run(script, script.parsed(), Disk(machine(), "/root"), STDIN, "42", {})
    except Unsure:
        return None
    texts = [piece for piece in run.pieces if isinstance(piece, tuple)]
    return [
        *("".join(text for stream, text in texts if stream == wanted) for wanted in ("stdout", "stderr")),
        run.status,
    ]


@pytest.mark.parametrize("version", ["3.6", "3.8", "3.10", "3.11", "3.12", "3.13"])
async def test_what_is_computed_is_what_cpython_of_that_version_wrote(version: str) -> None:
    wrong = []
    unsure = 0
    for source, want in zip(cases(), RECORDED[version], strict=True):
        got = await computed(source, version)
        unsure += got is None
        if got not in (None, want):
            wrong.append((source, got, want))
    assert wrong == []
    assert unsure <= 42


async def test_what_was_not_compared_is_left_to_the_model() -> None:
    left = [source for source in cases() if source.startswith(NOT_COMPUTED)]
    answers = {source: await computed(source, "3.11") for source in left}
    assert [source for source in answers if answers[source] is not None and "class A:" not in source] == []
