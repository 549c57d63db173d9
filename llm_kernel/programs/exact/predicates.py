"""What ``find`` asks of a file: its tests, each a plain function of one entry."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from llm_kernel.machine.files import Files
from llm_kernel.machine.stat import Stat
from llm_kernel.programs.dates import read_date
from llm_kernel.programs.patterns import extended
from llm_kernel.programs.permissions import changed_mode
from llm_kernel.shell.call import Call

__all__ = ["Entry", "Test", "Wrong", "glob", "test"]


class Wrong(Exception):  # noqa: N818 - an outcome: what find says of its own command line
    """The expression cannot be."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A file that was met: as it is named, where it is, how deep, from which starting point."""

    name: str
    path: str
    stat: Stat
    depth: int
    start: str

    @property
    def base(self) -> str:
        """The last part of the name."""
        return self.name.rstrip("/").rpartition("/")[2] or "/"


Test: TypeAlias = Callable[[Entry], bool]
_TYPES = {"f": "file", "d": "directory", "l": "symlink", "b": "block", "c": "character"}
_UNITS = {"b": 512, "c": 1, "w": 2, "k": 1024, "M": 1 << 20, "G": 1 << 30}
_TIMES = {"m": "mtime", "a": "atime", "c": "ctime", "B": "birth"}


def test(call: Call, word: str, value: str, style: str, day: float) -> Test:
    """The test that ``word`` and its argument are; ``style`` is the kind of regular expression, ``day`` the moment
    from which ages count."""
    files = call.machine.files
    match word.lstrip("-"):
        case "name" | "iname":
            named = glob(value, ignore=word == "-iname")
            return lambda entry: named(entry.base)
        case "path" | "wholename" | "ipath" | "iwholename":
            whole = glob(value, ignore=word.startswith("-i"))
            return lambda entry: whole(entry.name)
        case "lname" | "ilname":
            linked = glob(value, ignore=word == "-ilname")
            return lambda entry: entry.stat.kind == "symlink" and linked(entry.stat.target)
        case "regex" | "iregex":
            pattern = _regex(value, style, ignore=word == "-iregex")
            return lambda entry: pattern.fullmatch(entry.name) is not None
        case "type" | "xtype":
            return _typed(files, word, value)
        case "size":
            return _sized(value)
        case "perm":
            return _permitted(value)
        case "user" | "group" | "uid" | "gid":
            return _owned(call, word, value)
        case "links" | "inum":
            number = _counted(word, value)
            name = "nlink" if word == "-links" else "ino"
            return lambda entry: number(getattr(entry.stat, name))
        case "samefile":
            ino = _reference(call, value).ino
            return lambda entry: entry.stat.ino == ino
        case _:
            return _timed(call, word, value, day)


def glob(pattern: str, *, ignore: bool = False) -> Callable[[str], bool]:
    """Whether a whole name matches a shell pattern, in which slashes and dots are nothing special."""
    text, at = "", 0
    while at < len(pattern):
        char = pattern[at]
        at += 1
        if char == "*":
            text += ".*"
        elif char == "?":
            text += "."
        elif char == "\\" and at < len(pattern):
            text += re.escape(pattern[at])
            at += 1
        elif char == "[" and (found := re.match(r"([!^]?)(\]?(?:\[:\w+:\]|[^]])*)\]", pattern[at:])):
            text += f"[{'^' if found[1] else ''}{_class(found[2])}]"
            at += found.end()
        else:
            text += re.escape(char)
    compiled = re.compile(text, re.S | (re.I if ignore else 0))
    return lambda name: compiled.fullmatch(name) is not None


_CLASSES = {"alpha": "a-zA-Z", "digit": "0-9", "alnum": "a-zA-Z0-9", "upper": "A-Z", "lower": "a-z", "space": r"\s"}


def _class(text: str) -> str:
    text = text.replace("\\", "\\\\").replace("[", "\\[") if "[:" not in text else text
    text = re.sub(r"\[:(\w+):\]", lambda found: _CLASSES.get(found[1], ""), text)
    return "\\" + text if text.startswith(("]", "^")) else text


_BASIC = ("posix-basic", "sed", "grep", "ed")


def _regex(text: str, style: str, *, ignore: bool) -> re.Pattern[str]:
    if style in (*_BASIC, "posix-extended", "egrep", "posix-egrep", "awk", "gnu-awk", "posix-awk"):
        made = text
    else:

        def swap(found: re.Match[str]) -> str:
            word = found[0]
            if len(word) == 2:
                return word[1] if word[1] in "()|" else word
            return "\\" + word if word in "()|{}" else word

        made = re.sub(r"\\.|.", swap, text)
    made = re.sub(r"\[:(\w+):\]", lambda found: _CLASSES.get(found[1], ""), made)
    try:
        made = extended(text) if style in _BASIC else made
        return re.compile(made, re.S | (re.I if ignore else 0))
    except re.error as err:
        raise Wrong(f"failed to compile regular expression '{text}': {str(err).capitalize()}") from err


def _typed(files: Files, word: str, value: str) -> Test:
    kinds = set()
    for letter in value.split(","):
        if letter not in _TYPES and letter not in ("p", "s", "D"):
            raise Wrong(f"Unknown argument to {word}: {value[:1]}")
        kinds.add(_TYPES.get(letter, ""))
    if word == "-type":
        return lambda entry: entry.stat.kind in kinds
    return lambda entry: (files.stat(entry.path).kind if files.exists(entry.path) else "symlink") in kinds


def _sized(value: str) -> Test:
    found = re.fullmatch(r"([-+]?)(\d+)([bcwkMG]?)", value)
    if not found:
        if value[-1:] and not value[-1].isdigit() and value[-1] not in _UNITS:
            raise Wrong(f"invalid -size type `{value[-1]}'")
        raise Wrong(f"Invalid argument `{value}' to -size")
    unit, wanted = _UNITS[found[3] or "b"], int(found[2])
    compare = _comparison(found[1])
    return lambda entry: compare(-(-entry.stat.size // unit), wanted)


def _comparison(sign: str) -> Callable[[float, float], bool]:
    if sign == "+":
        return lambda left, right: left > right
    return (lambda left, right: left < right) if sign == "-" else (lambda left, right: left == right)


def _counted(word: str, value: str) -> Callable[[float], bool]:
    found = re.fullmatch(r"([-+]?)(\d+)", value)
    if not found:
        raise Wrong(f"invalid argument `{value}' to `{word}'")
    compare, wanted = _comparison(found[1]), int(found[2])
    return lambda number: compare(number, wanted)


def _permitted(value: str) -> Test:
    text = value.lstrip("-/")
    mode = changed_mode(text, 0, 0, directory=False)
    if mode is None:
        raise Wrong(f"invalid mode ‘{value}’")
    wanted = mode
    if value.startswith("-"):
        return lambda entry: entry.stat.mode & wanted == wanted
    if value.startswith("/"):
        return lambda entry: not wanted or bool(entry.stat.mode & wanted)
    return lambda entry: entry.stat.mode == wanted


def _owned(call: Call, word: str, value: str) -> Test:
    field = "uid" if word in ("-user", "-uid") else "gid"
    if word in ("-uid", "-gid"):
        number = _counted(word, value)
        return lambda entry: number(getattr(entry.stat, field))
    names = call.machine.files.names()
    try:
        wanted = names.uid(value) if field == "uid" else names.gid(value)
    except LookupError as err:
        what = "is not the name of a known user" if field == "uid" else "is not the name of an existing group"
        raise Wrong(f"‘{value}’ {what}") from err
    return lambda entry: bool(getattr(entry.stat, field) == wanted)


def _reference(call: Call, name: str) -> Stat:
    try:
        return call.machine.files.stat(call.path(name))
    except OSError as err:
        raise Wrong(f"‘{name}’: {err.strerror}") from err


def _timed(call: Call, word: str, value: str, day: float) -> Test:
    newer = re.fullmatch(r"-newer([aBcm])([aBcmt])", word)
    if word in ("-newer", "-anewer", "-cnewer") or newer:
        field = _TIMES[newer[1]] if newer else {"-newer": "mtime", "-anewer": "atime", "-cnewer": "ctime"}[word]
        if newer and newer[2] == "t":
            moment = read_date(value, call.machine.clock.local)
            if moment is None:
                raise Wrong(f"I cannot figure out how to interpret ‘{value}’ as a date or time")
            when = moment
        else:
            when = float(getattr(_reference(call, value), _TIMES[newer[2]] if newer else "mtime"))
        return lambda entry: bool(getattr(entry.stat, field) > when)
    found = re.fullmatch(r"([-+]?)(\d+(?:\.\d+)?)", value)
    if not found:
        raise Wrong(f"invalid argument `{value}' to `{word}'")
    field, unit = _TIMES[word[1]], 60 if word.endswith("min") else 86400
    sign, wanted = found[1], float(found[2])

    def aged(entry: Entry) -> bool:
        age = day - float(getattr(entry.stat, field))
        if sign == "-":
            return age < wanted * unit
        if sign == "+":
            return age >= (wanted + 1) * unit if unit > 60 else age > wanted * unit
        return math.floor(age / unit) == wanted if unit > 60 else (wanted - 1) * unit < age <= wanted * unit

    return aged
