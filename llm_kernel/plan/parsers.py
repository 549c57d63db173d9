"""``argparse``: the program's own parser is built again and reads the given arguments."""

from __future__ import annotations

import argparse
import ast
from typing import Any, NoReturn

from llm_kernel.plan.nodes import Free
from llm_kernel.plan.values import Lib, Thing, Unknown, Value, known
from llm_kernel.plan.walk import Exited, Walk

_TYPES: dict[str, type] = {"builtins.int": int, "builtins.float": float, "builtins.str": str, "builtins.bool": bool}


class _Refused(Exception):  # noqa: N818
    """The arguments do not fit, or ask for help."""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise _Refused("stderr")

    def exit(self, status: int = 0, message: str | None = None) -> NoReturn:
        raise _Refused("stdout")

    def print_help(self, file: Any = None) -> None:
        pass

    def print_usage(self, file: Any = None) -> None:
        pass

    def _print_message(self, message: str, file: Any = None) -> None:
        pass


def parser(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    return Thing("parser", {"steps": [], "add_help": named.get("add_help", True)})


def parser_method(w: Walk, this: Thing, name: str, args: list[Value], named: dict[str, Value]) -> Value:
    """A method of a parser, a group of it or its subparsers."""
    steps = this.attrs["steps"]
    assert isinstance(steps, list)
    if name in ("add_argument", "set_defaults"):
        w.state.touch(steps)
        steps.append((name, args, named, None))
        return None
    if name in ("add_argument_group", "add_mutually_exclusive_group"):
        return this
    if name in ("add_subparsers", "add_parser"):
        inner = Thing("parser", {"steps": []})
        w.state.touch(steps)
        steps.append((name, args, named, inner))
        return inner
    if name in ("parse_args", "parse_known_args"):
        given = args[0] if args else named.get("args")
        result = _parse(w, this, list(w.argv) if given is None else given)
        return (result, []) if name == "parse_known_args" else result
    if name in ("print_help", "print_usage", "error"):
        w.emit(Free("stderr" if name == "error" else "stdout", "usage"))
        if name == "error":
            raise Exited
    return Unknown("str")


def _parse(w: Walk, this: Thing, given: Value) -> Value:
    if not isinstance(given, list) or not known(given):
        return Unknown()
    opaque: dict[str, Value] = {}
    try:
        real = _Parser(prog="prog", add_help=this.attrs["add_help"] is not False)
        _build(real, this, opaque)
        found = vars(real.parse_args([str(each) for each in given]))
    except _Refused as err:
        w.emit(Free("stderr" if str(err) == "stderr" else "stdout", "usage"))
        raise Exited from None
    except (TypeError, ValueError, argparse.ArgumentError, AttributeError):
        return Unknown(origin="argparse.Namespace()")
    return Thing("namespace", {key: _value(value, opaque) for key, value in found.items()})


def _value(value: Any, opaque: dict[str, Value]) -> Value:
    if isinstance(value, str) and value in opaque:
        return opaque[value]
    return [_value(each, opaque) for each in value] if isinstance(value, list) else value


def _build(real: Any, this: Thing, opaque: dict[str, Value]) -> None:
    steps = this.attrs["steps"]
    assert isinstance(steps, list)
    for name, args, named, inner in steps:
        plain = {
            key: _plain(key, value, opaque) for key, value in named.items() if key not in ("help", "metavar", "parents")
        }
        if name == "add_argument" and "type" in plain and plain["type"] is None:
            plain["type"] = lambda text: _hide(Unknown(), opaque)
        if name in ("add_subparsers", "add_parser"):
            plain = {key: value for key, value in plain.items() if key in ("dest", "required", "aliases")}
        made = getattr(real, name)(*args, **plain)
        if inner is not None:
            _build(made, inner, opaque)


def _plain(key: str, value: Value, opaque: dict[str, Value]) -> Any:
    if isinstance(value, Lib):
        if value.path == "argparse.BooleanOptionalAction":
            return argparse.BooleanOptionalAction
        if key == "type":
            return _TYPES.get(value.path)
        return {"argparse.SUPPRESS": argparse.SUPPRESS, "argparse.REMAINDER": argparse.REMAINDER}.get(value.path, value)
    if key == "type":
        return None
    return value if known(value) else _hide(value, opaque)


def _hide(value: Value, opaque: dict[str, Value]) -> str:
    """A word that stands for a value argparse must not see."""
    word = f"\x00{len(opaque)}"
    opaque[word] = value
    return word
