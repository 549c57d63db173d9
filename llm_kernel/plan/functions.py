"""Arguments to parameters, as Python binds them."""

from __future__ import annotations

from llm_kernel.plan.values import Function, Value
from llm_kernel.plan.walk import Raised


def bind(function: Function, args: list[Value], named: dict[str, Value]) -> dict[str, Value]:
    """The names a call starts with; raises the program's TypeError where the arguments do not fit."""
    spec = function.node.args
    params = [each.arg for each in (*spec.posonlyargs, *spec.args)]
    names: dict[str, Value] = dict(zip(params[len(params) - len(function.defaults) :], function.defaults, strict=True))
    names.update(function.named)
    names.update(zip(params, args, strict=False))
    if len(args) > len(params) and spec.vararg is None:
        raise Raised("TypeError")
    if spec.vararg is not None:
        names[spec.vararg.arg] = tuple(args[len(params) :])
    wanted = {*params, *(each.arg for each in spec.kwonlyargs)}
    extra = {word: value for word, value in named.items() if word not in wanted}
    names.update({word: value for word, value in named.items() if word in wanted})
    if spec.kwarg is not None:
        names[spec.kwarg.arg] = extra
    elif extra:
        raise Raised("TypeError")
    missing = [word for word in params if word not in names]
    if missing:
        raise Raised("TypeError")
    return names
