"""What an interpreted program's error says in the wanted version: this interpreter's words, turned into that one's."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from llm_kernel.python.edits import Text
from llm_kernel.python.faults import Fault, suggestion, wording
from llm_kernel.python.frames import placed
from llm_kernel.python.script import Script, Unsure

__all__ = ["Told", "gate"]

_HERE = sys.version_info[:2]
_POSITIONS = (3, 11)

_LINKS = {
    "cause": "\nThe above exception was the direct cause of the following exception:\n\n",
    "context": "\nDuring handling of the above exception, another exception occurred:\n\n",
}

_ZEROES: dict[str, tuple[type[ast.operator], bool]] = {
    "division by zero": (ast.Div, False),
    "float division by zero": (ast.Div, True),
    "integer division or modulo by zero": (ast.FloorDiv, False),
    "float floor division by zero": (ast.FloorDiv, True),
    "integer modulo by zero": (ast.Mod, False),
    "float modulo": (ast.Mod, True),
    "float modulo by zero": (ast.Mod, True),
}
"""What 3.11 to 3.13 say of a division by zero, and of which one."""

_ALIKE: dict[str, tuple[str, ...]] = {
    "ValueError": (
        r"time data '.*' does not match format '.*'",
        r"unconverted data remains: .*",
        r"invalid literal for int\(\) with base \d+: '.*'",
        r"year -?\d+ is out of range",
        r".* is not in list",
        r"day is out of range for month",
        r"month must be in 1\.\.12",
        r"factorial\(\) not defined for negative values",
        r"math domain error",
        r"substring not found",
        r"tuple\.index\(x\): x not in tuple",
        r"I/O operation on closed file\.",
    ),
    "IndexError": (r"pop from an empty deque", r"pop from empty list", r"list index out of range"),
    "TypeError": (
        r"\w+\(\) takes (?:from )?\d+ (?:to \d+ )?positional arguments? but \d+ (?:was|were) given",
        r"\w+\(\) missing \d+ required positional arguments?: .*",
        r"\w+\(\) missing \d+ required keyword-only arguments?: .*",
        r"\w+\(\) got an unexpected keyword argument '\w+'",
        r"\w+\(\) got multiple values for argument '\w+'",
        r"'\w+' object is not (?:iterable|callable|subscriptable)",
        r"'\w+' object does not support item assignment",
        r"'(?:<|>|<=|>=)' not supported between instances of '\w+' and '\w+'",
        r"unsupported operand type\(s\) for [^ ]+: '\w+' and '\w+'",
        r"object of type '\w+' has no len\(\)",
    ),
    "UnicodeEncodeError": (r"'\w+' codec can't encode character '[^']*' in position \d+: [\w ()]+",),
    "EOFError": (r"EOF when reading a line",),
    "StopIteration": (r"",),
    "KeyError": (r"[\s\S]*",),
    "JSONDecodeError": (
        r"Expecting value: line \d+ column \d+ \(char \d+\)",
        r"Extra data: line \d+ column \d+ \(char \d+\)",
        r"Expecting ',' delimiter: line \d+ column \d+ \(char \d+\)",
        r"Expecting ':' delimiter: line \d+ column \d+ \(char \d+\)",
    ),
    "OverflowError": (r"math range error",),
    "FrozenInstanceError": (r"cannot assign to field '\w+'",),
    "InvalidOperation": (r"\[<class 'decimal\.\w+'>\]",),
}
"""Texts that are the same in every version."""

_FILES = r"\[Errno \d+\] [A-Za-z ]+: '.*'"
_QUALIFIED = re.compile(r"^(?:[\w<>]+\.)+(?=\w+\(\) (?:takes|missing|got))")
_ARGUMENTS = re.compile(r"(?:[\w<>]+\.)*(\w+)\(\) (?:takes|missing|got)")
_TELLERS = ("AttributeError", "NameError", "UnboundLocalError")


def gate(kind: str, text: str, script: Script, tree: ast.Module) -> str:
    """The text of a caught error in the wanted version.

    Raises:
        Unsure: for one that was not compared.
    """
    return _words(kind, text, script, tree, caught=True)


def _words(kind: str, text: str, script: Script, tree: ast.Module, *, caught: bool) -> str:
    if re.fullmatch(_FILES, text) and kind.endswith(("Error", "Directory")):
        return text
    if "__new__()" in text:
        raise Unsure(f"error: {text}")
    if kind == "TypeError":
        arguments = _ARGUMENTS.match(text)
        if arguments and not _defined(arguments[1], tree):
            raise Unsure("arguments of a function of the library")
        if script.version < (3, 10) <= _HERE:
            text = _QUALIFIED.sub("", text)
        elif _QUALIFIED.match(text):
            if (script.version >= (3, 10)) == (_HERE >= (3, 10)):
                return text
            raise Unsure("name of a method in an error")
    if any(re.fullmatch(pattern, text) for pattern in _ALIKE.get(kind, ())):
        return text
    if kind == "ZeroDivisionError":
        return _zero(text, script, tree)
    if kind == "AttributeError" and re.fullmatch(r"'\w+' object has no attribute '\w+'", text):
        return text
    said = wording(Fault(kind, text, caught=caught), script, tree)
    return said.partition(": ")[2]


def _defined(name: str, tree: ast.Module) -> bool:
    return any(isinstance(node, ast.FunctionDef) and node.name == name for node in ast.walk(tree))


def _zero(text: str, script: Script, tree: ast.Module) -> str:
    if not (3, 11) <= _HERE < (3, 14) or text not in _ZEROES:
        raise Unsure(f"error: {text}")
    operator, floats = _ZEROES[text]
    zero = ast.Constant(0)
    node = ast.BinOp(zero, operator(), zero)
    fault = Fault("ZeroDivisionError", "division by zero", node=node, floats=floats)
    return wording(fault, script, tree).partition(": ")[2]


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
            if error["kind"] in ("ExceptionGroup", "RecursionError", "MemoryError", "SyntaxError"):
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
        if kind in _TELLERS:
            return self._suggested(kind, text, error["near"])
        said = text if self._same else _words(kind, text, self._script, self._tree, caught=False)
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
        found = re.fullmatch(r"name '(\w+)' is not defined|'[\w.]+' object has no attribute '(\w+)'", text)
        other = re.fullmatch(r"type object '\w+' has no attribute '(\w+)'", text)
        if not found and not other:
            if self._same:
                return f"{kind}: {text}\n"
            raise Unsure(f"error: {text}")
        name = (found[1] or found[2]) if found else other[1] if other else ""
        if minor < 10:
            return f"{kind}: {text}\n"
        said = text
        hint = next(filter(None, (suggestion(name, names) for names in near)), None)
        if hint:
            said += f". Did you mean: '{hint}'?"
        if minor >= 12 and kind == "NameError" and name in sys.stdlib_module_names:
            said += f"{' Or' if hint else '.'} {'did' if hint else 'Did'} you forget to import '{name}'?"
        return f"{kind}: {said}\n"

    def _frames(self, error: Mapping[str, Any], final: str) -> str:
        frames = _inlined(error["frames"]) if self._script.version >= (3, 12) else error["frames"]
        if any(frame[0] not in self._sources for frame in frames):
            raise Unsure("frame of a module")
        if any(frames[at] == frames[at + 3] == frames[at + 1] for at in range(len(frames) - 3)):
            raise Unsure("recursion")
        if self._script.version < _POSITIONS:
            return "".join(self._plain(frame) for frame in frames)
        parts = []
        for index, frame in enumerate(frames):
            last = index + 1 == len(frames)
            parts.append(self._placed(frame, error, final if last else ""))
        return "".join(parts)

    def _placed(self, frame: Sequence[Any], error: Mapping[str, Any], final: str) -> str:
        """A frame from 3.11 on, with its markers."""
        name, line, first, last, column, end, function = frame
        if end < 0:
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
        script, tree = self._sources[frame[0]]
        line, function = frame[1], frame[-1]
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
        if frame[-1] in ("<listcomp>", "<setcomp>", "<dictcomp>") and found:
            frame = [*frame[:-1], found.pop()[-1]]
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
