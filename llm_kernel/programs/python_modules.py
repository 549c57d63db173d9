"""``python -m NAME`` for modules that only read and tell: ``json.tool``, ``this`` and torch's report."""

from __future__ import annotations

import codecs
import contextlib
import importlib
import io
import json
import sys
from collections.abc import Callable
from typing import Any

from llm_kernel.programs.table import NotExact
from llm_kernel.programs.torch_report import collect_env
from llm_kernel.shell.call import Answer, Call

__all__ = ["MODULES"]

_CHANGED = ("Illegal trailing", "Expecting property name")
"""Beginnings of messages that changed with 3.13."""


def _json_tool(call: Call, args: tuple[str, ...], version: tuple[int, int], stdin: bytes) -> Answer:
    """JSON laid out anew."""
    options, names = _options(args, version)
    if len(names) > 2:
        raise NotExact
    try:
        data = call.machine.files.read(call.path(names[0])) if names and names[0] != "-" else stdin
        text = data.decode("utf-8")
    except (OSError, UnicodeDecodeError) as err:
        raise NotExact from err
    lines = text.splitlines(keepends=True) if options.pop("json_lines", False) else [text]
    try:
        values = [json.loads(line) for line in lines]
        shown = "".join(json.dumps(value, **options) + "\n" for value in values)
    except RecursionError as err:
        raise NotExact from err
    except ValueError as err:
        if not isinstance(err, json.JSONDecodeError):
            raise NotExact from err
        if str(err).startswith(_CHANGED) and (sys.version_info >= (3, 13)) != (version >= (3, 13)):
            raise NotExact from err
        return Answer("", f"{err}\n", 1)
    if len(names) < 2:
        return Answer(shown)
    try:
        call.machine.files.write(call.path(names[1]), shown.encode())
    except OSError as err:
        raise NotExact from err
    return Answer()


def _options(args: tuple[str, ...], version: tuple[int, int]) -> tuple[dict[str, Any], list[str]]:
    """The arguments of ``json.dumps``, and the files."""
    options: dict[str, Any] = {"indent": 4}
    names: list[str] = []
    rest = list(args)
    while rest:
        word, equals, value = rest.pop(0).partition("=")
        if not word.startswith("--"):
            if word.startswith("-") and word != "-":
                raise NotExact
            names.append(word + equals + value)
            continue
        if version < _SINCE.get(word, (3, 14)) or (equals and word != "--indent"):
            raise NotExact
        match word:
            case "--sort-keys":
                options["sort_keys"] = True
            case "--json-lines":
                options["json_lines"] = True
            case "--no-ensure-ascii":
                options["ensure_ascii"] = False
            case "--tab":
                options["indent"] = "\t"
            case "--no-indent":
                options["indent"] = None
            case "--compact":
                options.update(indent=None, separators=(",", ":"))
            case "--indent":
                number = value if equals else rest.pop(0) if rest else ""
                if not number.isdigit():
                    raise NotExact
                options["indent"] = int(number)
    if sum(word.partition("=")[0] in ("--tab", "--no-indent", "--compact", "--indent") for word in args) > 1:
        raise NotExact
    return options, names


_SINCE = {
    "--sort-keys": (3, 5),
    "--json-lines": (3, 8),
    "--no-ensure-ascii": (3, 9),
    "--tab": (3, 9),
    "--no-indent": (3, 9),
    "--compact": (3, 9),
    "--indent": (3, 9),
}


def _this(call: Call, args: tuple[str, ...], version: tuple[int, int], stdin: bytes) -> Answer:
    """The text that the module of this name holds, on every system that has it."""
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            module = importlib.import_module("this")
    except ImportError as err:
        raise NotExact from err
    return Answer(codecs.decode(module.s, "rot13") + "\n")


MODULES: dict[str, Callable[[Call, tuple[str, ...], tuple[int, int], bytes], Answer]] = {
    "json.tool": _json_tool,
    "this": _this,
    "torch.utils.collect_env": lambda call, args, version, stdin: collect_env(call),
}
"""Modules by name: what they answer to a call, its arguments, the Python's version and standard input."""
