"""The table of the ``%`` words: one function a word."""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeAlias

from llm_kernel.cell import Magic
from llm_kernel.errors import CellError
from llm_kernel.events import Display
from llm_kernel.output import Output
from llm_kernel.programs.table import EXACT
from llm_kernel.shell.words import OURS

if TYPE_CHECKING:  # magics change the session; they live beside it
    from llm_kernel.session import Session

__all__ = ["MAGICS", "magic", "run"]

Word: TypeAlias = Callable[["Session", Magic, Output], Awaitable[int]]

MAGICS: dict[str, Word] = {}
"""Every magic by its name without percent signs; its docstring is its help."""


def magic(name: str) -> Callable[[Word], Word]:
    """Put a function into the table."""

    def register(word: Word) -> Word:
        MAGICS[name] = word
        return word

    return register


async def run(session: Session, asked: Magic, output: Output) -> int:
    """Carry out one magic and return the cell's status; with ``?`` behind its name, show its help.

    Raises:
        CellError: for a magic that is not there; the message names the near ones.
    """
    word = MAGICS.get(asked.name)
    if word is None:
        sign = "%%" if asked.cell else "%"
        raise CellError(f"Unknown magic {sign}{asked.name}; {_hint(asked.name, sign)}.")
    if asked.args == "?":
        output.show(Display({"text/plain": f"{inspect.getdoc(word)}\n"}, kind="page"))
        return 0
    if asked.cell and asked.name not in _WHOLE:
        raise CellError(f"%%{asked.name} is a line magic: write %{asked.name}, and shell commands below it.")
    if not asked.cell and asked.name in _WHOLE:
        raise CellError(f"%{asked.name} owns its cell: write %%{asked.name} on the first line.")
    return await word(session, asked, output)


def _hint(name: str, sign: str) -> str:
    """What to write instead of a magic that is not there."""
    if name in OURS or name in EXACT:
        return f"{name} is a shell command, and takes no {sign}; %lsmagic lists the magics"
    near = difflib.get_close_matches(name, MAGICS, 3, 0.5)
    return f"near: {', '.join('%' + one for one in near)}" if near else "%lsmagic lists them"


_WHOLE = frozenset({"writefile"})
