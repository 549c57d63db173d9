"""The examples, replayed from their tapes through a real kernel: the same outputs, and no model asked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

pytestmark = [pytest.mark.kernel, pytest.mark.timeout(300)]

FOLDER = Path(__file__).parents[2] / "examples"
BOOKS = sorted(FOLDER.glob("*.ipynb"))


def shown(book: Any) -> list[list[tuple[str, Any]]]:
    """Each code cell's outputs, neighbouring pieces of one stream joined."""
    cells = []
    for cell in book.cells:
        if cell.cell_type != "code":
            continue
        rows: list[tuple[str, Any]] = []
        for output in cell.outputs:
            kind = output.get("name", output.output_type)
            what = output.get("text") or output.get("data") or (output.get("ename"), output.get("evalue"))
            if rows and rows[-1][0] == kind and kind in ("stdout", "stderr"):
                rows[-1] = (kind, rows[-1][1] + what)
            else:
                rows.append((kind, what))
        cells.append(rows)
    return cells


@pytest.mark.parametrize("path", BOOKS, ids=lambda path: path.stem)
def test_an_example_replays_to_the_same_outputs(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LLM_KERNEL_TAPE", str(path.with_suffix(".tape.jsonl")))
    monkeypatch.setenv("LLM_KERNEL_TAPE_MODE", "replay")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")  # nobody listens there
    recorded = nbformat.read(path, 4)
    again = nbformat.read(path, 4)
    for cell in again.cells:
        cell.pop("outputs", None)
        if cell.cell_type == "code":
            cell.outputs = []
    NotebookClient(again, kernel_name="llm_kernel", timeout=200, allow_errors=True).execute()
    assert shown(again) == shown(recorded)


def test_there_are_examples() -> None:
    assert {path.stem[:2] for path in BOOKS} >= {"01", "02", "03", "04"}
