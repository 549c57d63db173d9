"""Files as a program meets them: paths, ``open``, and what can be read of a file that the machine holds."""

from __future__ import annotations

import ast
import csv
import json
import posixpath
from collections.abc import Callable
from typing import Any

from llm_kernel.plan.expressions import checked
from llm_kernel.plan.known import Handler
from llm_kernel.plan.paths import joined_path, path_of
from llm_kernel.plan.values import SPREAD, Thing, Unknown, Value, known
from llm_kernel.plan.walk import Raised, Walk

__all__ = ["FILES", "exists", "file_attribute", "file_method", "path_method", "written"]

_LONGEST = 100_000
_ROWS = 5000


def open_(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    path = path_of(args[0] if args else named.get("file"))
    mode = args[1] if len(args) > 1 else named.get("mode", "r")
    if not isinstance(path, str) or not isinstance(mode, str):
        w.risks += 1
        return Thing("file", {"text": None, "mode": mode})
    if set(mode) & set("wax"):
        written(w, path)
        return Thing("file", {"text": None, "mode": mode, "name": path})
    _there(w, path)
    return Thing("file", {"text": _text(w, path) if "b" not in mode else None, "mode": mode, "name": path})


def written(w: Walk, path: str) -> None:
    """Note that the program writes this file, for certain or perhaps."""
    name = posixpath.normpath(path)
    w.wrote[name] = w.wrote.get(name, False) or not w.doubt


def _there(w: Walk, path: str) -> None:
    """Raise what Python raises for a file that is certainly missing."""
    exists = w.facts.get("exists")
    if posixpath.normpath(path) in w.wrote:
        return
    if not callable(exists):
        w.risks += 1
    elif not exists(path):
        raise Raised("FileNotFoundError", f"[Errno 2] No such file or directory: '{path}'")


def _text(w: Walk, path: str) -> str | None:
    text = w.facts.get("text")
    if posixpath.normpath(path) in w.wrote or not callable(text):
        return None
    found = text(path)
    return found if isinstance(found, str) and len(found) <= _LONGEST else None


def file_method(w: Walk, this: Thing, name: str, args: list[Value]) -> Value:
    """A method of an open file."""
    text = this.attrs["text"]
    if name in ("read", "readlines"):
        if not isinstance(text, str) or args:
            return Unknown("str") if name == "read" else Unknown()
        w.state.put(this.attrs, "text", "")
        return text if name == "read" else text.splitlines(keepends=True)
    if name == "readline":
        if not isinstance(text, str):
            return Unknown("str")
        first = text.splitlines(keepends=True)[0] if text else ""
        w.state.put(this.attrs, "text", text[len(first) :])
        return first
    if name == "write":
        return len(args[0]) if args and isinstance(args[0], str) else Unknown("int")
    return Unknown() if name not in ("close", "flush", "writelines") else None


def file_attribute(this: Thing, name: str) -> Value | None:
    """``file.name`` and its like."""
    return this.attrs.get(name) if name in ("name", "mode") else None


def lines_of(value: Value) -> list[str] | None:
    """The lines that are left in a file, where they are known."""
    text = value.attrs["text"] if isinstance(value, Thing) and value.kind == "file" else None
    return text.splitlines(keepends=True) if isinstance(text, str) else None


def load_json(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    lines = lines_of(args[0]) if args else None
    if lines is None:
        w.risks += 1
        return Unknown()
    return checked(lambda: json.loads("".join(lines)))


def loads_json(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    if args and isinstance(args[0], str):
        return checked(lambda: json.loads(str(args[0])))
    w.risks += 1
    return Unknown()


def rows(make: Callable[..., Any], maker: Callable[[Any], Value]) -> Handler:
    """``csv.reader`` and ``csv.DictReader``."""

    def read(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
        lines = lines_of(args[0]) if args else None
        if lines is None or len(lines) > _ROWS or not all(known(each) for each in (*args[1:], *named.values())):
            return Unknown()
        return [maker(row) for row in make(lines, *args[1:], **named)]

    return read


def path(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    return Thing("path", {"text": joined_path([path_of(each) for each in args]) if args else "."})


def join(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    return joined_path([path_of(each) for each in args], plain=False)


def path_method(w: Walk, this: Thing, name: str, args: list[Value], named: dict[str, Value]) -> Value:
    """A method of a path."""
    text = this.attrs["text"]
    if name in ("exists", "is_file", "is_dir"):
        return exists(w, [text], {}, None)
    if name == "open":
        return open_(w, [text, *args], named, None)
    if name in ("read_text", "read_bytes"):
        found = open_(w, [text], {}, None)
        assert isinstance(found, Thing)
        return file_method(w, found, "read", []) if name == "read_text" else Unknown()
    if name in ("write_text", "write_bytes"):
        open_(w, [text, "w"], {}, None)
        return len(args[0]) if args and isinstance(args[0], str) else Unknown("int")
    if name == "joinpath":
        return Thing("path", {"text": joined_path([text, *(path_of(each) for each in args)])})
    if name in ("resolve", "absolute", "expanduser"):
        return Thing("path", {"text": Unknown("str")})
    if name in ("with_suffix", "with_name") and isinstance(text, str) and args and isinstance(args[0], str):
        head = posixpath.splitext(text)[0] if name == "with_suffix" else posixpath.dirname(text)
        return Thing("path", {"text": head + args[0] if name == "with_suffix" else posixpath.join(head, args[0])})
    if name in ("mkdir", "unlink", "touch", "rename", "replace", "rmdir"):
        return None
    return [SPREAD] if name in ("glob", "rglob", "iterdir") else Unknown()


def exists(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    there, name = w.facts.get("exists"), path_of(args[0]) if args else None
    if not isinstance(name, str) or not callable(there):
        return Unknown("bool")
    return True if posixpath.normpath(name) in w.wrote else bool(there(name))


def _pure(function: Callable[[str], Value]) -> Handler:
    def compute(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
        text = path_of(args[0]) if args else None
        return function(text) if isinstance(text, str) else Unknown("str")

    return compute


FILES: dict[str, Handler] = {
    "builtins.open": open_, "io.open": open_, "json.load": load_json, "json.loads": loads_json,
    "csv.reader": rows(csv.reader, list), "csv.DictReader": rows(csv.DictReader, dict),
    **dict.fromkeys(("pathlib.Path", "pathlib.PurePath", "pathlib.PosixPath"), path), "os.path.join": join,
    **dict.fromkeys(("os.path.exists", "os.path.isfile"), exists),
    "os.path.basename": _pure(posixpath.basename), "os.path.dirname": _pure(posixpath.dirname),
    "os.path.normpath": _pure(posixpath.normpath),
    "os.path.splitext": _pure(lambda text: posixpath.splitext(text)), "os.fspath": lambda w, args, named, node: path_of(
        args[0]) if args else Unknown("str"),
}  # fmt: skip
