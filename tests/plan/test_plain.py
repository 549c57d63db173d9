"""Plain Python beside torch: what the plan calls certain is what CPython prints."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from llm_kernel.plan import Plan, certain, plan, text_of

CASES = [each.strip("\n") + "\n" for each in (Path(__file__).parent / "plain.txt").read_text().split("###\n")]


def planned(source: str, *version: int) -> Plan:
    facts = {"python": version or sys.version_info[:3], "site": "/usr/local/lib/python3.8/dist-packages"}
    found = plan(source, facts=facts)
    assert found is not None
    return found


def said(found: Plan) -> str:
    lines, rest = certain(found)
    assert rest.nodes == ()
    return "".join(map(text_of, lines))


@pytest.mark.parametrize("source", CASES)
def test_a_program_prints_what_python_prints(source):
    real = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, timeout=60)
    found = planned(source)
    assert said(found) == real.stdout
    assert found.status == real.returncode
    if found.fault is not None:
        fault = found.fault
        assert real.stderr.rstrip().splitlines()[-1] == (f"{fault.kind}: {fault.text}" if fault.text else fault.kind)


def test_a_name_that_a_module_does_not_have_ends_the_program():
    source = "import torch\nfrom math import sqroot\nprint(1)\n"
    texts = {version: (fault.kind, fault.text) for version in ((3, 6), (3, 8))
             if (fault := planned(source, *version).fault) is not None}  # fmt: skip
    assert texts == {
        (3, 6): ("ImportError", "cannot import name 'sqroot'"),
        (3, 8): ("ImportError", "cannot import name 'sqroot' from 'math' (unknown location)"),
    }
    assert planned("from typing import Literal\nprint(1)\n", 3, 7).status == 1
    assert planned("from typing import Literal\nprint(1)\n", 3, 8).status == 0


def test_containers_show_themselves_as_their_release_does():
    source = "from collections import OrderedDict\nprint(OrderedDict(a=1), [OrderedDict()])\n"
    assert said(planned(source, 3, 11)) == "OrderedDict([('a', 1)]) [OrderedDict()]\n"
    assert said(planned(source, 3, 12)) == "OrderedDict({'a': 1}) [OrderedDict()]\n"
    source = "from types import SimpleNamespace as N\nprint(N(b=1, a=2))\n"
    assert said(planned(source, 3, 8)) == "namespace(a=2, b=1)\n"
    assert said(planned(source, 3, 9)) == "namespace(b=1, a=2)\n"


def test_what_is_shuffled_without_a_seed_is_in_no_certain_order():
    found = planned("import random\nx = [1, 2, 3]\nrandom.shuffle(x)\nprint(x)\nprint(len(x))\n")
    lines, rest = certain(found)
    assert lines == ()
    assert len(rest.nodes) == 2


def test_a_stream_is_lost_behind_a_loop_that_cannot_be_followed():
    source = """import random, lab
random.seed(1)
while lab.more():
    random.random()
print(random.random())
"""
    assert certain(planned(source))[0] == ()


def test_an_exception_shows_what_was_handled_when_it_came():
    source = 'try:\n    1 / 0\nexcept ZeroDivisionError as e:\n    raise ValueError("w") from e\n'
    fault = planned(source).fault
    assert fault is not None
    assert fault.traceback(lambda module: "t.py", lambda module: source.splitlines()) == (
        'Traceback (most recent call last):\n  File "t.py", line 2, in <module>\n    1 / 0\n'
        "ZeroDivisionError: division by zero\n\n"
        "The above exception was the direct cause of the following exception:\n\n"
        'Traceback (most recent call last):\n  File "t.py", line 4, in <module>\n'
        '    raise ValueError("w") from e\nValueError: w\n'
    )
