"""What ``find -printf`` says of a file."""

from __future__ import annotations

import re
from collections.abc import Iterator

from llm_kernel.programs.exact.predicates import Entry, Wrong
from llm_kernel.programs.moments import filled, nanoseconds_of
from llm_kernel.programs.permissions import long_mode
from llm_kernel.programs.sizes import disk_bytes
from llm_kernel.shell.call import Call

__all__ = ["doubts", "formatted"]

_LETTERS = {"file": "f", "directory": "d", "symlink": "l", "character": "c", "block": "b"}
_ESCAPES = {"n": "\n", "t": "\t", "0": "\0", "\\": "\\", "a": "\a", "b": "\b", "f": "\f", "r": "\r", "v": "\v"}
_FIELD = re.compile(
    r"\\(?P<octal>[0-7]{1,3})|\\(?P<escape>.)|%(?P<flags>[-0+ #]*\d*(?:\.\d+)?)(?P<code>[TACB]?.)", re.S
)


_KNOWN = frozenset("pfhPHsdmMuUgGnilyYkbDFStac%")
_OCTAL, _DECIMAL = "m", "d"


def doubts(form: str) -> Iterator[str]:
    """What of a format is warned of; a format that ends within a directive is none."""
    text, _, _ = form.partition("\\c")
    for found in _FIELD.finditer(text):
        code, escape = found["code"], found["escape"]
        if escape and escape not in _ESCAPES:
            yield f"unrecognized escape `\\{escape}'"
        if code in ("T", "A", "C", "B"):
            yield f"format directive `%{code}' should be followed by another character"
        elif code and len(code) == 1 and code not in _KNOWN:
            yield f"unrecognized format directive `%{code}'"
    if re.search(r"(?<![\\%])(?:%%)*%\Z", text):
        raise Wrong("error: % at end of format string")


def formatted(call: Call, form: str, entry: Entry) -> str:
    text, _, _ = form.partition("\\c")

    def fill(found: re.Match[str]) -> str:
        if found["octal"]:
            return chr(int(found["octal"], 8))
        if found["escape"]:
            return _ESCAPES.get(found["escape"], "\\" + found["escape"])
        code = found["code"]
        value = "%" if code == "%" else _field(call, code, entry)
        flags = found["flags"]
        if code == _OCTAL and "#" in flags:
            value, flags = f"0{value}", flags.replace("#", "")
        elif flags and code in (_OCTAL, _DECIMAL):
            return f"%{flags}d" % int(value)  # the digits of an octal number are its own
        if not flags:
            return value
        return f"%{re.sub('^[-0+ #]+', lambda signs: '-' * ('-' in signs[0]), flags)}s" % value

    return _FIELD.sub(fill, text)


def _field(call: Call, code: str, entry: Entry) -> str:
    stat = entry.stat
    if code[0] in "TAC" and len(code) == 2:
        return _moment(call, code[1], {"T": stat.mtime, "A": stat.atime, "C": stat.ctime}[code[0]])
    if code in "tac":
        moment = {"t": stat.mtime, "a": stat.atime, "c": stat.ctime}[code]
        return _moment(call, "", moment)
    names = call.machine.files.names()
    below = entry.name[len(entry.start) :].lstrip("/") if entry.depth else ""
    plain = {
        "p": entry.name,
        "f": entry.base,
        "h": entry.name.rstrip("/").rpartition("/")[0] or ("/" if entry.name.startswith("/") else "."),
        "P": below,
        "H": entry.start,
        "s": str(stat.size),
        "d": str(entry.depth),
        "m": f"{stat.mode:o}",
        "M": long_mode(stat),
        "u": names.user(stat.uid),
        "U": str(stat.uid),
        "g": names.group(stat.gid),
        "G": str(stat.gid),
        "n": str(stat.nlink),
        "i": str(stat.ino),
        "l": stat.target,
        "y": _LETTERS[stat.kind],
        "Y": _LETTERS[_behind(call, entry)] if _behind(call, entry) else "N",
        "k": str(disk_bytes(stat) // 1024),
        "b": str(disk_bytes(stat) // 512),
        "D": "2049",
        "F": "ext4",
        "S": f"{disk_bytes(stat) / stat.size:g}" if stat.size else "1",
    }
    return plain.get(code, f"%{code}")


def _behind(call: Call, entry: Entry) -> str:
    files = call.machine.files
    return files.stat(entry.path).kind if files.exists(entry.path) else ""


def _moment(call: Call, code: str, moment: float) -> str:
    fraction = f"{nanoseconds_of(moment):09d}0"
    at = call.machine.clock.at(moment)
    match code:
        case "@":
            return f"{int(moment)}.{fraction}"
        case "":
            return filled(f"%a %b %e %H:%M:%S.{fraction} %Y", at)
        case "S":
            return filled("%S", at) + f".{fraction}"
        case "T" | "X":
            return filled("%H:%M:%S", at) + f".{fraction}"
        case "+":
            return filled("%Y-%m-%d+%H:%M:%S", at) + f".{fraction}"
        case _:
            return filled(f"%{code}", at)
