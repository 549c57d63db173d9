"""What scripts are led by, the words that are put into them, and how an edit names its place."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

from tree_sitter import Node

__all__ = [
    "AT",
    "DEEP",
    "ELAPSED",
    "FED",
    "GONE",
    "INNER",
    "OVER",
    "TTY",
    "Edit",
    "Lead",
    "alone",
    "ended",
    "replaced",
    "text_of",
]

INNER = "__llm_kernel_inner"
"""The word under which a script asks how a text that it is about to run has to be given to the library."""

DEEP = "__llm_kernel_deep"
"""The word by which a function goes on in a shell of its own, where the library lets it call no further."""

ELAPSED = "__llm_kernel_elapsed"
"""The word that gives ``$SECONDS``, or sets it."""

TTY = "__llm_kernel_tty"
"""The variable that says, to a program which asks, which of its streams 0, 1 and 2 are the terminal."""

FED = "__llm_kernel_fed"
"""The variable that says, to a program which asks, that it reads a file."""

GONE = "__llm_kernel_no_"
"""What stands before a name that must not be found."""

OVER = "__llm_kernel_over"
"""The variable that is set where a watched script ends by its own will."""

AT = "__llm_kernel_at"
"""The variable that says, to a program which is not there, what the shell says of it."""

Edit = tuple[int, int, str]
"""Where what is replaced begins and ends, in bytes, and what stands there instead."""


@dataclass(frozen=True, slots=True)
class Lead:
    """What scripts are led by.

    ``tools`` are the library's programs, ``place`` gives the path of one, ``ours`` every word that is no program of the
    machine's, ``builtins`` those of bash's own; ``absent``: a word that would be taken for a program
    and is none. ``inner``: the script is run by a shell that is not the login shell;
    ``watched``: how it ends is looked at; ``source``: its file, if any; ``shared``: files have several names, which
    are links to the library. ``terminal``: its streams that are the terminal.
    ``trapped``: it waits for signals that others send.
    ``guarded``: files may be closed to it, or disks full. ``dated``: a variable may hold a format with a date.
    ``asked``: what it reads from the terminal is asked for. ``pathed``: it says where programs are looked for.
    """

    pid: int
    parent: int
    version: str
    tools: Collection[str]
    ours: Collection[str]
    builtins: Collection[str]
    place: Callable[[str], str]
    absent: Callable[[str], bool]
    inner: bool = False
    watched: bool = False
    source: str = ""
    shared: bool = False
    terminal: str = "012"
    trapped: bool = False
    guarded: bool = False
    dated: bool = False
    asked: bool = False
    pathed: bool = False


def text_of(node: Node) -> str:
    """The text that a node spans."""
    return (node.text or b"").decode("utf-8", "replace")


def alone(node: Node) -> bool:
    """Whether a statement stands for itself, so that two may stand in its place."""
    return node.parent is not None and node.parent.type in ("program", "compound_statement", "do_group")


def replaced(node: Node, text: str) -> Edit:
    """``text`` in the place of a node."""
    return node.start_byte, node.end_byte, text


def ended(node: Node, text: str, instead: str) -> Edit:
    """``instead`` for the ``text`` that a node ends with."""
    return node.end_byte - len(text.encode()), node.end_byte, instead
