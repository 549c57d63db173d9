"""What a program may reach from a value: an attribute is given when its name leads to nothing of the interpreter."""

from __future__ import annotations

import datetime
import string
import sys
import types
from collections.abc import Callable, Iterator
from typing import Any

from .hashes import Hashes
from .world import Doubt

__all__ = ["DUNDERS", "Reach", "big", "check_fields"]

DUNDERS: set[str] = set()
"""Names with underscores on both sides that may be used; filled when a run begins."""

_HIDDEN = ("f_", "gi_", "tb_", "co_", "cr_", "ag_", "func_")
_MODULES = ("__main__",)
_OF_OWN = ("__bases__", "__mro__", "__dict__")
"""What of a class of the library's would lead to all others."""
_LISTED = ("_asdict", "_replace", "_fields", "_make", "_value_", "_name_", "_field_defaults")
_STATELESS = ("abc", "typing", "collections.abc", "_collections_abc", "numbers")
"""Modules whose classes keep nothing of their own in an object."""
_SHOWN = ("Console", "Terminal", "Environ", "_Written", "_Only", "_Blind", "Stat", "_Folder", "_Live", "Redirected",
          "Popen", "Piped", "Connection", "Cursor", "Stream",
          "_Pool", "_Executor", "_Process", "_Queue", "_Lock", "_Promise")  # fmt: skip
"""Classes of the guest's own whose objects a program has."""
_AWAITED = frozenset(
    """done result exception cancel cancelled add_done_callback get_name set_name put get put_nowait get_nowait qsize
    empty full join task_done acquire release locked set clear is_set wait notify notify_all create_task maxsize
    expired when reschedule""".split()
)
"""What of the objects of ``asyncio`` leads to none of its loops."""
_KEPT = frozenset(
    """execute executemany executescript commit rollback close cursor fetchone fetchall fetchmany description rowcount
    lastrowid row_factory text_factory isolation_level total_changes in_transaction connection arraysize keys
    create_function iterdump""".split()
)
"""What of the objects of ``sqlite3`` leads to nothing but their own database."""
_CHANGES = ("__setattr__", "__delattr__")
_MOST_BITS = 4_000_000
_MOST_ITEMS = 20_000_000


class Reach:
    """Reads, sets and deletes attributes as a program may; ``now`` answers for the machine's clock.

    ``shown`` gives a text the machine's places in memory.
    """

    def __init__(
        self, now: Callable[..., Any], clocks: tuple[Any, ...], shown: Callable[[str], str], hashes: Hashes
    ) -> None:
        self._now, self._clocks, self._shown, self.hashes = now, clocks, shown, hashes
        self.modules = set(_MODULES)
        self.stand_ins: tuple[types.ModuleType, ...] = ()
        self._inner: dict[str, frozenset[str]] = {}

    def get(self, value: Any, name: str) -> Any:
        """``value.name``."""
        if isinstance(value, types.ModuleType) and not self._given(value):
            raise Doubt("a module of the interpreter's")
        if type(value).__module__.startswith("guest.") and type(value).__name__ not in _SHOWN:
            raise Doubt("an object of the interpreter's")
        if isinstance(value, str) and value != self._shown(value):
            raise Doubt("a place in memory")
        if name[0] == "_":
            self._private(value, name)
        elif (
            (name not in _AWAITED and _of_module(value, "asyncio", "_asyncio"))
            or (name not in _KEPT and _of_module(value, "sqlite3", "guest.databases"))
            or (name.startswith(_HIDDEN) and not self.own(value))
        ):
            raise Doubt(f"attribute: {name}")
        elif name in ("now", "today", "utcnow") and self._tells_time(value):
            if not any(value is clock for clock in self._clocks):
                raise Doubt("the time from a class of the program's")
            return lambda *args: self._now(value, name, *args)
        elif name in ("buffer", "buffer_info", "detach") or (
            name == "mro" and not (isinstance(value, type) and self.own(value))
        ):
            raise Doubt(f"attribute: {name}")
        try:
            found = getattr(value, name)
        except AttributeError:
            if self._stands_in(value):
                raise Doubt(f"attribute of a stand-in: {name}") from None
            raise
        if name == "__dict__" and isinstance(value, type):
            return self.hashes.written(value)
        if name == "__hash__" and found is not None and not self._written_here(found):
            raise Doubt("hash of a place in memory")
        if name in _CHANGES and not self._written_here(found):
            return self._changer(found)
        if name in ("format", "format_map") and not isinstance(found, types.FunctionType | types.MethodType):
            return _formatter(found)
        return found

    def set(self, value: Any, name: str, new: Any) -> None:
        """``value.name = new``."""
        self._settable(value, name)
        setattr(value, name, new)

    def delete(self, value: Any, name: str) -> None:
        """``del value.name``."""
        self._settable(value, name)
        if name == "__hash__":
            raise Doubt("a class without its hash")
        delattr(value, name)

    def getattr(self, value: Any, name: str, *default: Any) -> Any:
        """The builtin."""
        if type(name) is not str or not name:  # a class of texts may answer differently each time
            raise Doubt("name of an attribute")
        try:
            return self.get(value, name)
        except AttributeError:
            if default:
                return default[0]
            raise

    def hasattr(self, value: Any, name: str) -> bool:
        """The builtin."""
        try:
            self.getattr(value, name)
        except AttributeError:
            return False
        return True

    def _private(self, value: Any, name: str) -> None:
        if name.startswith("__") and name.endswith("__"):
            if name not in DUNDERS or (name in _OF_OWN and not self.own(value)):
                raise Doubt(f"attribute: {name}")
        elif name not in _LISTED and not self._mine(value, name):
            raise Doubt(f"attribute: {name}")

    def _given(self, module: types.ModuleType) -> bool:
        """Whether a module is a stand-in for the library's, or the machine's own."""
        return any(module is other for other in self.stand_ins) or module.__name__ in self.modules

    def vars(self, value: Any) -> Any:
        """The builtin."""
        return self.get(value, "__dict__")

    def own(self, value: Any) -> bool:
        """Whether a class is the program's own, or what a value is of."""
        kind = value if isinstance(value, type | types.FunctionType) else type(value)
        named = (kind.__module__, kind.__name__) == ("argparse", "Namespace") and not isinstance(value, type)
        return kind.__module__ in self.modules or kind is types.SimpleNamespace or named

    def _mine(self, value: Any, name: str) -> bool:
        """Whether a name with an underscore is the program's own, and not one of a class that its class is made of."""
        if isinstance(value, types.ModuleType):
            return value.__name__ in self.modules
        if type(value) is super:
            above: Any = getattr(value, "__self_class__", None)
            return above is not None and above.__module__ in self.modules and not self._theirs(above, name)
        kind = value if isinstance(value, type) else type(value)
        return self.own(value) and not self._theirs(kind, name)

    def _theirs(self, kind: type, name: str) -> bool:
        for base in kind.__mro__:
            if base.__module__ in self.modules:
                continue
            if name in vars(base):
                return True
            if base.__module__ not in ("builtins", *_STATELESS) and name in self._names(base.__module__):
                return True
        return False

    def _names(self, module: str) -> frozenset[str]:
        """The names that the code of a module of the library's uses."""
        if module not in self._inner:
            self._inner[module] = frozenset(_spoken(vars(sys.modules.get(module, types.ModuleType(module)))))
        return self._inner[module]

    def _tells_time(self, value: Any) -> bool:
        if type(value) is super:
            return True
        return isinstance(value, datetime.date) or (isinstance(value, type) and issubclass(value, datetime.date))

    def _stands_in(self, value: Any) -> bool:
        """Whether what a value lacks may be there in Python's library."""
        kind = value if isinstance(value, type) else type(value)
        if isinstance(value, types.ModuleType):
            return value.__name__ not in self.modules
        return kind.__module__.startswith("guest.") or kind.__name__ == "PosixPath"

    def _written_here(self, found: Any) -> bool:
        function = getattr(found, "__func__", found)
        return isinstance(function, types.FunctionType) and function.__module__ in self.modules

    def _changer(self, found: Any) -> Callable[..., None]:
        """``object.__setattr__`` and its like, for what a program may change."""
        bound = isinstance(found, types.MethodWrapperType | types.MethodType | types.BuiltinMethodType)

        def changed(*args: Any) -> None:
            target, *rest = (found.__self__, *args) if bound else args or (None,)
            if not rest:
                raise Doubt("change of nothing")
            self._settable(target, rest[0])
            found(*args)

        return changed

    def _settable(self, value: Any, name: str) -> None:
        if type(name) is not str or not name:
            raise Doubt("name of an attribute")
        if isinstance(value, types.ModuleType) and value.__name__ not in self.modules:
            raise Doubt("change of a module")
        if type(value).__module__ == "dataclasses":
            raise Doubt("change of a field")
        if name.startswith("__") and name.endswith("__") and name not in DUNDERS:
            raise Doubt(f"attribute: {name}")
        if name in ("__class__", "__dict__", "__bases__", "__module__"):
            raise Doubt(f"change of {name}")
        if name[0] == "_" and not name.endswith("__") and name not in _LISTED and not self._mine(value, name):
            raise Doubt(f"attribute: {name}")


def _of_module(value: Any, *modules: str) -> bool:
    """Whether a class, or a value's, is of one of these modules, and no error."""
    kind = value if isinstance(value, type) else type(value)
    named = kind.__module__ in modules or kind.__module__.partition(".")[0] in modules
    return named and not issubclass(kind, BaseException)


def _formatter(method: Any) -> Callable[..., str]:
    """A text's ``format`` that looks into no attribute with underscores."""
    text = getattr(method, "__self__", None)

    def formatted(*args: Any, **named: Any) -> str:
        template = text if isinstance(text, str) else args[0] if args else ""
        if not isinstance(template, str):
            raise Doubt("format")
        check_fields(template)
        return str(method(*args, **named))

    return formatted


def _spoken(names: dict[str, Any]) -> Iterator[str]:
    for name, value in list(names.items()):
        yield name
        if isinstance(value, property):
            value = value.fget
        elif isinstance(value, classmethod | staticmethod):
            value = value.__func__
        while isinstance(value, types.FunctionType) and hasattr(value, "__wrapped__"):
            value = value.__wrapped__
        if isinstance(value, types.FunctionType):
            yield from _named(value.__code__)
        elif isinstance(value, type) and value.__module__ == names.get("__name__", value.__module__):
            yield from _spoken({**vars(value), "__name__": None})


def _named(code: types.CodeType) -> Iterator[str]:
    yield from code.co_names
    for value in code.co_consts:
        if isinstance(value, types.CodeType):
            yield from _named(value)


def check_fields(template: str) -> None:
    """Doubt a template that looks into what a program may not see."""
    try:
        fields = list(string.Formatter().parse(template))
    except ValueError:
        return
    for _, field, spec, _ in fields:
        if field and ("._" in field or any(f".{hidden}" in field for hidden in _HIDDEN)):
            raise Doubt("attribute in a format")
        if spec and "{" in spec:
            check_fields(spec)


def big(operator: str, left: Any, right: Any) -> None:
    """Doubt what would take all memory or time within one step."""
    match operator:
        case "Pow" if isinstance(left, int) and isinstance(right, int):
            if right > 1 and left.bit_length() * right > _MOST_BITS:
                raise Doubt("a number of many digits")
        case "LShift" if isinstance(left, int) and isinstance(right, int) and right > _MOST_BITS:
            raise Doubt("a number of many digits")
        case "Mult":
            for many, times in ((left, right), (right, left)):
                items = len(many) if isinstance(many, str | bytes | bytearray | list | tuple) else 0
                if isinstance(times, int) and items * times > _MOST_ITEMS:
                    raise Doubt("memory")
