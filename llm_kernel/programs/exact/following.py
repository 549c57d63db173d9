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


@dataclass(slots=True)
class _Followed:
    """A file by its name, how much of it was shown, and which file that was; 0: none was there."""

    name: str
    shown: int = 0
    node: int = 0


@live("tail")
async def tail(call: Call, io: Io) -> int:
    """Follow files until an interrupt, or until nothing is left that could add to them."""
    wish = _read(call.args)
    if not wish.names:
        await io.out(_end(await io.read(), wish))
        return 0
    screen, followed, status = _Screen(io, wish), list[_Followed](), 0
    for name in wish.names:
        path, data = call.path(name), _now(call, name)
        if data is None:
            status = 1
            await io.err(_unread(name, call.machine.files.is_dir(path), wish))
            if not wish.retry or call.machine.files.is_dir(path):
                continue
            followed.append(_Followed(name))
            continue
        await screen.show(name, _end(data, wish))
        followed.append(_Followed(name, len(data), call.machine.files.stat(path).ino))
    if not followed:
        await io.err("tail: no files remaining\n")
        return 1
    beat = Beat(call, io, wish.interval)
    while await beat.again():
        for one in followed:
            await _look(call, io, wish, one, screen)
        if wish.pid and wish.pid not in call.machine.processes.table:
            return status
    await io.err(f"tail: {beat.reason}\n")
    return status


async def _look(call: Call, io: Io, wish: _Wish, one: _Followed, screen: _Screen) -> None:
    """Show what was added to a file; with ``retry`` it is whatever has its name now."""
    data = _now(call, one.name)
    node = 0 if data is None else call.machine.files.stat(call.path(one.name)).ino
    if node != one.node:
        if not wish.retry:
            return  # the file itself is out of sight, and this is another one
        what = "been replaced" if node and one.node else "appeared" if node else "become inaccessible"
        why = ";  following new file" if node else ": No such file or directory"
        await io.err(f"tail: {quoted(one.name)} has {what}{why}\n")
        one.node, one.shown = node, 0
    if data is None:
        return
    if len(data) < one.shown:
        await io.err(f"tail: {one.name}: file truncated\n")
        one.shown = 0
    if len(data) > one.shown:
        await screen.show(one.name, data[one.shown :])
        one.shown = len(data)


def _now(call: Call, name: str) -> bytes | None:
    """What a file holds now, nothing of one that is only a size; None where no file is."""
    files, path = call.machine.files, call.path(name)
    if not files.exists(path) or files.is_dir(path):
        return None
    return b"" if files.is_sized(path) else files.read(path)


def _unread(name: str, folder: bool, wish: _Wish) -> str:
    if not folder:
        return f"tail: cannot open {quoted(name)} for reading: No such file or directory\n"
    end = "" if wish.retry else "; giving up on this name"
    return (
        f"tail: error reading {quoted(name)}: Is a directory\n"
        f"tail: {name}: cannot follow end of this type of file{end}\n"
    )


class _Screen:
    """What is shown of several files, each behind its name."""

    def __init__(self, io: Io, wish: _Wish) -> None:
        self._io = io
        self._named = len(wish.names) > 1 and not wish.quiet
        self._last = ""

    async def show(self, name: str, data: bytes) -> None:
        """Show a piece of a file."""
        if self._named and name != self._last:
            await self._io.out(f"{chr(10) if self._last else ''}==> {name} <==\n")
        self._last = name
        await self._io.out(data)


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
