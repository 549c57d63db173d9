"""What a program may reach from a value: an attribute is given when its name leads to nothing of the interpreter."""

from __future__ import annotations

import string
import types
from collections.abc import Callable
from typing import Any

from .world import Doubt

__all__ = ["DUNDERS", "Reach", "big"]

DUNDERS: set[str] = set()
"""Names with underscores on both sides that may be used; filled when a run begins."""

_HIDDEN = ("f_", "gi_", "tb_", "co_", "cr_", "ag_", "func_")
_MODULES = ("__main__",)
_OF_OWN = ("__bases__", "__mro__", "__dict__")
"""What of a class of the library's would lead to all others."""
_LISTED = ("_asdict", "_replace", "_fields", "_make", "_value_", "_name_", "_field_defaults")
_MOST_BITS = 4_000_000
_MOST_ITEMS = 20_000_000


class Reach:
    """Reads, sets and deletes attributes as a program may; ``now`` answers for the machine's clock."""

    def __init__(self, now: Callable[..., Any], clocks: tuple[Any, ...]) -> None:
        self._now, self._clocks = now, clocks
        self.modules = set(_MODULES)
        self.stand_ins: tuple[types.ModuleType, ...] = ()

    def get(self, value: Any, name: str) -> Any:
        """``value.name``."""
        if isinstance(value, types.ModuleType) and not self._given(value):
            raise Doubt("a module of the interpreter's")
        if name[0] == "_":
            self._private(value, name)
        elif name.startswith(_HIDDEN) and not self._own(value):
            raise Doubt(f"attribute: {name}")
        elif name in ("now", "today", "utcnow") and any(value is clock for clock in self._clocks):
            return lambda *args: self._now(value, name, *args)
        elif name in ("mro", "__subclasses__", "buffer", "detach"):
            raise Doubt(f"attribute: {name}")
        try:
            found = getattr(value, name)
        except AttributeError:
            if type(value).__module__.startswith("guest") or type(value).__name__ == "PosixPath":
                raise Doubt(f"attribute of a stand-in: {name}") from None
            raise
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
        delattr(value, name)

    def getattr(self, value: Any, name: str, *default: Any) -> Any:
        """The builtin."""
        if not isinstance(name, str) or not name:
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
            if name not in DUNDERS or (name in _OF_OWN and not self._own(value)):
                raise Doubt(f"attribute: {name}")
        elif name not in _LISTED and not self._mine(value, name):
            raise Doubt(f"attribute: {name}")

    def _given(self, module: types.ModuleType) -> bool:
        """Whether a module is a stand-in for the library's, or the machine's own."""
        return any(module is other for other in self.stand_ins) or module.__name__ in self.modules

    def vars(self, value: Any) -> Any:
        """The builtin."""
        return self.get(value, "__dict__")

    def _own(self, value: Any) -> bool:
        """Whether a class is the program's own, or what a value is of."""
        kind = value if isinstance(value, type | types.FunctionType) else type(value)
        return kind.__module__ in self.modules or kind is types.SimpleNamespace

    def _mine(self, value: Any, name: str) -> bool:
        """Whether a name with an underscore is the program's own, or surely not there."""
        if isinstance(value, types.ModuleType):
            return value.__name__ in self.modules
        for kind in (*type(value).__mro__, *(value.__mro__ if isinstance(value, type) else ())):
            if name in vars(kind) and kind.__module__ not in self.modules:
                return False
        return True

    def _settable(self, value: Any, name: str) -> None:
        if isinstance(value, types.ModuleType) and value.__name__ not in self.modules:
            raise Doubt("change of a module")
        if name.startswith("__") and name.endswith("__") and name not in DUNDERS:
            raise Doubt(f"attribute: {name}")
        if name in ("__class__", "__dict__", "__bases__", "__module__"):
            raise Doubt(f"change of {name}")


def _formatter(method: Any) -> Callable[..., str]:
    """A text's ``format`` that looks into no attribute with underscores."""
    text = getattr(method, "__self__", None)

    def formatted(*args: Any, **named: Any) -> str:
        template = text if isinstance(text, str) else args[0] if args else ""
        if not isinstance(template, str):
            raise Doubt("format")
        _check_fields(template)
        return str(method(*args, **named))

    return formatted


def _check_fields(template: str) -> None:
    try:
        fields = list(string.Formatter().parse(template))
    except ValueError:
        return
    for _, field, spec, _ in fields:
        if field and ("._" in field or any(f".{hidden}" in field for hidden in _HIDDEN)):
            raise Doubt("attribute in a format")
        if spec and "{" in spec:
            _check_fields(spec)


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
