"""Why a cell failed, as the protocol wants it: the same words in the message on iopub and in the reply."""

from __future__ import annotations

import traceback
from dataclasses import dataclass
from typing import Any

from llm_kernel.errors import ImaginedMachineError
from llm_kernel.events import Exit

__all__ = ["INTERRUPTED", "Failure"]

INTERRUPTED = 130


@dataclass(frozen=True, slots=True)
class Failure:
    """A name for programs (``CommandFailed``, or the fault's class), a sentence, and lines for the person."""

    ename: str
    evalue: str
    traceback: tuple[str, ...] = ()

    def content(self) -> dict[str, Any]:
        """The failure's part of a message."""
        return {"ename": self.ename, "evalue": self.evalue, "traceback": list(self.traceback)}

    @classmethod
    def of_end(cls, end: Exit) -> Failure | None:
        """The failure that a cell's end means; None for a cell that went well."""
        if end.status == 0:
            return None
        ename = "KeyboardInterrupt" if end.status == INTERRUPTED else "CommandFailed"
        return cls(ename, f"exit status {end.status}", (f"exit status {end.status}",))

    @classmethod
    def of_error(cls, error: BaseException) -> Failure:
        """A fault that was raised; one that is not ours is a bug, and shows where it happened."""
        name = type(error).__name__
        ours = isinstance(error, ImaginedMachineError)
        lines = (f"{name}: {error}",) if ours else tuple(traceback.format_exception(error))
        return cls(name, str(error), lines)
