"""The learning rates of PyTorch's schedulers, one step after the other, with the roundings of their recursive forms."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

__all__ = ["PARAMETERS", "RATES", "cycle", "restarts", "waves"]

Given: TypeAlias = Mapping[str, Any]

PARAMETERS: dict[str, dict[str, Any]] = {
    "StepLR": {"step_size": None, "gamma": 0.1},
    "MultiStepLR": {"milestones": None, "gamma": 0.1},
    "ExponentialLR": {"gamma": None},
    "CosineAnnealingLR": {"T_max": None, "eta_min": 0},
    "CosineAnnealingWarmRestarts": {"T_0": None, "T_mult": 1, "eta_min": 0},
    "LambdaLR": {"lr_lambda": None},
    "MultiplicativeLR": {"lr_lambda": None},
    "LinearLR": {"start_factor": 1.0 / 3, "end_factor": 1.0, "total_iters": 5},
    "ConstantLR": {"factor": 1.0 / 3, "total_iters": 5},
    "PolynomialLR": {"total_iters": 5, "power": 1.0},
    "OneCycleLR": {
        "max_lr": None, "total_steps": None, "epochs": None, "steps_per_epoch": None, "pct_start": 0.3,
        "anneal_strategy": "cos", "cycle_momentum": True, "base_momentum": 0.85, "max_momentum": 0.95,
        "div_factor": 25.0, "final_div_factor": 1e4, "three_phase": False,
    },
    "CyclicLR": {
        "base_lr": None, "max_lr": None, "step_size_up": 2000, "step_size_down": None, "mode": "triangular",
        "gamma": 1.0, "scale_fn": None, "scale_mode": "cycle", "cycle_momentum": True, "base_momentum": 0.8,
        "max_momentum": 0.9,
    },
    "ReduceLROnPlateau": {
        "mode": "min", "factor": 0.1, "patience": 10, "threshold": 1e-4, "threshold_mode": "rel", "cooldown": 0,
        "min_lr": 0, "eps": 1e-8,
    },
}  # fmt: skip
"""The parameters behind the optimizer, in order, with their defaults."""


def _step(lr: float, n: int, of: Given, base: float) -> float:
    return lr if n == 0 or n % of["step_size"] else float(lr * of["gamma"])


def _milestones(lr: float, n: int, of: Given, base: float) -> float:
    times = list(of["milestones"]).count(n)
    return float(lr * of["gamma"] ** times) if times else lr


def _exponential(lr: float, n: int, of: Given, base: float) -> float:
    return lr if n == 0 else float(lr * of["gamma"])


def _cosine(lr: float, n: int, of: Given, base: float) -> float:
    most, low = of["T_max"], of["eta_min"]
    if n == 0:
        return lr
    if (n - 1 - most) % (2 * most) == 0:
        return float(lr + (base - low) * (1 - math.cos(math.pi / most)) / 2)
    return float((1 + math.cos(math.pi * n / most)) / (1 + math.cos(math.pi * (n - 1) / most)) * (lr - low) + low)


def _linear(lr: float, n: int, of: Given, base: float) -> float:
    first, total = of["start_factor"], of["total_iters"]
    if n == 0:
        return float(lr * first)
    if n > total:
        return lr
    return float(lr * (1.0 + (of["end_factor"] - first) / (total * first + (n - 1) * (of["end_factor"] - first))))


def _constant(lr: float, n: int, of: Given, base: float) -> float:
    if n == 0:
        return float(lr * of["factor"])
    return float(lr * (1.0 / of["factor"])) if n == of["total_iters"] else lr


def _polynomial(lr: float, n: int, of: Given, base: float) -> float:
    total = of["total_iters"]
    if n == 0 or n > total:
        return lr
    return float(lr * ((1.0 - n / total) / (1.0 - (n - 1) / total)) ** of["power"])


RATES: dict[str, Callable[[float, int, Given, float], float]] = {
    "StepLR": _step, "MultiStepLR": _milestones, "ExponentialLR": _exponential, "CosineAnnealingLR": _cosine,
    "LinearLR": _linear, "ConstantLR": _constant, "PolynomialLR": _polynomial,
}  # fmt: skip
"""The next rate from the last one, the number of the step, the parameters and the first rate."""


def restarts(at: float, of: Given, base: float, length: float) -> float:
    """The rate of ``CosineAnnealingWarmRestarts`` at ``at`` of a cycle of this length."""
    return float(of["eta_min"] + (base - of["eta_min"]) * (1 + math.cos(math.pi * at / length)) / 2)


def cycle(n: int, of: Given, most: float) -> float:
    """The rate of ``OneCycleLR`` behind ``n`` steps, where ``most`` is its highest."""
    total = of["total_steps"] or of["epochs"] * of["steps_per_epoch"]
    first = most / of["div_factor"]
    last = first / of["final_div_factor"]
    up = float(of["pct_start"] * total) - 1
    phases: Sequence[tuple[float, float, float]] = [(up, first, most), (total - 1, most, last)]
    if of["three_phase"]:
        down = float(2 * of["pct_start"] * total) - 2
        phases = [(up, first, most), (down, most, first), (total - 1, first, last)]
    if n > total:
        raise ValueError(f"Tried to step {n} times. The specified number of total steps is {total}")
    start = 0.0
    for index, (end, one, other) in enumerate(phases):
        if n <= end or index == len(phases) - 1:
            share = (n - start) / (end - start)
            if of["anneal_strategy"] == "linear":
                return float((other - one) * share + one)
            return float(other + (one - other) / 2.0 * (math.cos(math.pi * share) + 1))
        start = end
    return float(last)


_HEIGHTS: dict[str, Callable[[int, int, float], float]] = {
    "triangular": lambda wave, n, gamma: 1.0,
    "triangular2": lambda wave, n, gamma: 1 / 2.0 ** (wave - 1),
    "exp_range": lambda wave, n, gamma: gamma**n,
}
"""What share of its height a wave of ``CyclicLR`` has, by its number and the step's."""


def waves(n: int, of: Given, low: float, high: float) -> float:
    """The rate of ``CyclicLR`` behind ``n`` steps."""
    if of["scale_fn"] is not None:
        raise ValueError("a function of the program's own")
    up = float(of["step_size_up"])
    whole = up + float(of["step_size_down"] or up)
    turn = up / whole
    wave = math.floor(1 + n / whole)
    at = 1.0 + n / whole - wave
    share = at / turn if at <= turn else (at - 1) / (turn - 1)
    return float(low + (high - low) * share * _HEIGHTS[of["mode"]](wave, n, of["gamma"]))
