"""``llm-kernel record`` and ``replay``: a notebook recorded once is played with the same bytes, and nobody is asked."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from tests.endpoint import Endpoint

pytestmark = [pytest.mark.kernel, pytest.mark.timeout(300)]

ROOT = Path(__file__).parents[2]
WATCH = Path(__file__).parent / "watch"
SPEC = {"name": "llm_kernel", "display_name": "Imagined machine", "language": "bash"}
CELLS = (
    "%%meta You have Perl, and a file notes.txt that says hello",
    "cat notes.txt; date",
    "perl -v",
    "%why",
    "perl -e 'exit 3'; echo $?",
    "perl -v",
    "perl slow.pl > log.txt & sleep 1; jobs",
    "wait; cat log.txt",
    "%model",
    "%usage",
)
RULES = {
    "notes.txt that says": "echo hello > notes.txt",
    "perl -v": "This is perl 5, version 30\nsubversion 0\n",
    "exit 3": "@ exit 3\n",
    "slow.pl": "one\n@ spend 20\ntwo\n",
}


def book_of(path: Path, *cells: str, tags: dict[int, str] | None = None) -> Path:
    code = [new_code_cell(cell, id=f"cell-{n}") for n, cell in enumerate(cells)]
    for number, tag in (tags or {}).items():
        code[number].metadata["tags"] = [tag]
    book = new_notebook(cells=[new_markdown_cell("# A title", id="title"), *code], metadata={"kernelspec": SPEC})
    nbformat.write(book, path)
    return path


def run(*words: object, **env: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("OPENAI_", "LLM_KERNEL_"))}
    return subprocess.run(
        [sys.executable, "-m", "llm_kernel", *map(str, words)],
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
        env={**kept, "PYTHONPATH": str(ROOT), **env},
    )


def texts(path: Path) -> list[str]:
    """What each code cell's streams hold."""
    cells = [cell for cell in nbformat.read(path, 4).cells if cell.cell_type == "code"]
    return ["".join(output.get("text", "") for output in cell.outputs) for cell in cells]


@pytest.fixture(scope="module")
def endpoint() -> Iterator[Endpoint]:
    with Endpoint(RULES, key="sk-none-of-this-is-written") as running:
        yield running


@pytest.fixture(scope="module")
def recorded(endpoint: Endpoint, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A notebook that was recorded with its tape."""
    book = book_of(tmp_path_factory.mktemp("recorded") / "book.ipynb", *CELLS)
    done = run("record", book, OPENAI_BASE_URL=endpoint.base_url, OPENAI_API_KEY=endpoint.key)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    return book


@pytest.fixture
def copied(recorded: Path, tmp_path: Path) -> Path:
    for path in (recorded, recorded.with_suffix(".tape.jsonl")):
        shutil.copy(path, tmp_path)
    return tmp_path / recorded.name


def test_a_recording_holds_what_the_machine_gave(recorded: Path, endpoint: Endpoint) -> None:
    said = texts(recorded)
    assert said[2] == "This is perl 5, version 30\nsubversion 0\n"
    assert (said[4], said[7]) == ("3\n", "[1]+  Done                    perl slow.pl > log.txt\none\ntwo\n")
    tape = recorded.with_suffix(".tape.jsonl").read_text()
    assert endpoint.key not in tape + recorded.read_text()
    assert json.loads(tape.splitlines()[0])["model"] == "scripted-model"


def test_two_replays_are_the_recording_byte_for_byte(recorded: Path, copied: Path, tmp_path: Path) -> None:
    """With what ``%why`` and ``%usage`` say of seconds and tokens; the tape is not written."""
    tape = copied.with_suffix(".tape.jsonl")
    before = tape.read_bytes()
    outs = [tmp_path / "one.ipynb", tmp_path / "two.ipynb"]
    done = [run("replay", copied, "--out", out, OPENAI_BASE_URL="http://127.0.0.1:9/v1") for out in outs]
    assert [(one.returncode, one.stderr) for one in done] == [(0, "")] * 2
    assert [out.read_text() for out in outs] == [recorded.read_text()] * 2
    assert tape.read_bytes() == before


def test_check_says_that_nothing_differs(copied: Path) -> None:
    done = run("replay", "--check", copied)
    assert (done.returncode, done.stdout) == (0, f"Same outputs: {len(CELLS)} cells of {copied}.\n")


def test_check_shows_what_differs_and_writes_nothing(copied: Path) -> None:
    book = nbformat.read(copied, 4)
    book.cells[2].outputs[0].text = book.cells[2].outputs[0].text.replace("hello", "goodbye")
    nbformat.write(book, copied)
    before = copied.read_bytes()
    done = run("replay", "--check", copied)
    assert done.returncode == 1
    assert done.stdout.splitlines()[:6] == [
        f"--- {copied} cell 2",
        "+++ replayed cell 2",
        "@@ -1,3 +1,3 @@",
        " [stdout]",
        "-goodbye",
        "+hello",
    ]
    assert copied.read_bytes() == before


def test_how_a_stream_was_cut_makes_no_difference(copied: Path) -> None:
    book = nbformat.read(copied, 4)
    whole = book.cells[3].outputs[0]
    pieces = [nbformat.v4.new_output("stream", name="stdout", text=text) for text in whole.text.splitlines(True)]
    book.cells[3].outputs, book.cells[3].execution_count = pieces, 77
    book.cells[3].metadata["execution"] = {"iopub.status.busy": "2021-04-01T00:00:00Z"}
    nbformat.write(book, copied)
    assert run("replay", "--check", copied).returncode == 0


def test_a_replay_loads_no_client_and_reaches_nobody(copied: Path, tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    path = os.pathsep.join([str(WATCH), str(ROOT)])
    done = run("replay", "--check", copied, WATCHED_REPORT=str(report), PYTHONPATH=path)
    assert done.returncode == 0, done.stdout + done.stderr
    told = json.loads(report.read_text())
    assert {"openai", "httpx", "xllamacpp", "huggingface_hub", "anyio"} & set(told["modules"]) == set()
    assert told["reached"] == []
    assert "llm_kernel" in told["modules"]


# -- a tape that outlives small edits


def edited(path: Path, change: Any) -> None:
    book = nbformat.read(path, 4)
    change(book.cells)
    nbformat.write(book, path)


def test_cells_that_only_read_cause_no_miss(copied: Path) -> None:
    def look(cells: list[Any]) -> None:
        cells[2:2] = [new_code_cell("ls -la /"), new_code_cell("cat notes.txt"), new_code_cell("date; pwd; whoami")]

    edited(copied, look)
    done = run("replay", copied)
    assert (done.returncode, done.stderr) == (0, "")
    assert texts(copied)[5] == "This is perl 5, version 30\nsubversion 0\n"


def test_an_edited_cell_asks_the_model_and_the_others_do_not(copied: Path) -> None:
    def edit(cells: list[Any]) -> None:
        cells[5].source = "perl -le 'print 1'"

    edited(copied, edit)
    tape = copied.with_suffix(".tape.jsonl")
    lines = tape.read_text().splitlines()
    with Endpoint({"print 1": "1\n"}) as other:
        done = run("record", "--update", copied, OPENAI_BASE_URL=other.base_url)
        assert (done.returncode, done.stderr) == (0, "")
        assert len(other.requests) == 1
    assert texts(copied)[4] == "1\n"
    stale = next(number for number, line in enumerate(lines, 1) if "exit 3" in line)
    assert f"Stale, no cell asks for them: line {stale} `perl -e 'exit 3'`." in done.stdout
    assert tape.read_text().splitlines()[: len(lines)] == lines
    done = run("record", "--update", "--prune", copied)
    assert "1 stale recordings were dropped." in done.stdout
    kept = tape.read_text().splitlines()
    assert kept[:-1] == lines[: stale - 1] + lines[stale:]
    assert run("replay", "--check", copied).returncode == 0


def test_a_personal_tape_lies_over_a_base(copied: Path, tmp_path: Path) -> None:
    base, mine = copied.with_suffix(".tape.jsonl"), tmp_path / "mine.jsonl"
    before = base.read_bytes()
    edited(copied, lambda cells: cells.append(new_code_cell("perl -le 'print 1'")))
    with Endpoint({"print 1": "1\n"}) as other:
        done = run("record", "--update", copied, "--base", base, "--tape", mine, OPENAI_BASE_URL=other.base_url)
    assert (done.returncode, done.stderr) == (0, "")
    assert base.read_bytes() == before
    assert len(mine.read_text().splitlines()) == 2
    assert run("replay", "--check", copied, "--base", base, "--tape", mine).returncode == 0


# -- what goes wrong is said


def test_a_miss_names_the_cell_and_what_is_stale(copied: Path) -> None:
    def edit(cells: list[Any]) -> None:
        cells[3].source = "perl -V"

    edited(copied, edit)
    before = copied.read_bytes()
    done = run("replay", copied)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"llm-kernel: Cell 3 (`perl -V`): The tape {copied.with_suffix('.tape.jsonl')} has")
    assert "Not asked for so far, and stale if nothing later does: line 3 `perl -v`" in done.stderr
    assert copied.read_bytes() == before


def test_no_tape_and_no_notebook_are_said(copied: Path, tmp_path: Path) -> None:
    tape, gone = copied.with_suffix(".tape.jsonl"), tmp_path / "gone.ipynb"
    tape.unlink()
    assert run("replay", copied).stderr == (
        f"llm-kernel: There is no tape at {tape}. Make one with: llm-kernel record {copied}\n"
    )
    tape.write_text('{"format": 99}\n')
    assert run("replay", copied).stderr.endswith(
        f"The tape {tape} has the format '99'; this version reads 1. "
        "Record the notebook again, or use the version that wrote it.\n"
    )
    assert run("replay", gone, "--tape", tape).stderr == (
        f"llm-kernel: The notebook {gone} cannot be read: No such file or directory.\n"
    )


def test_a_notebook_of_another_kernel_is_refused(tmp_path: Path) -> None:
    path = book_of(tmp_path / "python.ipynb", "print(1)")
    book = nbformat.read(path, 4)
    book.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(book, path)
    done = run("record", path)
    assert (done.returncode, done.stderr) == (
        1,
        f"llm-kernel: {path} is a notebook for the kernel python3, whose cells are python.\n",
    )


def test_a_cell_fails_only_where_its_tag_says_so(tmp_path: Path) -> None:
    tags = {0: "raises-exception"}
    path = book_of(tmp_path / "fails.ipynb", "exit 3", "echo on", "exit 4", "echo never", tags=tags)
    done = run("record", path)
    assert done.stderr == (
        "llm-kernel: Cell 3 (`exit 4`) ended in CommandFailed: exit status 4. "
        "Tag the cell raises-exception, or say --allow-errors, if it is to fail.\n"
    )
    assert run("record", path, "--allow-errors").returncode == 0
    assert texts(path)[1::2] == ["on\n", "never\n"]
    assert run("replay", "--check", path).returncode == 0  # its tape is a header, for no model was asked


def test_a_fault_of_ours_in_a_job_ends_the_run_too(copied: Path) -> None:
    book = nbformat.read(copied, 4)
    book.cells = [cell for cell in book.cells if "slow.pl" in cell.source or cell.source.startswith("wait")]
    book.cells[0].source = "perl other.pl > log.txt &"
    nbformat.write(book, copied)
    before = copied.read_bytes()
    done = run("replay", copied, "--allow-errors")
    first = "llm-kernel: Cell 2 (`wait; cat log.txt`), or a job that runs since before it: perl other.pl: "
    assert (done.returncode, done.stdout, done.stderr[: len(first)]) == (1, "", first)
    assert copied.read_bytes() == before
