"""What a text tool reads: its files in their order, or its input where none is named."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

from llm_kernel.shell.call import Answer, Call, Io

__all__ = ["fed", "flowing", "lines", "tell"]


async def fed(call: Call, io: Io, names: Sequence[str]) -> AsyncIterator[tuple[str, bytes | OSError]]:
    """Each name with its bytes, or with what is wrong with it; ``-`` and no name at all are the input."""
    for name in names or ("-",):
        if name == "-":
            yield name, await io.read()
            continue
        try:
            path = call.path(name)
            if call.machine.files.is_dir(path):
                raise IsADirectoryError(21, "Is a directory", name)
            with call.acting():
                data: bytes | OSError = call.machine.files.head(path)
        except OSError as err:
            data = err
        yield name, data


async def flowing(
    call: Call, io: Io, names: Sequence[str], end: bytes = b"\n"
) -> AsyncIterator[tuple[str, bytes | OSError]]:
    """As ``fed``, but the input comes in pieces of whole lines, as it is written."""
    for name in names or ("-",):
        if name != "-":
            async for pair in fed(call, io, [name]):
                yield pair
            continue
        kept = b""
        async for chunk in io.chunks():
            whole, mark, kept = (kept + chunk).rpartition(end)
            if mark:
                yield name, whole + mark
        yield name, kept


def lines(data: bytes, end: bytes = b"\n") -> list[bytes]:
    """The lines of ``data`` without their ends; a last one without an end counts."""
    parts = data.split(end)
    return parts[:-1] if not parts[-1] else parts


async def tell(io: Io, answer: Answer) -> int:
    """Write an answer out."""
    if answer.stdout:
        await io.out(answer.stdout)
    if answer.stderr:
        await io.err(answer.stderr)
    return answer.status
