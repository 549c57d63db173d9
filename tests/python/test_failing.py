"""Programs that fail, as beginners' do: each way of answering says of them what CPython of that version wrote."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import pytest

from llm_kernel.machine import Machine
from llm_kernel.plan import plan
from llm_kernel.plan.faults import Fault
from llm_kernel.programs.tracebacks import traceback
from llm_kernel.python import Disk, Interpreter, Limits, Outcome, Place, Sandbox, Script, Unsure
from tests.python.record import STDIN, cases

RECORDED = json.loads((Path(__file__).parent / "failing.json").read_text())
CASES = cases("failing")
VERSIONS = tuple(RECORDED)

DIFFERENT = {
    "json.loads(": "frames of the library",
    "x, (y, z) = 1, (2, 3, 4)": "which of two targets",
    "    raise err": "an error that is raised again",
    "del [1][4]": "what a deletion says",
    '"a".join(5)': "what join says of what it cannot join",
    '"abc".replace("a")': "what replace says of too few arguments",
    "(1, 2).count()": "what count says of too few arguments",
    "zip(1, 2)": "what zip says of what it cannot walk through",
    "c = (a +": "a statement over several lines",
    'print("one",': "a statement over several lines",
    "result = sum(": "a statement over several lines",
    "A().colr": "names with underscores are meant from 3.13 on by none without",
}
"""What a plan says otherwise than CPython: the beginning of the line that fails, and why."""


@cache
def machine() -> Machine:
    return Machine()


def _script(source: str, version: str) -> Script:
    minor = int(version.partition(".")[2])
    name = "/root/t.py" if minor >= 9 else "t.py"
    return Script(source + "\n", name, ("t.py", "a", "b"), (3, minor), "/root/t.py")


def _said(outcome: Outcome) -> list[object]:
    texts = [piece for piece in outcome.pieces if isinstance(piece, tuple)]
    return [
        *("".join(text for stream, text in texts if stream == wanted) for wanted in ("stdout", "stderr")),
        outcome.status,
    ]


@pytest.mark.parametrize("version", VERSIONS)
async def test_the_sandbox_fails_as_cpython_of_that_version(version: str) -> None:
    wrong, unsure, sandbox = [], 0, Sandbox()
    try:
        for source, want in zip(CASES, RECORDED[version], strict=True):
            script = _script(source, version)
            try:
                got = _said(await sandbox.run(script, script.parsed(), Disk(machine(), "/root"), STDIN, "42", {}))
            except Unsure:
                unsure += 1
                continue
            if got != want:
                wrong.append((source, got, want))
    finally:
        await sandbox.close()
    assert wrong == []
    assert unsure < len(CASES)


@pytest.mark.parametrize("turn", range(len(VERSIONS)), ids=VERSIONS)
async def test_the_interpreter_fails_as_cpython_of_that_version(turn: int) -> None:
    wrong, unsure, asked = [], 0, 0
    place = Place(1617267600.0, lacks=lambda module: module.startswith("no_such"))
    for index in range(turn, len(CASES), len(VERSIONS)):
        version = VERSIONS[(index + index // len(VERSIONS)) % len(VERSIONS)]
        script, disk = _script(CASES[index], version), Disk(machine(), "/root")
        asked += 1
        try:
            outcome = await Interpreter(Limits(patience=60.0)).run(script, script.parsed(), disk, STDIN, "42", place)
        except Unsure:
            unsure += 1
            continue
        if _said(outcome) != RECORDED[version][index]:
            wrong.append((version, CASES[index], _said(outcome), RECORDED[version][index]))
    assert wrong == []
    assert unsure <= asked // 2


def _shown(fault: Fault, script: Script) -> str:
    return traceback(fault, script.version, lambda module: script.name, lambda module: script.source)


@pytest.mark.parametrize("version", VERSIONS)
def test_a_plan_that_ends_in_a_fault_shows_the_traceback_of_that_version(version: str) -> None:
    wrong, unplaced = [], 0
    for source, (_, want, _) in zip(CASES, RECORDED[version], strict=True):
        planned = plan(source + "\n", ("a", "b"), facts={"exists": lambda name: False})
        if planned is None or planned.fault is None:
            continue
        script = _script(source, version)
        got = _shown(planned.fault, script)
        want = want[want.find("Traceback") :]  # a warning of the compiler is told before
        if got == want or any(line.startswith(tuple(DIFFERENT)) for line in source.splitlines()):
            continue
        unplaced += "^" not in got and "^" in want
        if got.splitlines()[-1] != want.splitlines()[-1] or "^" in got or "^" not in want:
            wrong.append((source, got, want))
    assert wrong == []
    assert unplaced <= 4
