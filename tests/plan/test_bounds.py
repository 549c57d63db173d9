"""Whatever the source is, the plan is there or given up soon; what real Python printed is always possible."""

from __future__ import annotations

import random
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bench.fidelity_programs.against_real import against, recorded
from bench.fidelity_programs.cases import load
from llm_kernel.plan import Hole, Line, Loop, counts, every_node, plan

_LIMIT = 1.0
"""Seconds of processor time; 0.2 on an idle machine."""
_REAL = recorded()
_LINES = [
    "x = {n}", "y = [x] * {n}", "for i in range({n}):\n    print(i, x)", "if x > {n}:\n    print('big')",
    "while x < {n}:\n    x += 1", "def f(a, b={n}):\n    return g(a) if a else b", "print(f'{{x:.{d}f}}')",
    "def g(a):\n    for k in range({n}):\n        print(k)\n    return f(a)", "print(f(x))", "import torch",
    "class C:\n    def __init__(self, v):\n        self.v = v\n    def go(self):\n        return self.v + f({n})",
    "z = C(x).go()", "t = torch.zeros({n}, {d})\nprint(t.shape)",
    "try:\n    print(1 // (x - {n}))\nexcept ZeroDivisionError:\n    print('zero')",
    "print([i for i in range({n}) if i % 2])",
    "s = ', '.join(str(i) for i in range({d}))",
    "d = {{str(i): i for i in range({n})}}\nprint(len(d))",
    "x, y = y, x",
    "lambda: x\nprint(x, end='')",
    "raise SystemExit({d})",
]  # fmt: skip


def _timed(source: str) -> float:
    start = time.process_time()
    plan(source)
    return time.process_time() - start


@pytest.mark.parametrize(
    "source",
    [
        "".join(f"x{n} = {n}\nprint('line', x{n})\n" for n in range(1000)),
        "".join(f"def f{n}(a):\n    return f{n - 1}(a) + 1\n" for n in range(1, 2500)) + "print(f2499(1))",
        "x = " + "(" * 90 + "1" + ")" * 90,
        "x = " + "+".join(["1"] * 3000) + "\nprint(x)",
        "if a:\n" + "".join(f"{' ' * n}if a{n}:\n" for n in range(1, 95)) + " " * 95 + "print(1)",
        '{"cells": [{"cell_type": "code", "source": ["print(1)\\n"], "outputs": []}], "nbformat": 4}',
        "print('a')\0print('b')",
        "# -*- coding: latin-1 -*-\nprint('\xe9')",
        "\ufeffprint('bom')",
        "def f(n):\n    return f(n + 1)\nf(0)",
        "def f(n):\n    print(n)\n    f(n)\n    f(n)\nf(0)",
        "x = []\nfor i in range(10**9):\n    for j in range(10**9):\n        x.append(i * j)\n        print(len(x))",
        "import torch\nm = torch.nn.Linear(10**9, 10**9)\nprint(m(torch.zeros(10**9, 10**9)).shape)",
        "print('x' * 10**12, 10**10**10)",
        "#include <stdio.h>\nint main() { printf(\"%d\\n\", 1); }",
        "console.log(`a ${b}`)",
        "",
        "\t\r\n\f",
    ],
)  # fmt: skip
def test_odd_sources_take_no_time(source: str) -> None:
    assert _timed(source) < _LIMIT


@pytest.mark.parametrize(
    "growing",
    [
        "x = 'a'\nfor i in range(60):\n    x = x + x",
        "x = 'ab'\nfor i in range(60):\n    x = x.replace('a', 'aab')",
        "x = 'a'\nfor i in range(60):\n    x = ','.join([x, x])",
        "x = [1]\nfor i in range(60):\n    x = x + x",
        "x = [1]\nfor i in range(60):\n    x += x",
        "x = [1]\nfor i in range(60):\n    x.extend(x)",
        "x = (1,)\nfor i in range(60):\n    x = (*x, *x)",
        "x = format(3, '>10000000000')",
    ],
)
def test_what_grows_without_end_is_held_by_nobody(growing: str) -> None:
    found = plan(f"{growing}\nprint(len(x))")
    assert found is not None
    (line,) = found.nodes
    assert isinstance(line, Line)
    assert [type(part) for part in line.parts] == [Hole]


def test_many_long_loops_are_told_by_their_forms() -> None:
    found = plan("".join(f"for i{n} in range({n + 500}):\n    print('at', i{n} * 2)\n" for n in range(600)))
    assert found is not None
    assert [node.count for node in found.nodes if isinstance(node, Loop)] == [n + 500 for n in range(600)]
    assert sum(isinstance(node, Line) for node in every_node(found.nodes)) < 130_000


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.integers(0, 10**9))
def test_generated_programs_take_no_time(seed: int) -> None:
    dice = random.Random(seed)
    lines = [dice.choice(_LINES).format(n=dice.choice([0, 1, 7, 1000, 10**6]), d=dice.randint(0, 9)) for _ in range(30)]
    assert _timed("\n".join(lines)) < _LIMIT


@settings(max_examples=40, deadline=None)
@given(st.text(max_size=300))
def test_any_text_is_planned_or_not(text: str) -> None:
    assert _timed(text) < _LIMIT


@pytest.mark.parametrize("case", [case for case in load() if case.id in _REAL], ids=lambda case: case.id)
def test_what_a_program_really_did_is_what_its_plan_says(case) -> None:
    assert against(case, _REAL[case.id]).faults == ()


def test_a_quiet_function_is_walked_once() -> None:
    body = "".join(f"    a{n} = x * {n} + 1.5\n" for n in range(200))
    source = f"import random\ndef heavy(x):\n{body}    return random.random()\n"
    source += "for i in range(300):\n    v = heavy(2)\n    print(f'{i} {v:.3f}')\n"
    found = plan(source)
    assert found is not None
    assert counts(found)["lines"] == 300


def test_a_quiet_function_is_walked_again_when_what_it_reads_has_changed() -> None:
    source = "n = 0\ndef now():\n    return n\nfor i in range(4):\n    n = n + 2\n    print(now())\n"
    found = plan(source)
    assert found is not None
    assert [node.turns for node in found.nodes if hasattr(node, "turns")] != []
    assert counts(found)["lines"] == 4
    assert [turn[0].parts[0].text for turn in found.nodes[0].turns] == ["2", "4", "6", "8"]
