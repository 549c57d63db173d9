"""The samplers of PyTorch's loaders: how many examples each gives."""

from __future__ import annotations

import ast
from collections.abc import Callable

from llm_kernel.plan.known import Handler, len_
from llm_kernel.plan.values import Thing, Value
from llm_kernel.plan.walk import Walk

__all__ = ["SAMPLERS"]


def _sampler(count: Callable[[Walk, list[Value], dict[str, Value]], Value]) -> Handler:
    def make(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
        size = count(w, args, named)
        return Thing("sampler", {"size": size if isinstance(size, int) else None})

    return make


def _all(w: Walk, args: list[Value], named: dict[str, Value]) -> Value:
    """As many as there are in what it chooses from, unless a number is given."""
    asked = named.get("num_samples")
    given = args[0] if args else named.get("data_source", named.get("indices"))
    return asked if asked is not None else len_(w, [given], {}, None)


def _weighted(w: Walk, args: list[Value], named: dict[str, Value]) -> Value:
    return args[1] if len(args) > 1 else named.get("num_samples")


def _share(w: Walk, args: list[Value], named: dict[str, Value]) -> Value:
    """``DistributedSampler``: every process gets as many as the others."""
    size = len_(w, [args[0] if args else named.get("dataset")], {}, None)
    asked = args[1] if len(args) > 1 else named.get("num_replicas")
    processes = w.facts.get("torch.distributed.get_world_size()") if asked is None else asked
    if not isinstance(size, int) or not isinstance(processes, int) or processes < 1:
        return None
    return size // processes if named.get("drop_last") is True else -(-size // processes)


_DATA = "torch.utils.data"
SAMPLERS: dict[str, Handler] = {
    **{f"{_DATA}.{home}{name}": _sampler(_all) for home in ("", "sampler.")
       for name in ("RandomSampler", "SequentialSampler", "SubsetRandomSampler")},
    **{f"{_DATA}.{home}WeightedRandomSampler": _sampler(_weighted) for home in ("", "sampler.")},
    **{f"{_DATA}.{home}DistributedSampler": _sampler(_share) for home in ("", "distributed.")},
}  # fmt: skip
"""Makers by their full name."""
