"""Process substitution: what ``<(...)`` wrote is a file of the machine while the program that it was handed to runs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from llm_kernel.machine.files import Files

__all__ = ["handed"]

_PLACE = "/dev/fd/"


@contextmanager
def handed(context: Any, files: Files) -> Iterator[None]:
    """Lay what the library holds for the arguments ``/dev/fd/N`` into the machine, and take it away at the end."""
    laid = []
    for path in context.argv:
        if path.startswith(_PLACE) and not files.exists(path):
            with suppress(Exception):  # the library raises what it likes for a name that is none of its own
                files.write(path, context.fs.read_file(path))
                laid.append(path)
    try:
        yield
    finally:
        for path in laid:
            with suppress(OSError):
                files.remove(path)
