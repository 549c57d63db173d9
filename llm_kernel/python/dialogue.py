"""A talk with Python: what was typed so far as one program, whose last part is what is new.

Each new part is run together with all that went before it, which says again what it said: no state but the text.
"""

from __future__ import annotations

import ast
import codeop
import re
import warnings
from dataclasses import dataclass

from llm_kernel.python.edits import Text
from llm_kernel.python.sandbox import Outcome, Piece
from llm_kernel.python.script import Unsure

__all__ = ["Dialogue", "Said", "complete"]

_MARK = "\x1e"
_SHOW = "def _show(value):\n    if value is not None:\n        print(repr(value))\n"
_PLACED = re.compile(r'File "<stdin>", line (\d+), in (\S+)')
_TRACEBACK = "Traceback (most recent call last):"
_MARKED = (3, 13)
"""The Python from which on errors show their source here too."""

_ASKED = frozenset("input help copyright credits license breakpoint _ __file__ now today time utcnow".split())
_CLOCKS = frozenset("now today time utcnow perf_counter monotonic process_time time_ns stdin ctime localtime".split())
"""Names of what is not the same when it is asked for again."""

_STILL = (ast.Name, ast.Constant, ast.BinOp, ast.UnaryOp, ast.Compare, ast.Subscript, ast.Attribute, ast.BoolOp)
_LONGEST = 60_000


def complete(text: str) -> bool:
    """Whether Python would run what was typed, or complain of it, rather than ask for more."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return codeop.compile_command(text, "<stdin>", "single") is not None
    except (SyntaxError, ValueError, OverflowError):
        return True


@dataclass(frozen=True, slots=True)
class Said:
    """What a new part did: what it wrote and slept, and whether Python ended with it."""

    pieces: tuple[Piece, ...]
    ended: bool


@dataclass(frozen=True, slots=True)
class _Part:
    text: str
    lines: int
    line: int


class Dialogue:
    """The parts of a talk with a Python of one ``version``."""

    def __init__(self, version: tuple[int, int]) -> None:
        self._version = version
        self._parts: list[_Part] = []
        self._before = ""
        self._new = ""

    def source(self, typed: str) -> str:
        """The program whose last part is ``typed``.

        Raises:
            Unsure: where the part asks for what differs from one run to the next, or is no Python.
        """
        if _MARK in typed:
            raise Unsure("a mark in what was typed")
        try:
            tree = ast.parse(typed, feature_version=self._version)
        except (SyntaxError, ValueError, RecursionError, MemoryError) as err:
            raise Unsure(f"syntax: {err}") from err
        for node in ast.walk(tree):
            name = node.id if isinstance(node, ast.Name) else ""
            if name in _ASKED or (isinstance(node, ast.Attribute) and node.attr in _CLOCKS):
                raise Unsure(f"asks for {name or 'the time'}")
        self._new = _shown(typed, tree)
        text = "".join([_SHOW, *(part.text for part in self._parts), _mark(), self._new, _mark()])
        if len(text) > _LONGEST:
            raise Unsure("a long talk")
        return text

    def heard(self, typed: str, outcome: Outcome) -> Said:
        """What the run of ``source(typed)`` says of its last part, which now belongs to the talk.

        Raises:
            Unsure: where the parts before it did not say what they had said.
        """
        before, pieces, whole = _apart(outcome.pieces)
        if before != self._before:
            raise Unsure("another run says something else")
        last = pieces[-1] if pieces and not whole else 0.0
        failed = isinstance(last, tuple) and last[0] == "stderr" and _TRACEBACK in last[1]
        if failed and self._version >= _MARKED:
            raise Unsure("an error that shows its source")
        if failed:
            pieces = [*pieces[:-1], self._placed(last)]
            self._keep(_harmless(typed, self._new))
        else:
            self._keep(self._new)
        self._before += "".join(piece[1] for piece in pieces if isinstance(piece, tuple) and piece[0] == "stdout")
        return Said(tuple(pieces), ended=not whole and not failed)

    def _keep(self, text: str) -> None:
        line = 1 + _SHOW.count("\n") + sum(part.text.count("\n") for part in self._parts)
        self._parts.append(_Part(text, text.count("\n"), line))

    def _placed(self, piece: Piece) -> Piece:
        """An error's message with the lines counted within the part that they are in."""
        assert isinstance(piece, tuple)
        begins = 1 + _SHOW.count("\n") + sum(part.text.count("\n") for part in self._parts)

        def place(found: re.Match[str]) -> str:
            line, function = int(found[1]), found[2]
            if function == "_show":
                raise Unsure("an error while a value is shown")
            part = next((one for one in self._parts if one.line <= line < one.line + one.lines), None)
            own = line - part.line + 1 if part else line - begins
            return f'File "<stdin>", line {own}, in {function}'

        return piece[0], _PLACED.sub(place, piece[1])


def _mark() -> str:
    return f"print({_MARK!r}, end='')\n"


def _shown(typed: str, tree: ast.Module) -> str:
    """A part with its values shown, as Python shows them to who types."""
    text = Text(typed)
    pieces, done = [], 0
    for node in tree.body:
        if isinstance(node, ast.Expr):
            start, end = text.span(node.value)
            while typed[:start].rstrip(" ").endswith("(") and typed[end:].lstrip(" ").startswith(")"):
                start, end = typed[:start].rstrip(" ").rfind("("), end + typed[end:].index(")") + 1
            pieces += [typed[done:start], "_show(", typed[start:end], ")"]
            done = end
    return "".join([*pieces, typed[done:]]).rstrip("\n") + "\n"


def _harmless(typed: str, text: str) -> str:
    """A part that failed, as it has to stand before the next: it fails again, and nothing is said of it.

    Raises:
        Unsure: where it cannot be told what it did before it failed.
    """
    tree = ast.parse(typed)
    nodes = [node for node in ast.walk(tree) if isinstance(node, ast.expr | ast.stmt)]
    still = all(isinstance(node, (*_STILL, ast.Expr)) for node in nodes)
    if still or isinstance(tree.body[0], ast.Import | ast.ImportFrom):
        return "pass\n" * text.count("\n")
    if len(tree.body) != 1 or text.count("\n") != 1:
        raise Unsure("a part of several lines that failed")
    return f"try: {text}except Exception: pass\n"


def _apart(pieces: tuple[Piece, ...]) -> tuple[str, list[Piece], bool]:
    """What was written to standard output before the last part, what that did, and whether it came to its end."""
    before, new, marks = "", list[Piece](), 0
    for piece in pieces:
        if isinstance(piece, tuple) and piece[0] == "stdout":
            for at, text in enumerate(piece[1].split(_MARK)):
                marks += at > 0
                before += text if not marks else ""
                if text and marks:
                    new.append(("stdout", text))
        elif marks:
            new.append(piece)
    if not marks:
        raise Unsure("it ended before")
    return before, new, marks > 1
