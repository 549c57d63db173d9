"""``logging``: which records reach the terminal, through which stream and in which format."""

from __future__ import annotations

import ast
import posixpath

from llm_kernel.plan.known import Handler, exprs, stream_of
from llm_kernel.plan.nodes import Hole, Stream
from llm_kernel.plan.paths import path_of
from llm_kernel.plan.text import joined, parts_of, percent, shown
from llm_kernel.plan.values import Lib, Text, Thing, Unknown, Value
from llm_kernel.plan.walk import Walk

LEVELS = {"debug": 10, "info": 20, "warning": 30, "warn": 30, "error": 40, "exception": 40, "critical": 50, "fatal": 50}
DATES = "%Y-%m-%d %H:%M:%S,%L"
"""How a record's time is shown where nobody says otherwise."""
_NAMES = {10: "DEBUG", 20: "INFO", 30: "WARNING", 40: "ERROR", 50: "CRITICAL"}
_OTHERS = ("filename", "funcName", "module", "pathname", "threadName", "processName", "msecs", "created")
_BASIC = "%(levelname)s:%(name)s:%(message)s"


def root(w: Walk) -> Thing:
    """The root logger."""
    held = w.logging.get("")
    if not isinstance(held, Thing):
        held = w.logging[""] = Thing("logger", {"name": "root", "level": 30, "handlers": [], "propagate": True})
    return held


def get_logger(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    name = args[0] if args else named.get("name")
    if not isinstance(name, str) or name == "root":
        return root(w)
    held = w.logging.get(name)
    if held is None:
        held = w.logging[name] = Thing("logger", {"name": name, "level": 0, "handlers": [], "propagate": True})
    return held


def basic_config(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    logger = root(w)
    if logger.attrs["handlers"] and named.get("force") is not True:
        return None
    form = formatter(w, [named.get("format", _BASIC), named.get("datefmt")], {}, None)
    handlers = named.get("handlers")
    if not isinstance(handlers, (list, tuple)):
        kind = "filehandler" if "filename" in named else "handler"
        handlers = [Thing(kind, {"stream": named.get("stream", Lib("sys.stderr")), "level": 0, "formatter": form})]
    for each in handlers:
        if isinstance(each, Thing) and each.attrs.get("formatter") is None:
            w.state.put(each.attrs, "formatter", form)
    w.state.put(logger.attrs, "handlers", list(handlers))
    if "level" in named:
        w.state.put(logger.attrs, "level", level(named["level"]))
    return None


def level(value: Value) -> Value:
    """A level as a number."""
    if isinstance(value, str):
        return LEVELS.get(value.lower(), 0)
    if isinstance(value, Lib):
        return LEVELS.get(value.path.split(".")[-1].lower(), 0)
    return value


def formatter(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    form = args[0] if args else named.get("fmt", "%(message)s")
    style = named.get("style", args[2] if len(args) > 2 else "%")
    dates = args[1] if len(args) > 1 else named.get("datefmt")
    return Thing("formatter", {"format": form if style == "%" else None, "dates": dates})


def stream_handler(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    stream = args[0] if args else named.get("stream", Lib("sys.stderr"))
    return Thing("handler", {"stream": Lib("sys.stderr") if stream is None else stream, "level": 0, "formatter": None})


def file_handler(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    path = path_of(args[0] if args else named.get("filename"))
    if isinstance(path, str):
        name = posixpath.normpath(path)
        w.wrote[name] = w.wrote.get(name, False) or not w.doubt
    return Thing("filehandler", {"level": 0, "formatter": None})


def log(w: Walk, logger: Thing, word: str, args: list[Value], node: ast.AST | None) -> Value:
    """One record."""
    number: Value = LEVELS.get(word)
    sources = exprs(w, node)
    if word == "log":
        number, args, sources = level(args[0]), args[1:], sources[1:]
    least = logger.attrs["level"] or root(w).attrs["level"]
    if isinstance(number, int) and isinstance(least, int) and number < least:
        return None
    message: Value = args[0] if args else ""
    if len(args) > 1 and isinstance(message, str):
        rest = args[1] if len(args) == 2 and isinstance(args[1], dict) else tuple(args[1:])
        message = percent(message, rest, w.ask, sources[1:])
    text = shown(message, w.ask, expr=sources[0] if sources else "")
    handlers = list(_handlers(logger)) + (
        _handlers(root(w)) if logger is not root(w) and logger.attrs["propagate"] else []
    )
    if not handlers and isinstance(number, int) and number >= 30:
        w.say(text, stream="stderr")
    for each in handlers:
        if isinstance(each, Thing) and each.kind == "handler":
            _handle(w, each, logger, number, text)
    return None


def _handlers(logger: Thing) -> list[Value]:
    held = logger.attrs["handlers"]
    return held if isinstance(held, list) else []


def _handle(w: Walk, handler: Thing, logger: Thing, number: Value, text: str | Text) -> None:
    least = handler.attrs.get("level")
    if isinstance(least, int) and isinstance(number, int) and number < least:
        return
    stream: Stream | None = stream_of(handler.attrs.get("stream"))
    if stream is None:
        return
    form = handler.attrs.get("formatter")
    template = form.attrs["format"] if isinstance(form, Thing) else "%(message)s"
    if not isinstance(template, str):
        w.say(Text((Hole("any", "", "a log record"),)), stream=stream)
        return
    dates = form.attrs.get("dates") if isinstance(form, Thing) else None
    dates = dates if isinstance(dates, str) else DATES
    fields: dict[str, Value] = {
        "message": text, "levelname": _NAMES.get(number, "INFO") if isinstance(number, int) else Unknown("str"),
        "name": logger.attrs["name"], "asctime": Text((Hole("time", dates),)), "lineno": Unknown("int"),
        "process": Unknown("int"), "levelno": number,
    }  # fmt: skip
    said = percent(template, {**dict.fromkeys(_OTHERS, Unknown("str")), **fields}, w.ask)
    w.say(joined(parts_of(said)), stream=stream)


LOGGING: dict[str, Handler] = {
    "logging.getLogger": get_logger, "logging.basicConfig": basic_config, "logging.Formatter": formatter,
    "logging.StreamHandler": stream_handler, "logging.FileHandler": file_handler,
    "logging.handlers.RotatingFileHandler": file_handler,
}  # fmt: skip


def _direct(word: str) -> Handler:
    def call(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
        if not root(w).attrs["handlers"]:
            basic_config(w, [], {}, None)
        return log(w, root(w), word, args, node)

    return call


LOGGING |= {f"logging.{word}": _direct(word) for word in (*LEVELS, "log")}


def logger_method(w: Walk, logger: Thing, name: str, args: list[Value], node: ast.AST | None) -> Value:
    """A method of a logger or handler."""
    if logger.kind == "logger" and (name in LEVELS or name == "log"):
        return log(w, logger, name, args, node)
    if name == "setLevel" and args:
        w.state.put(logger.attrs, "level", level(args[0]))
    if name == "setFormatter" and args:
        w.state.put(logger.attrs, "formatter", args[0])
    if name == "addHandler" and args:
        w.state.put(logger.attrs, "handlers", [*_handlers(logger), args[0]])
    if name in ("hasHandlers",):
        return bool(_handlers(logger))
    return None
