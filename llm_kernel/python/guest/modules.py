"""What a program imports: what was compared of Python's library, the machine's side of it, and its own files."""

from __future__ import annotations

import ast
import functools
import importlib
import sys
from collections.abc import Callable, Mapping, Sequence
from types import ModuleType
from typing import Any

from .careful import careful
from .code import block
from .frames import Frame, Module, Trace
from .scopes import Scope
from .shortened import shortened
from .wire import Wire
from .world import Doubt

__all__ = ["Modules", "proxies"]


class _Live(ModuleType):
    """The module ``sys`` as a program sees it: its streams are those of the moment."""

    @property
    def stdout(self) -> Any:
        return sys.stdout

    @property
    def stderr(self) -> Any:
        return sys.stderr

    @property
    def stdin(self) -> Any:
        return sys.stdin


def proxies(
    library: Mapping[str, Sequence[str]],
    shown: Mapping[str, ModuleType],
    reach: Any,
    system: Mapping[str, Any],
    facts: Mapping[str, Any],
) -> dict[str, ModuleType]:
    """Modules that have what was compared and nothing else; ``shown`` are those that the machine answers."""
    found: dict[str, ModuleType] = {}
    for name, words in library.items():
        real = shown.get(name)
        if real is None:
            real = importlib.import_module(name)
        module = _Live(name) if name == "sys" else ModuleType(name)
        for word in words:
            if hasattr(real, word) and not (name == "sys" and word in ("stdout", "stderr", "stdin")):
                setattr(module, word, getattr(real, word))
        found[name] = module
    for name in sorted(found):
        above, _, word = name.rpartition(".")
        if above in found:
            setattr(found[above], word, found[name])
    for dotted, value in facts.items():
        name, _, word = dotted.rpartition(".")
        if name in found and word in library[name]:
            setattr(found[name], word, _saying(value))
    _changed(found, reach)
    careful(found, reach)
    if "sys" in found:
        for word, value in system.items():
            setattr(found["sys"], word, value)
    return found


def _saying(value: Any) -> Callable[[], Any]:
    told = tuple(value) if isinstance(value, list) else value  # the wire knows no tuples
    return lambda: told


def _changed(found: Mapping[str, ModuleType], reach: Any) -> None:
    """Functions that read attributes or name a module have to ask as a program asks."""
    if module := found.get("operator"):
        module.__dict__.update(attrgetter=_getter(reach), methodcaller=_caller(reach))
    if module := found.get("functools"):
        module.__dict__["singledispatch"] = _dispatched
    if (module := found.get("sys")) and "getsizeof" in vars(module):
        module.__dict__["getsizeof"] = _size
    if module := found.get("collections"):
        real = module.namedtuple

        def namedtuple(name: str, fields: Any, *, rename: bool = False, defaults: Any = None) -> Any:
            return real(name, fields, rename=rename, defaults=defaults, module="__main__")

        module.__dict__["namedtuple"] = namedtuple


_SIZED = (int, float, complex, bool, str, bytes, bytearray, list, tuple, dict, set, frozenset, range, type(None))


def _size(value: Any, *default: int) -> int:
    """``sys.getsizeof`` of what is the same here."""
    if type(value) not in _SIZED:
        raise Doubt("size of an object")
    return sys.getsizeof(value)


def _getter(reach: Any) -> Callable[..., Any]:
    def attrgetter(*names: str) -> Callable[[Any], Any]:
        def one(value: Any, name: str) -> Any:
            return functools.reduce(reach.getattr, name.split("."), value)

        if len(names) == 1:
            return lambda value: one(value, names[0])
        return lambda value: tuple(one(value, name) for name in names)

    return attrgetter


def _caller(reach: Any) -> Callable[..., Any]:
    def methodcaller(name: str, /, *args: Any, **named: Any) -> Callable[[Any], Any]:
        return lambda value: reach.getattr(value, name)(*args, **named)

    return methodcaller


def _dispatched(function: Any) -> Any:
    """``functools.singledispatch``, whose classes are values and never texts that are evaluated."""
    made = functools.singledispatch(function)
    real = made.register

    def register(kind: Any, function: Any = None) -> Any:
        if isinstance(kind, type):
            return real(kind, function)
        noted = [note for word, note in kind.__annotations__.items() if word != "return"]
        if function is not None or not noted or not isinstance(noted[0], type):
            raise Doubt("a class that is no class")
        return real(noted[0], kind)

    made.register = register  # type: ignore[assignment,method-assign]
    return made


class Modules:
    """Imports for one run."""

    def __init__(
        self, wire: Wire, library: Mapping[str, ModuleType], trace: Trace, own: Mapping[str, Any], optimized: int
    ) -> None:
        self._wire, self._library, self._trace, self._own, self._optimized = wire, library, trace, own, optimized
        self._loaded: dict[str, ModuleType] = {}

    def load(self, name: str, wanted: Sequence[str], module: Module) -> ModuleType:
        """The module that ``import`` binds: the first of a dotted name where nothing is ``wanted`` of it."""
        whole = _absolute(name, module)
        if whole in self._library:
            return self._library[whole if wanted else whole.partition(".")[0]]
        if whole.partition(".")[0] in self._library:
            raise Doubt(f"module: {whole}")
        parts = whole.split(".")
        last: ModuleType | None = None
        for index in range(len(parts)):
            dotted = ".".join(parts[: index + 1])
            found = self._one(dotted)
            if last is not None:
                setattr(last, parts[index], found)
            last = found
        assert last is not None
        for word in wanted:
            if word != "*" and not hasattr(last, word) and "__path__" in vars(last):
                inner = self._one(f"{whole}.{word}", maybe=True)
                if inner is not None:
                    setattr(last, word, inner)
        return last if wanted else self._loaded[parts[0]]

    def _one(self, dotted: str, *, maybe: bool = False) -> Any:
        if dotted in self._loaded:
            return self._loaded[dotted]
        said = self._wire.ask("module", dotted, maybe)
        if said is None:
            if maybe:
                return None
            raise ModuleNotFoundError(f"No module named '{dotted}'", name=dotted)
        module = self._loaded[dotted] = ModuleType(dotted)
        self._trace.reach.modules.add(dotted)
        package = dotted if said["package"] else dotted.rpartition(".")[0]
        names = module.__dict__
        names.update(__builtins__=self._own, __file__=said["path"], __package__=package, __doc__=None)
        if said.get("partial"):
            names["_unknown"] = _unknown
        if said["package"]:
            names["__path__"] = [said["path"].rpartition("/")[0]]
        try:
            self.run(said["source"], said["path"], names)
        except BaseException:
            self._loaded.pop(dotted, None)
            raise
        if said.get("partial"):
            names["__getattr__"] = _unknown
        return module

    def run(self, source: str, path: str, names: dict[str, Any]) -> None:
        """Carry out the statements of one file."""
        tree = shortened(ast.parse(source), self._optimized)
        later = any(
            isinstance(node, ast.ImportFrom)
            and node.module == "__future__"
            and any(alias.name == "annotations" for alias in node.names)
            for node in tree.body
        )
        names["__doc__"] = ast.get_docstring(tree, clean=False)
        frame = Frame(Module(path, names, self._trace, later=later), "<module>", None, names, None)
        body = block(tree.body, Scope("module", tree))
        self._trace.stack.append(frame)
        try:
            body(frame)
        except BaseException as error:
            self._trace.note(error, frame)
            raise
        finally:
            self._trace.stack.pop()


def _unknown(*what: Any) -> Any:
    """What a library of which only a part is known does with everything else."""
    raise Doubt("more of a library than is known")


def _absolute(name: str, module: Module) -> str:
    level = len(name) - len(name.lstrip("."))
    if not level:
        return name
    package = module.names.get("__package__")
    if not package or package.count(".") + 1 < level:
        raise Doubt("relative import")
    base = package.rsplit(".", level - 1)[0]
    rest = name[level:]
    return f"{base}.{rest}" if rest else base
