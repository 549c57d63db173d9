"""Programs in C that are computed: each statement of the source is done, on values that are exactly C's.

Nothing of a program runs on the host: its tree is lowered to steps that know numbers, memory of their own and what is
printed. What is not known, or not defined by the language, ends it there: what was printed up to then is certain.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from llm_kernel.plan.foreign.computed.console import Console, Piece, Waits
from llm_kernel.plan.foreign.computed.doubt import Died, Ended, Unsure
from llm_kernel.plan.foreign.computed.preprocessing import preprocessed
from llm_kernel.plan.foreign.computed.program import Program
from llm_kernel.plan.foreign.trees import tree
from llm_kernel.plan.nodes import Line, Literal, Stream

__all__ = ["Computed", "Piece", "computed"]


@dataclass(frozen=True, slots=True)
class Computed:
    """What a program surely does first; ``status`` is its exit status where that is all, else None.

    ``waits``: it reads what nobody has typed yet. ``signal`` ended it, if not 0. ``why`` says what was not known.
    """

    pieces: tuple[Piece, ...]
    status: int | None = None
    signal: int = 0
    waits: bool = False
    why: str = ""

    @property
    def lines(self) -> tuple[Line, ...]:
        """What is printed, line by line."""
        runs: list[tuple[Stream, bytearray]] = []
        for piece in self.pieces:
            if isinstance(piece, float):
                continue
            if runs and runs[-1][0] == piece[0]:
                runs[-1][1].extend(piece[1])
            else:
                runs.append((piece[0], bytearray(piece[1])))
        made = []
        for stream, held in runs:
            *whole, last = held.decode("utf-8", "replace").split("\n")
            made += [Line((Literal(one),) if one else (), "\n", stream) for one in whole]
            made += [Line((Literal(last),), "", stream)] if last else []
        return tuple(made)


_LONGEST = 50_000


@lru_cache(maxsize=8)
def computed(source: str, argv: tuple[str, ...], typed: bytes = b"", *, more: bool = True) -> Computed:
    """Go through a C program that is called with ``argv`` and reads ``typed``, and ``more`` if somebody may type it."""
    console = Console(typed, more=more)
    try:
        if len(source) > _LONGEST:
            raise Unsure("a long source")
        root = tree(preprocessed(source), "c")
        if root is None:
            raise Unsure("a source that cannot be read")
        status = Program(root, console).run(argv)
        return Computed(tuple(console.pieces), status)
    except Ended as end:
        if end.abrupt:
            console.cut()
        return Computed(tuple(console.pieces), end.status)
    except Died as end:
        console.cut()
        return Computed(tuple(console.pieces), 128 + end.signal, end.signal)
    except Unsure as err:
        return Computed(tuple(console.pieces), waits=isinstance(err, Waits), why=str(err))
    except (RecursionError, OverflowError) as err:
        return Computed(tuple(console.pieces), why=type(err).__name__)
