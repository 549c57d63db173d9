"""Process substitution: while a program runs, what ``<(...)`` wrote and what ``>(...)`` is to read are files."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from llm_kernel.machine.files import Files

__all__ = ["handed"]

_PLACE = "/dev/fd/"


@contextmanager
def handed(context: Any, files: Files) -> Iterator[None]:
    """Lay what the library holds for the arguments ``/dev/fd/N`` into the machine, and take back what was written."""
    laid: dict[str, bytes] = {}
    for path in context.argv:
        if path.startswith(_PLACE) and not files.exists(path):
            with suppress(Exception):  # the library raises what it likes for a name that is none of its own
                laid[path] = context.fs.read_file(path)
                files.write(path, laid[path])
    try:
        yield
    finally:
        for path, data in laid.items():
            with suppress(Exception):
                if (written := files.read(path)) != data:
                    context.fs.write_file(path, written)
            with suppress(OSError):
                files.remove(path)
