"""What a Python file that was just written will surely fail with when it is run as it stands, in one sentence."""

from __future__ import annotations

import posixpath

from llm_kernel.machine import Machine
from llm_kernel.plan import plan

__all__ = ["fails"]

_TOLD = ("ModuleNotFoundError", "ImportError", "FileNotFoundError")
"""What hangs on the machine as it is when the program runs; a module that is not there is told elsewhere."""
_LONGEST = 100_000


def fails(machine: Machine, source: str, path: str, cwd: str) -> list[str]:
    """The error that ends the file's program whatever happens, where its source alone decides that."""
    if len(source) > _LONGEST:
        return []
    files, folder = machine.files, posixpath.dirname(path)

    def read(name: str) -> str | None:
        place = files.absolute(name, folder)
        try:
            return None if files.is_sized(place) else files.read(place).decode("utf-8")
        except (OSError, UnicodeDecodeError):
            return None

    planned = plan(source, (), read=read)
    fault = planned.fault if planned else None
    if fault is None or not fault.frames or fault.kind in _TOLD:
        return []
    frame = fault.frames[-1]
    lines = (read(frame.module) or "" if frame.module else source).splitlines()
    line = lines[frame.line - 1] if 0 < frame.line <= len(lines) else ""
    if "argv" in line or "environ" in line:  # with arguments or another environment it may go well
        return []
    where = posixpath.join(folder, frame.module) if frame.module else path
    named = posixpath.relpath(where, cwd) if where.startswith(f"{cwd.rstrip('/')}/") else where
    said = f"{fault.kind}: {fault.text}" if fault.text else fault.kind
    return [f"{named} will end at line {frame.line} with {said.splitlines()[0]}"]
