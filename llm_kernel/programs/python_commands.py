"""Commands that a computed Python program runs: on the machine, by its shell, as the program's children."""

from __future__ import annotations

import base64
import shlex
from collections.abc import Mapping
from typing import Any

from llm_kernel.machine.snapshot import Snapshot
from llm_kernel.programs.exact.lookup import which
from llm_kernel.python import Disk, Unsure
from llm_kernel.shell.call import Call

__all__ = ["Commands"]

_MOST = 1000
"""Commands that one program runs at most."""


class Commands:
    """The commands of one run of the program that ``call`` started."""

    def __init__(self, call: Call) -> None:
        self._call = call
        self._before: Snapshot | None = None
        self._count = 0

    async def run(self, asked: Mapping[str, Any], disk: Disk) -> dict[str, Any]:
        """Run one command on the files as the program left them; its status, what it wrote and how long it took.

        ``asked``: its ``words``, ``input`` (base64; None for none), ``cwd``, the variables that the program changed in
        ``environ``, and whether both streams are ``merged`` into the first.

        Raises:
            Unsure: where there is no shell, and of too many commands.
        """
        call, run = self._call, self._call.run
        self._count += 1
        if run is None or self._count > _MOST:
            raise Unsure("a command of the shell")
        words = [str(word) for word in asked["words"]]
        environ = {str(name): value for name, value in asked["environ"].items()}
        path = environ.get("PATH") or call.env.get("PATH", "")
        cwd = asked["cwd"]
        if cwd is not None and not call.machine.files.is_dir(call.path(cwd)):
            raise Unsure("a directory that is not there")
        if not which(call.machine, words[0], path, call.path(cwd or ".")):
            return {"missing": True}
        if self._before is None:
            self._before = call.machine.files.snapshot()
        disk.land()
        begun = call.machine.clock.now
        out = bytearray()
        err = out if asked["merged"] else bytearray()

        async def said(data: bytes) -> None:
            out.extend(data)

        async def complained(data: bytes) -> None:
            err.extend(data)

        status = await run(_line(words, environ, cwd, asked["input"]), said, complained, parent=call.pid)
        return {
            "status": status,
            "out": base64.b64encode(out).decode(),
            "err": base64.b64encode(err if err is not out else b"").decode(),
            "seconds": call.machine.clock.now - begun,
        }

    def undo(self) -> None:
        """Put the files back that commands changed: the program is not computed after all."""
        if self._before is not None:
            self._call.machine.files.restore(self._before)


def _line(words: list[str], environ: Mapping[str, Any], cwd: str | None, given: str | None) -> str:
    """The shell's line for a command."""
    line = shlex.join(words)
    line = f"base64 -d <<< {shlex.quote(given)} | {line}" if given else f"{line} < /dev/null"
    for name, value in environ.items():
        line = f"export {name}={shlex.quote(value)}; {line}" if value is not None else f"unset {name}; {line}"
    return f"cd {shlex.quote(cwd)}; {line}" if cwd else line
