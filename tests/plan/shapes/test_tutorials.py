"""Scripts in the manner of tutorials: no line that a plan computes differs from what the real libraries printed."""

from __future__ import annotations

import pytest

from bench.shapes.against import RECORDED, verdict

LEFT = {
    "autograd": 1,
    "autograd_open": 9,
    "bad_broadcast": 1,
    "convs": 9,
    "dataset2": 8,
    "einsums": 18,
    "hooks": 1,
    "hooks_and_modes": 1,
    "linear_algebra": 4,
    "losses1": 5,
    "lstm_gru": 8,
    "moe_dict": 10,
    "norms": 6,
    "numpy_nn": 15,
    "optimizer_steps": 2,
    "params_groups": 26,
    "pools": 19,
    "seeds2": 11,
    "tied": 1,
    "transfer2": 6,
    "wavenet": 5,
}
"""At most how many lines of a script are left to a model."""


@pytest.mark.parametrize("name", sorted(path.stem for path in RECORDED.glob("*.json")))
def test_what_is_computed_is_what_was_printed(name):
    found = verdict(name)
    assert found.wrong == ""
    assert found.lines - found.computed <= LEFT.get(name, 0)
