"""One program on a fresh machine, by the session that a kernel has: with its plan, without, or by the model alone."""

from __future__ import annotations

import asyncio
import posixpath
import time
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import Any

from bench.fidelity_programs.against_real import planned
from bench.fidelity_programs.cases import Case
from bench.fidelity_programs.judge import Judged, judge
from llm_kernel.errors import ImaginedMachineError
from llm_kernel.events import Exit, Text
from llm_kernel.plan.fetching import fetch
from llm_kernel.session import Session

__all__ = ["MODES", "Result", "run"]

MODES = ("plan", "none", "pure")
"""With the print plan; without it; the model alone, nothing computed."""
PATIENCE = 1800.0
KEPT = 6000
_HOME = "/root/work"


@dataclass(frozen=True, slots=True)
class Result:
    """One judged run."""

    id: str
    mode: str
    by: str
    status: int
    stdout: str
    stderr: str
    judged: Judged
    seconds: float
    prompt: int
    completion: int

    def to_json(self) -> dict[str, Any]:
        """The result as it is stored."""
        return asdict(self)


async def run(case: Case, build: Callable[[], Session], mode: str) -> Result:
    """Set a machine up for the case, run its command in one mode, judge what came."""
    session = build()
    try:
        await _furnish(session, case)
        options = session.setup.options
        if mode == "pure":
            await session.life.physics("pure")
        session.world.emulator.options = replace(options, plans=mode == "plan")
        started = time.monotonic()
        stdout, stderr, status = await _cell(session, f"cd {_HOME} && {case.command}")
        seconds = time.monotonic() - started
        answers = list(session.answers)
        expected = planned(case, partial(_version, session), posixpath.dirname(_HOME))
        files = [name for name in case.writes if session.machine.files.exists(posixpath.join(_HOME, name))]
    finally:
        await session.close()

    return Result(
        case.id,
        mode,
        by="model" if any(answer.by in ("model", "tape") for answer in answers) else "exact",
        status=status,
        stdout=stdout[:KEPT],
        stderr=stderr[:KEPT],
        judged=judge(case, expected, stdout, stderr, status, files),
        seconds=round(seconds, 2),
        prompt=sum(answer.prompt for answer in answers),
        completion=sum(answer.completion for answer in answers),
    )


def _version(session: Session, package: str) -> str | None:
    found = session.machine.packages.find("pip", package)
    return found.version if found is not None else None


async def _furnish(session: Session, case: Case) -> None:
    """The system, the packages, the GPUs and the files that the program finds."""
    packages = ["torch 1.13.1", "torchvision 0.14.1", "numpy 1.24.2", "tqdm 4.64.1", *case.packages]
    words = ["os ubuntu 22.04", "python 3.10", *(f"install pip {name}" for name in packages)]
    if case.gpus:
        words = [f"gpu {case.gpus} 'NVIDIA GeForce RTX 3090'", "driver 525.60.13", *words]
    for cell in [*(f"%machine {word}" for word in words), f"mkdir -p {_HOME}"]:
        _, stderr, status = await _cell(session, cell)
        if status:
            raise RuntimeError(f"the machine cannot be set up by {cell!r}: {stderr}")
    files = session.machine.files
    for name, text in case.beside().items():
        path = posixpath.join(_HOME, name)
        await _cell(session, f"mkdir -p {posixpath.dirname(path)}")
        files.write(path, text.encode())
    for name in case.data:
        known = fetch(name, "data")
        for path, size in known.files if known else ():
            await _cell(session, f"mkdir -p {_HOME}/{posixpath.dirname(path)}")
            files.sized(posixpath.join(_HOME, path), size)


async def _cell(session: Session, text: str) -> tuple[str, str, int]:
    """What a cell prints on either stream, and its status; a fault of the model gives -1."""
    said: dict[str, list[str]] = {"stdout": [], "stderr": []}
    try:
        status = await asyncio.wait_for(_read(session, text, said), PATIENCE)
    except ImaginedMachineError as error:
        said["stderr"].append(f"[{type(error).__name__}: {error}]\n")
        status = -1
    except asyncio.TimeoutError:
        said["stderr"].append(f"[no end after {PATIENCE:.0f} s]\n")
        status = -1
    return "".join(said["stdout"]), "".join(said["stderr"]), status


async def _read(session: Session, text: str, said: dict[str, list[str]]) -> int:
    status = -1
    async with aclosing(session.run_cell(text)) as events:
        async for event in events:
            match event:
                case Text(stream, piece):
                    said[stream].append(piece)
                case Exit(number):
                    status = number
    return status
