"""The script as the sandbox gets it: what the host must answer is called by a name of ours, errors pass a gate."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import Any

from llm_kernel.python.edits import Edit, Text
from llm_kernel.python.script import Script, Unsure
from llm_kernel.python.subset import parents

__all__ = ["PRELUDE", "SUM", "SUM_SINCE_12", "Rewriter"]

PRELUDE = """\
_raised = []
_seen = {}
_last = [None, None]
def _said(e):
    _raised.append(type(e).__name__ + ': ' + str(e))
    return e
def _left(v, i):
    _seen[i] = isinstance(v, float)
    return v
def _right(v, i):
    _last[0] = (i, _seen[i] or isinstance(v, float))
    return v
def _at(key):
    _last[1] = (str(key), repr(key))
    return key
def _caught(e, named):
    kind, text = type(e).__name__, str(e)
    other = _gate(kind, text, named, kind + ': ' + text in _raised, _last[0])
    if other == text:
        return e
    if kind == 'ZeroDivisionError':
        return ZeroDivisionError(other)
    if kind == 'ValueError':
        return ValueError(other)
    if kind == 'TypeError':
        return TypeError(other)
    return e
def round(number, digits=None):
    return _round(number, digits)
"""
"""What is defined before the script: functions whose results differ between the sandbox and CPython, and the gate."""

SUM = """\
def sum(items, start=0):
    for item in items:
        start = start + item
    return start
"""

SUM_SINCE_12 = """\
def sum(items, start=0):
    lost = 0.0
    for item in items:
        if isinstance(start, float) and isinstance(item, float):
            total = start + item
            if abs(start) >= abs(item):
                lost = lost + ((start - total) + item)
            else:
                lost = lost + ((item - total) + start)
            start = total
        elif isinstance(start, float) and isinstance(item, int):
            start = start + item
        elif isinstance(start, float):
            start = start + lost + item
            lost = 0.0
        else:
            start = start + item
    return start + lost if lost and lost - lost == 0 else start
"""
"""``sum`` as it is from Python 3.12 on, which keeps what floats lose; before that it is plain addition."""

_EXITS = ("exit", "quit")
_STREAM = {
    ("stdin", "read"): "_stdin_read",
    ("stdin", "readline"): "_stdin_line",
    ("stdin", "readlines"): "_stdin_lines",
    ("stdout", "write"): "_stdout_write",
    ("stderr", "write"): "_stderr_write",
    ("stdout", "flush"): "_flush",
    ("stderr", "flush"): "_flush",
}


def _single(key: ast.expr) -> bool:
    return not isinstance(key, ast.Slice | ast.Tuple | ast.Starred)


class Rewriter:
    """Makes the edits of one script; ``replaced`` are the nodes that are not run as they stand."""

    def __init__(self, script: Script, tree: ast.Module, facts: Mapping[ast.AST, str], *, typed: bool) -> None:
        self._text = Text(script.source)
        self._tree = tree
        self._above = parents(tree)
        self._typed = typed
        self.edits: list[Edit] = []
        self.replaced: set[ast.AST] = set()
        self.divisions: dict[int, ast.BinOp] = {}
        for node, text in facts.items():
            self._put(node, text)
        self._sys = self._names_of("sys")
        inside = {child for node in facts for child in ast.walk(node)}
        for node in ast.walk(tree):
            if node not in inside:
                self._node(node)

    def _names_of(self, module: str) -> set[str]:
        return {
            alias.asname or alias.name
            for node in ast.walk(self._tree)
            if isinstance(node, ast.Import)
            for alias in node.names
            if alias.name == module
        }

    def _put(self, node: Any, text: str) -> None:
        start, end = self._text.span(node)
        self.edits.append(Edit(start, end, 0, text))
        self.replaced.add(node)

    def _wrap(self, node: ast.expr, before: str, after: str, depth: int = 0) -> None:
        start, end = self._text.span(node)
        self.edits.append(Edit(start, start, depth, before))
        self.edits.append(Edit(end, end, -depth, after))

    def _node(self, node: ast.AST) -> None:
        match node:
            case ast.Call(func=ast.Name(id=name)) if name in _EXITS:
                self._put(node.func, "_exit")
            case ast.Call(func=ast.Name(id="open"), args=[first, *_]):
                self._wrap(first, "_path(", ")")
            case ast.Attribute(value=ast.Name(id=name)) if name in self._sys:
                self._of_sys(node)
            case ast.ExceptHandler():
                self._handler(node)
            case ast.Raise(exc=ast.expr() as exc):
                self._raise(exc)
            case ast.BinOp(op=ast.Div() | ast.FloorDiv() | ast.Mod()) if self._typed:
                number = len(self.divisions)
                self.divisions[number] = node
                self._wrap(node.left, "_left(", f", {number})")
                self._wrap(node.right, "_right(", f", {number})")
            case ast.Subscript(slice=ast.expr() as key, ctx=ast.Load()) if self._typed and _single(key):
                self._wrap(key, "_at(", ")")

    def _of_sys(self, node: ast.Attribute) -> None:
        """``sys.X``: what of it the host answers; the rest is the sandbox's own."""
        above = self._above[node]
        if node.attr == "argv":
            self._put(node, "_argv")
        elif node.attr == "exit" and isinstance(above, ast.Call) and above.func is node:
            self._put(node, "_exit")
        elif isinstance(above, ast.Attribute) and isinstance(self._above[above], ast.Call):
            name = _STREAM.get((node.attr, above.attr))
            if name is None:
                raise Unsure(f"sys.{node.attr}.{above.attr}")
            self._put(above, name)
            self.replaced.add(node)
        elif node.attr == "stdin" and isinstance(above, ast.For | ast.comprehension) and above.iter is node:
            self._put(node, "_stdin_lines()")
        elif node.attr in ("stdout", "stderr") and isinstance(above, ast.keyword) and above.arg == "file":
            pass
        else:
            raise Unsure(f"sys.{node.attr} as a value")

    def _raise(self, exc: ast.expr) -> None:
        match exc:
            case ast.Call(func=ast.Name(id="SystemExit")):
                raise Unsure("raise SystemExit")
            case ast.Call(func=ast.Name(id="KeyError")):
                raise Unsure("a KeyError of the script's own")
            case ast.Call(args=[] | [_], keywords=[]):
                self._wrap(exc, "_said(", ")")
            case ast.Name():
                pass
            case _:
                raise Unsure("raise")

    def _handler(self, node: ast.ExceptHandler) -> None:
        """Let every caught error pass the gate first."""
        name = node.name or "_e"
        named = node.name is not None and any(
            isinstance(child, ast.Name) and child.id == node.name for part in node.body for child in ast.walk(part)
        )
        if node.type is None:
            at = self._text.offset(node.lineno, node.col_offset) + len("except")
            self.edits.append(Edit(at, at, 0, " BaseException as _e"))
        elif node.name is None:
            end = self._text.span(node.type)[1]
            while self._text.source[end] in " )":
                end += 1
            self.edits.append(Edit(end, end, 0, " as _e"))
        first = node.body[0]
        at = self._text.offset(first.lineno, first.col_offset)
        if isinstance(first, ast.FunctionDef | ast.ClassDef):
            raise Unsure("definition in an except clause")
        same = first.lineno == node.lineno
        tail = "; " if same else "\n" + " " * first.col_offset
        if not same and self._text.lines[first.lineno - 1][: first.col_offset].strip(" "):
            raise Unsure("tabs")
        self.edits.append(Edit(at, at, -9, f"{name} = _caught({name}, {named}){tail}"))
