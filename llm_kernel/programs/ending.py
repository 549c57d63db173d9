"""How a program ends whose source says so: the traceback of an exception that nobody catches, and the exit status."""

from __future__ import annotations

import posixpath
from contextlib import suppress

from llm_kernel.machine import Machine
from llm_kernel.machine.words import READABLE, TEXTS
from llm_kernel.plan import Plan
from llm_kernel.programs.checkpoints import leave
from llm_kernel.programs.scripts import Script
from llm_kernel.programs.startup import named
from llm_kernel.programs.tracebacks import traceback
from llm_kernel.shell.call import Call, Io

__all__ = ["Ending"]


_SIZE = 512
"""Bytes of a file that a program leaves and of which nothing else is known."""
_SHORT = 20_000
"""Bytes of a text that a program leaves, where it is said to be longer than anybody would read."""


class Ending:
    """The end of one run of a script that lies at ``path``, by its plan."""

    def __init__(self, machine: Machine, script: Script, path: str, planned: Plan, call: Call) -> None:
        self._machine = machine
        self._call = call
        self._script = script
        self._path = path
        self._fault = planned.fault
        self._status = planned.status
        self._left = planned.left
        self._writes = planned.writes
        self._saves = planned.saves
        self.sudden = bool(planned.status) and not planned.writes
        """Whether the program fails for certain, and has written nothing before."""

    async def say(self, streams: Io, status: int) -> int:
        """Print what Python prints when it ends, and give its status; ``status`` is what the model said of it."""
        if status == 0:
            self._leave()
        if self._fault is not None:
            await streams.err(traceback(self._fault, self._version, self._named, self._text))
            return 1
        return self._status or status

    def _leave(self) -> None:
        """Lay the files that it has surely written and nobody has laid: they have a size, and no bytes yet."""
        files = self._machine.files
        saved = {path: (one.first.size, holds) for one in self._saves for path, holds in [one.at(0)]}
        for name in self._left:
            path = files.absolute(name, self._call.cwd)
            size, holds = saved.get(name, (None, {}))
            with suppress(OSError), self._call.acting():
                if files.exists(path) or not files.is_dir(posixpath.dirname(path)):
                    continue
                if size is not None:
                    leave(self._machine, path, size, holds)
                else:
                    files.sized(path, _SIZE)
        for name in {*self._left, *self._writes}:
            self._write(files.absolute(name, self._call.cwd))

    def _write(self, path: str) -> None:
        """A text that it has left, and of which there is a size alone, is imagined from its source when it is read."""
        files = self._machine.files
        if not path.endswith(TEXTS) or not files.exists(path) or files.origin(path):
            return
        if not files.is_sized(path) and (files.read(path).strip(b"\0") or not files.stat(path).size):
            return
        size = files.stat(path).size
        source = "" if self._script.text is not None else self._path
        with suppress(OSError), self._call.acting():
            said = " ".join((self._call.name, *self._call.args))
            files.latent(path, size if size <= READABLE else _SHORT, "\n".join((f"made {path}", source, said)))

    def _named(self, module: str) -> str:
        if module:
            return self._beside(module)
        return named(self._machine, self._script.name, self._path)

    def _beside(self, module: str) -> str:
        """Where a module of the program's own lies."""
        folder = self._call.cwd if self._script.text is not None else posixpath.dirname(self._path)
        return posixpath.join(folder, module)

    @property
    def _version(self) -> tuple[int, int]:
        major, minor, *_ = self._machine.system.python.split(".")
        return int(major), int(minor)

    def _text(self, module: str) -> str:
        if not module and self._script.text is not None:
            return self._script.text
        path = self._beside(module) if module else self._path
        try:
            return self._machine.files.read(path).decode("utf-8", "replace")
        except OSError:
            return ""
