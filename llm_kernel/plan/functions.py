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
        raise _too_many(function, len(args))
    if spec.vararg is not None:
        names[spec.vararg.arg] = tuple(args[len(params) :])
    wanted = {*params, *(each.arg for each in spec.kwonlyargs)}
    extra = {word: value for word, value in named.items() if word not in wanted}
    names.update({word: value for word, value in named.items() if word in wanted})
    if spec.kwarg is not None:
        names[spec.kwarg.arg] = extra
    elif extra:
        word = next(iter(extra))
        raise Raised("TypeError", f"{_named(function)} got an unexpected keyword argument '{word}'")
    for kind, some in (("positional", params), ("keyword-only", [each.arg for each in spec.kwonlyargs])):
        missing = [word for word in some if word not in names]
        if missing:
            raise Raised("TypeError", f"{_named(function)} missing {len(missing)} required {kind} {_listed(missing)}")
    return names


def _named(function: Function) -> str:
    owner = f"{function.owner.name}." if function.owner is not None else ""
    return f"{owner}{function.name}()"


def _listed(words: list[str]) -> str:
    quoted = [f"'{word}'" for word in words]
    if len(quoted) == 1:
        return f"argument: {quoted[0]}"
    if len(quoted) == 2:
        return f"arguments: {quoted[0]} and {quoted[1]}"
    return f"arguments: {', '.join(quoted[:-1])}, and {quoted[-1]}"


def _too_many(function: Function, given: int) -> Raised:
    spec = function.node.args
    most = len(spec.posonlyargs) + len(spec.args)
    least = most - len(spec.defaults)
    takes = f"{most}" if least == most else f"from {least} to {most}"
    plural = "" if most == 1 and least == most else "s"
    was = "was" if given == 1 else "were"
    return Raised("TypeError", f"{_named(function)} takes {takes} positional argument{plural} but {given} {was} given")
