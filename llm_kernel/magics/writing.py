"""``%%writefile`` and ``%lsmagic``."""

from __future__ import annotations

import errno
import inspect
import posixpath
import shlex
from typing import TYPE_CHECKING

from llm_kernel.cell import Magic
from llm_kernel.errors import CellError
from llm_kernel.machine.paths import fault
from llm_kernel.magics.table import MAGICS, magic
from llm_kernel.output import Output

if TYPE_CHECKING:  # magics change the session; they live beside it
    from llm_kernel.session import Session


@magic("writefile")
async def _writefile(session: Session, word: Magic, output: Output) -> int:
    """%%writefile [-a] PATH: the cell's text becomes the file (-a: is added to it)."""
    try:
        args = shlex.split(word.args)
    except ValueError as error:
        raise CellError(f"%%writefile: {error}") from error
    append = "-a" in args or "--append" in args
    names = [arg for arg in args if arg not in ("-a", "--append")]
    if len(names) != 1:
        raise CellError("%%writefile takes one path: %%writefile [-a] PATH")
    where = await session.where()
    name = posixpath.join(where.variables.get("HOME", "/root"), names[0][2:]) if names[0][:2] == "~/" else names[0]
    files = session.machine.files
    path = files.absolute(name, where.cwd)
    there = files.exists(path)
    try:
        if name.endswith("/"):
            raise fault(errno.EISDIR, path)
        with files.acting(session.machine.actor()):
            old = files.read(path) if append and there else b""
            files.write(path, old + word.body.encode())
    except OSError as error:
        await output.err(f"writefile: {names[0]}: {error.strerror}\n".encode())
        return 1
    verb = "Appending to" if append and there else "Overwriting" if there else "Writing"
    await output.out(f"{verb} {names[0]}\n".encode())
    return 0


@magic("lsmagic")
async def _lsmagic(session: Session, word: Magic, output: Output) -> int:
    """%lsmagic: this list."""
    lines = [
        "%%meta: what the machine should be, have or hold, in plain language",
        "%meta TEXT: the same in one line; also {TEXT}",
        "%NAME ?: the help of one magic",
        *(inspect.getdoc(word) or "" for _, word in sorted(MAGICS.items())),
    ]
    await output.out("".join(f"{line}\n" for line in sorted(lines)).encode())
    return 0
