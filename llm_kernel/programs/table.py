"""The exact table: one row for each program that code answers, filled by one decorated function a program."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from llm_kernel.shell.call import Exact, Live

__all__ = ["EXACT", "Asks", "NotExact", "Row", "Unwritten", "exact", "live"]


class NotExact(Exception):  # noqa: N818 - a direction, not a fault
    """This call of an exact program cannot be computed: it is the model's."""


class Asks(Exception):  # noqa: N818 - a question, not a fault
    """Before it goes on, the program complains, prints ``said`` and asks; it is then run with what was typed.

    ``end`` is what end of file means to it; ``aside``: its question stands on standard error. A program that asks again
    is run with all the lines typed so far, on the files as they were before it began.
    """

    def __init__(self, said: str, prompt: str, *, complaint: str = "", end: str = "n", aside: bool = False) -> None:
        super().__init__(prompt)
        self.said, self.prompt, self.complaint, self.end, self.aside = said, prompt, complaint, end, aside


class Unwritten(NotExact):
    """This call can be computed once the contents of ``origins`` are imagined; nothing was changed yet."""

    def __init__(self, origins: list[str]) -> None:
        super().__init__(", ".join(origins))
        self.origins = origins


@dataclass(frozen=True, slots=True)
class Row:
    """One program: exactly one of ``run`` and ``live`` is set.

    ``needs`` names what must be there for the program to exist (see ``Machine.has``); empty: part of every system.
    """

    names: tuple[str, ...]
    run: Exact | None = None
    live: Live | None = None
    stdin: bool = False
    needs: str = ""


EXACT: dict[str, Row] = {}


def exact(*names: str, stdin: bool = False, needs: str = "") -> Callable[[Exact], Exact]:
    """Answer the programs ``names`` by the function below; ``stdin``: it wants its standard input read for it."""

    def register(run: Exact) -> Exact:
        EXACT.update(dict.fromkeys(names, Row(names, run=run, stdin=stdin, needs=needs)))
        return run

    return register


def live(*names: str, stdin: bool = False, needs: str = "") -> Callable[[Live], Live]:
    """Like ``exact``, for a program that writes while it runs."""

    def register(run: Live) -> Live:
        EXACT.update(dict.fromkeys(names, Row(names, live=run, stdin=stdin, needs=needs)))
        return run

    return register
