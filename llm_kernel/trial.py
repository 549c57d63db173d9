"""A cell under the lamp: how it is read, the events it gives, and what it changed on the machine."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TextIO

from llm_kernel import cell as cells
from llm_kernel.errors import ImaginedMachineError
from llm_kernel.machine.snapshot import Change
from llm_kernel.session import Session

__all__ = ["run"]


async def run(session: Session, texts: Sequence[str], out: TextIO) -> int:
    """Run cells one after the other in one session, show all of it, and give the last one's exit status."""
    status = 0
    try:
        for text in texts:
            status = await _one(session, text, out)
    finally:
        await session.close()
    return status


async def _one(session: Session, text: str, out: TextIO) -> int:
    status = 1
    before = session.machine.files.snapshot()
    try:
        for part in cells.parse(text):
            out.write(f"part   {part!r}\n")
        async for event in session.run_cell(text):
            out.write(f"event  {event!r}\n")
            status = getattr(event, "status", status)
    except ImaginedMachineError as error:
        out.write(f"fault  {type(error).__name__}: {error}\n")
    for change in session.machine.files.diff(before, session.machine.files.snapshot()):
        if not change.path.startswith("/proc/"):
            out.write(f"file   {_line(change)}\n")
    return status


def _line(change: Change) -> str:
    size = f"{change.size} bytes" if change.lines is None else f"{change.lines} lines"
    return f"{change.kind} {change.path}" if change.kind == "-" else f"{change.kind} {change.path}  {size}"
