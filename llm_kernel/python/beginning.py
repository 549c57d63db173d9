"""Where Python's own library begins a thread, as the traceback of an error that ends one shows it: by release."""

from __future__ import annotations

from typing import Any

from llm_kernel.python.script import Unsure

__all__ = ["begun"]

_LINES: dict[tuple[int, ...], tuple[int, int]] = {
    (3, 6): (916, 864),
    (3, 8): (932, 870),
    (3, 9, 2): (954, 892),
    (3, 9, 18): (980, 917),
    (3, 10, 12): (1016, 953),
    (3, 10, 13): (1016, 953),
    (3, 11, 2): (1038, 975),
    (3, 11, 7): (1045, 982),
    (3, 12, 1): (1073, 1010),
    (3, 12, 3): (1073, 1010),
}
"""The lines of ``threading.py`` that call ``run`` and, in it, what the thread is for."""


def begun(version: tuple[int, ...], library: str, *, plain: bool) -> list[list[Any]]:
    """The frames above the first of the program's; ``plain`` where ``run`` is not its own.

    Raises:
        Unsure: where the lines of this release, or the folder of its library, were not written down.
    """
    lines = _LINES.get(version) or _LINES.get(version[:2])
    if lines is None or not library:
        raise Unsure("where a thread begins")
    calls = [(lines[0], "_bootstrap_inner", "self.run()")]
    if plain:
        calls.append((lines[1], "run", "self._target(*self._args, **self._kwargs)"))
    return [[f"{library}/threading.py", line, line, line, 0, -1, name, text] for line, name, text in calls]
