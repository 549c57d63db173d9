"""Records as plain data, quickly: dataclasses become dictionaries, lists and dictionaries are copied."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any

__all__ = ["plain"]

_ATOMS = frozenset([str, int, float, bool, bytes, type(None)])


def plain(value: Any) -> Any:
    """What ``dataclasses.asdict`` makes of a record, for records of texts, numbers and collections of such."""
    kind = type(value)
    if kind in _ATOMS:
        return value
    if kind is dict:
        return {key: one if type(one) in _ATOMS else plain(one) for key, one in value.items()}
    if kind is list or kind is tuple:
        if _ATOMS.issuperset(map(type, value)):
            return kind(value)
        return kind(map(plain, value))
    if not is_dataclass(kind):
        return value
    made = {}
    for name in _names(kind):
        one = getattr(value, name)
        made[name] = one if type(one) in _ATOMS else plain(one)
    return made


@cache
def _names(kind: type[Any]) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind))
