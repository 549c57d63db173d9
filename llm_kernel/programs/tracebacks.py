"""The traceback of a program's known end, as the machine's own Python writes it: its words, its marks, its hints."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from llm_kernel.plan.faults import Fault, Frame
from llm_kernel.python import Script, Unsure
from llm_kernel.python.subset import parents
from llm_kernel.python.told import TELLERS, Told
from llm_kernel.python.words import gate

__all__ = ["traceback"]

_WORDS = {
    ast.ListComp: "<listcomp>",
    ast.SetComp: "<setcomp>",
    ast.DictComp: "<dictcomp>",
    ast.GeneratorExp: "<genexpr>",
}
"""What Python calls the frames of comprehensions, of which a plan knows nothing."""
_LAZY = ("map", "filter", "zip", "enumerate")


def traceback(fault: Fault, version: tuple[int, int], named: Callable[[str], str], text: Callable[[str], str]) -> str:
    """What Python prints of ``fault``; ``named`` words a module's path, ``text`` gives its source."""
    try:
        return _Tracebacks(fault, version, named, text).whole()
    except (Unsure, IndexError, AssertionError):  # places that are not the source's own
        return fault.traceback(named, lambda module: text(module).splitlines())


class _Tracebacks:
    def __init__(
        self, fault: Fault, version: tuple[int, int], named: Callable[[str], str], text: Callable[[str], str]
    ) -> None:
        self._fault, self._named = fault, named
        self._sources: dict[str, tuple[Script, ast.Module]] = {}
        modules = {frame.module for one in _before(fault) for frame in one.frames if not frame.text}
        for module in {"", *modules}:
            script = Script(text(module), named(module), (), version, named(module))
            self._sources[script.name] = script, script.parsed()
        self._script, self._tree = self._sources[named("")]

    def whole(self) -> str:
        """The tracebacks of the chain, the oldest first."""
        faults = _before(self._fault)
        chain = [self._error(one, later) for one, later in zip(faults, [*faults[1:], None], strict=True)]
        return Told(self._script, self._tree, self._sources).traceback(chain)

    def _error(self, fault: Fault, later: Fault | None) -> Mapping[str, Any]:
        return {
            "link": "cause" if later is not None and later.link == "cause" else "context",
            "kind": fault.kind.rpartition(".")[2],
            "text": fault.text,
            "own": fault.own or not self._worded(fault),
            "main": fault.own and not hasattr(builtins, fault.kind) and "." not in fault.kind,
            "frames": [row for frame in fault.frames for row in self._rows(frame)],
            "final": f"{fault.kind}: {fault.text}\n" if fault.text else f"{fault.kind}\n",
            "notes": [],
            "near": fault.near,
        }

    def _worded(self, fault: Fault) -> bool:
        """Whether it is known how the machine's Python words this error."""
        if fault.kind in TELLERS:
            return True
        try:
            gate(fault.kind, fault.text, self._script, self._tree)
        except Unsure:
            return False
        return True

    def _rows(self, frame: Frame) -> Iterator[list[Any]]:
        name = self._named(frame.module)
        if frame.text:
            yield [name, frame.line, frame.line, frame.line, 0, -1, frame.function, frame.text]
        elif frame.place is None:
            yield [name, frame.line, frame.line, frame.line, 0, -1, frame.function]
        else:
            function, tree = frame.function, self._sources[name][1]
            for node, inner in _comprehensions(tree, frame.place):
                yield [name, *_place(node), function]
                function = inner
            first, last, start, end = _taken(tree, frame.place)
            yield [name, first, first, last, start, end, function]


def _before(fault: Fault) -> list[Fault]:
    """The chain of a fault, the oldest first."""
    return [*(_before(fault.before) if fault.before is not None else ()), fault]


def _place(node: ast.expr) -> list[int]:
    first, last, start, end = _span(node)
    return [first, first, last, start, end]


def _taken(tree: ast.Module, place: tuple[int, int, int, int]) -> tuple[int, int, int, int]:
    """What is marked for ``place``: of items that are made when they are asked for, the call that takes them."""
    above = parents(tree)
    node = next((one for one in above if isinstance(one, ast.expr) and _span(one) == place), None)
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _LAZY):
        return place
    if not _consumes(above[node]):
        raise Unsure("who takes the items")
    taker = above[node]
    assert isinstance(taker, ast.Call)
    return _taken(tree, _span(taker))


def _comprehensions(tree: ast.Module, place: tuple[int, int, int, int]) -> list[tuple[ast.expr, str]]:
    """What is marked in the frames around comprehensions that ``place`` lies in, and the name of each one's own.

    Raises:
        Unsure: where a generator may be asked for its items by other code than the call that it stands in.
    """
    above = parents(tree)
    node: Any = next((one for one in above if isinstance(one, ast.expr) and _span(one) == place), None)
    found: list[tuple[ast.expr, str]] = []
    while node is not None and not isinstance(node, ast.FunctionDef | ast.Lambda | ast.Module):
        inner, node = node, above.get(node)
        if isinstance(node, ast.comprehension):
            part, first, node = node, node.iter is inner, above[node]
            if first and getattr(node, "generators", [])[:1] == [part]:
                continue  # the first iterable is taken outside
        if type(node) in _WORDS:
            marked: ast.AST = above[node] if isinstance(node, ast.GeneratorExp) else node
            if not isinstance(marked, ast.expr) or not (marked is node or _consumes(marked)):
                raise Unsure("who takes the items")
            found.insert(0, (marked, _WORDS[type(node)]))
    return found


def _span(node: ast.expr) -> tuple[int, int, int, int]:
    assert node.end_lineno is not None
    assert node.end_col_offset is not None
    return node.lineno, node.end_lineno, node.col_offset, node.end_col_offset


def _consumes(node: ast.AST) -> bool:
    """Whether a call takes the items of a generator in its arguments itself."""
    match node:
        case ast.Call(func=ast.Name(id=name)):
            return hasattr(builtins, name) and name != "iter"
        case ast.Call(func=ast.Attribute(attr="join" | "extend" | "update")):
            return True
    return False
