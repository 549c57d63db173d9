"""How values read when printed: what is known is spelled out, the rest becomes holes."""

from __future__ import annotations

import builtins
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import lru_cache
from string import Formatter
from typing import TypeAlias

from llm_kernel.plan.nodes import LINES, Hole
from llm_kernel.plan.ordered import Default, OrderedDict, View
from llm_kernel.plan.shapes.module import Modules, Named
from llm_kernel.plan.shapes.printing import numbers, sure
from llm_kernel.plan.shapes.tensor import Returned, Rough, Tensor, edges
from llm_kernel.plan.values import (
    HOLES,
    SPREAD,
    Counted,
    Instance,
    Lib,
    Text,
    Thing,
    Unknown,
    Value,
    kind_of,
    known,
    spread,
)  # fmt: skip

Ask: TypeAlias = Callable[[Instance, str], Value]
"""How an object of the source shows itself: called with the object and ``__str__`` or ``__repr__``."""

_LONG = 100000
_SHOWN = (list, tuple, dict, OrderedDict)
_TENSORS = ("tensor", "ints", "bools")
_PERCENT = re.compile(
    r"%(?:\((?P<key>[^)]*)\))?(?P<flags>[-+ #0]*)(?P<width>\d+|\*)?(?:\.(?P<digits>\d+))?[hlL]?(?P<type>[a-zA-Z%])"
)
_WIDE = re.compile(r"\d{5}")
"""A width that nobody fills."""
_DATE = re.compile(r"%[a-zA-Z]")


def joined(parts: Iterable[str | Hole]) -> str | Text:
    """A string from parts: plain when all of it is known."""
    out: list[str | Hole] = []
    for part in parts:
        if isinstance(part, str) and out and isinstance(out[-1], str):
            out[-1] += part
        elif part != "":
            out.append(part)
    if not out:
        return ""
    if len(out) == 1 and isinstance(out[0], str):
        return out[0]
    return Text(tuple(out))


def parts_of(value: Value) -> tuple[str | Hole, ...]:
    """The parts of a string value."""
    if isinstance(value, str):
        return (value,)
    if isinstance(value, Counted) or (isinstance(value, Unknown) and value.among):
        return (hole(value),)
    return value.parts if isinstance(value, Text) else (Hole("str"),)


def hole(value: Value, spec: str = "", expr: str = "") -> Hole:
    """The hole that an unknown value leaves."""
    among: tuple[str, ...] = ()
    if isinstance(value, Unknown) and value.among and all(known(each) for each in value.among):
        try:
            among = tuple(format(each, spec) for each in value.among)
        except (ValueError, TypeError):
            among = ()
        if among:
            return Hole(HOLES.get(value.kind, "any"), "", expr, among)
    if isinstance(value, Counted):
        return replace(_plain_hole(Unknown(value.kind), spec, expr), form=value.form)
    return _plain_hole(value, spec, expr)


def _plain_hole(value: Value, spec: str, expr: str) -> Hole:
    kind = kind_of(value)
    if kind == "bool" and not spec:
        return Hole("str", "", expr, ("True", "False"))
    letter = spec[-1:]
    if letter == "d":
        return Hole("int", spec, expr)
    if letter and letter in "feEgGF%":
        return Hole("time" if kind == "time" else "float", spec, expr)
    if not spec and isinstance(value, Unknown) and (kind in _TENSORS or (kind == "any" and value.origin)):
        return Hole("any", LINES, expr)
    return Hole(HOLES.get(kind, "any"), spec, expr)


def shown(value: Value, ask: Ask, *, expr: str = "", inside: bool = False, depth: int = 3) -> str | Text:
    """What ``str`` (or, ``inside`` a container, ``repr``) of a value gives."""
    match value:
        case Text():
            return joined(("'", *value.parts, "'")) if inside else value
        case Unknown(shape=(_, *_) as shape, kind="shape"):
            return f"torch.Size([{', '.join(map(str, shape))}])"
        case Unknown(kind="str") if inside and not value.among:
            return joined(("'", hole(value, "", expr), "'"))
        case Instance():
            said = ask(value, "__repr__" if inside else "__str__")
            several = LINES if value.cls.foreign() else ""
            return said if isinstance(said, (str, Text)) else Text((Hole("any", several, expr),))
        case Returned():
            held = zip(value.fields, value, strict=True)
            rows = [(f"{name}=", *parts_of(shown(each, ask, inside=True))) for name, each in held]
            lines = [part for n, row in enumerate(rows) for part in (",\n" * bool(n), *row)]
            return joined((f"torch.return_types.{value.name}(\n", *lines, ")"))
        case Tensor() if value.numbers is not None and value.trace is not None and sure(value):
            return numbers(value, inside)
        case Tensor(shape=(), of="torch", role="", dtype="int64"):  # no gradient, no other type is told behind it
            device = f", device='{value.device}'" if value.device != "cpu" else ""
            return joined(("tensor(", Hole("int", "", expr), f"{device})"))
        case Thing(kind="module" | "parallel" | "optimizer") | Modules() | Named():
            said = ask(value, "__str__")  # type: ignore[arg-type]  # any value that answers it
            return said if isinstance(said, (str, Text)) else Text((Hole("any", LINES, expr),))
        case Thing(kind="chain" | "parallel" | "dataset" | "transform" | "bunch"):
            return Text((Hole("any", LINES, expr),))
        case Thing(kind="path"):
            text = shown(value.attrs["text"], ask, expr=expr)
            return joined(("PosixPath('", *parts_of(text), "')")) if inside else text
        case View() if depth and not spread(value):
            return joined((f"{value.word}(", *parts_of(_container(list(value), ask, depth)), ")"))
        case Default() if depth and not spread(value):
            made, inner = shown(value.factory, ask, inside=True), _container(dict(value), ask, depth)
            return joined(("defaultdict(", *parts_of(made), ", ", *parts_of(inner), ")"))
        case Default():
            return Text((hole(value, "", expr),))
        case Thing(kind="card"):
            return str(value.attrs["shown"])
        case Thing(kind="exception") if inside and isinstance(value.attrs.get("args"), tuple):
            args = value.attrs["args"]
            told = [parts_of(shown(each, ask, inside=True)) for each in (args if isinstance(args, tuple) else ())]
            return joined((f"{value.attrs['name']}(", *_between(told), ")"))
        case Thing(kind="exception") if not inside:
            return shown(value.attrs["text"], ask, expr=expr, depth=depth)
        case Thing(kind="namespace" | "simple" | "sorted" as kind):
            word = "Namespace" if kind == "namespace" else "namespace"
            pairs = sorted(value.attrs.items()) if kind == "sorted" else value.attrs.items()
            fields = ((name, shown(each, ask, inside=True, depth=depth - 1)) for name, each in pairs)
            return joined((f"{word}(", *_between(((f"{name}=", *parts_of(text)) for name, text in fields)), ")"))
        case Lib(path) if path.startswith("builtins.") and isinstance(getattr(builtins, path[9:], None), type):
            return f"<class '{path[9:]}'>"
    if known(value) and not _rough(value):
        return (repr(value) if inside else str(value))[:_LONG]
    if isinstance(value, (list, tuple, dict)) and type(value) in _SHOWN and depth and not spread(value):
        return _container(value, ask, depth)
    return Text((hole(value, "", expr),))


def _rough(value: Value) -> bool:
    """Whether somewhere in it is a number whose last digits are not sure, or a set whose order changes with the run."""
    if isinstance(value, (set, frozenset)):
        return len(value) > 1 and not all(isinstance(each, int) for each in value)
    if isinstance(value, (list, tuple)):
        return any(_rough(each) for each in value)
    return isinstance(value, Rough) or (isinstance(value, dict) and any(_rough(each) for each in value.values()))


def _fine(value: Value, spec: str) -> bool:
    """Whether a format shows more digits than are sure of a rough number."""
    digits = re.search(r"\.(\d+)", spec)
    if not isinstance(value, Rough) or digits is None:
        return True
    low, high = edges(float(value))
    return int(digits[1]) > Rough.DIGITS - 2 * spec.endswith(("%", "e", "g")) or format(low, spec) != format(high, spec)


def _between(groups: Iterable[Sequence[str | Hole]]) -> list[str | Hole]:
    out: list[str | Hole] = []
    for n, group in enumerate(groups):
        out += [", ", *group] if n else group
    return out


def _container(value: list[Value] | tuple[Value, ...] | dict[Value, Value], ask: Ask, depth: int) -> str | Text:
    def inner(each: Value) -> tuple[str | Hole, ...]:
        return parts_of(shown(each, ask, inside=True, depth=depth - 1))

    if isinstance(value, OrderedDict) and not value.braces:
        pairs = _between(["(", *inner(k), ", ", *inner(v), ")"] for k, v in value.items())
        return joined(("OrderedDict([", *pairs, "])"))
    if isinstance(value, OrderedDict):
        return joined(("OrderedDict(", *parts_of(_container(dict(value), ask, depth)), ")"))
    if isinstance(value, dict):
        return joined(("{", *_between([*inner(k), ": ", *inner(v)] for k, v in value.items() if k is not SPREAD), "}"))
    left, right = ("[", "]") if isinstance(value, list) else ("(", ",)" if len(value) == 1 else ")")
    return joined((left, *_between([inner(each) for each in value]), right))


def formatted(value: Value, spec: str, ask: Ask, expr: str = "") -> str | Text:
    """What ``format(value, spec)`` gives; raises ValueError or TypeError as Python would."""
    value = _alone(value) if isinstance(value, Tensor) and not value.dims else value
    if spec == "" and isinstance(value, Tensor) and value.shape == () and value.of == "torch":
        kind = {"float": "float", "int": "int"}.get(value.dtype.rstrip("0123456789"), "any")
        return Text((Hole(HOLES.get(kind, "any"), "", expr),))  # its item is shown
    if spec == "":
        return shown(value, ask, expr=expr)
    if isinstance(value, Rough) and _fine(value, spec):
        return Text((hole(value, spec, expr),))
    if known(value) and not isinstance(value, (list, tuple, dict, set)):
        if _WIDE.search(spec):
            return Text((hole(value, spec, expr),))
        return format(value, spec)
    text = shown(value, ask, expr=expr) if isinstance(value, (list, tuple, dict, Instance)) else value
    if isinstance(text, Text) and len(text.parts) == 1 and isinstance(text.parts[0], Hole):
        first = text.parts[0]
        return Text((Hole(first.kind, spec, expr, first.among if not spec else ()),))
    if isinstance(text, Text):
        return text if spec.strip("<>s") == "" else Text((Hole("str", spec, expr),))
    if isinstance(text, str):
        return text if _WIDE.search(spec) else format(text, spec)
    return Text((Hole("time", spec, expr),)) if _DATE.search(spec) else Text((hole(value, spec, expr),))


def _alone(value: Tensor) -> Value:
    """The number of a tensor of one element, where it is known."""
    if value.numbers is None or value.count != 1:
        return value
    return Rough(value.numbers.item()) if value.rough else value.numbers.item()


def percent(template: str, value: Value, ask: Ask, exprs: Sequence[str] = ()) -> str | Text:
    """What ``template % value`` gives; raises TypeError or ValueError as Python would."""
    if known(value) and not _rough(value) and "*" not in template and not _WIDE.search(template):
        return template % value
    if any(spec["width"] == "*" for spec in _PERCENT.finditer(template)):
        return Text((Hole("any"),))  # a width takes an argument too
    args = list(value) if isinstance(value, tuple) else [value]
    if isinstance(value, Unknown) and value.kind == "any" and not value.among:
        args = [Unknown()] * len(_PERCENT.findall(template))  # it may be a tuple
    out: list[str | Hole] = []
    at = used = 0
    for spec in _PERCENT.finditer(template):
        out.append(template[at : spec.start()])
        at = spec.end()
        if spec["type"] == "%":
            out.append("%")
            continue
        if spec["key"] is not None:
            one = value.get(spec["key"], Unknown()) if isinstance(value, dict) else Unknown()
        elif used < len(args):
            one = args[used]
        else:
            raise TypeError("not enough arguments for format string")
        expr = exprs[used] if used < len(exprs) else ""
        used += 1
        out += _one_percent(spec, one, ask, expr)
    out.append(template[at:])
    return joined(out)


def _one_percent(spec: re.Match[str], one: Value, ask: Ask, expr: str) -> tuple[str | Hole, ...]:
    width, digits, letter = spec["width"] or "", spec["digits"], spec["type"]
    one = _alone(one) if isinstance(one, Tensor) and letter not in "sra" else one
    sure = known(one) and not (_rough(one) and (letter in "sra" or _fine(one, f".{digits or 6}{letter}")))
    if sure and width != "*" and len(width) < 5:
        return (spec[0].replace(f"({spec['key']})", "") % (one,),)
    if letter in "sra":
        text = shown(one, ask, expr=expr, inside=letter == "r")
        return parts_of(text) if not width else (Hole("str", f"{'<' if '-' in spec['flags'] else '>'}{width}", expr),)
    align = "<" if "-" in spec["flags"] else "0" if "0" in spec["flags"] else ""
    sign = "+" if "+" in spec["flags"] else ""
    return (hole(one, f"{'<' if align == '<' else ''}{sign}{'0' if align == '0' else ''}{width if width != '*' else ''}"
                 f"{'.' + digits if digits else ''}{'d' if letter in 'iu' else letter}", expr),)  # fmt: skip


@lru_cache(maxsize=512)
def _fields(template: str) -> tuple[tuple[str, str | None, str | None, str | None], ...]:
    return tuple(Formatter().parse(template))


Field: TypeAlias = Callable[[Value, str], Value]


def braces(
    template: str, args: Sequence[Value], named: dict[str, Value], ask: Ask, reach: Field, exprs: Sequence[str] = ()
) -> str | Text:
    """What ``template.format(...)`` gives; ``reach`` follows ``.name`` and ``[0]`` behind a field's name."""
    out: list[str | Hole] = []
    used = 0
    for literal, name, spec, conversion in _fields(template):
        out.append(literal)
        if name is None:
            continue
        head = re.match(r"[^.\[]*", name)
        first = head[0] if head else ""
        if first == "" or first.isdigit():
            index = used if first == "" else int(first)
            used += 1
            if index >= len(args):
                raise IndexError(f"Replacement index {index} out of range for positional args tuple")
            value, expr = args[index], exprs[index] if index < len(exprs) else ""
        else:
            if first not in named:
                raise KeyError(first)
            value, expr = named[first], first
        if name != first:
            value = reach(value, name[len(first) :])
        if spec and "{" in spec:
            inner = braces(spec, args[used:], named, ask, reach)
            used += spec.count("{")
            spec = inner if isinstance(inner, str) else ""
        if conversion in ("r", "a"):
            value = shown(value, ask, inside=True)
        out += parts_of(formatted(value, spec or "", ask, expr))
    return joined(out)
