"""The live run: a real kernel of this Python executes the notebook, its output is shown as it comes, and kept."""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import os
import signal
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any, BinaryIO

import nbformat
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, DeadKernelError
from nbconvert import HTMLExporter
from tqdm import tqdm

from llm_kernel.demo.answerer import Answerer
from llm_kernel.demo.example import Example
from llm_kernel.demo.page import Page
from llm_kernel.execution import GOES_ON, blank, manager

__all__ = ["STEM", "run"]

STEM = "llm-kernel-demo"
TICK = 0.5
STOPPED = 130


def run(example: Example, who: Answerer, out: Path, page: Page) -> int:
    """Execute the example's cells, write a notebook and a page of it into ``out``; the exit status."""
    out.mkdir(parents=True, exist_ok=True)
    page.title(f"LIVE RUN of {example.name}, answered by {who.name}. Ctrl-C stops it.")
    if who.embedded:
        page.say("The embedded model has to be loaded before it can answer; the first cell waits for that.")
    book = blank(example.book)
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "kernel.log"
        performance = _Performance(book, who, page, manager(Path(folder)), out)
        try:
            with log.open("wb") as stderr:
                status = asyncio.run(performance.play(stderr))
        except RuntimeError as error:  # so nbclient and jupyter_client tell of a kernel that is gone
            last = log.read_text("utf-8", "replace").strip().rpartition("\n")[2]
            page.say(f"The kernel is gone: {error}. {last}")
            status = 1
    page.title(_closing(performance, status))
    if performance.played:
        for path in _write(book, who, out):
            page.say(f"Written: {path}")
    return status


def _closing(performance: _Performance, status: int) -> str:
    ran = f"{performance.played} of {performance.total} cells"
    if status == STOPPED:
        return f"Stopped after {ran}."
    speed = f", {performance.tokens} tokens of the model" if performance.tokens else ""
    failed = f"; {performance.failed} ended in an error" if performance.failed else ""
    return f"Executed {ran} in {performance.seconds:.0f} s{speed}{failed}."


class _Performance:
    """One execution; ``played`` cells came to their end, ``failed`` of them with an error."""

    def __init__(self, book: Any, who: Answerer, page: Page, manager: AsyncKernelManager, out: Path) -> None:
        self.played = self.failed = self.tokens = 0
        self.seconds = 0.0
        self._book, self._who, self._page = book, who, page
        self._cells = [n for n, cell in enumerate(book.cells) if cell.cell_type == "code" and cell.source.strip()]
        self.total = len(self._cells)
        self._stopped = False
        self._client = _Client(
            book, manager, page, allow_error_names=list(GOES_ON), resources={"metadata": {"path": str(out)}}
        )
        self._client.on_cell_executed = self._executed

    async def play(self, stderr: BinaryIO) -> int:
        """Run every cell; ``stderr`` takes what the kernel's process has to say. The exit status."""
        env = {**os.environ, **self._who.env}
        try:
            async with self._client.async_setup_kernel(env=env, stderr=stderr):
                self._listen()
                with _bar(self._page, self.total) as bar:
                    for number, index in enumerate(self._cells, 1):
                        await self._cell(number, index, bar)
        except CellExecutionError:
            self._page.say("The rest is left out: no model can answer.")
        except (DeadKernelError, asyncio.CancelledError):
            if not self._stopped:
                raise
            return STOPPED
        except RuntimeError:
            atexit.unregister(self._client._cleanup_kernel)  # nbclient leaves it behind a kernel that did not start
            raise
        return 1 if self.failed or self.played < self.total else 0

    async def _cell(self, number: int, index: int, bar: Any) -> None:
        cell = self._book.cells[index]
        self._page.cell(number, cell.source)
        self._began = time.monotonic()
        async with _ticking(bar, number, self.total, self._began):
            await self._client.async_execute_cell(cell, index)
        bar.update(1)

    def _executed(self, cell: Any, cell_index: int, execute_reply: Any) -> None:
        """Count a finished cell and say what it cost; called before an error is raised."""
        self._client.close_line()
        seconds = time.monotonic() - self._began
        answers = execute_reply["metadata"].get("llm_kernel", {}).get("answers", [])
        tokens = sum(answer["completion"] for answer in answers)
        busy = sum(answer["seconds"] for answer in answers)
        self.played += 1
        self.failed += execute_reply["content"]["status"] != "ok"
        self.tokens += tokens
        self.seconds += seconds
        cost = f", {tokens} tokens, {tokens / busy:.1f} tokens/s" if tokens and busy else ""
        self._page.note(f"{seconds:.1f} s{cost}")

    def _listen(self) -> None:
        """Ctrl-C ends the run in order; nbclient's own handler would only kill the kernel."""
        task = asyncio.current_task()
        assert task is not None
        self._task: asyncio.Task[Any] = task
        with contextlib.suppress(NotImplementedError):  # Windows, where KeyboardInterrupt comes by itself
            asyncio.get_running_loop().add_signal_handler(signal.SIGINT, self._stop)

    def _stop(self) -> None:
        if not self._stopped:
            self._stopped = True
            self._task.cancel()


class _Client(NotebookClient):
    """An nbclient that shows each line of output when it is whole."""

    def __init__(self, book: Any, manager: AsyncKernelManager, page: Page, **options: Any) -> None:
        super().__init__(book, manager, timeout=None, **options)
        self.owns_km = True  # so that its end is the kernel's end
        self._page = page
        self._line = ""
        self._error = False

    def output(self, outs: Any, msg: Any, display_id: str | None, cell_index: int) -> Any:
        """Keep an output as always, and show it."""
        content = msg["content"]
        match msg["msg_type"]:
            case "stream":
                self._show(content["text"], content["name"] == "stderr")
            case "error":
                self._show(f"{content['ename']}: {content['evalue']}\n", True)
            case _:
                self._show(f"{content.get('data', {}).get('text/plain', '')}\n", False)
        return super().output(outs, msg, display_id, cell_index)

    def close_line(self) -> None:
        """Show what is left of a line that had no end."""
        if self._line:
            self._show("\n", self._error)

    def _show(self, text: str, error: bool) -> None:
        if error != self._error:
            self._error, left = error, self._line
            self._line = ""
            if left:
                self._page.output(left, error=not error)
        *lines, self._line = (self._line + text).split("\n")
        for line in lines:
            self._page.output(line, error=error)


def _write(book: Any, who: Answerer, out: Path) -> list[Path]:
    book.metadata["llm_kernel"] = {"model": who.name}
    notebook, html = out / f"{STEM}.ipynb", out / f"{STEM}.html"
    nbformat.write(book, notebook)  # type: ignore[no-untyped-call]
    exporter = HTMLExporter()  # type: ignore[no-untyped-call]
    text, _ = exporter.from_notebook_node(book, {"metadata": {"name": STEM}})
    html.write_text(text, encoding="utf-8")
    return [notebook.resolve(), html.resolve()]


@contextlib.contextmanager
def _bar(page: Page, total: int) -> Iterator[Any]:
    """A bar below the page; where standard error is no terminal there is none."""
    shape = "{desc} |{bar:24}| {postfix}"
    bar = tqdm(total=total, bar_format=shape, leave=False, disable=None, dynamic_ncols=True)
    with bar, page.beside(bar):
        yield bar


@contextlib.asynccontextmanager
async def _ticking(bar: Any, number: int, total: int, began: float) -> AsyncIterator[None]:
    """Let the bar count the cell's seconds."""

    async def tick() -> None:
        while True:
            bar.set_description_str(f"cell {number} of {total}", refresh=False)
            bar.set_postfix_str(f"{time.monotonic() - began:.0f} s")
            await asyncio.sleep(TICK)

    task = asyncio.create_task(tick())
    try:
        yield
    finally:
        task.cancel()
