"""Where a name of a program lives: its function, one around it, or the module; decided from the syntax alone."""

from __future__ import annotations

import ast
from collections.abc import Iterator

__all__ = ["Scope"]

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
_OWN = (*_FUNCTIONS, *_COMPREHENSIONS, ast.ClassDef)


class Scope:
    """The names of one function, class, comprehension or module; ``kind`` is one of these words."""

    def __init__(self, kind: str, node: ast.AST, around: Scope | None = None, path: str = "") -> None:
        self.kind, self.around, self.path = kind, around, path
        self.bound: set[str] = set()
        self.globals: set[str] = set()
        self.nonlocals: set[str] = set()
        for part in _inside(node):
            self._bind(part)
        if isinstance(node, _FUNCTIONS):
            self.bound.update(argument.arg for argument in _arguments(node.args))
        self.bound -= self.globals | self.nonlocals
        self.yields = isinstance(node, _FUNCTIONS) and any(
            isinstance(part, ast.Yield | ast.YieldFrom) for part in _inside(node)
        )
        self.streams = self.yields and isinstance(node, ast.AsyncFunctionDef)

    def _bind(self, node: ast.AST) -> None:
        match node:
            case ast.Global(names=names):
                self.globals.update(names)
            case ast.Nonlocal(names=names):
                self.nonlocals.update(names)
            case ast.Name(id=name, ctx=ast.Store() | ast.Del()):
                self.bound.add(name)
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                self.bound.add(name)
            case ast.Import(names=aliases) | ast.ImportFrom(names=aliases):
                self.bound.update(alias.asname or alias.name.partition(".")[0] for alias in aliases)
            case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
                self.bound.add(name)
            case ast.MatchMapping(rest=str(name)):
                self.bound.add(name)

    def place(self, name: str) -> int | None:
        """How many functions further out ``name`` lives; None where it is a global."""
        if self.kind == "module" or name in self.globals:
            return None
        if name in self.bound:
            return 0
        depth = 0 if self.kind == "class" else 1
        scope = self.around
        while scope is not None and scope.kind != "module":
            if scope.kind != "class":
                if name in scope.bound:
                    return depth
                if name in scope.globals:
                    return None
                depth += 1
            scope = scope.around
        return None

    def target(self) -> Scope:
        """The scope in which an assignment expression of this one binds."""
        scope = self
        while scope.kind == "comprehension" and scope.around is not None:
            scope = scope.around
        return scope


def _arguments(arguments: ast.arguments) -> Iterator[ast.arg]:
    yield from (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)
    yield from filter(None, (arguments.vararg, arguments.kwarg))


def _inside(node: ast.AST) -> Iterator[ast.AST]:
    """All that belongs to a scope, without what belongs to the scopes within it."""
    todo: list[ast.AST] = []
    if isinstance(node, ast.Lambda):
        todo = [node.body]
    elif isinstance(node, _COMPREHENSIONS):
        yield from _targets(node)
        return
    else:
        todo = list(getattr(node, "body", ()))
    while todo:
        part = todo.pop()
        yield part
        if isinstance(part, _COMPREHENSIONS):
            yield from (inner for inner in _named(part))
            todo.append(part.generators[0].iter)
        elif isinstance(part, ast.Lambda):
            todo += [*part.args.defaults, *filter(None, part.args.kw_defaults)]
        elif isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef):
            todo += [*part.decorator_list, *part.args.defaults, *filter(None, part.args.kw_defaults)]
        elif isinstance(part, ast.ClassDef):
            todo += [*part.decorator_list, *part.bases, *(word.value for word in part.keywords)]
        else:
            todo += ast.iter_child_nodes(part)


def _targets(node: ast.AST) -> Iterator[ast.AST]:
    for generator in node.generators:  # type: ignore[attr-defined]
        yield from (part for part in ast.walk(generator.target) if isinstance(part, ast.Name))


def _named(node: ast.AST) -> Iterator[ast.AST]:
    """The names that assignment expressions within a comprehension bind around it."""
    for part in ast.walk(node):
        if isinstance(part, ast.NamedExpr):
            yield part.target
