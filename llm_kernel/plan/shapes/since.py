"""The release of torch or of Python in which a name came or went: others do not have it."""

from __future__ import annotations

import itertools
import math
import operator
import random
import statistics
import string
import sys
from collections.abc import Mapping
from types import ModuleType

from llm_kernel.plan.shapes.release import release

__all__ = ["has", "missing"]

_SINCE: dict[str, tuple[int, int]] = {
    "torch.compile": (2, 0),
    "torch.accelerator": (2, 6),
    "torch.amp.GradScaler": (2, 3),
    "torch.func": (2, 0),
    "torch.inference_mode": (1, 9),
    "torch.backends.mps": (1, 12),
    "torch.set_float32_matmul_precision": (1, 12),
    "torch.set_default_device": (2, 0),
    "torch.nn.functional.scaled_dot_product_attention": (2, 0),
    "torch.nn.RMSNorm": (2, 4),
}
_CAME: dict[str, str] = {
    "math": "prod=8 perm=8 comb=8 dist=8 isqrt=8 lcm=9 nextafter=9 ulp=9 cbrt=11 exp2=11 sumprod=12 fma=13",
    "itertools": "pairwise=10 batched=12",
    "functools": "cached_property=8 singledispatchmethod=8 cache=9",
    "statistics": "fmean=8 geometric_mean=8 multimode=8 quantiles=8 NormalDist=8 correlation=10 covariance=10 "
                  "linear_regression=10 kde=13",
    "random": "randbytes=9 binomialvariate=12",
    "contextlib": "nullcontext=7 aclosing=10 chdir=11",
    "typing": "Literal=8 Final=8 Protocol=8 TypedDict=8 final=8 runtime_checkable=8 Annotated=9 TypeAlias=10 "
              "ParamSpec=10 Concatenate=10 TypeGuard=10 Self=11 Never=11 Required=11 NotRequired=11 "
              "LiteralString=11 assert_never=11 Unpack=11 TypeVarTuple=11 override=12",
    "enum": "StrEnum=11 verify=11",
    "datetime": "UTC=11",
    "time": "time_ns=7 perf_counter_ns=7",
}  # fmt: skip
"""Of modules of Python's own library: the minor release in which names came."""
_WHOLE: dict[str, ModuleType] = {
    "math": math, "itertools": itertools, "random": random, "statistics": statistics, "string": string,
    "operator": operator,
}  # fmt: skip
"""Modules that never lost a name in the releases known here."""


def has(facts: Mapping[str, object], path: str) -> bool | None:
    """Whether the machine's torch or Python has this name, where that is known."""
    since = _SINCE.get(path)
    if since is None:
        return _of_python(facts, path)
    found = release(facts, "torch")
    return None if found is None else found >= since


def _minor(facts: Mapping[str, object]) -> int | None:
    told = facts.get("python")
    if not isinstance(told, tuple) or len(told) < 2 or told[0] != 3:
        return None
    return int(told[1])


def _of_python(facts: Mapping[str, object], path: str) -> bool | None:
    module, _, name = path.partition(".")
    minor = _minor(facts)
    if minor is None or not name.isidentifier() or name.startswith("__"):
        return None
    came = _came(module).get(name)
    if came is not None:
        return minor >= came
    whole = _WHOLE.get(module)
    if whole is None or hasattr(whole, name):
        return None
    return False if (3, minor) <= sys.version_info[:2] else None


def _came(module: str) -> dict[str, int]:
    words = (word.partition("=") for word in _CAME.get(module, "").split())
    return {name: int(minor) for name, _, minor in words}


def missing(facts: Mapping[str, object], module: str, name: str) -> str | None:
    """What ``from module import name`` says where there is no such name; None where that is not known."""
    minor, site = _minor(facts), facts.get("site")
    if minor is None or (module not in _CAME and module not in _WHOLE) or minor >= 12:
        return None  # newer ones suggest a name that is near
    if minor < 7:
        return f"cannot import name '{name}'"
    if not isinstance(site, str) or "dist-packages" not in site:
        return None
    built_in = module in ("math", "itertools", "time")
    place = "unknown location" if built_in else f"/usr/lib/python3.{minor}/{module}.py"
    return f"cannot import name '{name}' from '{module}' ({place})"
