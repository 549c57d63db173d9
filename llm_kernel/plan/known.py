"""Python's built-in functions on values of which not everything is known."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Callable
from typing import Any, NoReturn, TypeAlias

from llm_kernel.plan.expressions import checked
from llm_kernel.plan.instances import isinstance_
from llm_kernel.plan.items import counted, iterate, unpack, zipped
from llm_kernel.plan.nodes import Free, Stream
from llm_kernel.plan.operators import binary
from llm_kernel.plan.ordered import OrderedDict
from llm_kernel.plan.reckoning import hung
from llm_kernel.plan.shapes.module import children
from llm_kernel.plan.shapes.since import has
from llm_kernel.plan.shapes.table import SHAPES
from llm_kernel.plan.shapes.tensor import Rough, Tensor
from llm_kernel.plan.text import formatted, joined, parts_of, shown
from llm_kernel.plan.values import (
    SPREAD,
    Bound,
    Class,
    Counted,
    Env,
    Function,
    Instance,
    Items,
    Lib,
    Shuffled,
    Super,
    Text,
    Thing,
    Unknown,
    Value,
    Wrapped,
    kind_of,
    known,
    same,
    spread,
    truth,
    value_size,
)  # fmt: skip
from llm_kernel.plan.walk import Exited, Raised, Walk

Handler: TypeAlias = Callable[[Walk, list[Value], dict[str, Value], ast.AST | None], Value]


def exprs(w: Walk, node: ast.AST | None) -> list[str]:
    """The source text of a call's arguments."""
    return [w.source(each) for each in node.args] if isinstance(node, ast.Call) else []


def print_(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    stream = stream_of(named.get("file"))
    if stream is None:
        return None
    gap, end = named.get("sep", " "), named.get("end", "\n")
    gap, end = (" " if gap is None else gap), ("\n" if end is None else end)
    said: list[Any] = []
    nodes = node.args if isinstance(node, ast.Call) and len(node.args) == len(args) else [None] * len(args)
    for n, (value, each) in enumerate(zip(args, nodes, strict=True)):
        if n:
            said += parts_of(gap)
        expr = "" if each is None or known(value) else w.source(each)
        said += parts_of(shown(value, w.ask, expr=expr))
    w.say(joined([*said, *(parts_of(end) if not isinstance(end, str) else ())]),
          end=end if isinstance(end, str) else "", stream=stream)  # fmt: skip
    return None


def stream_of(value: Value) -> Stream | None:
    """Which stream ``file=`` means; None: neither."""
    if value is None or value == Lib("sys.stdout"):
        return "stdout"
    return "stderr" if value == Lib("sys.stderr") else None


def input_(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    if args:
        w.say(joined(parts_of(shown(args[0], w.ask))), end="")
    return Unknown("str", "builtins.input()")


def exit_(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    return leave(w, args[0] if args else None)


def leave(w: Walk, value: Value) -> NoReturn:
    """End the program as ``sys.exit(value)`` does."""
    if value is None or isinstance(value, int):
        raise Exited(int(value or 0) & 255)
    if isinstance(value, (str, Text)):
        w.say(value, stream="stderr")
        raise Exited(1)
    raise Exited


def free(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    w.emit(Free(expr=w.source(node)))
    return Unknown()


def len_(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    value = args[0] if args else None
    if isinstance(value, (str, list, tuple, dict, set, range, bytes)):
        return len(value) if not spread(value) else Unknown("int")
    if isinstance(value, Instance):
        method = w.attribute(value, "__len__")
        return Unknown("int") if isinstance(method, Unknown) else w.call(method, [], {}, None)
    if known(value):
        raise Raised("TypeError", f"object of type '{type(value).__name__}' has no len()")
    if isinstance(value, Thing) and value.kind == "module":
        return len(children(value))
    size = value_size(value)
    if size is None and isinstance(value, Thing) and value.attrs.get("inner") is not None:
        return len_(w, [value.attrs["inner"]], {}, None)
    return Unknown("int") if size is None else size


def range_(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    if all(isinstance(each, int) for each in args):
        return checked(lambda: range(*args))  # type: ignore[call-overload]
    start = args[0] if len(args) > 1 else 0
    low = start + 1 if isinstance(start, int) and len(args) < 3 else None

    def at(turn: int | None) -> Value:
        return start + turn if isinstance(start, int) and turn == 0 else Unknown("int", low=low)

    counted = hung(Unknown("int"), _turns, *args)
    return Items(None, at, counted.form if isinstance(counted, Counted) else None)


def _turns(*args: int) -> int:
    return len(range(*args))


def enumerate_(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    start = args[1] if len(args) > 1 else named.get("start", 0)
    return counted(iterate(w, args[0]), start)


def zip_(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    return zipped([iterate(w, each) for each in args])


def sum_(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    values = unpack(w, args[0])
    if SPREAD in values:
        kinds = {kind_of(each) for each in values if each is not SPREAD}
        return Unknown(kinds.pop() if len(kinds) == 1 else "any")
    result: Any = args[1] if len(args) > 1 else 0
    last: Value = None
    steady = False
    for each in values:
        if isinstance(each, int | float) and type(each) in (int, float) and type(result) is type(each):
            result += each
        elif not steady or not same(each, last):
            made = checked(lambda result=result, each=each: binary(ast.Add(), result, each, w.ask))  # type: ignore[misc]
            steady, last, result = type(made) is Unknown and same(made, result), each, made
    return result


def convert(maker: type, kind: str) -> Handler:
    """``int``, ``float``, ``str`` and ``bool``."""

    def make(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
        if not args:
            return maker()
        value = args[0]
        if maker is str:
            return shown(value, w.ask, expr=w.source(node))
        if maker is bool:
            said = truth(value)
            return Unknown("bool") if said is None else said
        if isinstance(value, Tensor) and value.numbers is not None and value.count == 1:
            number = value.numbers.item()
            return Rough(number) if maker is float and value.rough else maker(number)
        if all(isinstance(each, (bool, int, float, str)) for each in args) and len(str(value)) < 200:
            return checked(lambda: maker(*args))
        w.risks += 1
        return Unknown(kind, among=(), low=value.low if isinstance(value, Unknown) and kind == "int" else None)

    return make


def pure(function: Callable[..., Any], kind: str) -> Handler:
    """A built-in that is computed where its arguments are known."""

    def compute(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
        held = [unpack(w, each) if isinstance(each, Items) else each for each in args]
        if all(known(each) for each in (*held, *named.values())):
            return checked(lambda: function(*held, **named))
        return Unknown(kind)

    return compute


def magnitude(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    if isinstance(args[0], Tensor):
        return SHAPES[f"{args[0].of}.abs"](w, args, named, node)
    return pure(abs, "float")(w, args, named, node)


def extreme(function: Callable[..., Any]) -> Handler:
    """``max`` and ``min``."""

    def compute(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
        held = unpack(w, args[0]) if len(args) == 1 else list(args)
        key = named.get("key")
        keys = [w.call(key, [each], {}, None) for each in held] if key is not None and SPREAD not in held else held
        if all(known(each) for each in keys) and SPREAD not in held:
            if not held:
                if "default" in named:
                    return named["default"]
                raise Raised("ValueError", f"{function.__name__}() arg is an empty sequence")
            return checked(lambda: function(zip(keys, range(len(held)), held, strict=True),
                                            key=lambda triple: triple[0])[2])  # fmt: skip
        kinds = {kind_of(each) for each in held if each is not SPREAD}
        return Unknown(kinds.pop() if len(kinds) == 1 else "float" if kinds <= {"int", "float"} and kinds else "any")

    return compute


def round_(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    if all(known(each) for each in args):
        return checked(lambda: round(*args))  # type: ignore[call-overload]
    return Unknown("int" if len(args) == 1 else "float")


def _order(keys: list[Any], backwards: bool) -> list[int]:
    return sorted(range(len(keys)), key=lambda n: keys[n], reverse=backwards)


def sorted_(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    whole = args[0].values if isinstance(args[0], Shuffled) and len(args[0]) == len(args[0].values) else args[0]
    held = list(whole) if isinstance(whole, (set, frozenset)) else unpack(w, whole)
    if SPREAD in held:
        return held
    key = named.get("key")
    keys = [w.call(key, [each], {}, None) for each in held] if key is not None else held
    if not all(known(each) for each in keys):
        kinds = {kind_of(each) for each in held}
        return [Unknown(next(iter(kinds)) if len(kinds) == 1 else "any")] * len(held)
    order = checked(lambda: _order(keys, truth(named.get("reverse")) is True))
    assert isinstance(order, list)
    return [held[n] for n in order]


def collect(maker: type) -> Handler:
    """``list``, ``tuple``, ``set`` and ``frozenset``."""

    def make(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
        if not args:
            return maker()
        held = list(args[0]) if isinstance(args[0], (set, frozenset)) and maker is not list else unpack(w, args[0])
        if maker is list and isinstance(args[0], (set, frozenset)) and not known(held) and known(args[0]):
            return Shuffled(held, args[0])
        if maker in (list, tuple):
            return maker(held)
        return checked(lambda: maker(held)) if known(held) else Unknown()

    return make


def dict_(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    out: dict[Any, Value] = {}
    if args and isinstance(args[0], dict):
        out.update(args[0])
    elif args:
        for pair in unpack(w, args[0]):
            if isinstance(pair, tuple) and len(pair) == 2 and known(pair[0]):
                out[pair[0]] = pair[1]
            else:
                out[SPREAD] = SPREAD
    out.update(named)
    return out


def map_(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    many = [unpack(w, each) for each in args[1:]]
    if any(SPREAD in each for each in many):
        return Items(None, lambda turn: w.call(args[0], [iterate(w, each).at(turn) for each in args[1:]], {}, None))
    return [w.call(args[0], list(each), {}, None) for each in zip(*many, strict=False)]


def filter_(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    held = unpack(w, args[1])
    said = [truth(each if args[0] is None else w.call(args[0], [each], {}, None)) for each in held]
    return [each for each, yes in zip(held, said, strict=True) if yes] if None not in said else [SPREAD]


def every(stop: bool) -> Handler:
    """``any`` stops at the first true value, ``all`` at the first false one."""

    def decide(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
        said = [None if each is SPREAD else truth(each) for each in unpack(w, args[0])]
        return stop if stop in said else Unknown("bool") if None in said else not stop

    return decide


def type_(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    if isinstance(args[0], Instance):
        return args[0].cls
    if isinstance(args[0], Thing) and args[0].kind == "module":
        return w.attribute(args[0], "__class__")
    if isinstance(args[0], Thing) and args[0].kind == "exception":
        return Lib(f"builtins.{args[0].attrs['name']}")
    kinds = [each.__name__ for each in type(args[0]).__mro__ if each.__module__ == "builtins"]
    plain = not isinstance(args[0], (OrderedDict, Counter)) and known(args[0])
    return Lib(f"builtins.{kinds[0]}") if plain else Unknown()


def getattr_(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    return w.attribute(args[0], args[1]) if isinstance(args[1], str) else Unknown()


def hasattr_(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    value, name = args[0], args[1]
    if isinstance(value, Instance) and isinstance(name, str):
        if name in value.attrs or any(name in each.attrs for each in value.cls.line()):
            return True
        return Unknown("bool") if value.cls.foreign() else False
    said = has(w.facts, f"{value.path}.{name}") if isinstance(value, Lib) else None
    return Unknown("bool") if said is None else said


def dir_(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    """The names that a module of the source, an object or a class of it holds."""
    match args:
        case [Env(names=names)]:
            return sorted({*(name for name in names if not name.startswith("<")), *_OF_MODULES})
        case [Instance() as this] if not this.cls.foreign():
            inherited = {name for each in this.cls.line() for name in each.attrs}
            return [SPREAD, *sorted({*this.attrs, *inherited})]
    return [SPREAD]


_OF_MODULES = ("__builtins__", "__cached__", "__doc__", "__file__", "__loader__", "__name__", "__package__", "__spec__")


def setattr_(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    attrs = getattr(args[0], "attrs", None)
    if isinstance(attrs, dict) and isinstance(args[1], str):
        w.state.put(attrs, args[1], args[2])
    return None


def super_(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    return Super(args[0], args[1]) if len(args) == 2 and isinstance(args[0], Class) else Unknown()


def wrapped(kind: str) -> Handler:
    """``staticmethod``, ``classmethod`` and ``property``."""
    return lambda w, args, named, node: Wrapped(kind, args[0])


def callable_(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    return True if isinstance(args[0], (Function, Bound, Class)) else False if known(args[0]) else Unknown("bool")


def format_(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    spec = args[1] if len(args) > 1 else ""
    return checked(lambda: formatted(args[0], spec, w.ask, w.source(node))) if isinstance(spec, str) else Unknown("str")


def iter_(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    return args[0]


def next_(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    if isinstance(args[0], Thing) and args[0].kind == "counter":
        now, step = args[0].attrs["now"], args[0].attrs["step"]
        w.state.put(args[0].attrs, "now", now + step if isinstance(now, int) and isinstance(step, int) else now)
        return now
    items = iterate(w, args[0]) if not isinstance(args[0], (list, Instance)) else None
    return items.at(None) if items is not None and not isinstance(items.at(None), int) else Unknown()


def reversed_(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    return unpack(w, args[0])[::-1]


BUILTINS: dict[str, Handler] = {
    f"builtins.{name}": handler
    for name, handler in {
        "print": print_, "input": input_, "exit": exit_, "quit": exit_, "eval": free, "help": free,
        "breakpoint": free, "len": len_, "range": range_, "enumerate": enumerate_, "zip": zip_, "sum": sum_,
        "int": convert(int, "int"), "float": convert(float, "float"), "str": convert(str, "str"),
        "bool": convert(bool, "bool"), "max": extreme(max), "min": extreme(min), "abs": magnitude,
        "round": round_, "sorted": sorted_, "list": collect(list), "tuple": collect(tuple), "set": collect(set),
        "frozenset": collect(frozenset), "dict": dict_, "map": map_, "filter": filter_, "any": every(True),
        "all": every(False), "isinstance": isinstance_, "type": type_, "getattr": getattr_, "hasattr": hasattr_,
        "setattr": setattr_, "dir": dir_, "super": super_, "staticmethod": wrapped("staticmethod"),
        "classmethod": wrapped("classmethod"), "property": wrapped("property"), "callable": callable_,
        "format": format_, "iter": iter_, "next": next_, "reversed": reversed_, "chr": pure(chr, "str"),
        "ord": pure(ord, "int"), "hex": pure(hex, "str"), "bin": pure(bin, "str"), "oct": pure(oct, "str"),
        "divmod": pure(divmod, "any"), "repr": lambda w, args, named, node: shown(args[0], w.ask, inside=True),
        "id": lambda w, args, named, node: Unknown("int"), "hash": lambda w, args, named, node: Unknown("int"),
    }.items()
}  # fmt: skip
