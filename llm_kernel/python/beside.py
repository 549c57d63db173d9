"""The machine's own modules that a program imports, found before it begins; what else it imports is doubted."""

from __future__ import annotations

import ast
import posixpath
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from llm_kernel.python.disk import Disk
from llm_kernel.python.library import LIBRARY
from llm_kernel.python.policy import judged
from llm_kernel.python.script import Script, Unsure
from llm_kernel.python.warned import warned

__all__ = ["Beside", "own_paths"]


def own_paths(env: Mapping[str, str], cwd: str) -> tuple[str, ...]:
    """The folders of ``PYTHONPATH``."""
    return tuple(posixpath.normpath(posixpath.join(cwd, each)) for each in env.get("PYTHONPATH", "").split(":") if each)


class Beside:
    """Modules in the folders of ``script``; ``sources`` has each one's text and syntax by its path.

    ``made`` is source by dotted name for libraries of which only a part is known; their errors are never shown.
    """

    def __init__(
        self,
        script: Script,
        disk: Disk,
        lacks: Callable[[str], bool],
        made: Mapping[str, str] | None = None,
    ) -> None:
        self._script, self._disk, self._lacks, self._made = script, disk, lacks, made or {}
        self._folders = script.folders
        self._found: dict[str, dict[str, Any] | None] = {}
        self._library: set[str] = set()
        self._known: dict[str, set[str]] = {}
        self.sources: dict[str, tuple[Script, ast.Module]] = {}

    def gathered(self, tree: ast.Module) -> frozenset[str]:
        """The modules of the library that the program and its own modules need, and the packages they lie in.

        Raises:
            Unsure: where a module is of neither kind, and not surely missing.
        """
        self.sources[self._script.name] = (self._script, tree)
        self._gather(tree, "")
        for name in self._library:
            top = name.partition(".")[0]
            if any(self._disk.kind(f"{folder}/{top}{end}") for folder in self._folders for end in ("", ".py")):
                raise Unsure(f"module with a library's name: {name}")
        return frozenset(self._library | ({"os.path"} if "os" in self._library else set()))

    def _gather(self, tree: ast.Module, package: str) -> None:
        ours = package in self._made
        for name, words in _imports(tree, package):
            if not ours and name.partition(".")[0] in self._made and _private([*name.split("."), *words]):
                raise Unsure(f"module: {name}")
            if name in LIBRARY:
                named = (name, *(f"{name}.{word}" for word in words if f"{name}.{word}" in LIBRARY))
                self._library |= {part for each in named for part in _above(each)} & LIBRARY.keys()
                continue
            for index, each in enumerate(_above(name)):
                self.module(each, maybe=index > 0)
            for word in words:
                if name not in self._known or f"{name}.{word}" in self._made:
                    self.module(f"{name}.{word}", maybe=True)
                elif word not in self._known[name]:
                    raise Unsure(f"module: {name}.{word}")
        if self._known and not ours:
            self._check_uses(tree)

    def _check_uses(self, tree: ast.Module) -> None:
        """Nothing is used of a library but what is known of it."""
        bound = {
            alias.asname or alias.name.partition(".")[0]: alias.name if alias.asname else alias.name.partition(".")[0]
            for node in ast.walk(tree)
            if isinstance(node, ast.Import)
            for alias in node.names
        }
        for node in ast.walk(tree):
            dotted = _dotted(node)
            if not dotted or dotted[0] not in bound:
                continue
            module, *rest = [bound[dotted[0]], *dotted[1:]]
            for word in rest:
                if word not in self._known.get(module, {word}) or (module in self._known and _private([word])):
                    raise Unsure(f"module: {module}.{word}")
                module = f"{module}.{word}"

    def module(self, dotted: str, *, maybe: bool) -> dict[str, Any] | None:
        """A module of the machine's own; None where it is surely not there."""
        if dotted not in self._found:
            self._found[dotted] = None
            self._found[dotted] = self._sought(dotted, maybe=maybe)
        return self._found[dotted]

    def _sought(self, dotted: str, *, maybe: bool) -> dict[str, Any] | None:
        bases = [f"{folder}/{dotted.replace('.', '/')}" for folder in self._folders]
        for base in bases:
            for path, package in ((f"{base}/__init__.py", True), (f"{base}.py", False)):
                if self._disk.kind(path) == "file":
                    return self._source(path, dotted, package=package)
        for base in bases:
            if self._disk.kind(base) == "directory":
                return {"path": f"{base}/", "source": "", "package": True}
        if dotted in self._made:
            return self._standing_in(dotted)
        if dotted.partition(".")[0] in self._made:
            raise Unsure(f"module: {dotted}")
        if maybe or self._lacks(dotted):
            return None
        raise Unsure(f"module: {dotted}")

    def _standing_in(self, dotted: str) -> dict[str, Any]:
        """What is known of a library; ``partial`` marks that there is more of it."""
        source = self._made[dotted]
        script = Script(source, f"<{dotted}>", self._script.argv, self._script.version)
        tree = script.parsed()
        self._library |= judged(script, tree)
        self._known[dotted] = set(_bound(tree))
        self._gather(tree, dotted)
        return {"path": script.name, "source": source, "package": True, "partial": True}

    def _source(self, path: str, dotted: str, *, package: bool) -> dict[str, Any]:
        try:
            source = self._disk.opened(path, "r").decode()
        except UnicodeDecodeError as err:
            raise Unsure(f"module: {path}") from err
        script = Script(source, path, self._script.argv, self._script.version, path)
        tree = script.parsed()
        self._library |= judged(script, tree)
        if warned(script):
            raise Unsure("a warning of the compiler")
        self.sources[path] = (script, tree)
        self._gather(tree, dotted if package else dotted.rpartition(".")[0])
        return {"path": path, "source": source, "package": package}


def _imports(tree: ast.Module, package: str) -> Iterator[tuple[str, list[str]]]:
    """The modules that a file of ``package`` names, and what it takes from each."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, []) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            name = node.module or ""
            if node.level:
                if not package or package.count(".") + 1 < node.level:
                    raise Unsure("relative import")
                base = package.rsplit(".", node.level - 1)[0]
                name = f"{base}.{name}" if name else base
            yield name, [alias.name for alias in node.names]


def _above(dotted: str) -> list[str]:
    """A module and the packages that it lies in."""
    parts = dotted.split(".")
    return [".".join(parts[: index + 1]) for index in range(len(parts))]


def _private(words: Iterable[str]) -> bool:
    """Whether one of the names is a module's own business."""
    return any(word.startswith("_") and not word.endswith("__") for word in words)


def _dotted(node: ast.AST) -> list[str]:
    """The words of ``a.b.c``; none of another expression."""
    words: list[str] = []
    while isinstance(node, ast.Attribute):
        words.insert(0, node.attr)
        node = node.value
    return [node.id, *words] if words and isinstance(node, ast.Name) else []


def _bound(tree: ast.Module) -> Iterator[str]:
    """The names that the statements of a module bind."""
    for node in tree.body:
        match node:
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                yield name
            case ast.Assign(targets=targets):
                yield from (target.id for target in targets if isinstance(target, ast.Name))
            case ast.ImportFrom(names=names):
                yield from (alias.asname or alias.name for alias in names)
