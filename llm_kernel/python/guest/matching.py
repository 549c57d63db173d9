"""``match``: whether a value has the form that a pattern asks for."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from .code import Does, block, does, expression
from .frames import Frame
from .scopes import Scope
from .targets import Keep, assign
from .world import Doubt

__all__: list[str] = []

Fits: TypeAlias = "Callable[[Frame, Any], bool]"

_WHOLE = (bool, bytearray, bytes, dict, float, frozenset, int, list, set, str, tuple)


@does(ast.Match)
def select(node: ast.Match, scope: Scope) -> Does:
    """``match``."""
    subject = expression(node.subject, scope)
    cases = [
        (_pattern(case.pattern, scope), expression(case.guard, scope) if case.guard else None, block(case.body, scope))
        for case in node.cases
    ]

    def run(frame: Frame) -> Any:
        value = subject(frame)
        for fits, guard, body in cases:
            if fits(frame, value) and (guard is None or guard(frame)):
                return body(frame)
        return None

    return run


def _keep(name: str | None, scope: Scope) -> Keep:
    return assign(ast.Name(name, ast.Store()), scope) if name else lambda frame, value: None


def _pattern(node: ast.pattern, scope: Scope) -> Fits:
    match node:
        case ast.MatchValue(value=value):
            wanted = expression(value, scope)
            return lambda frame, found: bool(found == wanted(frame))
        case ast.MatchSingleton(value=single):
            return lambda frame, found: found is single
        case ast.MatchAs(pattern=inner, name=name):
            return _named(_pattern(inner, scope) if inner is not None else None, _keep(name, scope))
        case ast.MatchOr(patterns=patterns):
            ways = [_pattern(part, scope) for part in patterns]
            return lambda frame, found: any(way(frame, found) for way in ways)
        case ast.MatchSequence(patterns=patterns):
            return _sequence(patterns, scope)
        case ast.MatchMapping():
            return _mapping(node, scope)
        case ast.MatchClass():
            return _object(node, scope)
    raise Doubt(f"pattern: {type(node).__name__}")


def _named(inner: Fits | None, keep: Keep) -> Fits:
    def fits(frame: Frame, found: Any) -> bool:
        if inner is not None and not inner(frame, found):
            return False
        keep(frame, found)
        return True

    return fits


def _sequence(patterns: list[ast.pattern], scope: Scope) -> Fits:
    star = next((index for index, part in enumerate(patterns) if isinstance(part, ast.MatchStar)), None)
    parts = [part for part in patterns if not isinstance(part, ast.MatchStar)]
    fits = [_pattern(part, scope) for part in parts]
    starred = patterns[star] if star is not None else None
    keep = _keep(starred.name, scope) if isinstance(starred, ast.MatchStar) else None

    def run(frame: Frame, found: Any) -> bool:
        if not isinstance(found, Sequence) or isinstance(found, str | bytes | bytearray):
            return False
        if len(found) < len(fits) or (star is None and len(found) != len(fits)):
            return False
        first = star if star is not None else len(fits)
        behind = len(fits) - first
        items = [*found[:first], *(found[len(found) - behind :] if behind else ())]
        if not all(fit(frame, item) for fit, item in zip(fits, items, strict=True)):
            return False
        if keep is not None:
            keep(frame, list(found[first : len(found) - behind]))
        return True

    return run


def _mapping(node: ast.MatchMapping, scope: Scope) -> Fits:
    keys = [expression(key, scope) for key in node.keys]
    fits = [_pattern(part, scope) for part in node.patterns]
    keep = _keep(node.rest, scope) if node.rest else None

    def run(frame: Frame, found: Any) -> bool:
        if not isinstance(found, Mapping):
            return False
        wanted = [key(frame) for key in keys]
        if not all(key in found and fit(frame, found[key]) for key, fit in zip(wanted, fits, strict=True)):
            return False
        if keep is not None:
            keep(frame, {key: value for key, value in found.items() if key not in wanted})
        return True

    return run


def _object(node: ast.MatchClass, scope: Scope) -> Fits:
    kind = expression(node.cls, scope)
    places = [_pattern(part, scope) for part in node.patterns]
    words = [(word, _pattern(part, scope)) for word, part in zip(node.kwd_attrs, node.kwd_patterns, strict=True)]

    def run(frame: Frame, found: Any) -> bool:
        wanted, reach = kind(frame), frame.module.run.reach
        frame.node = node.cls
        if not isinstance(wanted, type):
            raise Doubt("a pattern of no class")
        if not isinstance(found, wanted):
            return False
        named = list(words)
        if places and wanted in _WHOLE:
            if len(places) > 1:
                raise Doubt("patterns of a value")
            if not places[0](frame, found):
                return False
        elif places:
            known = getattr(wanted, "__match_args__", ())
            if len(known) < len(places):
                raise Doubt("more patterns than attributes")
            named = [*zip(known, places, strict=False), *words]
        return all(reach.hasattr(found, word) and fit(frame, reach.get(found, word)) for word, fit in named)

    return run
