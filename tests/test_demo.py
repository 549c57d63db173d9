"""The demo: the recording as it is, the live run through a real kernel, and what is said where something lacks."""

from __future__ import annotations

import io
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from llm_kernel import demo
from llm_kernel.demo import example
from llm_kernel.demo.answerer import Answerer, chosen, embedded
from llm_kernel.demo.arrival import Arrival
from llm_kernel.demo.page import Page, plain
from llm_kernel.errors import EndpointError, StateError, WeightsError
from llm_kernel.model.weights import QWEN
from tests.endpoint import Endpoint

ROOT = Path(__file__).parents[1]
CELLS = ("echo one", "%%meta\nMake a file named a.txt.", "wc -l a.txt")
SCRIPT = "printf 'x\\ny\\n' > a.txt\n"


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith(("OPENAI_", "LLM_KERNEL_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))  # the kernel starts in another folder


@pytest.fixture
def examples(tmp_path: Path) -> Path:
    """A folder with a small notebook that bears the example's name, outputs and a tape's header."""
    folder = tmp_path / "examples"
    folder.mkdir()
    cells = [new_markdown_cell("# A small one"), *(new_code_cell(cell) for cell in CELLS)]
    cells[1].outputs = [new_output("stream", name="stdout", text="one, as recorded\n")]
    cells[1].execution_count = 7
    spec = {"name": "llm_kernel", "display_name": "Imagined machine", "language": "bash"}
    nbformat.write(new_notebook(cells=cells, metadata={"kernelspec": spec}), folder / example.NAME)
    header = {"format": 1, "model": "model-of-the-tape"}
    (folder / "01_train_mnist.tape.jsonl").write_text(json.dumps(header) + "\n")
    return folder


def run(capsys: pytest.CaptureFixture[str], *argv: str, examples: Path, servers: dict | None = None) -> tuple:
    status = demo.main(argv, servers or {}, [examples])
    done = capsys.readouterr()
    return status, done.out, done.err


def test_the_recording_is_labelled_with_its_model_and_shown_whole(
    capsys: pytest.CaptureFixture[str], examples: Path
) -> None:
    status, out, err = run(capsys, "--recorded", examples=examples)
    assert (status, err) == (0, "")
    assert [line.rstrip("─ ") for line in out.splitlines()] == [
        "",
        "── RECORDED RUN of 01_train_mnist.ipynb, made with model-of-the-tape. Nothing of it happens now.",
        "",
        "# A small one",
        "",
        "[1] echo one",
        "  │ one, as recorded",
        "",
        "[2] %%meta",
        "    Make a file named a.txt.",
        "",
        "[3] wc -l a.txt",
        "",
        "── End of the recorded run.",
    ]


@pytest.mark.kernel
def test_the_live_run_executes_every_cell_and_writes_notebook_and_page(
    capsys: pytest.CaptureFixture[str], examples: Path, tmp_path: Path
) -> None:
    with Endpoint([SCRIPT], model="small") as endpoint:
        status, out, _ = run(capsys, "--endpoint", endpoint.base_url, "--out", str(tmp_path / "new"), examples=examples)
    live = re.sub(r"\d+\.\d s|\d+ s\b|\d+\.\d tokens/s", "T", out.partition("LIVE RUN")[2])
    assert [line.rstrip("─ ") for line in live.splitlines()] == [
        " of 01_train_mnist.ipynb, answered by small. Ctrl-C stops it.",
        "",
        "[1] echo one",
        "  │ one",
        "  └ T",
        "",
        "[2] %%meta",
        "    Make a file named a.txt.",
        "  │ + a.txt  2 lines",
        "  └ T, 6 tokens, T",
        "",
        "[3] wc -l a.txt",
        "  │ 2 a.txt",
        "  └ T",
        "",
        "── Executed 3 of 3 cells in T, 6 tokens of the model.",
        f"Written: {tmp_path / 'new' / 'llm-kernel-demo.ipynb'}",
        f"Written: {tmp_path / 'new' / 'llm-kernel-demo.html'}",
    ]
    assert status == 0
    book = nbformat.read(tmp_path / "new" / "llm-kernel-demo.ipynb", 4)
    assert [cell.outputs[0].text for cell in book.cells if cell.cell_type == "code"] == [
        "one\n",
        "+ a.txt  2 lines\n",
        "2 a.txt\n",
    ]
    assert book.metadata["llm_kernel"] == {"model": "small"}
    page = (tmp_path / "new" / "llm-kernel-demo.html").read_text("utf-8")
    assert page.startswith("<!DOCTYPE html>")
    assert "2 a.txt" in page


@pytest.mark.kernel
def test_a_model_that_fails_stops_the_run_and_what_ran_is_kept(
    capsys: pytest.CaptureFixture[str], examples: Path, tmp_path: Path
) -> None:
    with Endpoint([SCRIPT]) as endpoint:
        endpoint.fail("401", -1)
        status, out, _ = run(capsys, "--endpoint", endpoint.base_url, "--out", str(tmp_path), examples=examples)
    assert status == 1
    assert "The rest is left out: no model can answer." in out
    assert "── Executed 2 of 3 cells in" in out
    book = nbformat.read(tmp_path / "llm-kernel-demo.ipynb", 4)
    assert [[one.output_type for one in cell.outputs] for cell in book.cells[1:]] == [["stream"], ["error"], []]


@pytest.mark.kernel
@pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX's")
def test_ctrl_c_ends_the_live_run_cleanly(examples: Path, tmp_path: Path) -> None:
    with Endpoint([SCRIPT]) as endpoint:
        endpoint.fail("hang-open")
        code = (
            "import sys, pathlib; from llm_kernel import demo;"
            f"sys.exit(demo.main(sys.argv[1:], {{}}, [pathlib.Path({str(examples)!r})]))"
        )
        line = [sys.executable, "-c", code, "--endpoint", endpoint.base_url, "--out", str(tmp_path)]
        running = subprocess.Popen(
            line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT, encoding="utf-8"
        )
        end = time.monotonic() + 30
        while not endpoint.requests and time.monotonic() < end:
            time.sleep(0.05)
        running.send_signal(signal.SIGINT)
        out, err = running.communicate(timeout=30)
    assert (running.returncode, err) == (130, "")
    assert "── Stopped after 1 of 3 cells." in out
    book = nbformat.read(tmp_path / "llm-kernel-demo.ipynb", 4)
    assert [len(cell.outputs) for cell in book.cells[1:]] == [1, 0, 0]


@pytest.mark.kernel
def test_a_kernel_that_does_not_start_is_told_with_its_last_words(
    capsys: pytest.CaptureFixture[str], examples: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "llm_kernel").mkdir()
    (tmp_path / "llm_kernel" / "__init__.py").write_text("raise ImportError('a damaged installation')\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with Endpoint([SCRIPT]) as endpoint:
        status, out, _ = run(capsys, "--endpoint", endpoint.base_url, "--out", str(tmp_path), examples=examples)
    assert status == 1
    assert "ImportError: a damaged installation\n" in out
    assert out.splitlines()[-1].startswith("── Executed 0 of 3 cells in 0 s.")


def test_a_running_server_is_named_where_nobody_can_be_asked(
    capsys: pytest.CaptureFixture[str], examples: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LLM_KERNEL_CACHE", str(tmp_path / "file" / "cache"))
    (tmp_path / "file").write_text("no folder can be made here")
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    with Endpoint(["ok\n"]) as endpoint:
        status, out, _ = run(capsys, examples=examples, servers={"Ollama": endpoint.base_url})
    assert status == 1
    assert f"Ollama runs on this computer: --endpoint {endpoint.base_url} lets it answer.\n" in out
    assert "RECORDED RUN" in out
    assert "LIVE RUN" not in out


@pytest.mark.kernel
def test_yes_takes_the_running_server(capsys: pytest.CaptureFixture[str], examples: Path, tmp_path: Path) -> None:
    with Endpoint([SCRIPT], model="small") as endpoint:
        servers = {"Ollama": endpoint.base_url}
        status, out, _ = run(capsys, "--yes", "--out", str(tmp_path), examples=examples, servers=servers)
    assert status == 0
    assert "LIVE RUN of 01_train_mnist.ipynb, answered by small." in out


def test_an_endpoint_that_is_not_there_is_named(capsys: pytest.CaptureFixture[str], examples: Path) -> None:
    status, out, err = run(capsys, "--endpoint", "http://127.0.0.1:9/v1", examples=examples)
    assert (status, out) == (1, "")
    assert err.startswith("llm-kernel: http://127.0.0.1:9/v1 does not answer: ")


def test_without_the_library_the_recording_is_shown_and_the_three_ways_are_said(examples: Path) -> None:
    code = (
        "import sys, pathlib, importlib.util as u; real = u.find_spec;"
        "u.find_spec = lambda name, *rest: None if name == 'xllamacpp' else real(name, *rest);"
        "from llm_kernel import demo;"
        f"sys.exit(demo.main([], {{}}, [pathlib.Path({str(examples)!r})]))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, cwd=ROOT, encoding="utf-8", timeout=60)
    last = done.stdout.splitlines()[-1]
    assert (done.returncode, done.stderr) == (1, "")
    assert "RECORDED RUN" in done.stdout
    assert last.startswith("No live run: No model is there to answer. There are three ways to get one:")


def test_a_missing_recording_is_an_error(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    status, out, err = run(capsys, examples=tmp_path)
    said = "llm-kernel: The recorded example 01_train_mnist.ipynb is not in this installation; install the package"
    assert (status, out, err) == (1, "", f"{said} again.\n")


def test_a_file_that_is_no_notebook_is_named(tmp_path: Path) -> None:
    (tmp_path / example.NAME).write_text("no JSON")
    with pytest.raises(StateError, match=r"01_train_mnist\.ipynb is no notebook"):
        example.load(places=[tmp_path])


def test_who_answers_is_what_the_user_chose() -> None:
    own = {"LLM_KERNEL_LOCAL_MODEL": "/models/mine.gguf"}
    local = {"LLM_KERNEL_BACKEND": "local"}
    assert chosen({}) is None
    assert chosen({"OPENAI_API_KEY": "k"}) == Answerer("the first model of https://api.openai.com/v1")
    assert chosen({"OPENAI_API_KEY": "k", "LLM_KERNEL_MODEL": "m"}) == Answerer("m", {"LLM_KERNEL_MODEL": "m"})
    assert chosen({"OPENAI_API_KEY": "k", **local}) == Answerer(QWEN.name, local, embedded=True)
    assert embedded(own) == Answerer("mine", local, embedded=True)
    with pytest.raises(EndpointError):
        chosen({}, "http://127.0.0.1:9/v1")


def test_the_weights_arrive_in_a_thread(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    def fetch(cache: str, progress: object, note: object) -> Path:
        progress(500_000_000, QWEN.size)
        note("from another source")
        while not out.getvalue():  # it takes until somebody is told that it takes long
            time.sleep(0.01)
        return tmp_path

    out = io.StringIO()
    Arrival({"LLM_KERNEL_CACHE": str(tmp_path)}, fetch).wait(Page(out))
    assert out.getvalue() == (
        "The model is on its way, 1.1 GB, once for all notebooks of this user.\nfrom another source\n"
    )
    assert QWEN.name in capfd.readouterr().err


def test_what_the_fetching_raised_is_raised(tmp_path: Path) -> None:
    def fetch(**_: object) -> Path:
        raise WeightsError("no room")

    arrival = Arrival({"LLM_KERNEL_CACHE": str(tmp_path)}, fetch)
    with pytest.raises(WeightsError, match="no room"):
        arrival.wait(Page(io.StringIO()))


def test_output_cannot_steer_the_terminal() -> None:
    assert plain("a\x1b[2Jb\x1b]0;title\x07c\x9b31md\x00\te") == "abc31md\te"
    assert plain("10%\r50%\r100%\r\nnext") == "100%\nnext"


def test_the_middle_of_a_long_output_is_left_out_and_so_it_says() -> None:
    text = "".join(f"{n}\n" for n in range(30))
    book = new_notebook(cells=[new_code_cell("seq 0 29", outputs=[new_output("stream", name="stdout", text=text)])])
    out = io.StringIO()
    Page(out).book(book)
    shown = [*map(str, range(14)), "... 10 lines more ...", *map(str, range(24, 30))]
    assert out.getvalue() == "\n[1] seq 0 29\n" + "".join(f"  │ {line}\n" for line in shown)
