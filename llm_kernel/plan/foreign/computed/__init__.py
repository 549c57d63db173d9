"""Programs in C that are computed: each statement of the source is done, on values that are exactly C's.

Nothing of a program runs on the host: its tree is lowered to steps that know numbers, memory of their own and what is
printed. What is not known, or not defined by the language, ends it there: what was printed up to then is certain.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from llm_kernel.plan.foreign.computed.console import Console
from llm_kernel.plan.foreign.computed.doubt import Died, Ended, Unsure
from llm_kernel.plan.foreign.computed.preprocessing import preprocessed
from llm_kernel.plan.foreign.computed.program import Program
from llm_kernel.plan.foreign.trees import tree
from llm_kernel.plan.nodes import Line, Literal, Stream

__all__ = ["Computed", "computed"]


@dataclass(frozen=True, slots=True)
class Computed:
    """What a program surely prints first; ``status`` is its exit status where that is all, else None.

    ``why`` says what was not known.
    """

    lines: tuple[Line, ...]
    status: int | None
    why: str = ""


def computed(source: str, argv: Sequence[str], typed: bytes | None = None) -> Computed:
    """Go through a C program that is called with ``argv`` and reads ``typed``."""
    console = Console(typed)
    status, why = None, ""
    try:
        root = tree(preprocessed(source), "c")
        if root is None:
            raise Unsure("a source that cannot be read")
        status = Program(root, console).run(argv)
    except Ended as end:
        status = end.status
    except Died as end:
        status = 128 + end.signal
    except Unsure as err:
        why = str(err)
    except (RecursionError, OverflowError) as err:
        why = type(err).__name__
    return Computed(_lines(console), status, why)


def _lines(console: Console) -> tuple[Line, ...]:
    """What was printed, line by line."""
    runs: list[tuple[Stream, bytearray]] = []
    for stream, data in console.pieces:
        if runs and runs[-1][0] == stream:
            runs[-1][1].extend(data)
        else:
            runs.append((stream, bytearray(data)))
    made = []
    for stream, held in runs:
        *whole, last = held.decode("utf-8", "replace").split("\n")
        made += [Line((Literal(one),) if one else (), "\n", stream) for one in whole]
        made += [Line((Literal(last),), "", stream)] if last else []
    return tuple(made)
