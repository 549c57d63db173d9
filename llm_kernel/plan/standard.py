"""Functions of the standard library whose results are known where their arguments are."""

from __future__ import annotations

import ast
import csv
import io
import itertools
import math
import re
import statistics
from collections import Counter
from collections.abc import Callable
from typing import Any

from llm_kernel.plan.expressions import checked
from llm_kernel.plan.items import iterate, unpack
from llm_kernel.plan.known import BUILTINS, Handler
from llm_kernel.plan.nodes import Free
from llm_kernel.plan.ordered import Default
from llm_kernel.plan.paths import path_of
from llm_kernel.plan.samplers import SAMPLERS
from llm_kernel.plan.shapes.device import DEVICES
from llm_kernel.plan.terminal import TERMINAL
from llm_kernel.plan.values import SPREAD, Items, Thing, Unknown, Value, known
from llm_kernel.plan.walk import Raised, Walk

__all__ = ["STANDARD"]

_MANY = 5000
_LONG = 20000
_HEAVY = re.compile(r"[*+}]\)?[*+{]|\\\d")
"""Patterns that may take for ever."""


def _product(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    held = [unpack(w, each) for each in args]
    times = named.get("repeat", 1)
    if any(SPREAD in each for each in held) or not isinstance(times, int):
        return Items(None, lambda turn: Unknown())
    if math.prod(len(each) for each in held) ** max(times, 0) > _MANY:
        return Items(None, lambda turn: tuple(Unknown() for _ in held))
    return list(itertools.product(*held, repeat=times))


def _choosing(make: Callable[..., Any]) -> Handler:
    """``combinations`` and ``permutations``."""

    def handler(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
        held = unpack(w, args[0]) if args else []
        size = args[1] if len(args) > 1 else len(held)
        if SPREAD in held or not isinstance(size, int) or len(held) > 40:
            return Items(None, lambda turn: Unknown())
        found = list(itertools.islice(make(held, size), _MANY + 1))
        return found if len(found) <= _MANY else Items(None, lambda turn: Unknown())

    return handler


def _chained(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    held = [unpack(w, each) for each in args]
    return [each for one in held for each in one]


def _counting(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    start, step = [*args, *[named.get("start", 0), named.get("step", 1)][len(args) :]]
    if not isinstance(start, int) or not isinstance(step, int):
        return Items(None, lambda turn: Unknown())
    return Thing("counter", {"now": start, "step": step})


def _default(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    """``defaultdict(factory, ...)``."""
    held = BUILTINS["builtins.dict"](w, args[1:], named, node)
    return Default(args[0] if args else None, held) if isinstance(held, dict) else held


def _islice(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    held = iterate(w, args[0])
    if len(args) != 2 or not isinstance(args[1], int):
        return Items(None, held.at)
    return Items(args[1] if held.count is None else min(held.count, args[1]), held.at)


def _matching(name: str) -> Handler:
    """``re.findall``, ``re.split``, ``re.sub``."""

    def handler(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
        size = sum(len(each) for each in args if isinstance(each, str))
        plain = all(isinstance(each, (str, int)) for each in args) and not named and size <= _LONG
        if not plain or not isinstance(args[0], str) or _HEAVY.search(args[0]):
            return Unknown("str" if name == "sub" else "any", "" if name == "sub" else f"re.{name}()")
        try:
            return getattr(re, name)(*args)
        except re.error:
            return Unknown()

    return handler


def _counter(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    held = unpack(w, args[0]) if args else []
    if not args or SPREAD in held or isinstance(args[0], dict) or not all(known(each) for each in held):
        return Unknown(origin="collections.Counter()")
    return checked(lambda: Counter(held))


def _rows(dicts: bool) -> Handler:
    """``csv.reader`` and ``csv.DictReader``."""

    def handler(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
        source = args[0] if args else None
        text = source.attrs.get("text") if isinstance(source, Thing) and source.kind == "file" else None
        if not isinstance(text, str) or len(args) > 1 or set(named) - {"delimiter"} or len(text) > 10 * _LONG:
            kind = Unknown(origin="csv.reader()")
            return Items(None, lambda turn: kind)
        sign = named.get("delimiter", ",")
        if not isinstance(sign, str):
            return Items(None, lambda turn: Unknown())
        lines = io.StringIO(text, newline="")
        if dicts:
            return checked(lambda: [dict(each) for each in csv.DictReader(lines, delimiter=sign)])
        return checked(lambda: [*csv.reader(lines, delimiter=sign)])

    return handler


def _statistic(name: str) -> Handler:
    def handler(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
        held = unpack(w, args[0]) if args else []
        if not held or SPREAD in held or not all(isinstance(each, (int, float)) for each in held) or named:
            return Unknown("float")
        return checked(lambda: getattr(statistics, name)(held))

    return handler


def _executed(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    """``exec`` of a text that is known runs among the names of the module."""
    source = args[0] if args else None
    tree: ast.Module | None = None
    if isinstance(source, str) and len(args) == 1:
        try:
            tree = ast.parse(source)
        except (SyntaxError, ValueError):
            tree = None
    if tree is None:
        w.emit(Free(expr=w.source(node)))
        return None
    w.learn(tree, w.globals)
    w.execute(tree.body, w.globals)
    return None


def _globals(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    """``globals()`` of the program: what is set in it is a name."""
    return w.globals.names


def _literal(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    """``ast.literal_eval``."""
    source = args[0] if args else None
    if not isinstance(source, str) or len(source) > _LONG:
        w.risks += 1
        return Unknown()
    try:
        return ast.literal_eval(source)
    except SyntaxError:
        raise Raised("SyntaxError") from None
    except (ValueError, TypeError):
        raise Raised("ValueError") from None
    except (MemoryError, RecursionError):
        return Unknown()


def _variable(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    """``os.getenv``."""
    told = w.facts.get("environ")
    if not isinstance(told, dict) or not args or not known(args[0]):
        return Unknown("str")
    return told.get(args[0], args[1] if len(args) > 1 else None)


def _folder(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    """``ImageFolder``: how many pictures it has where the folder is ImageNet's."""
    root = path_of(args[0]) if args else named.get("root")
    size = None
    if isinstance(root, str) and re.search(r"imagenet|ilsvrc", root, re.IGNORECASE):
        size = 1281167 if re.search(r"\btrain", root) else 50000 if re.search(r"\bval", root) else None
    return Thing("dataset", {"size": size, "item": None})


def _fake(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    size = args[0] if args else named.get("size", 1000)
    return Thing("dataset", {"size": size if isinstance(size, int) else None, "item": None})


STANDARD: dict[str, Handler] = {
    "itertools.product": _product, "itertools.chain": _chained, "itertools.count": _counting,
    "collections.defaultdict": _default,
    "itertools.islice": _islice, "itertools.combinations": _choosing(itertools.combinations),
    "itertools.permutations": _choosing(itertools.permutations),
    "re.findall": _matching("findall"), "re.split": _matching("split"), "re.sub": _matching("sub"),
    "collections.Counter": _counter, "csv.reader": _rows(False), "csv.DictReader": _rows(True),
    "statistics.mean": _statistic("mean"), "statistics.median": _statistic("median"),
    "statistics.stdev": _statistic("stdev"), "statistics.pstdev": _statistic("pstdev"),
    "builtins.exec": _executed, "builtins.globals": _globals, "ast.literal_eval": _literal, "os.getenv": _variable,
    "torchvision.datasets.ImageFolder": _folder, "torchvision.datasets.FakeData": _fake,
    **DEVICES, **TERMINAL, **SAMPLERS,
}  # fmt: skip
