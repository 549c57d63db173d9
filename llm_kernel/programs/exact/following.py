"""``tail -f``: the end of files, and then what is added to them as the machine's time passes."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from llm_kernel.programs.quoting import quoted
from llm_kernel.programs.repeating import Beat
from llm_kernel.programs.table import NotExact, live
from llm_kernel.shell.call import Call, Io

__all__ = ["tail"]


@dataclass(slots=True)
class _Wish:
    lines: int = 10
    whole: bool = False
    bytes: bool = False
    retry: bool = False
    quiet: bool = False
    interval: float = 1.0
    pid: int = 0
    names: list[str] = field(default_factory=list)


@live("tail")
async def tail(call: Call, io: Io) -> int:
    """Follow files until an interrupt, or until nothing is left that could add to them."""
    wish = _read(call.args)
    files = call.machine.files
    if not wish.names:
        raise NotExact(call.name)
    status = 0
    seen: dict[str, int] = {}
    last = ""
    for name in wish.names:
        path = call.path(name)
        if not files.exists(path) or files.is_dir(path):
            status = 1
            word = "error reading" if files.exists(path) else "cannot open"
            why = "Is a directory" if files.exists(path) else "No such file or directory"
            await io.err(f"tail: {word} {quoted(name)}{' for reading' * (word[0] == 'c')}: {why}\n")
            if not wish.retry:
                continue
            seen[name] = 0
            continue
        data = files.read(path)
        await _show(io, wish, name, _end(data, wish), first=True, last=last)
        last = name
        seen[name] = len(data)
    if not seen:
        await io.err("tail: no files remaining\n")
        return 1
    beat = Beat(call, io, wish.interval)
    while await beat.again():
        for name in seen:
            path = call.path(name)
            data = files.read(path) if files.exists(path) and not files.is_sized(path) else b""
            if len(data) < seen[name]:
                await io.err(f"tail: {name}: file truncated\n")
                seen[name] = 0
            if len(data) > seen[name]:
                await _show(io, wish, name, data[seen[name] :], first=False, last=last)
                last, seen[name] = name, len(data)
        if wish.pid and wish.pid not in call.machine.processes.table:
            return status
    await io.err(f"tail: {beat.reason}\n")
    return status


async def _show(io: Io, wish: _Wish, name: str, data: bytes, *, first: bool, last: str) -> None:
    if len(wish.names) > 1 and not wish.quiet and name != last:
        await io.out(f"{'' if first and not last else chr(10)}==> {name} <==\n")
    await io.out(data)


def _end(data: bytes, wish: _Wish) -> bytes:
    if wish.bytes:
        return data[max(0, wish.lines - 1) :] if wish.whole else data[len(data) - min(wish.lines, len(data)) :]
    rows = data.splitlines(keepends=True)
    return b"".join(rows[max(0, wish.lines - 1) :] if wish.whole else rows[max(0, len(rows) - wish.lines) :])


def _read(args: tuple[str, ...]) -> _Wish:
    wish, rest = _Wish(), list(args)
    follows = False
    while rest:
        word = rest.pop(0)
        if found := re.fullmatch(r"-(\d+)([fF]?)", word):
            wish.lines, follows = int(found[1]), follows or bool(found[2])
        elif word.startswith("--"):
            name, _, value = word.partition("=")
            if name in ("--follow", "--retry"):
                follows, wish.retry = follows or name == "--follow", wish.retry or name == "--retry" or value == "name"
            elif name in ("--lines", "--bytes", "--sleep-interval", "--pid"):
                _value(wish, {"l": "n", "b": "c", "s": "s", "p": "p"}[name[2]], value or (rest.pop(0) if rest else ""))
            elif name in ("--quiet", "--silent"):
                wish.quiet = True
            else:
                raise NotExact("tail")
        elif word.startswith("-") and len(word) > 1:
            letters = word[1:]
            while letters:
                letter, letters = letters[0], letters[1:]
                if letter in "fF":
                    follows, wish.retry = True, wish.retry or letter == "F"
                elif letter == "q":
                    wish.quiet = True
                elif letter in "ncs":
                    _value(wish, letter, letters or (rest.pop(0) if rest else ""))
                    letters = ""
                elif letter != "v":
                    raise NotExact("tail")
        else:
            wish.names.append(word)
    if not follows:
        raise NotExact("tail")
    return wish


def _value(wish: _Wish, letter: str, text: str) -> None:
    if letter == "s" and re.fullmatch(r"\d+(\.\d+)?", text):
        wish.interval = max(0.1, float(text))
    elif letter == "p" and text.isdigit():
        wish.pid = int(text)
    elif letter in "nc" and (found := re.fullmatch(r"([+-]?)(\d+)([fF]?)", text)):
        wish.whole, wish.lines, wish.bytes = found[1] == "+", int(found[2]), letter == "c"
    else:
        raise NotExact("tail")
