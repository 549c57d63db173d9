"""``tee``: what comes in goes out and into files, piece by piece, as it comes."""

from __future__ import annotations

import posixpath

from llm_kernel.programs.options import Options
from llm_kernel.programs.table import live
from llm_kernel.shell.call import Answer, Call, Io

__all__ = ["tee"]

_TEE = Options(
    "a,append i,ignore-interrupts p output-error",
    usage="[OPTION]... [FILE]...",
    about="Copy standard input to each FILE, and also to standard output.",
    authors="Mike Parker, Richard M. Stallman, and David MacKenzie",
)


@live("tee")
async def tee(call: Call, io: Io) -> int:
    """Copy standard input to standard output and to files."""
    parsed = _TEE.parse(call)
    if isinstance(parsed, Answer):
        await io.out(parsed.stdout)
        await io.err(parsed.stderr)
        return parsed.status
    files, status, paths = call.machine.files, 0, dict[str, str]()
    for name in parsed.operands:
        path = call.path(name)
        try:
            if files.is_dir(path):
                raise IsADirectoryError(21, "Is a directory", name)
            if not files.is_dir(posixpath.dirname(path)):
                raise FileNotFoundError(2, "No such file or directory", name)
            if not ("append" in parsed and files.exists(path)) and path != "/dev/null":
                with call.acting():
                    files.write(path, b"")
        except OSError as error:
            await io.err(f"tee: {name}: {error.strerror}\n")
            status = 1
            continue
        paths[path] = name
    async for piece in io.chunks():
        await io.out(piece)
        for path, name in list(paths.items()):
            if piece and files.no_room(path):
                await io.err(f"tee: {name}: No space left on device\n")
                del paths[path]
                status = 1
            elif path != "/dev/null":
                try:
                    with call.acting():
                        files.append(path, piece)
                except OSError as error:
                    await io.err(f"tee: {name}: {error.strerror}\n")
                    del paths[path]
                    status = 1
    return status
