"""Optimizers and schedulers of PyTorch as far as learning rates go; all else that they do is unknown, as ever.

A scheduler that steps with each batch is given up: its rates would be walked batch by batch.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Iterable
from typing import Any

from llm_kernel.plan.schedules import PARAMETERS, RATES, cycle, restarts, waves
from llm_kernel.plan.shapes.release import before, release
from llm_kernel.plan.text import joined, parts_of, shown
from llm_kernel.plan.values import Group, Text, Thing, Unknown, Value
from llm_kernel.plan.walk import Raised, Walk

__all__ = [
    "OPTIMIZERS",
    "SCHEDULERS",
    "begin_anew",
    "give_up",
    "groups_of",
    "move_on",
    "optimizer",
    "rate_attribute",
    "rate_method",
    "scheduler",
    "tells",
]

_TOLD = ("get_last_lr", "_last_lr")
_PLAIN = {"weight_decay": 0, "eps": 1e-8, "lr": 1e-3}
OPTIMIZERS: dict[str, dict[str, Any]] = {
    "SGD": {"lr": None, "momentum": 0, "dampening": 0, "weight_decay": 0, "nesterov": False},
    "Adam": {**_PLAIN, "betas": (0.9, 0.999), "amsgrad": False},
    "AdamW": {**_PLAIN, "betas": (0.9, 0.999), "amsgrad": False, "weight_decay": 1e-2},
    "RMSprop": {**_PLAIN, "lr": 1e-2, "alpha": 0.99, "momentum": 0, "centered": False},
    "Adagrad": {**_PLAIN, "lr": 1e-2, "lr_decay": 0, "eps": 1e-10, "initial_accumulator_value": 0},
    "Adadelta": {**_PLAIN, "lr": 1.0, "rho": 0.9, "eps": 1e-6},
    "Adamax": {**_PLAIN, "lr": 2e-3, "betas": (0.9, 0.999)},
    "NAdam": {**_PLAIN, "lr": 2e-3, "betas": (0.9, 0.999), "momentum_decay": 4e-3},
    "RAdam": {**_PLAIN, "betas": (0.9, 0.999)},
    "LBFGS": {"lr": 1},
}
"""The optimizers and the defaults of the groups that they have had from the first."""
_MORE: dict[str, tuple[tuple[int, int], tuple[int, int], dict[str, Any]]] = {
    "SGD": ((1, 13), (2, 2), {"differentiable": False, "foreach": None, "maximize": False}),
    "Adam": ((2, 0), (2, 6), {"capturable": False, "differentiable": False, "foreach": None, "fused": None,
                               "maximize": False}),
    "AdamW": ((2, 0), (2, 6), {"capturable": False, "differentiable": False, "foreach": None, "fused": None,
                               "maximize": False}),
}  # fmt: skip
"""What newer releases show beside them, from one to another; before 1.10 none."""
_SECOND = ("lr", "momentum", "dampening", "weight_decay", "nesterov")
_ADAMS = ("lr", "betas", "eps", "weight_decay", "amsgrad")
SCHEDULERS = frozenset(PARAMETERS)
_FLOAT = Unknown("float")


def tells(nodes: Iterable[ast.AST]) -> bool:
    """Whether a program of these nodes reads its learning rates."""
    return any(
        (isinstance(node, ast.Attribute) and node.attr in _TOLD)
        or (
            isinstance(node, ast.Subscript)
            and isinstance(node.ctx, ast.Load)
            and isinstance(node.slice, ast.Constant)
            and node.slice.value == "lr"
        )
        for node in nodes
    )


def _number(value: Value) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def _open(node: ast.AST | None) -> bool:
    """Whether a call is given what does not stand in it."""
    return isinstance(node, ast.Call) and any(each.arg is None for each in node.keywords)


def optimizer(w: Walk, name: str, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Thing | None:
    """A new optimizer; None where nobody knows its groups."""
    held = args[0] if args else named.get("params")
    words = _SECOND if name == "SGD" else _ADAMS if name.startswith("Ada") and name in ("Adam", "AdamW") else ("lr",)
    given = dict(zip(words, args[1:], strict=False)) | {key: each for key, each in named.items() if key != "params"}
    if len(args) - 1 > len(words) or _open(node):
        return None
    groups: list[Value]
    if isinstance(held, (list, tuple)) and held and all(isinstance(each, dict) for each in held):
        groups = [Group({**OPTIMIZERS[name], **given, **each}) for each in held if isinstance(each, dict)]
    elif isinstance(held, (list, tuple)) or "parameters()" in w.source(node).partition("lr=")[0]:
        groups = [Group({"params": held, **OPTIMIZERS[name], **given})]
    else:
        return None
    for each in groups:
        w.state.made(each)
        assert isinstance(each, dict)
        if each["lr"] is None or (not _number(each["lr"]) and not isinstance(each["lr"], Unknown)):
            return None
    made = Thing("optimizer", {"name": name, "param_groups": groups, "given": tuple(given)})
    w.state.made(made.attrs)
    w.optimizers.append(made)
    return made


def groups_of(of: Value) -> list[Group]:
    """The groups of parameters of an optimizer, where they are known."""
    held = of.attrs.get("param_groups") if isinstance(of, Thing) else None
    return [each for each in held if isinstance(each, Group) and "lr" in each] if isinstance(held, list) else []


def give_up(w: Walk, things: Iterable[Value]) -> None:
    """The rates of these optimizers, or those whose schedulers these are, are known no longer."""
    for each in things:
        if isinstance(each, (list, tuple)):
            give_up(w, each)
        if not isinstance(each, Thing) or each.kind not in ("optimizer", "scheduler"):
            continue
        for name in ("last_epoch", "best", "bad", "cooling", "at", "length") if each.kind == "scheduler" else ():
            w.state.put(each.attrs, name, Unknown("int" if name == "last_epoch" else "any"))
        for group in groups_of(each if each.kind == "optimizer" else each.attrs["optimizer"]):
            w.state.put(group, "lr", _FLOAT)


def scheduler(w: Walk, name: str, args: list[Value], named: dict[str, Value]) -> Thing | None:
    """A new scheduler; None where it is of an optimizer that nobody knows."""
    of = args[0] if args else named.get("optimizer")
    if not isinstance(of, Thing) or of.kind != "optimizer" or not groups_of(of):
        return None
    words = {**PARAMETERS[name], "last_epoch": -1, "verbose": False}
    given = dict(zip(words, args[1:], strict=False)) | {key: each for key, each in named.items() if key != "optimizer"}
    base: list[Value] = [group.get("initial_lr", group["lr"]) for group in groups_of(of)]
    if name in ("OneCycleLR", "CyclicLR"):
        most: Value = given.get("max_lr" if name == "OneCycleLR" else "base_lr")
        swings = given.get("cycle_momentum", True) is not False
        if swings and name == "CyclicLR" and "momentum" not in groups_of(of)[0] and before(w.facts, "torch", (2, 0)):
            raise Raised("ValueError", "optimizer must support momentum with `cycle_momentum` option enabled")
        _let_swing(w, of, swings)
        base = list(most) if isinstance(most, (list, tuple)) else [most] * len(base)
    length = given.get("T_0")
    held = {"name": name, "optimizer": of, "given": words | given, "base_lrs": base, "last_epoch": 0,
            "around": w.around, "at": 0, "length": length, "best": None, "bad": 0, "cooling": 0}  # fmt: skip
    made = Thing("scheduler", Group(held))
    w.state.made(made.attrs)
    for group, rate in zip(groups_of(of), base, strict=False):
        w.state.put(group, "initial_lr", rate)
    spoken = given.get("verbose", False) is False or _speaks(w) is not None
    begun_anew = given.get("last_epoch", -1) == -1 and spoken
    odd = given.keys() - words.keys() or not begun_anew
    if odd or len(base) != len(groups_of(of)):
        give_up(w, [made])
    elif name != "ReduceLROnPlateau":
        _set(w, made, 0)
    return made


def _let_swing(w: Walk, of: Thing, swings: bool) -> None:
    """The momentum moves against the rate, if it is not told to stay; how far, nobody follows."""
    for group in groups_of(of) if swings else ():
        for key in group.keys() & {"momentum", "betas"}:
            w.state.put(group, key, Unknown("float" if key == "momentum" else "any"))


def _set(w: Walk, this: Thing, n: int) -> None:
    """Set the rates of step ``n``."""
    base, groups = this.attrs["base_lrs"], groups_of(this.attrs["optimizer"])
    assert isinstance(base, list)
    try:
        pairs = enumerate(zip(groups, base, strict=True))
        rates = [_rate(w, this, n, group["lr"], first, at) for at, (group, first) in pairs]
    except (ArithmeticError, TypeError, ValueError, LookupError):
        rates = [_FLOAT]
    if not all(_number(each) for each in rates):
        give_up(w, [this])
        return
    w.state.put(this.attrs, "last_epoch", n)
    for at, (group, rate) in enumerate(zip(groups, rates, strict=False)):
        w.state.put(group, "lr", rate)
        if _told(this):
            w.say(f"Adjusting learning rate of group {at} to {rate:.4e}.")


def _speaks(w: Walk) -> str | None:
    """How a scheduler that is told to speak writes an epoch's number; None where it says more, or nobody knows."""
    version = release(w.facts, "torch")
    return None if version is None or not (1, 7) <= version < (2, 2) else "05d" if version >= (1, 11) else "5d"


def _told(this: Thing) -> bool:
    of = this.attrs["given"]
    return isinstance(of, dict) and of["verbose"] is True


def _rate(w: Walk, this: Thing, n: int, last: Any, first: Any, at: int) -> Value:
    name, of = str(this.attrs["name"]), this.attrs["given"]
    assert isinstance(of, dict)
    if name in ("LambdaLR", "MultiplicativeLR"):
        told = of["lr_lambda"]
        function = told[at] if isinstance(told, (list, tuple)) else told
        if name == "MultiplicativeLR" and n == 0:
            return last
        factor: Any = w.call(function, [n], {}, None)
        if not _number(factor):
            return _FLOAT
        return (first if name == "LambdaLR" else last) * factor
    if name == "OneCycleLR":
        return cycle(n, of, first)
    if name == "CyclicLR":
        tall = of["max_lr"]
        return waves(n, of, first, tall[at] if isinstance(tall, (list, tuple)) else tall)
    if name == "CosineAnnealingWarmRestarts":
        return restarts(this.attrs["at"], of, first, this.attrs["length"])  # type: ignore[arg-type]
    return RATES[name](last, n, of, first)


def begin_anew(w: Walk, this: Thing) -> None:
    """Set the rates of a scheduler's first step, from those that its optimizer was made with."""
    for group in groups_of(this.attrs["optimizer"]):
        w.state.put(group, "lr", group["initial_lr"])
    _set(w, this, 0)


def move_on(w: Walk, this: Thing, args: list[Value], named: dict[str, Value]) -> None:
    """``scheduler.step(...)``."""
    n, begun = this.attrs["last_epoch"], this.attrs["around"]
    assert isinstance(begun, int)
    if not isinstance(n, int) or w.around - begun > 1 or w.long:
        give_up(w, [this])
        return
    if this.attrs["name"] == "ReduceLROnPlateau":
        _watched(w, this, args[0] if args else named.get("metrics"), n + 1)
        return
    if args or named:
        give_up(w, [this])
        return
    if this.attrs["name"] == "CosineAnnealingWarmRestarts":
        _turned(w, this)
    _set(w, this, n + 1)


def _turned(w: Walk, this: Thing) -> None:
    at, length, of = this.attrs["at"], this.attrs["length"], this.attrs["given"]
    assert isinstance(of, dict)
    if isinstance(at, int) and isinstance(length, int) and isinstance(of["T_mult"], int):
        over = at + 1 >= length
        w.state.put(this.attrs, "at", at + 1 - length if over else at + 1)
        w.state.put(this.attrs, "length", length * of["T_mult"] if over else length)


def _watched(w: Walk, this: Thing, metric: Value, n: int) -> None:
    """A step of ``ReduceLROnPlateau``."""
    held, of = this.attrs, this.attrs["given"]
    assert isinstance(of, dict)
    best, bad, cooling = held["best"], held["bad"], held["cooling"]
    sure = all(_number(each) for key, each in of.items() if key not in ("mode", "threshold_mode", "verbose"))
    if not isinstance(metric, (int, float)) or not sure or not isinstance(bad, int) or not isinstance(cooling, int):
        give_up(w, [this])
        return
    better = best is None or _better(float(metric), best, of)
    bad = 0 if better else bad + 1
    if cooling > 0:
        bad, cooling = 0, cooling - 1
    if bad > of["patience"]:
        for at, group in enumerate(groups_of(held["optimizer"])):
            old: Any = group["lr"]
            new = max(float(old) * of["factor"], of["min_lr"]) if _number(old) else old
            if _number(old) and old - new > of["eps"]:
                w.state.put(group, "lr", new)
                if _told(this):
                    w.say(f"Epoch {n:{_speaks(w)}}: reducing learning rate of group {at} to {new:.4e}.")
        bad, cooling = 0, of["cooldown"]
    for key, value in {"best": metric if better else best, "bad": bad, "cooling": cooling, "last_epoch": n}.items():
        w.state.put(held, key, value)


def _better(metric: float, best: Any, of: dict[str, Any]) -> bool:
    down, share = of["mode"] == "min", of["threshold_mode"] == "rel"
    edge = best * (1.0 - of["threshold"]) if down else best * (of["threshold"] + 1.0)
    if not share:
        edge = best - of["threshold"] if down else best + of["threshold"]
    return bool(metric < edge if down else metric > edge)


def _shown(w: Walk, this: Thing) -> str | Text | None:
    """What ``print(optimizer)`` shows, where the fields of its release are known."""
    name, version = str(this.attrs["name"]), release(w.facts, "torch")
    first, last, more = _MORE.get(name, ((9, 9), (0, 0), {}))
    if version is None or (version >= (1, 10) and not first <= version <= last):
        return None
    parts: list[Any] = [f"{name} ("]
    for n, group in enumerate(groups_of(this)):
        fields = {**(more if version >= first else {}), **group}
        parts.append(f"\nParameter Group {n}\n")
        for key in sorted(fields):
            if key != "params":
                parts += [f"    {key}: ", *parts_of(shown(fields[key], w.ask, expr=key)), "\n"]
    return joined([*parts, ")"])


def rate_method(w: Walk, this: Thing, name: str, args: list[Value], named: dict[str, Value]) -> Value:
    """A method that ``rate_attribute`` gave."""
    if name == "get_last_lr":
        return [group["lr"] for group in groups_of(this.attrs["optimizer"])]
    if name == "step":
        move_on(w, this, args, named)
    elif name == "__str__":
        return _shown(w, this)
    elif name == "load_state_dict":
        give_up(w, [this])
    elif name == "add_param_group":
        groups, extra = this.attrs["param_groups"], args[0] if args else None
        if isinstance(groups, list) and isinstance(extra, dict):
            first = {key: each for key, each in groups[0].items() if key not in ("lr", "initial_lr")}
            w.state.touch(groups)
            groups.append(Group({**first, "lr": _FLOAT, **extra}))
    return None


_METHODS = {
    "optimizer": ("step", "zero_grad", "__str__", "load_state_dict", "add_param_group"),
    "scheduler": ("step", "get_last_lr", "load_state_dict"),
}


def rate_attribute(value: Thing, name: str) -> Value:
    """``optimizer.name`` and ``scheduler.name``."""
    if name in _METHODS[value.kind] and not (name == "get_last_lr" and value.attrs["name"] == "ReduceLROnPlateau"):
        return Thing("method", {"this": value, "name": name})
    if value.kind == "scheduler" and name == "_last_lr":
        return [group["lr"] for group in groups_of(value.attrs["optimizer"])]
    if value.kind == "scheduler" and value.attrs["name"] == "ReduceLROnPlateau" and name in ("best", "num_bad_epochs"):
        held = value.attrs["bad" if name == "num_bad_epochs" else name]
        return math.inf if held is None else held
    if name in ("param_groups", "last_epoch", "base_lrs", "optimizer") and name in value.attrs:
        return value.attrs[name]
    module = "torch.optim.lr_scheduler" if value.kind == "scheduler" else "torch.optim"
    return Unknown(origin=f"{module}.{value.attrs['name']}().{name}")
