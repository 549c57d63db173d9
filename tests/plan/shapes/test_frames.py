"""Tracebacks through torch, against those that torch 1.13 printed, and what other releases are known for."""

from __future__ import annotations

import json

import pytest

from bench.shapes.tracebacks import CALLS, RECORDED, program
from llm_kernel.plan import plan

REAL = json.loads(RECORDED.read_text("utf-8"))


def _traceback(source: str, version: str) -> str:
    facts = {"torch.__version__": version, "site": "/usr/lib/python3/dist-packages"}
    found = plan(source, facts=facts)
    assert found is not None
    assert found.fault is not None
    return found.fault.traceback(lambda module: module or "script.py", lambda module: source.splitlines())


@pytest.mark.parametrize("name", CALLS)
def test_a_traceback_goes_through_torch_as_the_real_one_does(name):
    assert _traceback(program(CALLS[name]), "1.13.0") == REAL[name].replace('File "/script.py"', 'File "script.py"')


def test_a_release_that_is_not_known_shows_no_inner_frames():
    assert _traceback(program(CALLS["linear"]), "1.4.0") == (
        'Traceback (most recent call last):\n  File "script.py", line 20, in <module>\n    main()\n'
        '  File "script.py", line 17, in main\n    nn.Linear(3, 4)(torch.zeros(2, 5))\n'
        "RuntimeError: mat1 and mat2 shapes cannot be multiplied (2x5 and 3x4)\n"
    )


def test_torch_two_wraps_its_calls():
    found = _traceback(program(CALLS["nested"]), "2.1.2")
    rows = [row.split("/torch/")[-1] for row in found.splitlines() if "/torch/" in row]
    file = 'nn/modules/module.py"'
    call = [f"{file}, line 1518, in _wrapped_call_impl", f"{file}, line 1527, in _call_impl"]
    container, linear = 'nn/modules/container.py", line 215, in forward', 'nn/modules/linear.py", line 114, in forward'
    assert rows == [*call, container, *call, *call, linear]
