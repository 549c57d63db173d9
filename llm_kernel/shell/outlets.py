"""Where a job's two streams go: to the terminal, or to files, which are written as the bytes come."""

from __future__ import annotations

import posixpath
from collections.abc import Sequence

from llm_kernel.machine.files import Files
from llm_kernel.shell.background import Order, copies
from llm_kernel.shell.call import Call
from llm_kernel.shell.order import Sink

__all__ = ["Into", "outlets"]


class Into:
    """A pair of streams as the screen of a shell whose terminal they are."""

    def __init__(self, out: Sink, err: Sink) -> None:
        self._sinks = out, err

    async def out(self, data: bytes) -> None:
        """Write to the first."""
        await self._sinks[0](data)

    async def err(self, data: bytes) -> None:
        """Write to the second."""
        await self._sinks[1](data)


def outlets(
    files: Files, order: Order, call: Call, names: Sequence[str], terminal: tuple[Sink, Sink], *, anew: bool = True
) -> tuple[Sink, Sink]:
    """The two streams of ``order``, whose redirections name the files ``names`` one after the other.

    ``anew``: its files are opened as it says; else they are written on.

    Raises:
        OSError: for a file that cannot be opened.
    """
    left, sinks = list(names), {1: terminal[0], 2: terminal[1]}
    for descriptor, operator, destination in order.routes:
        if copies(operator, destination):
            sinks[descriptor] = sinks.get(int(destination), sinks[1])
            continue
        name = left.pop(0)
        to = _file(files, call.path(name), name, append=operator.endswith(">>") or not anew)
        for one in (1, 2) if operator.startswith("&") or operator == ">&" else (descriptor,):
            sinks[one] = to
    return sinks[1], sinks[2]


def _file(files: Files, path: str, name: str, *, append: bool) -> Sink:
    if path == "/dev/null":
        return _drop
    try:
        if not append or not files.exists(path):
            files.write(path, b"") if files.is_dir(posixpath.dirname(path)) else files.stat(path)
    except OSError as error:
        raise OSError(error.errno, error.strerror or "No such file or directory", name) from error

    async def write(data: bytes) -> None:
        files.append(path, data)

    return write


async def _drop(data: bytes) -> None:
    """What is written to /dev/null."""
