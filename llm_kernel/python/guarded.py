"""How calls into single modules have to look so that the sandbox and CPython are known to agree on them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Mapping

from llm_kernel.python.script import Script, Unsure

__all__ = ["check_modules", "decorates", "functions", "lazy"]

_SINCE = {
    ("math", "comb"): 8, ("math", "perm"): 8, ("math", "isqrt"): 8, ("math", "prod"): 8, ("math", "dist"): 10,
    ("math", "lcm"): 9, ("math", "hypot"): 10, ("dataclasses", "dataclass"): 7, ("dataclasses", "field"): 7,
}  # fmt: skip
"""The minor version of Python from which on a function is there, or is what it is in the sandbox."""

_REGULAR = {"findall": 2, "search": 2, "match": 2, "fullmatch": 2, "split": 2, "sub": 3, "compile": 1}
_TOKENS = re.compile(
    r"\\[dDwWsSbnt.\\/+*?()\[\]{}|^$-]"
    r"|\[\^?(?:[\w .,:;@%&=!?'\"<>/+*#~|()$-]|\\[dwsDWSnt.\]\[\\-])+\]"
    r"|\((?!\?)|\(\?:|\(\?P<[A-Za-z_]\w*>|[)|^]"
    r"|[*+?]\??|\{\d{1,3}(?:,\d{0,3})?\}"
    r"|[\w .,:;@%&=!'\"<>/#~-]"
)
_CALLED = ("itertools", "functools", "re", "copy", "dataclasses")
_WIDTH = 200
_DIRECTIVES = re.compile(r"(?:[^%]|%[YmdHMSyBbAaIpj%])*")
_TIMES = ("strftime", "strptime")
_REFUSED = frozenset("fromisoformat fromtimestamp isocalendar timetuple astimezone tzinfo utcnow _asdict _make".split())
"""Attributes of what the modules make that were not compared."""


def functions(nodes: Iterable[ast.AST]) -> dict[str, tuple[str, str]]:
    """The names that a script takes from modules: each with its module and its name there."""
    return {
        alias.asname or alias.name: (node.module, alias.name)
        for node in nodes
        if isinstance(node, ast.ImportFrom) and node.module
        for alias in node.names
    }


def _meant(func: ast.AST, taken: Mapping[str, tuple[str, str]], modules: Mapping[str, str]) -> tuple[str, str]:
    """The module and the function that an expression names; empty texts where it names none."""
    match func:
        case ast.Name(id=name):
            return taken.get(name, ("", ""))
        case ast.Attribute(value=ast.Name(id=name), attr=attr) if name in modules:
            return modules[name], attr
    return "", ""


def lazy(node: ast.AST, taken: Mapping[str, tuple[str, str]], modules: Mapping[str, str]) -> bool:
    """Whether a call gives an iterator of CPython's ``itertools``, which is a list in the sandbox."""
    return isinstance(node, ast.Call) and _meant(node.func, taken, modules)[0] == "itertools"


def decorates(node: ast.ClassDef, nodes: Iterable[ast.AST]) -> bool:
    """Whether a class is a data class of the plain or the frozen kind, and nothing else."""
    taken, modules = functions(nodes), {"dataclasses": "dataclasses"}
    for decorator in node.decorator_list:
        func = decorator.func if isinstance(decorator, ast.Call) else decorator
        words = decorator.keywords if isinstance(decorator, ast.Call) else []
        if _meant(func, taken, modules) != ("dataclasses", "dataclass"):
            return False
        if isinstance(decorator, ast.Call) and (decorator.args or any(word.arg != "frozen" for word in words)):
            return False
    return len(node.decorator_list) == 1


def check_modules(
    nodes: list[ast.AST], above: Mapping[ast.AST, ast.AST], own: set[str], modules: Mapping[str, str], script: Script
) -> None:
    """Pass calls of functions that were compared, in the forms in which they were.

    Raises:
        Unsure: for every other one.
    """
    taken = functions(nodes)
    for name in taken.keys() & own:
        raise Unsure(f"bound anew: {name}")
    used = {module for module, _ in taken.values()} | set(modules.values())
    _check_classes(nodes, above, taken, modules)
    for node in nodes:
        module, name = _meant(node, taken, modules)
        if module:
            if script.version[1] < _SINCE.get((module, name), 0):
                raise Unsure(f"a later Python's: {module}.{name}")
            _check_use(node, module, name, above, script)
        if isinstance(node, ast.Attribute) and node.attr in _REFUSED and node.attr not in own:
            raise Unsure(f"attribute: {node.attr}")
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            _check_method(node, node.func.attr, used)
        if isinstance(node, ast.FormattedValue) and "datetime" in used and _dated(node):
            raise Unsure("a date in a formatted string")


def _check_classes(
    nodes: list[ast.AST],
    above: Mapping[ast.AST, ast.AST],
    taken: Mapping[str, tuple[str, str]],
    modules: Mapping[str, str],
) -> None:
    """Let classes that modules make, and data classes, be called or asked, not shown: their names differ there."""
    made = {name for name, (module, _) in taken.items() if module == "datetime"}
    for node in nodes:
        if isinstance(node, ast.ClassDef) and node.decorator_list:
            made.add(node.name)
        if isinstance(node, ast.Call) and _meant(node.func, taken, modules) == ("collections", "namedtuple"):
            holder = above[node]
            if not isinstance(holder, ast.Assign) or not all(isinstance(one, ast.Name) for one in holder.targets):
                raise Unsure("namedtuple as a value")
            made |= {one.id for one in holder.targets if isinstance(one, ast.Name)}
    for node in nodes:
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id in made:
            holder = above[node]
            called = isinstance(holder, ast.Call) and holder.func is node
            returned = isinstance(holder, ast.FunctionDef) and holder.returns is node
            if not (called or returned or isinstance(holder, ast.Attribute | ast.arg | ast.AnnAssign)):
                raise Unsure(f"class as a value: {node.id}")
        if made and isinstance(node, ast.Name) and node.id == "type" and not _named(node, above):
            raise Unsure("type of an object")


def _named(node: ast.Name, above: Mapping[ast.AST, ast.AST]) -> bool:
    """Whether ``type`` stands in ``type(x).__name__``."""
    holder = above[above[node]]
    return isinstance(holder, ast.Attribute) and holder.attr == "__name__"


def _check_use(node: ast.AST, module: str, name: str, above: Mapping[ast.AST, ast.AST], script: Script) -> None:
    """A function has to be called where it stands; a regular expression has to be a plain one."""
    holder = above[node]
    called = isinstance(holder, ast.Call) and holder.func is node
    decorator = module == "dataclasses" and isinstance(holder, ast.ClassDef)
    if (module in _CALLED or name == "namedtuple") and not called and not decorator:
        raise Unsure(f"{module}.{name} as a value")
    if not isinstance(holder, ast.Call) or not called:
        return
    if module == "re":
        _check_regular(holder, name)
    if name == "namedtuple" and (len(holder.args) != 2 or holder.keywords):
        raise Unsure("namedtuple")
    if name == "field" and any(word.arg not in ("default", "default_factory") for word in holder.keywords):
        raise Unsure("field")
    if module == "math" and name == "hypot" and len(holder.args) != 2:
        raise Unsure("hypot")


def _dated(node: ast.FormattedValue) -> bool:
    """Whether a value is formatted by directives of dates."""
    parts = ast.walk(node.format_spec) if node.format_spec else ()
    return any("%" in str(part.value) for part in parts if isinstance(part, ast.Constant))


def _check_regular(call: ast.Call, name: str) -> None:
    pattern = call.args[0] if call.args else None
    if len(call.args) != _REGULAR[name] or call.keywords:
        raise Unsure(f"re.{name}")
    if not isinstance(pattern, ast.Constant) or not isinstance(pattern.value, str) or not _plain(pattern.value):
        raise Unsure("regular expression")
    if name == "sub":
        _check_replacement(call.args[1])


def _check_replacement(node: ast.AST) -> None:
    if not isinstance(node, ast.Constant) or not isinstance(node.value, str) or "\\" in node.value:
        raise Unsure("replacement")


def _plain(pattern: str) -> bool:
    """Whether a pattern uses only what was compared, and matches no empty text, at which engines differ."""
    if len(pattern) > _WIDTH:
        return False
    tokens, at = [], 0
    while at < len(pattern):
        found = _TOKENS.match(pattern, at)
        if not found:
            return False
        tokens.append(found[0])
        at = found.end()
    try:
        wide = re.compile("".join("" if token in ("^", r"\b") else token for token in tokens))
        return wide.search("") is None and re.compile(pattern) is not None
    except (re.error, RecursionError, OverflowError):
        return False


def _check_method(node: ast.Call, name: str, used: set[str]) -> None:
    """Methods of patterns and dates, whose owners are not known before the run."""
    if "re" in used and name == "sub" and len(node.args) == 2:
        _check_replacement(node.args[0])
    if name in ("finditer", "subn", "expand"):
        raise Unsure(f"attribute: {name}")
    if "datetime" in used and name in _TIMES:
        last = node.args[-1] if node.args else None
        if not (isinstance(last, ast.Constant) and isinstance(last.value, str) and _DIRECTIVES.fullmatch(last.value)):
            raise Unsure(f"format of {name}")
