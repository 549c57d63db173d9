"""The measures of ``evaluate``, and of ``datasets`` before it: under which names each gives its figures."""

from __future__ import annotations

import ast

from llm_kernel.plan.known import Handler
from llm_kernel.plan.values import Bound, Lib, Thing, Unknown, Value
from llm_kernel.plan.walk import Walk

__all__ = ["MEASURE", "MEASURES", "measure_attribute"]

MEASURE = "measure"
"""The kind of things that stand for one or several measures."""
_GLUE = {"mrpc": ("accuracy", "f1"), "qqp": ("accuracy", "f1"), "cola": ("matthews_correlation",),
         "stsb": ("pearson", "spearmanr")}  # fmt: skip
_NAMES = {
    **{name: (name,) for name in ("accuracy", "f1", "precision", "recall", "mse", "mae", "perplexity")},
    "rouge": ("rouge1", "rouge2", "rougeL", "rougeLsum"), "squad": ("exact_match", "f1"),
    "matthews_correlation": ("matthews_correlation",), "roc_auc": ("roc_auc",), "exact_match": ("exact_match",),
    "seqeval": None,
}  # fmt: skip


def _load(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    """``evaluate.load(name, task)``."""
    name = args[0] if args else named.get("path")
    task = args[1] if len(args) > 1 else named.get("config_name")
    if name == "glue":
        return Thing(MEASURE, {"<names>": _GLUE.get(str(task), ("accuracy",))})
    return Thing(MEASURE, {"<names>": _NAMES.get(name) if isinstance(name, str) else None})


def _combined(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    """``evaluate.combine([...])``."""
    given = args[0] if args else named.get("evaluations")
    found: list[str] = []
    for each in given if isinstance(given, (list, tuple)) else [None]:
        made = each if isinstance(each, Thing) else _load(w, [each], {}, None)
        names = made.attrs.get("<names>") if isinstance(made, Thing) else None
        if not isinstance(names, tuple):
            return Thing(MEASURE, {"<names>": None})
        found += [str(name) for name in names]
    return Thing(MEASURE, {"<names>": tuple(found)})


def measure_attribute(this: Thing, name: str) -> Value:
    """``measure.name``."""
    path = f"evaluate.<{name}>"
    return Bound(Lib(path), this) if path in MEASURES else Unknown(origin=f"evaluate.Metric().{name}")


def _computed(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    this = args[0]
    names = this.attrs["<names>"] if isinstance(this, Thing) else None
    return {str(name): Unknown("float", str(name)) for name in names} if isinstance(names, tuple) else Unknown("any")


def _added(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    return None


MEASURES: dict[str, Handler] = {
    "evaluate.load": _load, "datasets.load_metric": _load, "evaluate.combine": _combined,
    "evaluate.<compute>": _computed,
    "evaluate.<add>": _added, "evaluate.<add_batch>": _added,
}  # fmt: skip
"""Handlers by full name."""
