"""What an interpreted program's error says in the wanted version: this interpreter's words, turned into that one's."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

from llm_kernel.python.edits import Text
from llm_kernel.python.faults import suggestion
from llm_kernel.python.frames import placed
from llm_kernel.python.script import Script, Unsure
from llm_kernel.python.words import slotted, worded

__all__ = ["TELLERS", "Told"]

_HERE = sys.version_info[:2]
_POSITIONS = (3, 11)
_ALIKE = 3
"""Frames of the same place that are shown one after the other; of the rest their number is."""

_LINKS = {
    "cause": "\nThe above exception was the direct cause of the following exception:\n\n",
    "context": "\nDuring handling of the above exception, another exception occurred:\n\n",
}

_UNKNOWN = re.compile(
    r"(?:name|(?:'[\w.]+' object|(?:type object|module) '[\w.]+') has no attribute) '(\w+)'(?: is not defined)?"
)
OWN = "self."
"""How the names of a method's own object begin among those near to one that is not known."""
TELLERS = ("AttributeError", "NameError", "UnboundLocalError")
"""Errors whose texts say what may have been meant."""


class Told:
    """Tracebacks of one program, from what the guest tells of each error in a chain."""

    def __init__(
        self, script: Script, tree: ast.Module, sources: Mapping[str, tuple[Script, ast.Module]] | None = None
    ) -> None:
        self._script, self._tree = script, tree
        self._sources = sources or {script.name: (script, tree)}
        self._same = script.version == _HERE

    def traceback(self, chain: Sequence[Mapping[str, Any]]) -> str:
        """All that is written of an error that nothing caught; the oldest of its chain first.

        Raises:
            Unsure: where the wanted version may write something else.
        """
        parts: list[str] = []
        for index, error in enumerate(chain):
            if error["kind"] in ("ExceptionGroup", "MemoryError", "SyntaxError"):
                raise Unsure(f"error: {error['kind']}")
            parts.append("Traceback (most recent call last):\n" if error["frames"] else "")
            final = self._final(error)
            parts.append(self._frames(error, final))
            parts.append(final)
            if index + 1 < len(chain):
                parts.append(_LINKS[chain[index]["link"] or chain[index + 1]["link"]])
        return "".join(parts)

    def _final(self, error: Mapping[str, Any]) -> str:
        """The error's own line, with what it notes and suggests."""
        kind, text, final = str(error["kind"]), str(error["text"]), str(error["final"])
        if error["main"]:
            final = "__main__." * (self._script.version < (3, 11)) + final
        if error["notes"]:
            if self._script.version < (3, 11):
                raise Unsure("notes of an error")
            final += "".join(f"{note}\n" for note in error["notes"])
        if error["own"] or error["notes"]:
            return final
        if kind in TELLERS:
            return self._suggested(kind, text, error["near"])
        said = text if self._same else worded(kind, text, self._script, self._tree, caught=False)
        head = final.partition(":")[0].rstrip("\n")
        return f"{head}: {said}\n" if said else f"{head}\n"

    def _suggested(self, kind: str, text: str, near: Sequence[Sequence[str]]) -> str:
        """What an unknown name says: from 3.10 on with a near one, from 3.12 on with a module."""
        minor = self._script.version[1]
        local = re.fullmatch(r"cannot access local variable '(\w+)' where it is not associated with a value", text)
        if local:
            return (
                f"{kind}: "
                + (text if minor >= 11 else f"local variable '{local[1]}' referenced before assignment")
                + "\n"
            )
        found = _UNKNOWN.fullmatch(text)
        if not found:
            if self._same:
                return f"{kind}: {text}\n"
            raise Unsure(f"error: {text}")
        name, said = found[1], slotted(text, self._script) if kind == "AttributeError" else text
        if minor < 10:
            return f"{kind}: {said}\n"
        hint = self._hint(name, near)
        if hint:
            said += f". Did you mean: '{hint}'?"
        if minor >= 12 and kind == "NameError" and name in sys.stdlib_module_names:
            said += f"{' Or' if hint else '.'} {'did' if hint else 'Did'} you forget to import '{name}'?"
        return f"{kind}: {said}\n"

    def _hint(self, name: str, near: Sequence[Sequence[str]]) -> str | None:
        """The name that was meant: from 3.13 on of all names the nearest, before of the first scope that has one."""
        scopes = [[word for word in names if not word.startswith(OWN)] for names in near]
        if self._script.version >= (3, 12) and any(OWN + name in names for names in near):
            return OWN + name
        if self._script.version < (3, 13):
            return next(filter(None, (suggestion(name, names) for names in scopes)), None)
        return suggestion(name, [word for names in scopes for word in names])

    def _frames(self, error: Mapping[str, Any], final: str) -> str:
        frames = _inlined(error["frames"]) if self._script.version >= (3, 12) else error["frames"]
        if any(frame[0] not in self._sources and not frame[7:] for frame in frames):
            raise Unsure("frame of a module")
        if self._script.version >= (3, 13) and any(frame[0].startswith("<string>") for frame in frames):
            raise Unsure("lines of a text")
        parts = []
        for _, group in groupby(enumerate(frames, 1), lambda one: (one[1][0], one[1][1], one[1][6])):
            alike = list(group)
            more = len(alike) - _ALIKE
            for number, frame in alike[:_ALIKE]:
                placed = self._script.version >= _POSITIONS
                last = final if number == len(frames) else ""
                parts.append(self._placed(frame, error, last) if placed else self._plain(frame))
            if more > 0:
                parts.append(f"  [Previous line repeated {more} more time{'s' if more > 1 else ''}]\n")
        return "".join(parts)

    def _placed(self, frame: Sequence[Any], error: Mapping[str, Any], final: str) -> str:
        """A frame from 3.11 on, with its markers."""
        name, line, first, last, column, end, function, *library = frame
        if library or end < 0:
            return self._plain(frame)
        script, tree = self._sources[name]
        text = Text(script.source)
        raised = {
            text.span(node): text.span(node.exc)
            for node in ast.walk(tree)
            if isinstance(node, ast.Raise) and node.exc is not None
        }
        if first != last and script.version < (3, 13):
            return _begun(script, line, column, function)
        if first != last:
            raise Unsure("place of an error")
        span = text.offset(first, column), text.offset(last, end)
        if span in raised.values() or (error["kind"] != "AssertionError" and _asserts(tree, line)):
            raise Unsure("error within a raise or assert")
        spans = [(*raised.get(span, span), function)]
        (shown,) = placed(spans, script, tree, final.strip(), sure=True)
        return shown.shown(script)

    def _plain(self, frame: Sequence[Any]) -> str:
        """A frame before 3.11: the line, where it is a statement's only one."""
        line, function = frame[1], frame[6]
        if frame[7:]:
            return f'  File "{frame[0]}", line {line}, in {function}\n    {frame[7]}\n'
        script, tree = self._sources[frame[0]]
        around = [
            node
            for node in ast.walk(tree)
            if isinstance(node, ast.stmt) and node.lineno <= line <= (node.end_lineno or 0)
        ]
        inner = max(around, key=lambda node: (node.lineno, node.col_offset), default=None)
        if inner is None or isinstance(inner, ast.FunctionDef | ast.ClassDef):
            raise Unsure("place of an error")
        if inner.end_lineno != inner.lineno and not hasattr(inner, "body") and script.version < (3, 8):
            raise Unsure("statement of several lines")
        if hasattr(inner, "body") and line != inner.lineno:
            raise Unsure("place of an error")
        head = f'  File "{script.name}", line {line}, in {function}\n'
        if script.name in ("<stdin>", "<string>"):
            return head
        return f"{head}    {script.source.splitlines()[line - 1].strip()}\n"


def _inlined(frames: Sequence[Sequence[Any]]) -> list[Sequence[Any]]:
    """The frames without those of comprehensions, which from 3.12 on are part of what is around them."""
    found: list[Sequence[Any]] = []
    for frame in frames:
        if frame[6] in ("<listcomp>", "<setcomp>", "<dictcomp>") and found:
            frame = [*frame[:6], found.pop()[6]]
        found.append(frame)
    return found


def _begun(script: Script, line: int, column: int, function: str) -> str:
    """A frame whose code goes on over more lines: the first is shown, marked to its end."""
    head = f'  File "{script.name}", line {line}, in {function}\n'
    if script.name in ("<stdin>", "<string>"):
        return head
    text = script.source.split("\n")[line - 1]
    if not text.isascii() or "\t" in text:
        raise Unsure("source line")
    shown = text.strip()
    indent, width = len(text) - len(text.lstrip()), len(text.rstrip()) - column
    marks = "" if width >= len(shown) else "    " + " " * (column - indent) + "^" * width + "\n"
    return f"{head}    {shown}\n{marks}"


def _asserts(tree: ast.Module, line: int) -> bool:
    return any(isinstance(node, ast.Assert) and node.lineno == line for node in ast.walk(tree))
