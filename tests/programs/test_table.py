"""The exact table as a whole: what its rows ask of the machine."""

from __future__ import annotations

import pytest

import llm_kernel.programs.exact  # noqa: F401 - it fills the table
from llm_kernel.machine import Machine
from llm_kernel.programs.table import EXACT


def test_every_need_is_one_that_the_machine_knows() -> None:
    machine = Machine()
    assert {type(machine.has(row.needs)) for row in EXACT.values()} == {bool}


def test_a_need_that_nobody_knows_is_an_error() -> None:
    with pytest.raises(ValueError, match="no such need: conda"):
        Machine().has("conda")


def test_a_row_answers_in_exactly_one_way() -> None:
    assert [name for name, row in EXACT.items() if (row.run is None) == (row.live is None)] == []
