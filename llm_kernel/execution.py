"""A notebook executed by a real kernel of this Python, with a tape beside it."""

from __future__ import annotations

import asyncio
import atexit
import hashlib
import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, cast

import nbformat
from jupyter_client.asynchronous.client import AsyncKernelClient
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, DeadKernelError

from llm_kernel import install
from llm_kernel.errors import CellError, ImaginedMachineError, ModelError, StateError, TapeError
from llm_kernel.model.tape import Mode

__all__ = ["GOES_ON", "Execution", "Taped", "blank", "joined", "manager", "open_book", "shown", "write_book"]

GOES_ON = ("CommandFailed", "BadReply", "Refused", "CellError")
"""Errors that are the machine's answers. All others are faults of ours, and no notebook goes on behind them."""

KILLED = "kernel-killed"
"""The tag of a cell before which the kernel is killed; the next one goes on with the notebook."""

_QUIET = 25.0
"""Seconds without a new recording after which no reply is taken to be under way."""

SEES = 60.0  # seconds that the last outputs of a cell may take to arrive behind its reply


@dataclass(frozen=True, slots=True)
class Taped:
    """Which tape a kernel gets, over which base, and how."""

    path: Path
    mode: Mode
    base: Path | None = None

    def arguments(self, home: str = "") -> list[str]:
        """The kernel's settings, over all that the environment and settings files say.

        ``home``: the notebook goes on after its kernel was killed, by the snapshots there.
        """
        said = {
            "tape": self.path.absolute(),
            "tape_mode": self.mode,
            "tape_base": self.base.absolute() if self.base else "",
            "clock": "stepped",
            "pace": "0",
            "session_name": "notebook" if home else "",  # the machine of an earlier run has no part in it
            **({"home": home} if home else {}),
        }
        return [f"--LLMKernel.{name}={value}" for name, value in said.items()]


@dataclass(slots=True)
class Execution:
    """One run of a notebook: ``book`` with its new outputs, the tape's lines that were ``asked``, what it cost.

    ``header`` is what the kernel begins a tape with.
    """

    book: Any
    folder: Path
    taped: Taped
    allow_errors: bool = False
    before: Sequence[str] = ()
    begun: Callable[[int, int], None] = lambda number, total: None
    asked: set[int] = field(default_factory=set)
    header: dict[str, Any] = field(default_factory=dict)
    cells: int = 0
    replies: int = 0
    tokens: int = 0
    _fault: ImaginedMachineError | None = None

    def run(self) -> None:
        """Execute every cell.

        Raises:
            TapeError, ModelError: where a fault of ours ended it; the message names the cell.
            CellError: where a cell failed that may not.
        """
        book = blank(self.book)
        with tempfile.TemporaryDirectory() as place:
            client = NotebookClient(
                book,
                manager(Path(place), before=self.before),
                timeout=None,
                iopub_timeout=SEES,
                record_timing=False,
                allow_errors=self.allow_errors,
                extra_arguments=self.taped.arguments(place if any(map(_kills, book.cells)) else ""),
                resources={"metadata": {"path": str(self.folder)}},
            )
            client.owns_km = True  # so that its end is the kernel's end
            client.on_cell_start, client.on_cell_executed = partial(self._start, client), self._executed
            log = Path(place) / "kernel.log"
            try:
                with log.open("wb") as stderr:
                    client.execute(env=dict(os.environ), stderr=stderr)
            except CellExecutionError as error:
                raise CellError(self._failed(f"{error.ename}: {error.evalue}")) from error
            except (DeadKernelError, RuntimeError) as error:
                atexit.unregister(client._cleanup_kernel)  # nbclient leaves it behind a kernel that did not start
                last = log.read_text("utf-8", "replace").strip().rpartition("\n")[2]
                raise ModelError(f"The kernel is gone: {error}. {last}") from error
        for cell in book.cells:
            if cell.cell_type == "code":
                cell.outputs = joined(cell.outputs)
        self.book = book

    async def _start(self, client: NotebookClient, cell: Any, cell_index: int) -> None:
        if _kills(cell):
            await self._kill(client)
        if cell.cell_type == "code" and cell.source.strip():
            self.cells += 1
            self.begun(self.cells, sum(one.cell_type == "code" and bool(one.source.strip()) for one in self.book.cells))

    async def _kill(self, client: NotebookClient) -> None:
        """Kill the kernel as a power cut does, and start another; what is being recorded is let come to its end."""
        path, size, since = self.taped.path, -1, time.monotonic()
        while self.taped.mode != "replay" and time.monotonic() - since < _QUIET:
            now = path.stat().st_size if path.exists() else 0
            if now != size:
                size, since = now, time.monotonic()
            await asyncio.sleep(0.5)
        await cast(AsyncKernelManager, client.km).restart_kernel(now=True)
        await cast(AsyncKernelClient, client.kc).wait_for_ready(timeout=SEES)

    def _executed(self, cell: Any, cell_index: int, execute_reply: Any) -> None:
        content = execute_reply["content"]
        told = execute_reply["metadata"].get("llm_kernel", {})
        answers = [answer for answer in told.get("answers", []) if answer["by"] in ("model", "tape")]
        taped = told.get("tape", {})
        self.asked.update(taped.get("asked", []))
        self.header = taped.get("header", {})
        self.replies += sum(answer["tries"] for answer in answers)
        self.tokens += sum(answer["prompt"] + answer["completion"] for answer in answers)
        if content["status"] == "error" and not self._goes_on(content["ename"]):
            raise _kind(content["ename"])(f"Cell {self.cells} ({_first(cell)}): {content['evalue']}")
        for name, words in told.get("faults", {}).items():  # a job ends by one, and the cell goes on
            if not self._goes_on(name):
                raise _kind(name)(f"Cell {self.cells} ({_first(cell)}), or a job that runs since before it: {words}")

    def _goes_on(self, name: str) -> bool:
        """Whether a notebook goes on behind an error; a replay also behind a refusal that it plays."""
        return name in GOES_ON or (self.taped.mode == "replay" and name == "OverBudget")

    def _failed(self, words: str) -> str:
        cell = [one for one in self.book.cells if one.cell_type == "code" and one.source.strip()][self.cells - 1]
        advice = "Tag the cell raises-exception, or say --allow-errors, if it is to fail."
        return f"Cell {self.cells} ({_first(cell)}) ended in {words}. {advice}"


def _kind(name: str) -> type[ImaginedMachineError]:
    """The fault that a run ends with, by the name of the kernel's."""
    return TapeError if name.startswith("Tape") else ModelError


def _kills(cell: Any) -> bool:
    return KILLED in cell.metadata.get("tags", [])


def open_book(path: Path) -> Any:
    """The notebook in a file.

    Raises:
        StateError: when there is none, or it is one of another kernel.
    """
    try:
        book = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]
    except OSError as error:
        raise StateError(f"The notebook {path} cannot be read: {error.strerror}.") from error
    except Exception as error:  # nbformat raises what it likes for a text that is no notebook
        raise StateError(f"{path} is no notebook: {' '.join(str(error).split())[:200]}") from error
    spec = book.metadata.get("kernelspec", {})
    if spec.get("language", "bash") != "bash":
        raise StateError(f"{path} is a notebook for the kernel {spec.get('name')}, whose cells are {spec['language']}.")
    return book


def write_book(book: Any, path: Path) -> None:
    """Write a notebook, whole or not at all."""
    text = nbformat.writes(book)  # type: ignore[no-untyped-call]
    path = path.resolve()
    beside = path.with_name(f".{path.name}.new")
    beside.write_text(text if text.endswith("\n") else f"{text}\n", encoding="utf-8")
    if path.exists():
        shutil.copymode(path, beside)
    beside.replace(path)


def blank(book: Any) -> Any:
    """The notebook without outputs, ready to be executed."""
    book = deepcopy(book)
    for cell in book.cells:
        cell.metadata.pop("execution", None)
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    return book


def manager(folder: Path, *, before: Sequence[str] = ()) -> AsyncKernelManager:
    """A manager of this Python's kernel, whichever others Jupyter knows by its name.

    ``before`` are words that start its process, in a place without a network perhaps: such a kernel is spoken to over
    sockets of the file system.
    """
    spec = install.install(prefix=str(folder))
    if before:
        data = json.loads((spec / "kernel.json").read_text("utf-8"))
        data["argv"] = [*before, *data["argv"]]
        (spec / "kernel.json").write_text(json.dumps(data), "utf-8")
    found = AsyncKernelManager(kernel_name=spec.name)
    if before:
        found.transport, found.ip = "ipc", str(folder / "socket")
    found.kernel_spec_manager = KernelSpecManager(kernel_dirs=[str(spec.parent)])
    return found


def joined(outputs: Sequence[Any]) -> list[Any]:
    """Outputs with neighbouring pieces of one stream made one: how a stream was cut tells nothing."""
    found: list[Any] = []
    for output in outputs:
        if output.output_type == "stream" and found and found[-1].get("name") == output.name:
            found[-1].text += output.text
        else:
            found.append(deepcopy(output))
    return found


def shown(cell: Any) -> list[str]:
    """A cell's outputs as lines to compare; counts and metadata of the execution are no part of them."""
    lines: list[str] = []
    for output in joined(cell.outputs):
        match output.output_type:
            case "stream":
                lines += [f"[{output.name}]", *_lines(output.text)]
            case "error":
                lines += [f"[error] {output.ename}: {output.evalue}", *(_lines("\n".join(output.traceback)))]
            case kind:
                for mime in sorted(output.data):
                    lines += [f"[{kind}: {mime}]", *_lines(_text(output.data[mime]))]
    return lines


def _text(value: Any) -> str:
    if not isinstance(value, str):
        return json.dumps(value, ensure_ascii=False, sort_keys=True, indent=1)
    if len(value) > 1000 and not any(char.isspace() for char in value.strip()):  # base64
        return f"{len(value)} characters, sha256 {hashlib.sha256(value.encode()).hexdigest()}"
    return value


def _lines(text: str) -> list[str]:
    return text.split("\n") if not text.endswith("\n") else text[:-1].split("\n")


def _first(cell: Any) -> str:
    line = str(cell.source).strip().split("\n")[0]
    return f"`{line if len(line) <= 60 else line[:59] + '…'}`"
