"""A traceback's frames as CPython of a version shows them: file, line, source and, from 3.11 on, its markers."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from dataclasses import dataclass

from pydantic_monty import MontyRuntimeError

from llm_kernel.python.edits import Text, back
from llm_kernel.python.script import Script, Unsure
from llm_kernel.python.subset import parents

__all__ = ["Shown", "placed", "traced"]

_FEED = "<python-input-1>"
"""What the sandbox calls the script; the names before it are of what was defined for it."""

_MADE = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp, ast.UnaryOp)
_SHOWN = (ast.Call, ast.BinOp, ast.Subscript, ast.Name, ast.Attribute, ast.Tuple, ast.Compare, *_MADE)
_BUILT = (ast.Dict, ast.Set)
_NODES = (ast.expr, ast.Import, ast.AugAssign)
_HIDDEN = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp, ast.Lambda)
_MOST_ALIKE = 3


@dataclass(frozen=True, slots=True)
class Shown:
    """One frame: where in the source it stood, in what function, and the syntax it was executing.

    ``statement`` is what it was part of.
    """

    line: int
    function: str
    node: ast.expr | ast.stmt
    text: str
    start: int
    end: int
    statement: ast.stmt

    def shown(self, script: Script) -> str:
        """The frame's lines."""
        head = f'  File "{script.name}", line {self.line}, in {self.function}\n'
        if script.name == "<stdin>" or (script.name == "<string>" and script.version < (3, 13)):
            return head
        text = self.text.strip()
        return f"{head}    {text}\n{self._marks(script.version)}"

    def _marks(self, version: tuple[int, int]) -> str:
        if version < (3, 11):
            return ""
        if isinstance(self.statement, ast.For) and version < (3, 13):
            return ""
        indent = len(self.text) - len(self.text.lstrip())
        segment = self.text[self.start : self.end]
        anchors = _anchors(self.node, segment, version)
        whole = self.text.strip() == segment
        if (whole and not anchors) or (version >= (3, 13) and _plain_call(self.text.strip(), segment)):
            return ""
        marks = "^" * len(segment)
        if anchors:
            first, last = anchors
            marks = "~" * first + "^" * (last - first) + "~" * (len(segment) - last)
        return "    " + " " * (self.start - indent) + marks + "\n"


def _anchors(node: ast.AST, segment: str, version: tuple[int, int]) -> tuple[int, int] | None:
    """The part of a segment that is marked ``^`` while the rest is ``~``; None where all of it is ``^``."""
    base = getattr(node, "col_offset", 0)
    match node:
        case ast.BinOp(left=left):
            at = (left.end_col_offset or 0) - base
            while segment[at] in " )\t":
                at += 1
            wide = segment[at : at + 2] in ("//", "**", "<<", ">>")
            return at, at + 1 + wide
        case ast.Subscript(value=value) if version >= (3, 13) or not _constant(node):
            at = (value.end_col_offset or 0) - base
            while segment[at] != "[":
                at += 1
            return at, len(segment)
        case ast.Call(func=func) if version >= (3, 13):
            at = (func.end_col_offset or 0) - base
            while segment[at] != "(":
                at += 1
            return at, len(segment)
    return None


def _constant(node: ast.Subscript) -> bool:
    """Whether CPython before 3.13 takes the item of a constant before it looks for the parts to mark."""
    return isinstance(node.ctx, ast.Store) and isinstance(node.value, ast.Constant)


def _plain_call(line: str, segment: str) -> bool:
    """Whether a line only returns or assigns a call: 3.13 leaves its marks out."""
    try:
        statement = ast.parse("def f():\n " + line).body[0].body[0]  # type: ignore[attr-defined]
    except SyntaxError:
        return False
    match statement:
        case ast.Return(value=ast.Call(func=ast.Name())) | ast.Assign(value=ast.Call()):
            return line.endswith(segment)
    return False


def traced(
    error: MontyRuntimeError, script: Script, tree: ast.Module, code: str, runs: list[tuple[int, int]]
) -> list[Shown]:
    """The frames of an error that nothing caught, outermost first; ``code`` is what was run in the script's place.

    Raises:
        Unsure: where CPython's would be others.
    """
    frames = error.traceback()
    if not frames:
        raise Unsure(f"no traceback: {error.display('type-msg')}")
    changed = Text(code)
    spans: list[tuple[int, int, str]] = []
    for frame in frames:
        if frame.filename != _FEED or frame.function_name is None or frame.line != frame.end_line:
            raise Unsure("frame")
        start = back(runs, changed.at(frame.line, frame.column - 1))
        end = back(runs, changed.at(frame.line, frame.end_column - 1))
        spans.append((start, end, frame.function_name))
    return placed(spans, script, tree, error.display("type-msg"))


def placed(
    spans: Sequence[tuple[int, int, str]], script: Script, tree: ast.Module, error: str, *, sure: bool = False
) -> list[Shown]:
    """The frames whose code stands at ``spans``, each in a function; ``error`` is the last line.

    ``sure``: the places are CPython's own, whatever is around them.

    Raises:
        Unsure: where CPython's would be others.
    """
    original, above = Text(script.source), parents(tree)
    found: list[Shown] = []
    for index, (start, end, function) in enumerate(spans):
        text = error if index == len(spans) - 1 else ""
        node, statement = _node_at(tree, original, above, (start, end), text, script.version, sure=sure)
        found.append(_place(node, statement, original, function))
    for index in range(len(found) - _MOST_ALIKE):
        if len(set(found[index : index + _MOST_ALIKE + 1])) == 1:
            raise Unsure("recursion")
    return found


def _node_at(
    tree: ast.Module,
    text: Text,
    above: dict[ast.AST, ast.AST],
    span: tuple[int, int],
    error: str,
    version: tuple[int, int],
    *,
    sure: bool,
) -> tuple[ast.expr | ast.stmt, ast.stmt]:
    """The syntax that stood at ``span``, as CPython counts it, and the statement it is in."""
    node = next((node for node in ast.walk(tree) if isinstance(node, _NODES) and text.span(node) == span), None)
    if node is None:
        raise Unsure("place of an error")
    if isinstance(node, ast.AugAssign) and sure and node.lineno == node.end_lineno:
        return node, node
    if isinstance(node, ast.stmt):
        if node.lineno != node.end_lineno or not error.startswith("ModuleNotFoundError"):
            raise Unsure("error at a statement")
        return node, node
    unknown = re.fullmatch(r"\w+: (?:name '(\w+)' is not defined|'\w+' object has no attribute '(\w+)')", error)
    if unknown and isinstance(node, ast.Call):
        func = node.func
        if getattr(func, "id", "") == unknown[1] or getattr(func, "attr", "") == unknown[2]:
            node = func  # what is called is looked up before the call
    chain = [node]
    while chain[-1] in above:
        chain.append(above[chain[-1]])  # type: ignore[arg-type]
    if not sure and any(isinstance(step, _HIDDEN) for step in chain):
        raise Unsure("frame of a comprehension")
    statement = next(step for step in chain if isinstance(step, ast.stmt))
    simple = not hasattr(statement, "body")
    if not sure and simple and statement.lineno != statement.end_lineno:
        raise Unsure("statement of several lines")
    if not sure and (isinstance(statement, ast.AugAssign) or _converts(node)):
        raise Unsure("error of a part")
    if not sure and any(isinstance(step, ast.Try | ast.ExceptHandler) for step in chain):
        raise Unsure("error within try")
    if (error or sure) and isinstance(statement, ast.Raise) and above[node] is statement:
        return statement, statement
    if error.startswith("AssertionError") and isinstance(statement, ast.Assert):
        return _claimed(statement, version), statement
    if error and isinstance(statement, ast.For) and statement.iter is node:
        return node, statement
    if not isinstance(node, (*_SHOWN, *_BUILT) if sure else _SHOWN) or not (
        error or sure or isinstance(node, ast.Call)
    ):
        raise Unsure(f"error at {type(node).__name__}")
    return node, ast.Pass() if isinstance(statement, ast.For) else statement


def _converts(node: ast.AST) -> bool:
    """Whether a call's items are taken elsewhere, or in a way of its own."""
    return isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("map", "filter", "zip", "enumerate", "dict")


def _claimed(node: ast.Assert, version: tuple[int, int]) -> ast.expr | ast.stmt:
    """What of a claim that does not hold is marked."""
    test = node.test
    if version >= (3, 13):
        return test
    while isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        test = test.operand
    if isinstance(test, ast.BoolOp):
        if isinstance(test.op, ast.And):
            raise Unsure("one of several claims")
        test = test.values[-1]
    return test if isinstance(test, ast.Compare) and version < (3, 12) else node


def _place(node: ast.expr | ast.stmt, statement: ast.stmt, text: Text, function: str) -> Shown:
    start, end = text.span(node)
    line, column = text.place(start)
    source = text.lines[line - 1]
    if not source.isascii() or "\t" in source or "\f" in source or node.end_lineno != node.lineno:
        raise Unsure("source line")
    return Shown(line, function, node, source, column, column + end - start, statement)
