"""``sort`` where its orders exclude each other, are of chance, or come from options that the shell's own lacks."""

from __future__ import annotations

import heapq
import posixpath
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import pairwise
from typing import Any

from llm_kernel.programs.exact.shuffling import chance
from llm_kernel.programs.feeding import fed, lines, tell
from llm_kernel.programs.options import Options, Parsed
from llm_kernel.programs.quoting import quoted, said
from llm_kernel.programs.sort_keys import Key, WrongKey, obsolete, read_key
from llm_kernel.programs.table import NotExact, live
from llm_kernel.shell.call import Answer, Call, Io

__all__ = ["sort"]

_SORT = Options(
    "b,ignore-leading-blanks d,dictionary-order f,ignore-case g,general-numeric-sort h,human-numeric-sort"
    " i,ignore-nonprinting M,month-sort n,numeric-sort R,random-sort r,reverse V,version-sort sort= c C check?"
    " k,key= m,merge o,output= s,stable S,buffer-size= t,field-separator= T,temporary-directory= u,unique"
    " z,zero-terminated batch-size= compress-program= debug files0-from= parallel= random-source=",
    usage="[OPTION]... [FILE]...\n[OPTION]... --files0-from=F",
    about="Write sorted concatenation of all FILE(s) to standard output.",
    authors="Mike Haertel and Paul Eggert",
    status=2,
)
_LETTERS = {
    "ignore-leading-blanks": "b",
    "dictionary-order": "d",
    "ignore-case": "f",
    "general-numeric-sort": "g",
    "human-numeric-sort": "h",
    "ignore-nonprinting": "i",
    "month-sort": "M",
    "numeric-sort": "n",
    "random-sort": "R",
    "reverse": "r",
    "version-sort": "V",
}
_WORDS = (("general-numeric",), ("human-numeric",), ("month",), ("numeric",), ("random",), ("version",))
_CHECKS = (("quiet", "silent"), ("diagnose-first",))
_UNITS = re.compile(r"\d+[bEgGkKmMPtTYZ%]?")


class _Wrong(Exception):  # noqa: N818 - what sort says, no fault of ours
    def __init__(self, said: str | Answer) -> None:
        super().__init__(said)
        self.answer = said if isinstance(said, Answer) else Answer(stderr=f"sort: {said}\n", status=2)


@live("sort")
async def sort(call: Call, io: Io) -> int:
    """Print lines in the order of their keys."""
    call = replace(call, name="sort")  # it stands behind the shell's own, whatever path it is called by
    try:
        args, older = _older(call.args)
        parsed = _SORT.parse(replace(call, args=args))
        if isinstance(parsed, Answer):
            return await tell(io, parsed)
        if "debug" in parsed:
            raise NotExact(call.name)
        checks = _checks(call, parsed)
        keys = _keys(call, parsed, older)
        tab = _tab(call, parsed)
        _limits(call, parsed)
        names = await _names(call, io, parsed)
        if wrong := next((wrong for key in keys if (wrong := key.conflict())), ""):
            raise _Wrong(f"options '-{wrong}' are incompatible")
        if checks and len(names) > 1:
            raise _Wrong(f"extra operand {quoted(names[1])} not allowed with -{checks}")
        if checks and "output" in parsed:
            raise _Wrong(f"options '-{checks}o' are incompatible")
        order = _order(call, parsed, keys, tab)
        files = [(name, rows) async for name, rows in _read(call, io, parsed, names)]
        if checks:
            return await _checked(io, parsed, files[0], order, aloud=checks == "c")
        return await _written(call, io, parsed, list(_sorted(parsed, [rows for _, rows in files], order)))
    except WrongKey as err:
        mark = ":" if err.why.endswith("start of") else ": invalid field specification"
        colon = "" if mark == ":" else mark
        await io.err(f"sort: {err.why}{colon} {said(err.what, call.env)}\n")
        return 2
    except _Wrong as err:
        return await tell(io, err.answer)


def _older(args: tuple[str, ...]) -> tuple[tuple[str, ...], list[Key]]:
    """The arguments without keys like ``+1 -2``, and these."""
    kept: list[str] = []
    keys: list[Key] = []
    at = 0
    while at < len(args) and args[at] != "--":
        follows = args[at + 1] if at + 1 < len(args) and re.match(r"-\d", args[at + 1]) else None
        key = obsolete(args[at], follows) if args[at].startswith("+") else None
        if key is None:
            kept.append(args[at])
        else:
            keys.append(key)
            at += follows is not None
        at += 1
    return (*kept, *args[at:]), keys


def _checks(call: Call, parsed: Parsed) -> str:
    """The letter of what only looks whether the order is right; empty for what sorts."""
    found = {name for name, _ in parsed.options} & {"c", "C"}
    for value in parsed.values("check"):
        chosen = _SORT.choose(call, "check", value, _CHECKS)
        if isinstance(chosen, Answer):
            raise _Wrong(chosen)
        found.add("C" if chosen == "quiet" else "c")
    found |= {"c"} if ("check", None) in parsed.options else set()
    if len(found) > 1:
        raise _Wrong("options '-cC' are incompatible")
    return "".join(found)


def _keys(call: Call, parsed: Parsed, older: list[Key]) -> list[Key]:
    """The keys with the orders that are for all of them; without a key, the line is one where it has an order."""
    letters = {_LETTERS[name] for name, _ in parsed.options if name in _LETTERS}
    for value in parsed.values("sort"):
        chosen = _SORT.choose(call, "sort", value, _WORDS)
        if isinstance(chosen, Answer):
            raise _Wrong(chosen)
        letters.add(dict(zip((row[0] for row in _WORDS), "ghMnRV", strict=True))[chosen])
    given = older + [read_key(value) for value in parsed.values("key")]
    keys = [key.inheriting(frozenset(letters)) for key in given]
    return keys or ([Key().inheriting(frozenset(letters))] if letters - {"r"} else [])


def _tab(call: Call, parsed: Parsed) -> bytes | None:
    tabs = parsed.values("field-separator")
    for text in tabs:
        if not text:
            raise _Wrong("empty tab")
        if len(text.encode()) > 1 and text != "\\0":
            raise _Wrong(f"multi-character tab {said(text, call.env)}")
    if len(set(tabs)) > 1:
        raise _Wrong("incompatible tabs")
    return (b"\0" if tabs[0] == "\\0" else tabs[0].encode()) if tabs else None


def _limits(call: Call, parsed: Parsed) -> None:
    """Look through the amounts that change nothing here, and the names of what is written."""
    for name, text in parsed.options:
        if name == "parallel" and not (text or "").isdigit():
            raise _Wrong(f"invalid --parallel argument '{text}'")
        if name == "parallel" and not int(text or 0):
            raise _Wrong("number in parallel must be nonzero")
        if name == "buffer-size" and not _UNITS.fullmatch(text or ""):
            what = "suffix in -S" if re.match(r"\d", text or "") else "-S"
            raise _Wrong(f"invalid {what} argument '{text}'")
        if name == "batch-size" and not (text or "").isdigit():
            raise _Wrong(f"invalid --batch-size argument '{text}'")
        if name == "batch-size" and int(text or 0) < 2:
            least = f"sort: minimum --batch-size argument is {said('2', call.env)}"
            raise _Wrong(f"invalid --batch-size argument {said(text or '', call.env)}\n{least}")
    if len(set(parsed.values("output"))) > 1:
        raise _Wrong("multiple output files specified")


async def _names(call: Call, io: Io, parsed: Parsed) -> list[str]:
    """The files that are read."""
    source = parsed.value("files0-from")
    if source is None:
        return list(parsed.operands) or ["-"]
    if parsed.operands:
        extra = f"extra operand {quoted(parsed.operands[0])}\nfile operands cannot be combined with --files0-from"
        raise _Wrong(_SORT.refuse(call, extra))
    [(_, data)] = [pair async for pair in fed(call, io, [source])]
    if isinstance(data, OSError):
        verb = "read error" if data.errno == 21 else "open failed"
        raise _Wrong(f"{verb}: {source}: {data.strerror}")
    names = [name.decode("utf-8", "surrogateescape") for name in lines(data, b"\0")]
    if not names:
        raise _Wrong(f"no input from {quoted(source)}")
    for number, name in enumerate(names, 1):
        if not name:
            raise _Wrong(f"{source}:{number}: invalid zero-length file name")
        if name == source == "-":
            raise _Wrong(f"when reading file names from stdin, no file name of {quoted('-')} allowed")
    return names


async def _read(call: Call, io: Io, parsed: Parsed, names: list[str]) -> Any:
    async for name, data in fed(call, io, names):
        if isinstance(data, OSError):
            raise _Wrong(f"{'read failed' if data.errno == 21 else 'cannot read'}: {name}: {data.strerror}")
        yield name, lines(data, b"\0" if "zero-terminated" in parsed else b"\n")


def _order(call: Call, parsed: Parsed, keys: list[Key], tab: bytes | None) -> Callable[[bytes], Any]:
    """What gives what is compared of a line: its keys, and at last all of it."""
    salt = chance(call, parsed.value("random-source")).randbytes(16)
    makers = [key.maker(tab, salt) for key in keys]
    if not keys or not ("stable" in parsed or "unique" in parsed):
        last = Key(letters=frozenset({"r"}) if "reverse" in parsed else frozenset())
        makers.append(last.maker(None, salt))
    if len(makers) == 1:
        return makers[0]
    return lambda row: tuple(make(row) for make in makers)


def _sorted(parsed: Parsed, files: list[list[bytes]], order: Callable[[bytes], Any]) -> Iterator[bytes]:
    """The lines of all files in their order; of those that are equal only one, where that is asked."""
    merged = "merge" in parsed
    rows = heapq.merge(*files, key=order) if merged else iter(sorted((row for one in files for row in one), key=order))
    if "unique" not in parsed:
        yield from rows
        return
    before: Any = None
    for number, row in enumerate(rows):
        now = order(row)
        if not number or now != before:
            yield row
        before = now


async def _checked(
    io: Io, parsed: Parsed, file: tuple[str, list[bytes]], order: Callable[[bytes], Any], *, aloud: bool
) -> int:
    name, rows = file
    made = [order(row) for row in rows]
    for number, (one, other) in enumerate(pairwise(made), 2):
        if other < one or (other == one and "unique" in parsed):
            if aloud:
                await io.err(f"sort: {name}:{number}: disorder: ".encode() + rows[number - 1] + b"\n")
            return 1
    return 0


async def _written(call: Call, io: Io, parsed: Parsed, rows: list[bytes]) -> int:
    end = b"\0" if "zero-terminated" in parsed else b"\n"
    text, to = b"".join(row + end for row in rows), parsed.value("output")
    if to is None:
        await io.out(text)
        return 0
    try:
        if not call.machine.files.is_dir(posixpath.dirname(call.path(to))):
            raise FileNotFoundError(2, "No such file or directory")
        with call.acting():
            call.machine.files.write(call.path(to), text)
    except OSError as err:
        raise _Wrong(f"open failed: {to}: {err.strerror}") from err
    return 0
