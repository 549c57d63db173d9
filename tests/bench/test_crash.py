"""Kernels that are killed at random moments come back as after their last cell: ``bench.crash``, shortened."""

from __future__ import annotations

from pathlib import Path

from bench.crash import crash


def test_every_kernel_that_was_killed_comes_back_right(tmp_path: Path) -> None:
    outcome = crash(tmp_path, 4, seed=2)
    assert outcome.wrong == []
    assert outcome.kills == 4
