"""Whether a script stays within what was tested: decided from its syntax tree, before anything runs."""

from __future__ import annotations

import ast
import builtins
import re
import sys
from collections.abc import Collection

from llm_kernel.python.guarded import check_modules, decorates, functions, lazy
from llm_kernel.python.script import Script, Unsure
from llm_kernel.python.tested import ATTRIBUTES, BUILTINS, DUNDERS, ERRORS, MODULES, NODES, SINCE
from llm_kernel.python.warned import warned

__all__ = ["check", "check_format", "own_names", "parents"]

_TYPES = (str, bytes, list, dict, tuple, set, frozenset, int, float, bool, complex, range, slice, type, BaseException)
_KNOWN = frozenset(name for kind in _TYPES for name in dir(kind)) | {"seek", "tell", "truncate", "flush", "mode"}
"""Attributes that CPython's own types have: a script may use the tested ones of them."""

_SETS = ("set", "frozenset")
_ORDERLESS = frozenset("len sorted min max any all set frozenset bool".split())
"""Calls whose result does not depend on the order of their argument."""


def parents(tree: ast.AST) -> dict[ast.AST, ast.AST]:
    """The node above each node."""
    return {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}


def check(script: Script, tree: ast.Module, replaced: Collection[ast.AST]) -> None:
    """Pass a script that uses nothing but what was tested; nodes that are ``replaced`` before the run do not count.

    Raises:
        Unsure: for every other one; its text names the first thing that was not tested.
    """
    warned(script)
    if script.optimized:
        raise Unsure("a program that is optimized")
    above = parents(tree)
    inside = {child for node in replaced for child in ast.walk(node)}
    nodes = [node for node in ast.walk(tree) if node not in inside]
    own = own_names(tree)
    modules = _modules(nodes)
    taken = functions(nodes)
    check_modules(nodes, above, own, modules, script)
    for node in nodes:
        if type(node) not in NODES:
            raise Unsure(f"syntax: {type(node).__name__}")
        if script.version[1] < SINCE.get(type(node), 0):
            raise Unsure(f"syntax of a later Python: {type(node).__name__}")
        _check_node(node, above, own, modules, script)
        if isinstance(node, ast.ClassDef):
            _check_class(node, plain=not node.decorator_list or decorates(node, nodes))
        if isinstance(node, ast.GeneratorExp) or _called(node) in _LAZY or lazy(node, taken, modules):
            _check_lazy(node, above[node], own)
    _check_sets(nodes, above)


def own_names(tree: ast.Module) -> set[str]:
    """The names that the script itself binds without an import, attributes and parameters included."""
    names: set[str] = set()
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name, ctx=ast.Store()) | ast.Attribute(attr=name, ctx=ast.Store()):
                names.add(name)
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                names.add(name)
            case ast.arg(arg=name):
                names.add(name)
            case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
                names.add(name)
            case ast.MatchMapping(rest=str(name)):
                names.add(name)
    return names


def _modules(nodes: list[ast.AST]) -> dict[str, str]:
    """The names under which the script has modules."""
    found: dict[str, str] = {}
    for node in nodes:
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name not in MODULES:
                    raise Unsure(f"module: {alias.name}")
                found[alias.asname or alias.name] = alias.name
        elif isinstance(node, ast.ImportFrom):
            if node.level or node.module not in MODULES:
                raise Unsure(f"module: {node.module}")
            for alias in node.names:
                if alias.name not in MODULES[node.module] or node.module == "sys":
                    raise Unsure(f"from {node.module}: {alias.name}")
    return found


def _check_node(
    node: ast.AST, above: dict[ast.AST, ast.AST], own: set[str], modules: dict[str, str], script: Script
) -> None:
    match node:
        case ast.Name(id=name):
            if name.startswith("_") and name not in ("_", "__name__") and not (name in own and "__" not in name):
                raise Unsure(f"name: {name}")
            if name in modules and not (isinstance(node.ctx, ast.Load) and isinstance(above[node], ast.Attribute)):
                raise Unsure(f"module as a value: {name}")
            if name in own or name in BUILTINS or name in ERRORS or name in modules:
                _check_builtin(node, above, own)
            elif hasattr(builtins, name) and name != "__name__":
                raise Unsure(f"builtin: {name}")
        case ast.Attribute(value=ast.Name(id=name), attr=attr) if name in modules:
            if attr not in MODULES[modules[name]]:
                raise Unsure(f"module attribute: {name}.{attr}")
        case ast.Attribute(attr=attr):
            if attr.startswith("__") and attr not in DUNDERS:
                raise Unsure(f"attribute: {attr}")
            if attr not in ATTRIBUTES and attr not in own and attr in _KNOWN and attr not in DUNDERS:
                raise Unsure(f"attribute: {attr}")
        case ast.FunctionDef(decorator_list=[_, *_]) if isinstance(above[node], ast.ClassDef):
            raise Unsure("method decorator")
        case ast.AsyncFunctionDef() | ast.Await():
            raise Unsure("async")
        case ast.JoinedStr():
            check_format(node, script)
        case ast.Dict(keys=keys) if any(isinstance(key, ast.Constant) and isinstance(key.value, bool) for key in keys):
            raise Unsure("a truth value as a key")
        case ast.Constant(value=complex()):
            raise Unsure("complex number")
        case ast.With(items=items):
            for item in items:
                if not (isinstance(item.context_expr, ast.Call) and _called(item.context_expr) == "open"):
                    raise Unsure("with")
        case ast.Raise(exc=None):
            raise Unsure("raise again")
        case ast.Raise(cause=cause) if cause is not None:
            raise Unsure("raise from")


def check_format(node: ast.JoinedStr, script: Script) -> None:
    """Formatted strings took ``=`` with 3.8, and quotes and backslashes within the braces with 3.12."""
    if script.version < (3, 12):
        text = ast.get_source_segment(script.source, node) or ""
        if script.version < (3, 8) and re.search(r"=\s*(![rsa])?(:[^}]*)?}", text):
            raise Unsure("syntax of a later Python: f'{x=}'")
        if sys.version_info >= (3, 12) and re.search(r"{[^}]*(\\|" + re.escape(text[-1:]) + r")[^}]*}", text):
            raise Unsure("quotes in a formatted string")


def _check_class(node: ast.ClassDef, *, plain: bool) -> None:
    if node.bases or node.keywords or not plain:
        raise Unsure("class with bases")
    for child in node.body:
        if isinstance(child, ast.FunctionDef):
            if child.name.startswith("__") and child.name not in DUNDERS:
                raise Unsure(f"method: {child.name}")
        elif not isinstance(child, ast.Assign | ast.AnnAssign | ast.Pass) and not (
            isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant)
        ):
            raise Unsure("class body")


def _check_builtin(node: ast.Name, above: dict[ast.AST, ast.AST], own: set[str]) -> None:
    """The rules of single builtins: what is a function has to be called, or given to one that calls it."""
    parent = above[node]
    if node.id in own and node.id in BUILTINS:
        raise Unsure(f"builtin bound anew: {node.id}")
    if node.id not in BUILTINS:
        return
    called = isinstance(parent, ast.Call) and parent.func is node
    if node.id == "type":
        if not (called and isinstance(parent, ast.Call) and len(parent.args) == 1):
            raise Unsure("type")
        holder = above[parent]
        if isinstance(holder, ast.Attribute) and holder.attr == "__name__":
            return
        if any(isinstance(other, ast.ClassDef) for other in ast.walk(_top(node, above))):
            raise Unsure("type of an object")
    elif node.id in ("open", "input", "exit", "quit", "round", "sum", "print", "isinstance") and not called:
        raise Unsure(f"{node.id} as a value")


def _top(node: ast.AST, above: dict[ast.AST, ast.AST]) -> ast.AST:
    while node in above:
        node = above[node]
    return node


def _called(node: ast.AST) -> str:
    return node.func.id if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) else ""


_LAZY = ("map", "filter", "zip", "enumerate", "reversed")
_EATERS = frozenset("list tuple sorted sum max min set dict len".split())


def _check_lazy(node: ast.AST, holder: ast.AST, own: set[str]) -> None:
    """Let an iterator be used where all of it is taken at once: the sandbox's is a list from the beginning."""
    calls = [part for part in ast.walk(node) if isinstance(part, ast.Call)]
    plain = not any(_called(part) in own or _called(part) in ("print", "input", "open") for part in calls)
    first = node.args[0] if isinstance(node, ast.Call) and node.args else None
    if _called(node) in ("map", "filter") and not isinstance(first, ast.Lambda | ast.Constant):
        plain = plain and isinstance(first, ast.Name) and first.id in BUILTINS
    match holder:
        case ast.Call(func=ast.Name(id=name)) if name in _EATERS or (name in _LAZY and plain):
            return
        case ast.Call(func=ast.Attribute(attr="join" | "extend")):
            return
        case ast.Call(func=ast.Name(id="any" | "all")) if plain and not any(
            isinstance(part, ast.Subscript | ast.Div | ast.FloorDiv | ast.Mod) for part in ast.walk(node)
        ):
            return
        case ast.Starred():
            return
        case ast.Assign(targets=[ast.Tuple()]):
            return
        case ast.For() | ast.comprehension() if holder.iter is node and plain and not _raises(node):
            return
    raise Unsure("iterator as a value")


def _raises(node: ast.AST) -> bool:
    """Whether making one item of an iterator may fail or take another's place, which would then come too early."""
    if _called(node) in ("zip", "enumerate", "reversed"):
        return False
    return any(isinstance(part, ast.Name) and part.id in ("int", "float") for part in ast.walk(node))


def _check_sets(nodes: list[ast.AST], above: dict[ast.AST, ast.AST]) -> None:
    """Let sets be used only where their order, which differs from run to run, does not show."""
    names: set[str] = set()
    loose: list[ast.AST] = []
    for node in nodes:
        if isinstance(node, ast.Set | ast.SetComp) or _called(node) in _SETS:
            holder = above[node]
            if isinstance(holder, ast.Assign) and all(isinstance(target, ast.Name) for target in holder.targets):
                names.update(target.id for target in holder.targets if isinstance(target, ast.Name))
            else:
                loose.append(node)
        elif _called(node) == "type" or not isinstance(node, ast.Call):
            continue
        elif isinstance(node.func, ast.Attribute) and node.func.attr in _VIEWS and not _in_order(above[node], node):
            raise Unsure("view of a dict as a value")
        elif isinstance(node.func, ast.Attribute) and node.func.attr in _SETTED:
            loose.append(node)
    for node in nodes:
        if isinstance(node, ast.Name) and node.id in names and isinstance(node.ctx, ast.Load):
            loose.append(node)
        if isinstance(node, ast.arg) and node.arg in names:
            raise Unsure("set as a parameter")
    for node in loose:
        if not _orderless(node, above):
            raise Unsure("order of a set")


_VIEWS = ("keys", "items")
_SETTED = ("union", "intersection", "difference", "symmetric_difference")


def _in_order(holder: ast.AST, node: ast.AST) -> bool:
    if isinstance(holder, ast.For | ast.comprehension):
        return holder.iter is node
    if isinstance(holder, ast.Compare):
        return all(isinstance(op, ast.In | ast.NotIn) for op in holder.ops)
    return isinstance(holder, ast.Call) and node in holder.args and _called(holder) not in ("", "type", "print", "str")


def _orderless(node: ast.AST, above: dict[ast.AST, ast.AST]) -> bool:
    holder = above[node]
    match holder:
        case ast.Call(func=ast.Name(id=name), args=[first, *rest]) if first is node:
            return name in _ORDERLESS and not holder.keywords and not rest
        case ast.Compare():
            return True
        case ast.Attribute(attr=attr):
            call = above[holder]
            if not (isinstance(call, ast.Call) and call.func is holder):
                return False
            if attr in ("add", "discard", "remove", "update", "clear", "issubset", "issuperset"):
                return True
            return attr in _SETTED and _orderless(call, above)
        case ast.If() | ast.While():
            return holder.test is node
        case ast.UnaryOp(op=ast.Not()):
            return True
        case ast.BinOp(op=ast.BitAnd() | ast.BitOr() | ast.Sub() | ast.BitXor()):
            return _orderless(holder, above)
        case ast.Call(func=ast.Attribute(attr="issubset" | "issuperset")):
            return True
        case ast.Call(func=ast.Attribute(attr=attr)) if attr in _SETTED:
            return _orderless(holder, above)
        case ast.Expr():
            return True
    return False
