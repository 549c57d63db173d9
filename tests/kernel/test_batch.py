"""nbconvert and papermill: notebooks run without a person, and stop where a cell fails."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

pytestmark = pytest.mark.kernel


def notebook(path: Path, *cells: str) -> Path:
    spec = {"name": "llm_kernel", "display_name": "Imagined machine", "language": "bash"}
    book = new_notebook(cells=[new_code_cell(cell) for cell in cells], metadata={"kernelspec": spec})
    nbformat.write(book, path)
    return path


def outputs(path: Path) -> list[list[tuple[str, str]]]:
    def one(output: dict) -> tuple[str, str]:
        return (output.get("name", output.output_type), output.get("text", output.get("evalue", "")))

    return [[one(output) for output in cell.outputs] for cell in nbformat.read(path, 4).cells]


def nbconvert(path: Path, *options: str) -> subprocess.CompletedProcess[str]:
    line = [sys.executable, "-m", "nbconvert", "--to", "notebook", "--execute", "--output", "done", *options, str(path)]
    return subprocess.run(line, capture_output=True, text=True, timeout=100, check=False)


def test_nbconvert_executes(tmp_path: Path) -> None:
    done = nbconvert(notebook(tmp_path / "a.ipynb", "echo one", "echo two"))
    assert done.returncode == 0, done.stderr
    assert outputs(tmp_path / "done.ipynb") == [[("stdout", "one\n")], [("stdout", "two\n")]]


def test_nbconvert_stops_at_a_failing_cell(tmp_path: Path) -> None:
    done = nbconvert(notebook(tmp_path / "a.ipynb", "echo one", "exit 3", "echo never"))
    assert done.returncode != 0
    assert done.stderr.rstrip().endswith("exit status 3")
    assert not (tmp_path / "done.ipynb").exists()


def test_nbconvert_goes_on_when_told_to(tmp_path: Path) -> None:
    done = nbconvert(notebook(tmp_path / "a.ipynb", "exit 3", "echo on"), "--allow-errors")
    assert done.returncode == 0, done.stderr
    assert outputs(tmp_path / "done.ipynb") == [[("error", "exit status 3")], [("stdout", "on\n")]]


def test_papermill_injects_parameters_as_shell(tmp_path: Path) -> None:
    papermill = pytest.importorskip("papermill")
    source = notebook(tmp_path / "a.ipynb", "name=nobody", "echo $name")
    book = nbformat.read(source, 4)
    book.cells[0].metadata["tags"] = ["parameters"]
    nbformat.write(book, source)
    done = papermill.execute_notebook(source, tmp_path / "b.ipynb", parameters={"name": "Ada"}, progress_bar=False)
    assert [cell.source for cell in done.cells] == ["name=nobody", "# Parameters\nname=Ada\n", "echo $name"]


def test_papermill_stops_at_a_failing_cell(tmp_path: Path) -> None:
    papermill = pytest.importorskip("papermill")
    source = notebook(tmp_path / "a.ipynb", "exit 4", "echo never")
    with pytest.raises(papermill.PapermillExecutionError) as failure:
        papermill.execute_notebook(source, tmp_path / "b.ipynb", progress_bar=False)
    assert (failure.value.ename, failure.value.evalue) == ("CommandFailed", "exit status 4")
