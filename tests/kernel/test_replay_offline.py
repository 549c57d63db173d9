"""All examples, replayed twice with the network off: identical bytes, and those that the notebook holds."""

from __future__ import annotations

import json
from pathlib import Path

import nbformat
import pytest

from bench.replay import books, offline, replays, watched
from llm_kernel.errors import ModelError
from llm_kernel.execution import Execution, Taped, open_book
from llm_kernel.replaying import tape_of

pytestmark = [pytest.mark.kernel, pytest.mark.timeout(300)]


@pytest.mark.parametrize("path", books(), ids=lambda path: path.stem)
def test_an_example_gives_the_same_bytes_again(path: Path) -> None:
    found = replays(path, 2)
    assert (found.equal, found.differ) == (2, [])


def test_there_are_examples() -> None:
    assert {path.stem[:2] for path in books()} >= {"01", "02", "03", "04", "05", "06"}


@pytest.mark.skipif(not offline(), reason="the system gives no namespace without a network")
def test_the_network_is_really_off(tmp_path: Path) -> None:
    """A kernel that wants its endpoint, on this very computer, does not reach it."""
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("perl -v")])
    nbformat.write(book, tmp_path / "book.ipynb")
    run = Execution(open_book(tmp_path / "book.ipynb"), tmp_path, Taped(tmp_path / "t", "auto"), before=offline())
    report = tmp_path / "report.json"
    with watched(report), pytest.MonkeyPatch.context() as patch:
        patch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
        with pytest.raises(ModelError, match=r"^Cell 1 \(`perl -v`\): "):
            run.run()
    assert set(json.loads(report.read_text())["reached"]) == {"127.0.0.1"}
    assert not tape_of(tmp_path / "book.ipynb").exists()
