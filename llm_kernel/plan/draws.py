"""Python's own random numbers: a seed in the source fixes them, and without one the chance of the run.

The algorithms that are used here give the same numbers in every release from 3.6 on.
"""

from __future__ import annotations

import ast
import random
from dataclasses import dataclass
from typing import Any

from llm_kernel.plan.expressions import checked
from llm_kernel.plan.items import unpack
from llm_kernel.plan.known import Handler
from llm_kernel.plan.values import SPREAD, Items, Thing, Unknown, Value, kind_of, known
from llm_kernel.plan.walk import Walk

__all__ = ["DRAWS", "begin_draws", "draw", "lose_draws"]

_HERE = "<random>"
_MOST = 5000
_LONG = 100_000
_DRAWN = {
    "random": "float", "uniform": "float", "gauss": "float", "normalvariate": "float", "triangular": "float",
    "expovariate": "float", "betavariate": "float", "gammavariate": "float", "lognormvariate": "float",
    "randint": "int", "randrange": "int", "getrandbits": "int", "choice": "any", "choices": "any", "sample": "any",
    "shuffle": "any",
}  # fmt: skip
"""The functions that draw, and the kind of what they give."""


@dataclass(frozen=True, slots=True, eq=False)
class _Stream:
    """The state of a generator at one moment."""

    state: Any


def _begun(args: list[Value], named: dict[str, Value]) -> _Stream | None:
    seed: Any = args[0] if args else next(iter(named.values()), None)
    if not isinstance(seed, (int, str)) or len(str(seed)) > 1000:
        return None
    return _Stream(random.Random(seed).getstate())


def begin_draws(w: Walk) -> None:
    """Let the stream begin where the chance of this run says, until the program seeds it."""
    chance = w.facts.get("chance")
    if isinstance(chance, int):
        w.globals.names[_HERE] = _begun([chance], {})


def lose_draws(w: Walk) -> None:
    """The stream has moved, nobody knows how far."""
    if w.globals.names.get(_HERE) is not None:
        w.state.put(w.globals.names, _HERE, None)


def draw(w: Walk, place: dict[str, Value], key: str, name: str, args: list[Value], named: dict[str, Value]) -> Value:
    """What function ``name`` of the generator whose stream lies at ``key`` gives; the stream moves on."""
    if name == "seed":
        w.state.put(place, key, _begun(args, named))
        return None
    stream = place.get(key)
    held = [unpack(w, each) if isinstance(each, Items) else each for each in args]
    source = random.Random()
    if not isinstance(stream, _Stream) or not _sure(name, held, named):
        w.state.put(place, key, None)
        return _undrawn(w, name, args, named)
    source.setstate(stream.state)
    if name == "shuffle":
        w.state.touch(held[0])
    made = checked(lambda: getattr(source, name)(*held, **named))
    w.state.put(place, key, _Stream(source.getstate()))
    return made


def _sure(name: str, args: list[Value], named: dict[str, Value]) -> bool:
    """Whether what is drawn follows from the stream."""
    if name not in ("choice", "choices", "sample", "shuffle"):
        return all(isinstance(each, (int, float)) and abs(each) < 2**64 for each in (*args, *named.values()))
    rest = [*args[1:], *named.values()]
    if not args or not all(known(each) for each in rest) or named.keys() - {"k", "weights", "cum_weights"}:
        return False
    if any(isinstance(each, int) and each > _MOST for each in rest) or (name == "shuffle" and rest):
        return False
    whole = args[0]
    if name == "shuffle" and not isinstance(whole, list):
        return False
    return isinstance(whole, (list, tuple, str, range)) and (
        isinstance(whole, range) or (len(whole) <= _LONG and not any(each is SPREAD for each in whole))
    )


def _undrawn(w: Walk, name: str, args: list[Value], named: dict[str, Value]) -> Value:
    held = unpack(w, args[0]) if args and name in ("choice", "choices", "sample", "shuffle") else []
    kinds = {"any" if each is SPREAD else kind_of(each) for each in held[:_MOST]}
    each = Unknown(kinds.pop() if len(kinds) == 1 else "any")
    if name == "shuffle":
        if args and isinstance(args[0], list):
            w.state.touch(args[0])
            args[0][:] = [SPREAD if SPREAD in held else each] * len(held)
        return None
    if name in ("sample", "choices"):
        size = named.get("k", args[1] if name == "sample" and len(args) > 1 else 1)
        return [each] * size if isinstance(size, int) and 0 <= size <= _MOST else [SPREAD]
    if name == "choice":
        return Unknown("str" if each.kind == "any" else each.kind)
    return Unknown(_DRAWN[name])


def _handler(name: str) -> Handler:
    def handler(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
        return draw(w, w.globals.names, _HERE, name, args, named)

    return handler


def _generator(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    return Thing("random", {"stream": _begun(args, named)})


DRAWS: dict[str, Handler] = {
    **{f"random.{name}": _handler(name) for name in (*_DRAWN, "seed")}, "random.Random": _generator,
}  # fmt: skip
"""Handlers by full name."""
