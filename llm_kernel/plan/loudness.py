"""Which code could print, judged by names alone: it may say yes too often, never no wrongly for what is known."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable, Iterator

from llm_kernel.plan.trees import every
from llm_kernel.plan.values import Bound, Class, Function, Instance, Lib, Method, Thing, Unknown, Value

_WORDS = frozenset(
    [
        "print",
        "input",
        "exec",
        "eval",
        "help",
        "pprint",
        "pp",
        "write",
        "writelines",
        "info",
        "debug",
        "warning",
        "warn",
        "error",
        "critical",
        "exception",
        "log",
        "summary",
        "fit",
        "evaluate",
        "predict",
        "system",
        "run",
        "call",
        "check_call",
        "check_output",
        "Popen",
        "exit",
        "spawn",
        "print_exc",
        "breakpoint",
        "_exit",
        "quit",
        "print_help",
        "print_usage",
        "tune",
    ]
)
_IMPLICIT = frozenset(
    [
        "forward",
        "__call__",
        "__getitem__",
        "__iter__",
        "__next__",
        "__enter__",
        "__exit__",
        "__getattr__",
        "__add__",
        "__len__",
        "__str__",
        "__repr__",
        "__eq__",
        "training_step",
    ]
)


class Loudness:
    """The names whose call could print, over all modules read so far."""

    def __init__(self) -> None:
        self.defined: dict[str, list[ast.AST]] = {}
        self._words: dict[ast.AST, frozenset[str]] = {}
        self._classes: list[ast.ClassDef] = []
        self._stores: list[ast.Attribute] = []
        self._held: set[ast.AST] = set()
        """Calls of an object of the source that stands under a word's name: ``self.fit(x)`` where it is a layer."""
        self._names: set[str] = set()
        self._any = False
        self._said: dict[int, bool] = {}

    def add(self, nodes: Iterable[ast.AST]) -> None:
        """Learn the functions of another module from its nodes."""
        for node in nodes:
            if isinstance(node, ast.Attribute):
                if node.attr in _WORDS and isinstance(node.ctx, ast.Store):
                    self._stores.append(node)
                continue
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                self.defined.setdefault(node.name, []).append(node)
            elif isinstance(node, ast.ClassDef):
                makers = [each for each in node.body if isinstance(each, ast.FunctionDef) and each.name == "__init__"]
                self.defined.setdefault(node.name, []).extend(makers)
                self._classes.append(node)
            elif isinstance(node, ast.Assign) and isinstance(node.value, (ast.Lambda, ast.Name, ast.Attribute)):
                for target in node.targets:
                    if isinstance(target, ast.Name):
                        self.defined.setdefault(target.id, []).append(ast.Expr(ast.Call(node.value, [], [])))
        if self._stores:
            self._hold()
        self._settle()

    def _hold(self) -> None:
        """Note the calls of objects that the classes keep under a word's name, where nobody else sets that."""
        names = {each.name for each in self._classes}
        kept = {id(node) for each in self._classes for node in _makes(each, names)}
        other = {node.attr for node in self._stores if id(node) not in kept}
        before, self._held = self._held, set()
        for each in self._classes:
            mine = {node.attr for node in _makes(each, names)} - other
            self._held |= {call for call, name in _own_calls(each) if name in mine} if mine else set()
        if self._held != before:
            self._words.clear()

    def _settle(self) -> None:
        called = {name: {word for node in nodes for word in self._called(node)} for name, nodes in self.defined.items()}
        self._names = {name for name, words in called.items() if words & _WORDS}
        while True:
            more = {name for name, words in called.items() if name not in self._names and words & self._names}
            if not more:
                break
            self._names |= more
        self._any = bool(self._names & _IMPLICIT)
        self._said.clear()

    def _called(self, node: ast.AST) -> frozenset[str]:
        held = self._words.get(node)
        if held is None:
            held = self._words[node] = frozenset(_called(node, self._held))
        return held

    def says(self, node: ast.AST) -> bool:
        """Whether this code could print or end the program."""
        said = self._said.get(id(node))
        if said is None:
            words = self._called(node)
            said = bool(words & _WORDS or words & self._names or (self._any and words))
            self._said[id(node)] = said
        return said

    def value(self, value: Value) -> bool:
        """Whether calling this value could print."""
        match value:
            case Function():
                return self.says(value.node)
            case Bound():
                return self.value(value.function)
            case Class():
                return value.name in self._names or self._any
            case Instance():
                held = [cls.attrs.get(name) for cls in value.cls.line() for name in _IMPLICIT]
                return any(isinstance(each, Function) and self.says(each.node) for each in held)
            case Thing(kind="module"):
                return any(self.value(each) for each in value.attrs.values())
            case Thing():
                return self.value(value.attrs.get("inner"))
            case Unknown():
                return any(self.value(each) for each in value.among)
            case Lib(path):
                return path.split(".")[-1] in _WORDS
            case Method():
                return value.name in _WORDS
        return False


def _makes(node: ast.ClassDef, classes: Collection[str]) -> Iterator[ast.Attribute]:
    """Where a class sets attributes of its own to new objects of these classes."""
    for each in every(node):
        match each:
            case ast.Assign(
                targets=[ast.Attribute(value=ast.Name(id="self")) as target], value=ast.Call(func=ast.Name(id=name))
            ) if name in classes:
                yield target


def _own_calls(node: ast.ClassDef) -> Iterator[tuple[ast.Call, str]]:
    """The calls of what an object of a class keeps, or of its methods, with their names."""
    for each in every(node):
        match each:
            case ast.Call(func=ast.Attribute(value=ast.Name(id="self"), attr=name)):
                yield each, name


def _called(node: ast.AST, held: Collection[ast.AST]) -> set[str]:
    found: set[str] = set()
    for each in every(node):
        if isinstance(each, ast.Call):
            function = each.func
            if held and each in held:
                found |= {"__call__", "forward"}
                continue
            found.add(function.id if isinstance(function, ast.Name) else getattr(function, "attr", "?"))
        elif isinstance(each, (ast.Raise, ast.With)):
            found.add("exit" if isinstance(each, ast.Raise) else "__enter__")
    return found
