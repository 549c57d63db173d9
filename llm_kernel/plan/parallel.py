"""Modules that others run: replicas on each GPU, and chains of modules."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import TypeAlias

from llm_kernel.plan.known import Handler
from llm_kernel.plan.nodes import Loop, Node
from llm_kernel.plan.shapes.batches import gathered, replicas
from llm_kernel.plan.shapes.tensor import Tensor
from llm_kernel.plan.values import Thing, Unknown, Value
from llm_kernel.plan.walk import Flow, Walk

__all__ = ["PARALLEL", "PARALLEL_THINGS", "ThingCall"]

ThingCall: TypeAlias = Callable[[Walk, Thing, list[Value], dict[str, Value], "ast.AST | None"], Value]


def _parallel(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    return Thing("parallel", {"inner": args[0] if args else named.get("module"), "module": args[0] if args else None})


def _distributed(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    return Thing("chain", {"inner": [args[0] if args else named.get("module")], "module": args[0] if args else None})


def _call_parallel(w: Walk, this: Thing, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    """Each GPU runs its own replica, and what a replica writes into itself is lost."""
    inner = this.attrs["inner"]
    if not w.loud_value(inner):
        return w.call(inner, args, named, node)
    count = w.facts.get("torch.cuda.device_count()")
    if count in (0, 1):
        return w.call(inner, args, named, node)
    parts = replicas(args, count) if isinstance(count, int) else []
    if parts:
        return _each_replica(w, inner, args, parts, named, node)
    args = [Unknown(each.kind) if isinstance(each, Tensor) else each for each in args]
    w.state.begin()

    def once() -> Flow:
        w.call(inner, args, named, node)
        return None

    _, nodes = w.record(once)
    w.state.rollback()
    if nodes:
        w.emit(Loop(count if isinstance(count, int) else None, "gpu", (), nodes, (), not isinstance(count, int)))
    return Unknown("tensor")


def _each_replica(
    w: Walk, inner: Value, args: list[Value], parts: list[list[Value]], named: dict[str, Value], node: ast.AST | None
) -> Value:
    """The replicas' lines one after the other, as one loop where they are alike."""
    said: list[tuple[Node, ...]] = []
    values: list[Value] = []
    for part in parts:
        w.state.begin()

        def once(part: list[Value] = part) -> Flow:
            values.append(w.call(inner, part, named, node))
            return None

        said.append(w.record(once)[1])
        w.state.rollback()
    if any(said):
        alike = all(each == said[0] for each in said)
        w.emit(Loop(len(said), "gpu", () if alike else tuple(range(len(said))), said[0], () if alike else tuple(said)))
    rows = next(each.dims[0] for each in args if isinstance(each, Tensor) and each.dims)
    return gathered(values[0], rows)


def _call_chain(w: Walk, this: Thing, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    value: Value = args[0] if args else Unknown("tensor")
    inner = this.attrs["inner"]
    for n, each in enumerate(inner if isinstance(inner, list) else []):
        value = w.call(each, args if n == 0 else [value], named if n == 0 else {}, node)
    return value


PARALLEL: dict[str, Handler] = {
    "torch.nn.DataParallel": _parallel, "torch.nn.parallel.DistributedDataParallel": _distributed,
}  # fmt: skip
"""Makers by full name."""
PARALLEL_THINGS: dict[str, ThingCall] = {"parallel": _call_parallel, "chain": _call_chain}
"""What it means to call one of them, by the kind of thing it is."""
