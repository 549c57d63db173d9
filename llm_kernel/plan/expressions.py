"""The value of each kind of expression."""

from __future__ import annotations

import ast
import builtins
import operator
import re
from collections.abc import Callable, Iterable
from typing import Any

from llm_kernel.plan.bound import ALWAYS
from llm_kernel.plan.items import iterate, unpack
from llm_kernel.plan.nodes import Hole
from llm_kernel.plan.operators import binary, compare, unary
from llm_kernel.plan.ordered import Default
from llm_kernel.plan.paths import divided
from llm_kernel.plan.reckoning import every, hung, picked, some
from llm_kernel.plan.shapes.casting import operated
from llm_kernel.plan.shapes.containers import index as part
from llm_kernel.plan.shapes.containers import set_part
from llm_kernel.plan.shapes.gradients import begin_tape
from llm_kernel.plan.shapes.numpys import set_item, write
from llm_kernel.plan.shapes.operators import index
from llm_kernel.plan.shapes.tensor import Tensor
from llm_kernel.plan.text import formatted, joined, parts_of, percent, shown
from llm_kernel.plan.values import (
    SPREAD,
    Counted,
    Env,
    Function,
    Group,
    Instance,
    Leading,
    Lib,
    Text,
    Thing,
    Unknown,
    Value,
    join,
    kind_of,
    known,
    spread,
    truth,
    value_size,
)  # fmt: skip
from llm_kernel.plan.walk import Flow, Raised, Walk

_OURS = re.compile(
    r"\b(?:Lib|Thing|Unknown|Function|Env|Instance|Method|Class|Bound|Spread|Text|Wrapped|Super|Items|lambda|unpack|"
    r"NoneType)\b"
)
_BUILTINS = frozenset(dir(builtins))
_NAMED = {"__name__": "__main__", "__doc__": None}


def constant(w: Walk, node: ast.Constant, env: Env) -> Value:
    return node.value


def name(w: Walk, node: ast.Name, env: Env) -> Value:
    return find(node.id, env)


def find(word: str, env: Env) -> Value:
    """The value of a name as Python looks it up."""
    here: Env | None = env.home(word)
    while here is not None:
        if word in here.names:
            return here.names[word]
        here = here.outer
    if word in _NAMED:
        return _NAMED[word]
    if word in _BUILTINS:
        return Lib(f"builtins.{word}")
    if word == "__file__":
        return Unknown("str")
    if word.startswith("<") or word in ALWAYS or _bindable(word, env):
        return Unknown(origin="?")
    raise Raised("NameError", f"name '{word}' is not defined", near=_near(env))


def _near(env: Env) -> list[Iterable[str]]:
    """The names among which Python looks for the one that was meant: the call's own, the module's, the builtins."""
    if env is env.root:
        return [env.names, dir(builtins)]
    owner = env.names.get("self")
    mine = (
        [*owner.attrs, *(word for each in owner.cls.line() for word in each.attrs)]
        if isinstance(owner, Instance)
        else []
    )
    return [env.names, [f"self.{word}" for word in mine], env.root.names, dir(builtins)]


def _bindable(word: str, env: Env) -> bool:
    """Whether code around here can bind the name, so that it may have been by something that was not walked."""
    here: Env | None = env
    while here is not None:
        names = here.bound()
        if names is None or word in names:
            return True
        here = here.outer
    return False


def attribute(w: Walk, node: ast.Attribute, env: Env) -> Value:
    return w.attribute(w.evaluate(node.value, env), node.attr)


def binop(w: Walk, node: ast.BinOp, env: Env) -> Value:
    one, other = w.evaluate(node.left, env), w.evaluate(node.right, env)
    if isinstance(node.op, ast.Mod) and isinstance(one, str):
        return _percent(w, node, one, other)
    if isinstance(node.op, ast.Div) and any(isinstance(each, Thing) and each.kind == "path" for each in (one, other)):
        return divided(one, other)
    return checked(lambda: operated(w, node.op, one, other, lambda a, b: binary(node.op, a, b, w.ask)))


def _percent(w: Walk, node: ast.BinOp, template: str, other: Value) -> Value:
    from_ = node.right.elts if isinstance(node.right, ast.Tuple) else [node.right]
    if known(other):
        return checked(lambda: binary(node.op, template, other, w.ask))
    return checked(lambda: percent(template, other, w.ask, [w.source(each) for each in from_]))


def checked(compute: Callable[[], Value]) -> Value:
    """The value, or the program's own exception."""
    try:
        return compute()
    except RecursionError:
        raise
    except (ArithmeticError, TypeError, ValueError, LookupError, AttributeError) as err:
        if isinstance(err, TypeError | AttributeError) and _OURS.search(str(err)):
            return Unknown()  # a stand-in for a value was asked for more than it knows
        raise Raised(type(err).__name__, str(err)) from err


def unaryop(w: Walk, node: ast.UnaryOp, env: Env) -> Value:
    value = w.evaluate(node.operand, env)
    if isinstance(node.op, ast.Not):
        said = truth(value)
        return hung(Unknown("bool"), operator.not_, value) if said is None else not said
    return unary(node.op, value)


def boolop(w: Walk, node: ast.BoolOp, env: Env) -> Value:
    stop = isinstance(node.op, ast.Or)
    found: list[Value] = []
    for n, each in enumerate(node.values):
        value = w.evaluate(each, env)
        said = truth(value)
        if said is not (not stop) or n == len(node.values) - 1:
            found.append(value)
        if said is stop:
            break
    if isinstance(found[-1], bool) and truth(found[-1]) is stop:
        return found[-1]
    result = found[0]
    for value in found[1:]:
        result = join(result, value)
    truths = all(kind_of(each) == "bool" for each in found)
    return hung(result, some if stop else every, *found) if truths and len(found) > 1 else result


def compared(w: Walk, node: ast.Compare, env: Env) -> Value:
    left = w.evaluate(node.left, env)
    result: Value = True
    for op, right in zip(node.ops, node.comparators, strict=True):
        value = w.evaluate(right, env)
        one = left
        said = checked(lambda op=op, one=one, value=value: compare(op, one, value))  # type: ignore[misc]
        if said is False:
            return False
        if said is not True:
            result = said if result is True else hung(Unknown("bool"), every, result, said)
        left = value
    return result


def ifexp(w: Walk, node: ast.IfExp, env: Env) -> Value:
    test = w.evaluate(node.test, env)
    said = truth(test)
    if said is not None:
        return w.evaluate(node.body if said else node.orelse, env)
    form = test.form if isinstance(test, Counted) else None
    values: list[Value] = []

    def way(branch: ast.expr) -> Callable[[], Flow]:
        def walk() -> Flow:
            values.append(w.evaluate(branch, env))
            return None

        return walk

    w.fork([way(node.body), way(node.orelse)], test=form)
    return picked(form, values[0], values[-1]) if values else Unknown()


def fstring(w: Walk, node: ast.JoinedStr, env: Env) -> Value:
    out: list[str | Hole] = []
    for each in node.values:
        out += parts_of(w.evaluate(each, env))
    return joined(out)


def field(w: Walk, node: ast.FormattedValue, env: Env) -> Value:
    value = w.evaluate(node.value, env)
    expr = "" if known(value) else w.source(node.value)
    if node.conversion in (ord("r"), ord("a")):
        value = shown(value, w.ask, expr=expr, inside=True)
    elif node.conversion == ord("s"):
        value = shown(value, w.ask, expr=expr)
    spec = w.evaluate(node.format_spec, env) if node.format_spec is not None else ""
    if not isinstance(spec, str):
        return Text((Hole("any", "", expr),))
    return checked(lambda: formatted(value, spec, w.ask, expr))


def tuple_(w: Walk, node: ast.Tuple, env: Env) -> Value:
    return tuple(_elements(w, node.elts, env))


def list_(w: Walk, node: ast.List, env: Env) -> Value:
    out = _elements(w, node.elts, env)
    w.state.made(out)
    return out


def set_(w: Walk, node: ast.Set, env: Env) -> Value:
    found = _elements(w, node.elts, env)
    return set(found) if known(found) else Unknown()


def _elements(w: Walk, nodes: list[ast.expr], env: Env) -> list[Value]:
    out: list[Value] = []
    for each in nodes:
        if isinstance(each, ast.Starred):
            out += unpack(w, w.evaluate(each.value, env))
        else:
            out.append(w.evaluate(each, env))
    return out


def dict_(w: Walk, node: ast.Dict, env: Env) -> Value:
    out: dict[Any, Value] = {}
    w.state.made(out)
    for key, each in zip(node.keys, node.values, strict=True):
        value = w.evaluate(each, env)
        if key is None:
            out.update(value if isinstance(value, dict) else {SPREAD: SPREAD})
            continue
        word = w.evaluate(key, env)
        if known(word):
            checked(lambda word=word, value=value: out.__setitem__(word, value))  # type: ignore[misc]
        else:
            out[SPREAD] = SPREAD
    return out


def subscript(w: Walk, node: ast.Subscript, env: Env) -> Value:
    return item(w, w.evaluate(node.value, env), w.evaluate(node.slice, env))


def item(w: Walk, value: Value, key: Value) -> Value:
    """``value[key]``."""
    if isinstance(value, Text) or (isinstance(value, str) and not (known(key) or isinstance(key, slice))):
        return Unknown("str")
    if isinstance(value, Tensor):
        found = index(value, key)
        return found if found is not None else Unknown(value.kind)
    if isinstance(value, Thing) and value.kind == "module":
        return checked(lambda: part(value, key))
    if isinstance(value, Unknown):
        return _unknown_item(value, key)
    if isinstance(value, Default) and value.factory is not None and not (known(key) and key in value):
        return _begun(w, value, key)
    if isinstance(value, dict) and SPREAD in value:
        return value[key] if known(key) and key in value else Unknown()
    if isinstance(value, (list, tuple, dict, str, range, bytes)):
        if spread(value) or not (known(key) or isinstance(key, slice)):
            inner = list(value.values() if isinstance(value, dict) else value)
            kinds = {kind_of(each) for each in inner}
            return Unknown(kinds.pop() if len(kinds) == 1 else "any")
        return checked(lambda: value[key])  # type: ignore[index,call-overload]
    method = w.attribute(value, "__getitem__")
    return Unknown() if isinstance(method, Unknown) else w.call(method, [key], {}, None)


def _begun(w: Walk, value: Default, key: Value) -> Value:
    """What a ``defaultdict`` gives, and from now on holds, for a key that it may not have."""
    sure = known(key) and not spread(value)
    made = w.call(value.factory, [], {}, None)
    w.state.put(value, key if sure else SPREAD, made)
    return made if sure else Unknown(kind_of(made))


def _unknown_item(value: Unknown, key: Value) -> Value:
    if value.kind in ("tensor", "ints", "bools"):
        return Unknown(value.kind)
    if isinstance(value, Leading) and key == 0:
        return value.first
    if value.kind == "shape":
        if value.shape is not None and isinstance(key, int) and -len(value.shape) <= key < len(value.shape):
            return value.shape[key]
        return Unknown("shape" if isinstance(key, slice) else "int")
    return Unknown("str" if value.kind == "str" else "any", value.origin and value.origin + "[]")


def slice_(w: Walk, node: ast.Slice, env: Env) -> Value:
    bounds = [w.evaluate(each, env) if each is not None else None for each in (node.lower, node.upper, node.step)]
    return slice(*bounds) if all(known(each) for each in bounds) else Unknown()


def lambda_(w: Walk, node: ast.Lambda, env: Env) -> Value:
    return function(w, node, env)


def function(w: Walk, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda, env: Env) -> Function:
    """A function value with its defaults evaluated now."""
    defaults = [w.evaluate(each, env) for each in node.args.defaults]
    named = {
        arg.arg: w.evaluate(each, env)
        for arg, each in zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True)
        if each is not None
    }
    return Function(node, env, defaults, named)


def comprehension(w: Walk, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp, env: Env) -> Value:
    inner = Env({}, env, env.root)
    w.state.made(inner.names)
    out: list[Value] = []

    def element() -> Value:
        if isinstance(node, ast.DictComp):
            return (w.evaluate(node.key, inner), w.evaluate(node.value, inner))
        return w.evaluate(node.elt, inner)

    sure = _generate(w, node.generators, inner, lambda: out.append(element()))
    if not sure:
        out.append(SPREAD)
    if isinstance(node, ast.DictComp):
        return _dict_of(out)
    if isinstance(node, ast.SetComp):
        return set(out) if known(out) else Unknown()
    w.state.made(out)
    return out


def _dict_of(pairs: list[Value]) -> Value:
    out: dict[Any, Value] = {}
    for pair in pairs:
        if isinstance(pair, tuple) and known(pair[0]):
            out[pair[0]] = pair[1]
        else:
            out[SPREAD] = SPREAD
    return out


def _generate(w: Walk, generators: list[ast.comprehension], env: Env, add: Callable[[], None]) -> bool:
    if not generators:
        add()
        return True
    first, *rest = generators
    items = iterate(w, w.evaluate(first.iter, env))
    sure = items.count is not None and items.count <= 5000
    turns: list[int | None] = list(range(items.count)) if sure and items.count is not None else [None]
    for turn in turns:
        assign(w, first.target, items.at(turn), env)
        said = [truth(w.evaluate(test, env)) for test in first.ifs]
        if False in said:
            continue
        sure = _generate(w, rest, env, add) and sure and None not in said
    return sure


def assign(w: Walk, target: ast.expr, value: Value, env: Env, *, quiet: bool = False) -> None:
    """Bind a target to a value."""
    match target:
        case ast.Name():
            w.state.put(env.home(target.id).names, target.id, value, quiet=quiet)
        case ast.Tuple() | ast.List():
            _spread_out(w, target.elts, value, env, quiet)
        case ast.Attribute():
            set_attribute(w, w.evaluate(target.value, env), target.attr, value)
        case ast.Subscript():
            _set_item(w, w.evaluate(target.value, env), w.evaluate(target.slice, env), value)
        case ast.Starred():
            assign(w, target.value, value, env, quiet=quiet)


def _spread_out(w: Walk, targets: list[ast.expr], value: Value, env: Env, quiet: bool) -> None:
    values = unpack(w, value, len(targets))
    star = next((n for n, each in enumerate(targets) if isinstance(each, ast.Starred)), None)
    if SPREAD in values:
        values = [Unknown()] * len(targets)
    elif star is not None:
        extra = len(values) - len(targets) + 1
        values = [*values[:star], values[star : star + extra], *values[star + extra :]]
    if len(values) != len(targets):
        got, want = len(values), len(targets)
        few = f"not enough values to unpack (expected {want}, got {got})"
        raise Raised("ValueError", few if got < want else f"too many values to unpack (expected {want})")
    for each, one in zip(targets, values, strict=True):
        assign(w, each, one, env, quiet=quiet)


def set_attribute(w: Walk, thing: Value, word: str, value: Value) -> None:
    """``thing.word = value``."""
    if isinstance(thing, Unknown) and thing.among:
        for each in thing.among:
            set_attribute(w, each, word, join(w.attribute(each, word), value))
        return
    if isinstance(thing, Tensor) and thing.cell is not None and word == "requires_grad":
        w.state.put(thing.cell.held, "grad", value)
        begin_tape(w, thing)
    if isinstance(thing, Tensor) and thing.cell is not None and word == "grad":
        w.state.put(thing.cell.held, "slope", value)
    if isinstance(thing, Tensor) and word == "data":
        write(w, thing, None)
    attrs = getattr(thing, "names" if isinstance(thing, Env) else "attrs", None)
    if isinstance(attrs, dict):
        w.state.put(attrs, word, value)
    if isinstance(thing, Thing) and thing.kind == "dataset" and word == "data":
        size = len(value) if isinstance(value, list) and not spread(value) else value_size(value)
        w.state.put(thing.attrs, "size", size)


def _set_item(w: Walk, thing: Value, key: Value, value: Value) -> None:
    if isinstance(thing, Group) and (w.around > 1 or w.long):
        value = Unknown("float") if key == "lr" else value  # a rate for each batch would be walked batch by batch
    if isinstance(thing, dict) and not spread(thing) and known(key):
        checked(lambda: w.state.put(thing, key, value))
    elif isinstance(thing, Tensor):
        set_item(w, thing, key, value)
    elif isinstance(thing, Thing) and thing.kind == "module":
        set_part(w, thing, key, value)
    elif isinstance(thing, list) and not spread(thing) and isinstance(key, int):
        w.state.touch(thing)
        checked(lambda: thing.__setitem__(key, value))
    elif isinstance(thing, (list, dict)):
        w.state.touch(thing)
        thing.clear()
        thing.append(SPREAD) if isinstance(thing, list) else thing.update({SPREAD: SPREAD})
    else:
        method = w.attribute(thing, "__setitem__")
        if not isinstance(method, Unknown):
            w.call(method, [key, value], {}, None)


def named(w: Walk, node: ast.NamedExpr, env: Env) -> Value:
    value = w.evaluate(node.value, env)
    assign(w, node.target, value, env)
    return value


def awaited(w: Walk, node: ast.Await, env: Env) -> Value:
    return w.evaluate(node.value, env)


def yielded(w: Walk, node: ast.Yield, env: Env) -> Value:
    value = w.evaluate(node.value, env) if node.value is not None else None
    out = find("<yield>", env)
    if isinstance(out, list):
        w.state.touch(out)
        out.append(value)
    return Unknown()


def call(w: Walk, node: ast.Call, env: Env) -> Value:
    function = w.evaluate(node.func, env)
    if isinstance(function, Lib) and function.path == "builtins.super" and not node.args:
        return w.call(function, [find("<class>", env), find("<self>", env)], {}, node)
    args = _elements(w, node.args, env)
    named: dict[str, Value] = {}
    for word in node.keywords:
        value = w.evaluate(word.value, env)
        if word.arg is not None:
            named[word.arg] = value
        elif isinstance(value, dict):
            named.update({key: each for key, each in value.items() if isinstance(key, str)})
    if SPREAD in args:
        return Unknown(origin=getattr(function, "path", ""))
    return w.call(function, args, named, node)


EVALUATE: dict[type[ast.AST], Callable[[Walk, Any, Env], Value]] = {
    ast.Constant: constant, ast.Name: name, ast.Attribute: attribute, ast.BinOp: binop, ast.UnaryOp: unaryop,
    ast.BoolOp: boolop, ast.Compare: compared, ast.IfExp: ifexp, ast.JoinedStr: fstring, ast.FormattedValue: field,
    ast.Tuple: tuple_, ast.List: list_, ast.Set: set_, ast.Dict: dict_, ast.Subscript: subscript, ast.Slice: slice_,
    ast.Lambda: lambda_, ast.ListComp: comprehension, ast.SetComp: comprehension, ast.GeneratorExp: comprehension,
    ast.DictComp: comprehension, ast.NamedExpr: named, ast.Await: awaited, ast.Yield: yielded, ast.Call: call,
}  # fmt: skip
