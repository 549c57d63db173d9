"""How a program ends whose source says so: the traceback of an exception that nobody catches, and the exit status."""

from __future__ import annotations

import posixpath

from llm_kernel.machine import Machine
from llm_kernel.plan import Plan
from llm_kernel.programs.scripts import Script
from llm_kernel.programs.startup import named
from llm_kernel.shell.call import Io

__all__ = ["Ending"]


class Ending:
    """The end of one run of a script that lies at ``path``, by its plan."""

    def __init__(self, machine: Machine, script: Script, path: str, planned: Plan) -> None:
        self._machine = machine
        self._script = script
        self._path = path
        self._fault = planned.fault
        self._status = planned.status
        self.sudden = bool(planned.status) and not planned.writes
        """Whether the program fails for certain, and has written nothing before."""

    async def say(self, streams: Io, status: int) -> int:
        """Print what Python prints when it ends, and give its status; ``status`` is what the model said of it."""
        if self._fault is not None:
            await streams.err(self._fault.traceback(self._named, self._lines))
            return 1
        return self._status or status

    def _named(self, module: str) -> str:
        if module:
            return posixpath.join(posixpath.dirname(self._path), module)
        return named(self._machine, self._script.name, self._path)

    def _lines(self, module: str) -> list[str]:
        path = posixpath.join(posixpath.dirname(self._path), module) if module else self._path
        try:
            return self._machine.files.read(path).decode("utf-8", "replace").splitlines()
        except OSError:
            return []
