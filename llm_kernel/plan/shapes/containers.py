"""Sequential, ModuleList and ModuleDict."""

from __future__ import annotations

import ast

from llm_kernel.plan.items import iterate
from llm_kernel.plan.shapes.module import LAYER, Layer, Modules, Named, children, make
from llm_kernel.plan.shapes.tensor import Tensor
from llm_kernel.plan.values import SPREAD, Thing, Unknown, Value, spread
from llm_kernel.plan.walk import Walk

__all__ = ["SEQUENTIAL", "module_dict", "module_list", "sequential"]


def _forward(w: Walk, this: Value, args: list[Value], named: dict[str, Value]) -> Value:
    value: Value = args[0] if args else next(iter(named.values()), Unknown("tensor"))
    for each in children(this).values():
        value = w.call(each, [value], {}, None)
    return value


SEQUENTIAL = Layer("Sequential", ("", ""), _forward)


def sequential(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    """``torch.nn.Sequential``: modules, or one dict of them."""
    return fill(make(SEQUENTIAL, {}), args)


def fill(this: Thing, args: list[Value]) -> Thing:
    """Give a container its modules."""
    held = args[0] if len(args) == 1 and isinstance(args[0], dict) else dict(enumerate(args))
    for key, each in held.items():
        if key is SPREAD or each is SPREAD or (isinstance(each, Unknown) and not isinstance(each, Tensor)):
            this.attrs["<open>"] = True
        if key is not SPREAD:
            this.attrs[str(key)] = each
    return this


def module_list(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    """``torch.nn.ModuleList``."""
    given = args[0] if args else named.get("modules")
    if given is None:
        return Modules()
    items = iterate(w, given)
    if items.count is None or items.count > 2000:
        return Modules([SPREAD])
    return Modules(items.at(n) for n in range(items.count))


def module_dict(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    """``torch.nn.ModuleDict``."""
    given = args[0] if args else {}
    return Named(given) if isinstance(given, dict) and not spread(given) else Unknown()


def set_part(w: Walk, this: Thing, key: Value, value: Value) -> None:
    """``sequential[key] = value``."""
    names = list(children(this))
    inside = isinstance(key, int) and -len(names) <= key < len(names)
    place, held = (names[key], value) if inside and isinstance(key, int) else ("<open>", True)
    w.state.put(this.attrs, place, held)


def index(this: Thing, key: Value) -> Value:
    """``sequential[key]``."""
    held = list(children(this).values())
    if isinstance(key, slice):
        names = list(children(this))[key]
        return Thing("module", {LAYER: this.attrs[LAYER], **{name: this.attrs[name] for name in names}})
    return held[key] if isinstance(key, int) else Unknown()
