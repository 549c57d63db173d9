"""``argparse``: the program's own parser is built again and reads the given arguments."""

from __future__ import annotations

import argparse
import ast
import posixpath
from collections.abc import Callable
from typing import Any, NoReturn

from llm_kernel.plan.nodes import Free, Stream
from llm_kernel.plan.values import Class, Function, Lib, Thing, Unknown, Value, known
from llm_kernel.plan.walk import Exited, Raised, Walk

_WIDTH = 78
"""What argparse takes where nobody says how wide the terminal is."""
_WORDS = ("description", "epilog", "usage", "prog")
_SUBS = ("dest", "required", "aliases", "help", "title", "metavar", "description")
_DECOR = ("help", "metavar", "title", "description", "choices")
"""What may be left out where it is not known: it changes no argument that is right."""
_TYPES: dict[str, type] = {"builtins.int": int, "builtins.float": float, "builtins.str": str, "builtins.bool": bool}


class _Refused(Exception):  # noqa: N818
    """The arguments do not fit, or ask for help: what is printed on which stream, and the status."""

    def __init__(self, stream: Stream, text: str, status: int) -> None:
        super().__init__(text)
        self.stream = stream
        self.text = text
        self.status = status


class _Parser(argparse.ArgumentParser):
    said = ""

    def error(self, message: str) -> NoReturn:
        raise _Refused("stderr", f"{self.format_usage()}{self.prog}: error: {message}\n", 2)

    def exit(self, status: int = 0, message: str | None = None) -> NoReturn:
        raise _Refused("stdout", self.said + (message or ""), status)

    def _print_message(self, message: str, file: Any = None) -> None:
        self.said += message


class _Formatter(argparse.HelpFormatter):
    def __init__(self, prog: str) -> None:
        super().__init__(prog, width=_WIDTH)


class _Defaults(argparse.ArgumentDefaultsHelpFormatter):
    def __init__(self, prog: str) -> None:
        super().__init__(prog, width=_WIDTH)


class _Raw(argparse.RawDescriptionHelpFormatter):
    def __init__(self, prog: str) -> None:
        super().__init__(prog, width=_WIDTH)


def parser(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    held = {"prog": args[0]} if args else {}
    return Thing("parser", {"steps": [], "add_help": named.get("add_help", True), "named": {**held, **named}})


def wrong_type(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    """``argparse.ArgumentTypeError(text)``."""
    return Thing("exception", {"name": "ArgumentTypeError", "text": args[0] if args else ""})


def parser_method(w: Walk, this: Thing, name: str, args: list[Value], named: dict[str, Value]) -> Value:
    """A method of a parser, a group of it or its subparsers."""
    steps = this.attrs["steps"]
    assert isinstance(steps, list)
    if name in ("add_argument", "set_defaults"):
        w.state.touch(steps)
        steps.append((name, args, named, None))
        return None
    if name in ("add_argument_group", "add_mutually_exclusive_group"):
        inner = Thing("parser", {"steps": []})
        w.state.touch(steps)
        steps.append((name, args, named, inner))
        return inner
    if name in ("add_subparsers", "add_parser"):
        inner = Thing("parser", {"steps": []})
        w.state.touch(steps)
        steps.append((name, args, named, inner))
        return inner
    if name in ("parse_args", "parse_known_args"):
        given = args[0] if args else named.get("args")
        result = _parse(w, this, list(w.argv) if given is None else given)
        return (result, []) if name == "parse_known_args" else result
    if name in ("print_help", "print_usage", "format_help", "format_usage", "error"):
        return _shown(w, this, name, args)
    return Unknown("str")


def _shown(w: Walk, this: Thing, name: str, args: list[Value]) -> Value:
    """Its help or usage, or its word on an error."""
    real = _real(w, this, {})
    sure = real is not None and _sure(this) and (name != "error" or (len(args) == 1 and isinstance(args[0], str)))
    if name.startswith("format"):
        return _help(w, real, name) if real is not None and sure else Unknown("str")
    if real is None or not sure:
        w.emit(Free("stderr" if name == "error" else "stdout", "usage"))
    elif name == "error":
        w.say(f"{real.format_usage()}{real.prog}: error: {args[0]}", stream="stderr")
    else:
        w.say(_help(w, real, name), end="")
    if name == "error":
        raise Exited(2)
    return None


def _help(w: Walk, real: argparse.ArgumentParser, name: str) -> str:
    return real.format_usage() if name.endswith("usage") else _titled(w, real.format_help())


def _titled(w: Walk, text: str) -> str:
    """Help texts called the options so only from Python 3.10 on."""
    version = w.facts.get("python")
    old = isinstance(version, tuple) and version < (3, 10)
    return text.replace("\noptions:\n", "\noptional arguments:\n", 1) if old else text


def _sure(this: Thing) -> bool:
    """Whether every word that help or usage shows is known."""
    named = this.attrs.get("named")
    if isinstance(named, dict) and not all(known(named[word]) for word in _WORDS if word in named):
        return False
    steps = this.attrs["steps"]
    assert isinstance(steps, list)
    shown = ("help", "metavar", "choices", "title", "description", "nargs", "dest")
    return all(
        all(known(named[word]) for word in shown if word in named) and (inner is None or _sure(inner))
        for _, _, named, inner in steps
    )


def _real(w: Walk, this: Thing, opaque: dict[str, Value]) -> _Parser | None:
    """The parser built again; None where that cannot be done."""
    named = this.attrs.get("named")
    given = named if isinstance(named, dict) else {}
    words = {word: str(given[word]) for word in _WORDS if isinstance(given.get(word), str)}
    script = w.facts.get("script")
    words.setdefault("prog", posixpath.basename(script) if isinstance(script, str) else "prog")
    form = getattr(given.get("formatter_class"), "path", "")
    made = _Defaults if "ArgumentDefaults" in form else _Raw if "Raw" in form else _Formatter
    try:
        real = _Parser(**words, add_help=this.attrs.get("add_help") is not False, formatter_class=made)  # type: ignore[arg-type]
        _build(w, real, this, opaque)
    except (TypeError, ValueError, argparse.ArgumentError, AttributeError):
        return None
    return real


def _parse(w: Walk, this: Thing, given: Value) -> Value:
    if not isinstance(given, list) or not known(given):
        return Unknown()
    opaque: dict[str, Value] = {}
    real = _real(w, this, opaque)
    if real is None:
        return Unknown(origin="argparse.Namespace()")
    try:
        found = vars(real.parse_args([str(each) for each in given]))
    except _Refused as err:
        if _sure(this) and "\x00" not in err.text:
            w.say(_titled(w, err.text), end="", stream=err.stream)
        else:
            w.emit(Free(err.stream, "usage"))
        raise Exited(err.status) from None
    except (TypeError, ValueError, argparse.ArgumentError, AttributeError, KeyError):
        return Unknown(origin="argparse.Namespace()")
    return Thing("namespace", {key: _value(value, opaque) for key, value in found.items()})


def _value(value: Any, opaque: dict[str, Value]) -> Value:
    if isinstance(value, str) and value in opaque:
        return opaque[value]
    return [_value(each, opaque) for each in value] if isinstance(value, list) else value


def _converter(w: Walk, function: Value, opaque: dict[str, Value]) -> Callable[[str], Any]:
    """``type=`` as argparse calls it."""

    def convert(text: str) -> Any:
        try:
            value = w.call(function, [text], {}, None)
        except Raised as err:
            if err.name == "ArgumentTypeError" and isinstance(err.value, str):
                raise argparse.ArgumentTypeError(err.value) from None
            raise ValueError(text) from None
        return value if known(value) else _hide(value, opaque)

    convert.__name__ = function.name if isinstance(function, (Function, Class)) else "value"
    return convert


def _build(w: Walk, real: Any, this: Thing, opaque: dict[str, Value]) -> None:
    steps = this.attrs["steps"]
    assert isinstance(steps, list)
    for name, args, named, inner in steps:
        plain = {
            key: _plain(key, value, opaque)
            for key, value in named.items()
            if key != "parents" and (known(value) or key not in _DECOR)
        }
        if name == "add_argument" and "type" in plain and plain["type"] is None:
            plain["type"] = _converter(w, named["type"], opaque)
        if name in ("add_subparsers", "add_parser"):
            plain = {key: value for key, value in plain.items() if key in _SUBS}
        made = getattr(real, name)(*args, **plain)
        if inner is not None:
            _build(w, made, inner, opaque)


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
