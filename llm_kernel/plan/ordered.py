"""Dicts that show themselves in their own way (``OrderedDict`` in another one from Python 3.12 on), and their views."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from llm_kernel.plan.values import Value

__all__ = ["Default", "OrderedDict", "View", "since"]


class OrderedDict(dict[Any, Value]):
    """A dict of the program; ``braces``: whether its release of Python shows it with braces."""

    __slots__ = ("braces",)
    braces: bool

    def __init__(self, held: Mapping[Any, Value], braces: bool) -> None:
        super().__init__(held)
        self.braces = braces

    def copy(self) -> OrderedDict:
        return OrderedDict(self, self.braces)

    def __repr__(self) -> str:
        if not self:
            return "OrderedDict()"
        return f"OrderedDict({super().__repr__() if self.braces else repr([*self.items()])})"


class Default(dict[Any, Value]):
    """A ``defaultdict`` of the program; ``factory`` makes what a key that is not there gets."""

    __slots__ = ("factory",)
    factory: Value

    def __init__(self, factory: Value, held: Mapping[Any, Value]) -> None:
        super().__init__(held)
        self.factory = factory

    def copy(self) -> Default:
        return Default(self.factory, self)


def since(facts: Mapping[str, object], minor: int) -> bool:
    """Whether the machine's Python is 3.``minor`` or newer, as one of today is where nothing is known of it."""
    told = facts.get("python")
    return not isinstance(told, tuple) or told[:2] >= (3, minor)


class View(list[Value]):
    """The keys, values or items of a dict as they are now, by the ``word`` that Python shows; keys are a set, too."""

    word: str

    @classmethod
    def of(cls, held: dict[Any, Value], name: str, *, ordered: bool) -> View:
        """What ``held.name()`` gives."""
        made = cls(getattr(held, name)())
        made.word = f"{'o' if ordered else ''}dict_{name}"
        return made

    def __and__(self, other: Any) -> set[Any]:
        return set(self) & set(other)

    def __or__(self, other: Any) -> set[Any]:
        return set(self) | set(other)

    def __sub__(self, other: Any) -> set[Any]:
        return set(self) - set(other)

    def __xor__(self, other: Any) -> set[Any]:
        return set(self) ^ set(other)
