"""Calls of libraries that the plan answers in a line or two: what is written as it is, or comes back as it went in."""

from __future__ import annotations

import ast
import json

from llm_kernel.plan.expressions import checked
from llm_kernel.plan.known import BUILTINS, Handler
from llm_kernel.plan.nodes import Free
from llm_kernel.plan.ordered import OrderedDict, since
from llm_kernel.plan.rates import give_up
from llm_kernel.plan.text import shown
from llm_kernel.plan.values import Class, Function, Instance, Lib, Thing, Unknown, Value, Wrapped, known
from llm_kernel.plan.walk import Walk

__all__ = ["PLAIN"]


def _silent(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    return None


def _first(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    return args[0] if args else Unknown()


def _decorator(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    return args[0] if args and isinstance(args[0], (Function, Class, Wrapped)) else Lib("first")


def _dataclass(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    if not args:
        return Lib("dataclasses.dataclass")
    return args[0]


def _field(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    return Thing("field", dict(named))


def _write(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    w.say(shown(args[0], w.ask, expr=w.source(node)) if args else "", end="")
    return Unknown("int")


def _write_error(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    w.say(shown(args[0], w.ask, expr=w.source(node)) if args else "", end="", stream="stderr")
    return Unknown("int")


def _dumps(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    if known(args[0]) and all(known(each) for each in named.values()):
        return checked(lambda: json.dumps(args[0], **named))  # type: ignore[arg-type]
    return Unknown("any")


def _pprint(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    text = shown(args[0], w.ask, inside=True, expr=w.source(node))
    if isinstance(text, str) and len(text) < 78 and not isinstance(args[0], dict):
        w.say(text)
    else:
        w.emit(Free(expr=w.source(node)))
    return None


def _bar(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    inner = args[0] if args else named.get("iterable")
    return Thing("bar", {"inner": [] if inner is None else inner})


def _bar_range(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    return Thing("bar", {"inner": BUILTINS["builtins.range"](w, args, {}, None)})


def _vars(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    return args[0].attrs if args and isinstance(args[0], (Thing, Instance)) else Unknown()


def _namespace(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    return Thing("namespace", dict(named))


def _begun(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    """``super().__init__(...)`` of a library's class: what it is given may have other rates from here on."""
    give_up(w, [*args, *named.values()])
    return None


def _initialised(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    """``super().__init__(text)`` of an exception."""
    if args and isinstance(args[0], Instance):
        w.state.put(args[0].attrs, "args", tuple(args[1:]))
    return None


def _simple(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    """``types.SimpleNamespace``: Python before 3.9 shows what it holds sorted."""
    return Thing("namespace", dict(named)) if args else Thing("simple" if since(w.facts, 9) else "sorted", dict(named))


def _ordered(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    held = BUILTINS["builtins.dict"](w, args, named, node)
    return OrderedDict(held, since(w.facts, 12)) if isinstance(held, dict) else held


PLAIN: dict[str, Handler] = {
    "sys.stdout.write": _write, "sys.stderr.write": _write_error, "json.dumps": _dumps, "pprint.pprint": _pprint,
    "argparse.Namespace": _namespace, "types.SimpleNamespace": _simple,
    **dict.fromkeys(("tqdm.tqdm", "tqdm.auto.tqdm", "tqdm.notebook.tqdm", "tqdm.std.tqdm"), _bar),
    **dict.fromkeys(("tqdm.trange", "tqdm.auto.trange"), _bar_range),
    **dict.fromkeys(("tqdm.tqdm.write", "tqdm.auto.tqdm.write"),
                    lambda w, args, named, node: w.say(shown(args[0], w.ask) if args else "")),
    **dict.fromkeys(("torch.compile", "torch.jit.script", "abc.abstractmethod", "first", "asyncio.run"), _first),
    "silent": _silent, "begun": _begun, "builtins.BaseException.__init__": _initialised,
    "functools.wraps": lambda w, args, named, node: Lib("first"),
    **dict.fromkeys(("functools.lru_cache", "functools.cache", "contextlib.contextmanager"), _decorator),
    "dataclasses.dataclass": _dataclass, "dataclasses.field": _field, "dataclasses.asdict": _vars,
    "builtins.vars": _vars, "collections.OrderedDict": _ordered,
}  # fmt: skip
"""Handlers by full name."""
