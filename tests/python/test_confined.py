"""Programs as people type them, run behind the filter and compared with what CPython of each version wrote."""

from __future__ import annotations

import json
import platform
from pathlib import Path
from typing import Any

import pytest

from llm_kernel.machine import Machine
from llm_kernel.python import Confined, Disk, Limits, Place, Script, Unsure
from tests.python.record import STDIN, cases

pytestmark = pytest.mark.skipif(
    platform.system() != "Linux" or platform.machine() not in ("x86_64", "aarch64"),
    reason="the system's kernel has no such filter",
)

RECORDED = json.loads((Path(__file__).parent / "wider.json").read_text())
VERSIONS = tuple(RECORDED)


async def confined(source: str, version: str, limits: Limits = Limits()) -> list[Any] | str:
    """Standard output, standard error, exit status; why not, where it is not sure."""
    minor = int(version.partition(".")[2])
    name = "/root/t.py" if minor >= 9 else "t.py"
    script = Script(source + "\n", name, ("t.py", "a", "b"), (3, minor), "/root/t.py")
    disk = Disk(Machine(), "/root")
    try:
        run = await Confined(limits).run(script, script.parsed(), disk, STDIN, "42", Place(1617267600.0))
    except Unsure as err:
        return str(err)
    texts = [piece for piece in run.pieces if isinstance(piece, tuple)]
    return [
        *("".join(text for stream, text in texts if stream == wanted) for wanted in ("stdout", "stderr")),
        run.status,
    ]


@pytest.mark.parametrize("turn", range(len(VERSIONS)), ids=VERSIONS)
async def test_what_is_computed_is_what_cpython_of_that_version_wrote(turn: int) -> None:
    wrong, unsure, all_cases = [], 0, cases("wider")
    for index, source in enumerate(all_cases):
        if index % len(VERSIONS) != turn:
            continue
        version = VERSIONS[(index + index // len(VERSIONS)) % len(VERSIONS)]
        got = await confined(source, version)
        if isinstance(got, str):
            unsure += 1
        elif got != RECORDED[version][index]:
            wrong.append((version, source, got, RECORDED[version][index]))
    assert wrong == []
    assert unsure <= len(all_cases) // len(VERSIONS) // 2


HOSTILE = {
    "import socket": "module: socket",
    "print(open.__globals__)": "attribute: __globals__",
    "().__class__.__bases__[0]": "attribute: __bases__",
    "__import__('os')": "builtin: __import__",
    "eval('1')": "builtin: eval",
    "import os\nos.system('id')": "not compared: os.system",
    "import sys\nsys.modules": "not compared: sys.modules",
    "getattr(1, 'a' + 'b')": "name of an attribute that is computed",
    "def g():\n    yield\ng().gi_frame": "attribute: gi_frame",
}


@pytest.mark.parametrize("source", HOSTILE)
async def test_what_reaches_for_the_interpreter_is_not_run(source: str) -> None:
    assert await confined(source, "3.11") == HOSTILE[source]


async def test_a_program_that_never_ends_or_takes_all_memory_is_stopped() -> None:
    small = Limits(seconds=0.5, memory=50_000_000)
    assert await confined("while True:\n    pass", "3.11", small) == "time"
    assert await confined("x = 'a' * 10 ** 10", "3.11", small) == "memory"
