"""A notebook whose kernel is killed between two cells goes on, when it is recorded and when it is replayed."""

from __future__ import annotations

from pathlib import Path

import pytest
from nbformat.v4 import new_code_cell, new_notebook

from llm_kernel.execution import KILLED, Execution, Taped, shown


def test_a_notebook_goes_on_behind_a_killed_kernel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))
    book = new_notebook()  # type: ignore[no-untyped-call]
    codes = ["x=1; sleep 100 &", "sleep 40; SECONDS=0", "echo $x; wait; echo $SECONDS", "%undo 2\njobs"]
    book.cells = [new_code_cell(code) for code in codes]  # type: ignore[no-untyped-call]
    book.cells[2].metadata["tags"] = [KILLED]
    tape = tmp_path / "tape.jsonl"
    runs = []
    for mode in ("record", "replay"):
        run = Execution(book, tmp_path, Taped(tape, mode))  # type: ignore[arg-type]
        run.run()
        runs.append([shown(cell) for cell in run.book.cells])
    assert runs[0] == runs[1]
    assert [line for line in runs[0][2] if line[:4] != "[std"] == [
        "[the machine is back as it was after `sleep 40; SECONDS=0`; %fresh begins anew]",
        "1",
        "[1]+  Done                    sleep 100",
        "59",
    ]
    assert runs[0][3][-1] == "[1]+  Running                 sleep 100 &"
