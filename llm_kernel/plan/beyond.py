"""What no walk of a source follows: it moves, shares or goes behind the streams on which its lines are printed."""

from __future__ import annotations

import ast
from collections.abc import Iterable

__all__ = ["beyond"]

_BEHIND = ("sys.stdout.buffer.", "sys.stderr.buffer.", "sys.__stdout__.buffer.")
_CALLS = frozenset("os.write os.writev os.dup os.dup2 os.fork os.forkpty os.posix_spawn os.posix_spawnp".split())
_NAMES = frozenset({"redirect_stdout", "redirect_stderr", "__builtins__"})
_PLACES = ("/dev/std", "/dev/tty", "/dev/fd/", "/proc/self/fd/")
_STREAMS = frozenset({"sys.stdout", "sys.stderr"})
_ELSEWHERE = frozenset({"open", "StringIO", "BytesIO", "devnull"})


def beyond(nodes: Iterable[ast.AST]) -> bool:
    """Whether what a program of these nodes prints may appear, or come from, elsewhere than its prints say."""
    return any(map(_beyond, nodes))


def _beyond(node: ast.AST) -> bool:
    match node:
        case ast.Call(func=ast.Attribute() as func):
            name = _dotted(func)
            return name in _CALLS or name.startswith((*_BEHIND, "os.exec", "os.spawn"))
        case ast.Name(id=name) | ast.Attribute(attr=name) | ast.alias(name=name) if name in _NAMES:
            return True
        case ast.Constant(value=str(text)):
            return text.startswith(_PLACES)
        case ast.Assign(targets=targets, value=ast.Call(func=func)):
            moved = any(isinstance(one, ast.Attribute) and _dotted(one) in _STREAMS for one in targets)
            return moved and _dotted(func).rpartition(".")[2] in _ELSEWHERE
    return False


def _dotted(node: ast.expr) -> str:
    match node:
        case ast.Attribute(value=value, attr=name):
            return f"{_dotted(value)}.{name}"
        case ast.Name(id=name):
            return name
    return ""
