"""Whether a program may be interpreted: from its syntax tree and versions, before anything runs.

The interpreter keeps the host safe; this keeps the answer right.
"""

from __future__ import annotations

import ast
import builtins
import re
import sys

from llm_kernel.python.library import BUILTINS, BY_VERSION, DUNDERS, LIBRARY, SINCE
from llm_kernel.python.script import Script, Unsure
from llm_kernel.python.subset import check_format, own_names, parents
from llm_kernel.python.warned import warned

__all__ = ["judged"]

_HERE = sys.version_info[:2]
_LAST = (3, 13)
_TYPES = ("list", "dict", "tuple", "set", "frozenset", "type")
_STARRED = ("math", "itertools", "collections", "functools", "random", "string", "time", "operator", "heapq", "bisect")
_DEPRECATED = ("getName", "setName", "isDaemon", "setDaemon", "currentThread", "activeCount", "notifyAll")
"""Names of ``threading`` at which Python warns from 3.10 on."""


def judged(script: Script, tree: ast.Module) -> frozenset[str]:
    """Pass a program that uses nothing but what was compared; the modules of the library that it needs.

    Raises:
        Unsure: for every other one; its text names the first thing that was not.
    """
    warned(script)
    if script.version != _HERE and max(script.version, _HERE) > _LAST:
        raise Unsure("a Python that was not compared")
    return _Judge(script, tree).library


class _Judge:
    def __init__(self, script: Script, tree: ast.Module) -> None:
        self._script, self._tree, self._above = script, tree, parents(tree)
        self._minor = script.version[1]
        self._own = own_names(tree) | _taken(tree)
        self._modules: dict[str, str] = {}
        self._stars: list[str] = []
        library: set[str] = set()
        nodes = list(ast.walk(tree))
        for node in nodes:
            library.update(name for name in self._imported(node) if name in LIBRARY)
        for node in nodes:
            self._node(node)
        self._whole(nodes, library)
        self.library = frozenset(library)

    def _imported(self, node: ast.AST) -> list[str]:
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name in LIBRARY:
                    self._since(alias.name)
                    top = alias.name.partition(".")[0]
                    self._modules[alias.asname or top] = alias.name if alias.asname else top
            return [alias.name for alias in node.names]
        if isinstance(node, ast.ImportFrom):
            if node.level or not node.module:
                return []
            if node.module in LIBRARY:
                self._since(node.module)
                for alias in node.names:
                    if alias.name != "*":
                        self._member(node.module, alias.name)
                    elif node.module not in _STARRED:
                        raise Unsure(f"all of {node.module}")
                    else:
                        self._stars.append(node.module)
            return [node.module]
        return []

    def _member(self, module: str, name: str) -> None:
        if name not in LIBRARY[module] or (
            module == "sys"
            and name not in ("argv", "exit", "stdin", "platform", "maxsize", "version_info", "setrecursionlimit")
        ):
            raise Unsure(f"not compared: {module}.{name}")
        self._since(f"{module}.{name}")

    def _since(self, name: str) -> None:
        """What came or changed with a version has to be the same here and there."""
        if self._script.version == _HERE:
            return
        if self._minor < SINCE.get(name, 0):
            raise Unsure(f"of a later Python: {name}")
        if any((_HERE[1] >= change) != (self._minor >= change) for change in BY_VERSION.get(name, ())):
            raise Unsure(f"changed with a version: {name}")

    def _node(self, node: ast.AST) -> None:
        match node:
            case ast.Name(id=name):
                self._name(node)
            case ast.Attribute(attr=name):
                self._attribute(node)
            case ast.Call(func=ast.Name(id="getattr" | "hasattr" | "setattr" | "delattr"), args=args):
                wanted = args[1] if len(args) > 1 else None
                if isinstance(wanted, ast.Constant) and isinstance(wanted.value, str):
                    self._plain(wanted.value)
            case ast.Call(func=ast.Attribute(attr="sub" | "subn" | "split", value=ast.Name()), args=[_, _, _, *_]):
                if self._minor >= 13 and "re" in self._modules.values():
                    raise Unsure("a count by position")
            case ast.Call(func=ast.Attribute(attr="seed" | "Random"), args=[]):
                raise Unsure("a seed of chance")
            case ast.Call(func=ast.Name(id="seed" | "Random"), args=[]):
                raise Unsure("a seed of chance")
            case ast.Call(func=ast.Name(id="vars"), args=[]):
                raise Unsure("vars of the program")
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                if _special(name) and name not in DUNDERS:
                    raise Unsure(f"method: {name}")
            case ast.ExceptHandler(name=str(name)) if self._minor < 7:
                self._shown(node, name)
            case ast.JoinedStr():
                check_format(node, self._script)
            case ast.NamedExpr() if self._minor < 8:
                raise Unsure("syntax of a later Python")
            case ast.BinOp(op=ast.BitOr(), left=left, right=right) if self._minor < 10:
                if any(self._type(side) for side in (left, right)):
                    raise Unsure("union of types")
            case ast.Subscript(value=ast.Constant(), ctx=ast.Store()):
                raise Unsure("item of a constant")
            case ast.Subscript(value=ast.Name(id=name)) if self._minor < 9 and name in _TYPES:
                raise Unsure("parameters of a type")
        if type(node).__name__ == "TryStar":
            raise Unsure(f"syntax: {type(node).__name__}")

    def _shown(self, handler: ast.ExceptHandler, name: str) -> None:
        """Before 3.7 an error's ``repr`` was another: let it be used only where that does not show."""
        for node in ast.walk(handler):
            if not (isinstance(node, ast.Name) and node.id == name):
                continue
            match self._above[node]:
                case ast.Call(func=ast.Name(id="print" | "str" | "type" | "isinstance")) | ast.Raise():
                    continue
                case ast.FormattedValue(conversion=-1 | 115):
                    continue
                case ast.Attribute(attr=attr) if not attr.startswith("__"):
                    continue
            raise Unsure("repr of an error")

    @staticmethod
    def _type(node: ast.expr) -> bool:
        if isinstance(node, ast.Constant):
            return node.value is None
        return isinstance(node, ast.Subscript) or (
            isinstance(node, ast.Name) and isinstance(getattr(builtins, node.id, None), type)
        )

    def _name(self, node: ast.Name) -> None:
        name = node.id
        for module in self._stars:
            if name in LIBRARY[module]:
                self._since(f"{module}.{name}")
        if name in self._modules and name not in self._own:
            if not isinstance(self._above[node], ast.Attribute):
                raise Unsure(f"module as a value: {name}")
        elif name not in self._own and name not in BUILTINS and hasattr(builtins, name) and name != "__name__":
            raise Unsure(f"builtin: {name}")
        if _special(name) and name not in DUNDERS:
            raise Unsure(f"name: {name}")
        if name in ("exit", "quit") and not isinstance(self._above[node], ast.Call) and name not in self._own:
            raise Unsure(f"{name} as a value")

    def _attribute(self, node: ast.Attribute) -> None:
        parts = [node.attr]
        inner: ast.expr = node
        while isinstance(inner, ast.Attribute):
            inner = inner.value
            if isinstance(inner, ast.Attribute):
                parts.append(inner.attr)
        if isinstance(inner, ast.Name) and inner.id in self._modules:
            dotted = [*self._modules[inner.id].split("."), *reversed(parts)]
            module = ".".join(dotted[:2]) if ".".join(dotted[:2]) in LIBRARY else dotted[0]
            rest = dotted[module.count(".") + 1 :]
            if rest and rest[0] not in LIBRARY[module]:
                raise Unsure(f"not compared: {module}.{rest[0]}")
            if rest:
                self._since(f"{module}.{rest[0]}")
            if isinstance(node.ctx, ast.Store | ast.Del) and len(parts) == 1:
                raise Unsure("change of a module")
        self._plain(node.attr)

    def _plain(self, name: str) -> None:
        if (_special(name) and name not in DUNDERS) or name == "buffer":
            raise Unsure(f"attribute: {name}")
        if name in ("utcnow", "utcfromtimestamp") and self._minor >= 12:
            raise Unsure("a warning of the library")
        if name in _DEPRECATED and name not in self._own and self._minor >= 10:
            raise Unsure("a warning of the library")
        if name not in self._own:
            self._since(name)

    def _whole(self, nodes: list[ast.AST], library: set[str]) -> None:
        """Rules that need more than one node."""
        kinds = {type(node) for node in nodes}
        dicts = kinds & {ast.Dict, ast.DictComp} or {"dict", "collections"} & (self._called(nodes) | library)
        if self._minor < 9 and ast.BitOr in kinds and dicts:
            raise Unsure("union of dicts")
        if self._minor < 7 and kinds & {ast.Yield, ast.YieldFrom} and "next" in self._called(nodes):
            raise Unsure("StopIteration in a generator")
        if {"getpid", "current_process"} & _attributes(nodes) and {"multiprocessing", "concurrent.futures"} & library:
            raise Unsure("numbers of processes")
        if self._minor < 7 and "re" in library:
            self._patterns(nodes)
        if self._script.version != _HERE and any(char >= "\U0001f900" for char in self._script.source):
            raise Unsure("characters of a later Unicode")

    @staticmethod
    def _called(nodes: list[ast.AST]) -> set[str]:
        return {node.func.id for node in nodes if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}

    def _patterns(self, nodes: list[ast.AST]) -> None:
        """Before 3.7 an empty match was treated in another way: let patterns pass that surely match something."""
        for node in nodes:
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                module = node.func.value
                if not (isinstance(module, ast.Name) and self._modules.get(module.id) == "re"):
                    continue
                first = node.args[0] if node.args else None
                if not (isinstance(first, ast.Constant) and isinstance(first.value, str)) or _empty(first.value):
                    raise Unsure("a pattern that may match nothing")
            elif isinstance(node, ast.ImportFrom) and node.module == "re":
                raise Unsure("from re")


def _attributes(nodes: list[ast.AST]) -> set[str]:
    return {node.attr for node in nodes if isinstance(node, ast.Attribute)}


def _special(name: str) -> bool:
    return name.startswith("__") and name.endswith("__")


def _empty(pattern: str) -> bool:
    """Whether a pattern without groups and choices may match the empty text; True where that is not easily told."""
    return not re.fullmatch(r"(?:\\[dws]\+|[\w@.\- ]|\[[^\]\\]+\]\+)+", pattern)


def _taken(tree: ast.Module) -> set[str]:
    """The names that the program takes out of modules."""
    taken = (alias for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) for alias in node.names)
    return {alias.asname or alias.name for alias in taken}
