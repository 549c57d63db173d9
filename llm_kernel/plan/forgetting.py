"""What is no longer known behind code that nobody could follow: all that it may have written."""

from __future__ import annotations

import ast
from collections.abc import Collection

from llm_kernel.plan.rates import give_up
from llm_kernel.plan.values import SPREAD, Env, Function, Instance, Thing, Unknown, Value, kind_of
from llm_kernel.plan.walk import Walk

__all__ = ["forget", "may_bind"]

_MOST = 4000
_WIDE = 200
_QUICK = 20
"""Values that are looked at in the time of one step."""


def forget(w: Walk, names: Collection[str], env: Env) -> None:
    """Make every name and attribute of these names, in sight from ``env``, hold nobody knows what."""
    for name in [each for each in w.globals.names if each.endswith("random>")]:
        w.state.put(w.globals.names, name, None)  # what was drawn on the way is not known either
    give_up(w, w.optimizers)
    queue: list[Value] = []
    here: Env | None = env
    while here is not None:
        queue += here.names.values()
        for name in set(names) & here.names.keys():
            _open(w, here.names, name)
        here = here.outer
    _reached(w, names, queue)


def may_bind(w: Walk, node: ast.AST, env: Env) -> None:
    """Let the names that code nobody followed may have bound hold nobody knows what: they are not undefined."""
    for name in w.binds(node) or ():
        place = env.home(name).names
        if name not in place:
            w.state.put(place, name, Unknown())


def _reached(w: Walk, names: Collection[str], queue: list[Value]) -> None:
    """Do the same in all objects that can be reached."""
    seen: set[int] = set()
    while queue and len(seen) < _MOST:
        value = queue.pop()
        if id(value) in seen:
            continue
        seen.add(id(value))
        match value:
            case Instance() | Thing(kind="module"):
                queue += value.attrs.values()
                for name in [each for each in value.attrs if each in names]:
                    _open(w, value.attrs, name)
            case Function() if value.env.outer is not None:
                queue += value.env.names.values()
            case list() | tuple() if len(value) <= _WIDE:
                queue += value
            case dict() if len(value) <= _WIDE:
                queue += [each for key, each in value.items() if key is not SPREAD]
    w.spend(len(seen) // _QUICK)


def _open(w: Walk, place: dict[str, Value], name: str) -> None:
    old = place[name]
    match old:
        case list() | dict() | set():
            w.state.touch(old)
            old.clear()
            if isinstance(old, dict):
                old[SPREAD] = SPREAD
            elif isinstance(old, list):
                old.append(SPREAD)
            else:
                old.add(SPREAD)
        case Instance() | Thing() | Function():
            pass  # the object stays; what it holds is forgotten on its own
        case _:
            kind = kind_of(old)
            w.state.put(place, name, Unknown("float" if kind in ("int", "bool", "float") else kind))
