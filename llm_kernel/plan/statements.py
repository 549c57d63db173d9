"""What each kind of statement does to names, and where control goes next."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Callable, Sequence
from typing import Any

from llm_kernel.plan.classes import class_
from llm_kernel.plan.expressions import assign, checked, function, item
from llm_kernel.plan.importing import starred
from llm_kernel.plan.items import lengthen
from llm_kernel.plan.known import leave
from llm_kernel.plan.loops import for_, while_
from llm_kernel.plan.nodes import Choice, Leave, Node, Scope, leaves
from llm_kernel.plan.operators import binary, compare, gathered
from llm_kernel.plan.shapes.gradients import MODE, entered, left
from llm_kernel.plan.shapes.inplace import LEAF
from llm_kernel.plan.shapes.numpys import add_to, write
from llm_kernel.plan.shapes.since import has, missing
from llm_kernel.plan.shapes.tensor import Tensor
from llm_kernel.plan.values import (
    MISSING,
    SPREAD,
    Class,
    Counted,
    Env,
    Instance,
    Lib,
    Text,
    Thing,
    Unknown,
    Value,
    join,
    known,
    spread,
    truth,
)  # fmt: skip
from llm_kernel.plan.walk import Exited, Flow, Raised, Walk


def expr(w: Walk, node: ast.Expr, env: Env) -> Flow:
    if not isinstance(node.value, ast.Constant):
        w.evaluate(node.value, env)
    return None


def assigned(w: Walk, node: ast.Assign, env: Env) -> Flow:
    match node:
        case ast.Assign(targets=[target], value=ast.BinOp(left=left, op=ast.Add(), right=right)) if _like(left, target):
            value = _sum(w, w.evaluate(left, env), w.evaluate(right, env))
        case _:
            value = w.evaluate(node.value, env)
    for target in node.targets:
        assign(w, target, value, env)
    return None


def _sum(w: Walk, old: Value, value: Value) -> Value:
    """What a name holds behind ``name = name + value``."""
    found = gathered(old, value)
    return checked(lambda: binary(ast.Add(), old, value, w.ask)) if found is None else found


def _like(one: ast.expr, target: ast.expr) -> bool:
    """Whether an expression reads what the target names."""
    match one, target:
        case ast.Name(), ast.Name():
            return one.id == target.id
        case ast.Attribute(), ast.Attribute():
            return one.attr == target.attr and _like(one.value, target.value)
    return False


def annotated(w: Walk, node: ast.AnnAssign, env: Env) -> Flow:
    if node.value is not None:
        assign(w, node.target, w.evaluate(node.value, env), env)
    return None


def augmented(w: Walk, node: ast.AugAssign, env: Env) -> Flow:
    target = node.target
    if isinstance(target, ast.Subscript) and any(isinstance(each, ast.Call) for each in ast.walk(target)):
        inner = Env({"<place>": w.evaluate(target.value, env), "<key>": w.evaluate(target.slice, env)}, env, env.root)
        inner.moved = env.moved
        w.state.made(inner.names)
        once = ast.Subscript(ast.Name("<place>", ast.Load()), ast.Name("<key>", ast.Load()), ast.Store())
        for each in ast.walk(once):
            ast.copy_location(each, target)  # what is called for the place is called once
        return _augmented(w, ast.copy_location(ast.AugAssign(once, node.op, node.value), node), inner)
    return _augmented(w, node, env)


def _augmented(w: Walk, node: ast.AugAssign, env: Env) -> Flow:
    old = w.evaluate(ast.copy_location(_loaded(node.target), node), env)
    value = w.evaluate(node.value, env)
    if isinstance(old, list) and isinstance(node.op, ast.Add):
        lengthen(w, old, value if isinstance(value, (list, tuple)) else [SPREAD])
        return None
    added = isinstance(node.op, ast.Add)
    try:
        result = _sum(w, old, value) if added else checked(lambda: binary(node.op, old, value, w.ask))
    except Raised as err:
        if isinstance(err.value, str) and err.value.startswith("unsupported operand type(s) for "):
            err.value = err.value.replace(":", "=:", 1)
        raise
    if isinstance(old, Tensor) and old.numbers is not None and not isinstance(node.target, ast.Subscript):
        if old.step is None and isinstance(result, Tensor) and result.step is not None:
            raise Raised("RuntimeError", LEAF)
        if old.step is None:
            add_to(w, old, result)
            return None
        write(w, old, None)
    if not _somewhere(w, node.target, result, env):
        assign(w, node.target, result, env)
    return None


def _somewhere(w: Walk, target: ast.expr, result: Value, env: Env) -> bool:
    """Change one entry of a container, nobody knows which: it is there already, so the keys stay."""
    if not isinstance(target, ast.Subscript):
        return False
    place, key = w.evaluate(target.value, env), w.evaluate(target.slice, env)
    if known(key) or not isinstance(place, (dict, list)) or spread(place):
        return False
    if isinstance(place, dict):
        for each, old in list(place.items()):
            w.state.put(place, each, join(old, result, widen=True))
    else:
        w.state.touch(place)
        place[:] = [join(old, result, widen=True) for old in place]
    return True


def _loaded(target: ast.expr) -> ast.expr:
    match target:
        case ast.Name():
            return ast.Name(target.id, ast.Load())
        case ast.Attribute():
            return ast.Attribute(target.value, target.attr, ast.Load())
        case ast.Subscript():
            return ast.Subscript(target.value, target.slice, ast.Load())
    return target


def if_(w: Walk, node: ast.If, env: Env) -> Flow:
    test = w.evaluate(node.test, env)
    said = truth(test)
    if said is not None:
        return w.execute(node.body if said else node.orelse, env)
    ways = [lambda: w.execute(node.body, env), lambda: w.execute(node.orelse, env)]
    return w.fork(ways, test=test.form if isinstance(test, Counted) else None)


def define(w: Walk, node: ast.FunctionDef | ast.AsyncFunctionDef, env: Env) -> Flow:
    value: Value = function(w, node, env)
    for each in reversed(node.decorator_list):
        value = w.call(w.evaluate(each, env), [value], {}, None)
    w.state.put(env.home(node.name).names, node.name, value)
    return None


def defined_class(w: Walk, node: ast.ClassDef, env: Env) -> Flow:
    value: Value = class_(w, node, env)
    for each in reversed(node.decorator_list):
        value = w.call(w.evaluate(each, env), [value], {}, None)
    w.state.put(env.home(node.name).names, node.name, value)
    return None


def return_(w: Walk, node: ast.Return, env: Env) -> Flow:
    w.result = w.evaluate(node.value, env) if node.value is not None else None
    return "return"


def raise_(w: Walk, node: ast.Raise, env: Env) -> Flow:
    if node.exc is None:
        handled = env.names.get(_HANDLED)
        if isinstance(handled, Thing) and isinstance(handled.attrs["error"], Raised):
            raise handled.attrs["error"]
        raise Raised("Exception", Unknown("str"))
    value = w.evaluate(node.exc, env)
    cause = w.evaluate(node.cause, env) if node.cause is not None else MISSING
    try:
        raised(w, value)
    except Raised as err:
        err.own = True
        err.link = "during" if cause is MISSING else "none" if cause is None else "cause"
        raise
    return None


def raised(w: Walk, value: Value) -> None:
    """Raise an exception value."""
    match value:
        case Class():
            raise Raised(value.name, w.call(value, [], {}, None))
        case Instance():
            raise Raised(value.cls.name, value)
        case Lib(path):
            if path == "builtins.SystemExit":
                raise Exited(0)
            raise Raised(path.split(".")[-1], "")
        case Thing(kind="exception"):
            name = str(value.attrs["name"])
            if name == "SystemExit":
                leave(w, value.attrs["text"] or None)
            err = Raised(name, value.attrs["text"])
            err.held = value
            raise err
    raise Raised("Exception", Unknown("str"))


def global_(w: Walk, node: ast.Global, env: Env) -> Flow:
    for word in node.names:
        env.moved[word] = env.root
    return None


def nonlocal_(w: Walk, node: ast.Nonlocal, env: Env) -> Flow:
    for word in node.names:
        here = env.outer
        while here is not None and word not in here.names:
            here = here.outer
        if here is not None:
            env.moved[word] = here
    return None


def import_(w: Walk, node: ast.Import, env: Env) -> Flow:
    for alias in node.names:
        value = w.module(alias.name)
        head = alias.name.split(".")[0]
        w.state.put(env.names, alias.asname or head, value if alias.asname else w.module(head))
    return None


def import_from(w: Walk, node: ast.ImportFrom, env: Env) -> Flow:
    value = w.module("." * node.level + (node.module or ""), env)
    for alias in node.names:
        if alias.name == "*":
            if isinstance(value, Env):
                for word, each in starred(value).items():
                    w.state.put(env.names, word, each)
            continue
        if isinstance(value, Lib) and has(w.facts, f"{value.path}.{alias.name}") is False:
            said = missing(w.facts, value.path, alias.name)
            raise Raised("ImportError", Unknown("str") if said is None else said)
        w.state.put(env.names, alias.asname or alias.name, w.attribute(value, alias.name))
    return None


def delete(w: Walk, node: ast.Delete, env: Env) -> Flow:
    for target in node.targets:
        if isinstance(target, ast.Subscript):
            value, key = w.evaluate(target.value, env), w.evaluate(target.slice, env)
            if isinstance(value, (list, dict)):
                item(w, value, key)
                w.state.touch(value)
                if known(key) or isinstance(key, slice):
                    checked(lambda value=value, key=key: value.__delitem__(key))  # type: ignore[misc]
                else:
                    value.clear()
                    value.append(SPREAD) if isinstance(value, list) else value.update({SPREAD: SPREAD})
    return None


def assert_(w: Walk, node: ast.Assert, env: Env) -> Flow:
    if truth(w.evaluate(node.test, env)) is False:
        raise Raised("AssertionError", w.evaluate(node.msg, env) if node.msg is not None else "")
    return None


def with_(w: Walk, node: ast.With | ast.AsyncWith, env: Env) -> Flow:
    managers: list[Value] = []
    for each in node.items:
        manager = w.evaluate(each.context_expr, env)
        enter = w.attribute(manager, "__enter__") if isinstance(manager, Instance) else None
        value = w.call(enter, [], {}, None) if enter is not None and not isinstance(enter, Unknown) else manager
        managers.append(manager)
        if each.optional_vars is not None:
            assign(w, each.optional_vars, value, env)
    modes = [entered(w, each) for each in managers if isinstance(each, Thing) and each.kind == MODE]
    try:
        flow = w.execute(node.body, env)
    finally:
        for before in reversed(modes):
            left(w, *before)
    result = w.result
    for manager in reversed(managers):
        leave = w.attribute(manager, "__exit__") if isinstance(manager, Instance) else None
        if leave is not None and not isinstance(leave, Unknown):
            w.call(leave, [None, None, None], {}, None)
    w.result = result
    return flow


_NEVER = ("KeyboardInterrupt", "SystemExit", "GeneratorExit")


def try_(w: Walk, node: ast.Try, env: Env) -> Flow:
    """The body may leave for a handler before each statement that calls something unknown."""
    handlers = [each for each in node.handlers if not set(_caught(each)) & set(_NEVER)]
    try:
        flow = _guarded(w, node, handlers, env) if handlers else w.execute([*node.body, *node.orelse], env)
    except (Raised, Exited):
        w.execute(node.finalbody, env)
        raise
    result = w.result
    last = w.execute(node.finalbody, env)
    w.result = w.result if last else result
    return last or flow


def _caught(handler: ast.ExceptHandler) -> list[str]:
    if handler.type is None:
        return ["BaseException"]
    names = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return [each.attr if isinstance(each, ast.Attribute) else getattr(each, "id", "?") for each in names]


def _guarded(w: Walk, node: ast.Try, handlers: list[ast.ExceptHandler], env: Env) -> Flow:
    caught: Raised | None = None
    risks = w.risks

    def body() -> Flow:
        nonlocal caught
        try:
            for each in node.body:
                before = w.risks
                flow, nodes = w.record(lambda each=each: w.execute([each], env))  # type: ignore[misc]
                if w.risks > before:
                    w.emit(Choice(((Leave("raise"),), ())))
                for one in nodes:
                    w.emit(one)
                if flow is not None:
                    return flow
        except Raised as err:
            caught = err
            return None
        return w.execute(node.orelse, env)

    flow, nodes = w.record(body)
    if caught is not None:
        for one in (Scope("raise", nodes),) if leaves(nodes, "raise") else nodes:
            w.emit(one)
        return _handle(w, handlers, caught, env)
    if w.risks == risks:
        for one in nodes:
            w.emit(one)
        return flow
    result = w.result

    def well() -> Flow:
        w.result = result
        return flow

    ways = [well, *(_handled(w, each, env) for each in handlers)]
    return w.fork(ways, lambda ends: Scope("raise", (*nodes, *ends[0]), _one_of(ends[1:])))


def _one_of(branches: Sequence[tuple[Node, ...]]) -> tuple[Node, ...]:
    return branches[0] if len(branches) == 1 else (Choice(tuple(branches)),)


def _handled(w: Walk, handler: ast.ExceptHandler, env: Env) -> Callable[[], Flow]:
    def way() -> Flow:
        if handler.name:
            w.state.put(env.names, handler.name, Unknown("str"))
        return w.execute(handler.body, env)

    return way


_ALIASES = {"IOError": "OSError", "EnvironmentError": "OSError"}
_LIBRARIES = {"JSONDecodeError": ValueError, "OutOfMemoryError": RuntimeError, "LinAlgError": ValueError}
"""Exceptions of libraries, and what they are of Python's own."""


def _line(name: str) -> set[str]:
    """An exception's class and all that it inherits from, by their names."""
    kind = _LIBRARIES.get(name) or getattr(builtins, name, None)
    return {name} | ({each.__name__ for each in kind.__mro__} if isinstance(kind, type) else set())


def _handle(w: Walk, handlers: Sequence[ast.ExceptHandler], err: Raised, env: Env) -> Flow:
    line = _line(err.name)
    if isinstance(err.value, Instance):
        for each in err.value.cls.line():
            line.add(each.name)
            for base in each.bases:
                line |= _line(str(getattr(base, "path", "")).split(".")[-1])
    for handler in handlers:
        for word in _caught(handler):
            if word in ("BaseException", "Exception") or _ALIASES.get(word, word) in line:
                if handler.name:
                    w.state.put(env.names, handler.name, _bound(err))
                return _answered(w, handler, err, env)
    raise err


def _bound(err: Raised) -> Value:
    """What a handler's name holds."""
    if err.held is not None or not isinstance(err.value, (str, Text)):
        return err.held or err.value
    args = Unknown() if err.name == "KeyError" else (err.value,)
    return Thing("exception", {"name": err.name, "text": err.value, "args": args})


def _answered(w: Walk, handler: ast.ExceptHandler, err: Raised, env: Env) -> Flow:
    """Walk a handler; what it raises came while ``err`` was handled."""
    held = env.names.get(_HANDLED, MISSING)
    env.names[_HANDLED] = Thing("handled", {"error": err})
    try:
        return w.execute(handler.body, env)
    except Raised as new:
        if new is not err and new.before is None:
            new.before = err
        raise
    finally:
        env.names.pop(_HANDLED)
        if held is not MISSING:
            env.names[_HANDLED] = held


_HANDLED = "<handled>"


def match_(w: Walk, node: ast.Match, env: Env) -> Flow:
    subject = w.evaluate(node.subject, env)
    ways: list[Callable[[], Flow]] = []
    for case in node.cases:
        said = _matches(w, case.pattern, subject, env)
        if said is not False and case.guard is not None:
            said = truth(w.evaluate(case.guard, env)) if said else None
        if said is False:
            continue
        ways.append(lambda body=case.body: w.execute(body, env))  # type: ignore[misc]
        if said is True:
            break
    else:
        ways.append(lambda: None)
    return ways[0]() if len(ways) == 1 else w.fork(ways)


def _matches(w: Walk, pattern: ast.pattern, subject: Value, env: Env) -> bool | None:
    match pattern:
        case ast.MatchValue():
            return truth(compare(ast.Eq(), subject, w.evaluate(pattern.value, env)))
        case ast.MatchSingleton():
            return truth(compare(ast.Is(), subject, pattern.value))
        case ast.MatchOr():
            said = [_matches(w, each, subject, env) for each in pattern.patterns]
            return True if True in said else None if None in said else False
        case ast.MatchSequence() if isinstance(subject, (list, tuple)) and not spread(subject):
            return _sequence(w, pattern.patterns, list(subject), env)
        case ast.MatchAs():
            said_one = _matches(w, pattern.pattern, subject, env) if pattern.pattern is not None else True
            if pattern.name is not None and said_one is not False:
                w.state.put(env.home(pattern.name).names, pattern.name, subject)
            return said_one
    for each in ast.walk(pattern):
        word = getattr(each, "name", None)
        if isinstance(each, (ast.MatchAs, ast.MatchStar)) and word is not None:
            w.state.put(env.home(word).names, word, Unknown())
    return None


def _sequence(w: Walk, patterns: list[ast.pattern], subject: list[Value], env: Env) -> bool | None:
    star = next((n for n, each in enumerate(patterns) if isinstance(each, ast.MatchStar)), None)
    if star is not None:
        extra = len(subject) - len(patterns) + 1
        if extra < 0:
            return False
        word = getattr(patterns[star], "name", None)
        if word is not None:
            w.state.put(env.home(word).names, word, subject[star : star + extra])
        patterns, subject = patterns[:star] + patterns[star + 1 :], subject[:star] + subject[star + extra :]
    if len(patterns) != len(subject):
        return False
    said = [_matches(w, each, one, env) for each, one in zip(patterns, subject, strict=True)]
    return False if False in said else None if None in said else True


EXECUTE: dict[type[ast.AST], Callable[[Walk, Any, Env], Flow]] = {
    ast.Expr: expr, ast.Assign: assigned, ast.AnnAssign: annotated, ast.AugAssign: augmented, ast.If: if_,
    ast.For: for_, ast.AsyncFor: for_, ast.While: while_, ast.FunctionDef: define, ast.AsyncFunctionDef: define,
    ast.ClassDef: defined_class, ast.Return: return_, ast.Raise: raise_, ast.Global: global_,
    ast.Nonlocal: nonlocal_, ast.Import: import_, ast.ImportFrom: import_from, ast.Delete: delete,
    ast.Assert: assert_, ast.With: with_, ast.AsyncWith: with_, ast.Try: try_, ast.Match: match_,
    ast.Pass: lambda w, node, env: None, ast.Break: lambda w, node, env: "break",
    ast.Continue: lambda w, node, env: "continue",
}  # fmt: skip
