"""``wget URL...``: files from the web, with the lines and the dots of GNU Wget 1.19 to 1.21."""

from __future__ import annotations

import getopt
import math
import posixpath
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from random import Random
from urllib.parse import unquote, urlsplit

from llm_kernel.programs.downloads import Download, asked, whole
from llm_kernel.programs.table import NotExact, live
from llm_kernel.programs.targets import target_of
from llm_kernel.shell.call import Call, Io

_SHORT = "qvcO:P:t:T:U:n:"
_LONG = """quiet verbose continue output-document= directory-prefix= tries= timeout= user-agent= inet4-only no-verbose
    no-clobber no-check-certificate show-progress progress= header= no-directories no-cookies no-cache no-proxy
    trust-server-names content-disposition waitretry= retry-connrefused limit-rate=""".split()
_OTHERS = "abdeghijklmoprsxyABDEFGHIKLNQRSVX468"
"""Options that the real program has and this one leaves to the model."""
_USAGE = "Usage: wget [OPTION]... [URL]...\n\nTry `wget --help' for more options.\n"
_DOT, _ROW = 1024, 50
"""Bytes of a dot, and dots of a row."""
_NUMBERS = 10_000
_STEPS = 100
"""In how many pieces at most the time of a download passes."""


@dataclass(slots=True)
class _Wish:
    """The command line: ``loud`` is 2 for all there is to say, 1 for a line a file (``-nv``), 0 for nothing."""

    urls: list[str] = field(default_factory=list)
    file: str = ""
    folder: str = ""
    loud: int = 2
    shown: bool = False
    clobber: bool = True
    goes_on: bool = False


class _Cannot(Exception):  # noqa: N818 - an end, not a fault of ours
    """A command line that wget refuses; with its words and the exit status."""

    def __init__(self, said: str, status: int) -> None:
        super().__init__(said)
        self.said, self.status = said, status


@live("wget", needs="package:wget")
async def wget(call: Call, io: Io) -> int:
    """Fetch each address into a file of its name."""
    try:
        wish = _read(call)
    except _Cannot as refused:
        await io.err(refused.said)
        return refused.status
    ended = [await _fetch(call, io, wish, url) for url in wish.urls]
    return min(filter(None, ended), default=0)


def _read(call: Call) -> _Wish:
    try:
        options, words = getopt.gnu_getopt(list(call.args), _SHORT, _LONG)
    except getopt.GetoptError as error:
        if len(error.opt) != 1 or error.opt in _OTHERS or not error.msg.endswith("not recognized"):
            raise NotExact(call.name) from None
        raise _Cannot(f"wget: invalid option -- '{error.opt}'\n{_USAGE}", 2) from None
    wish = _Wish([whole(call, word) for word in words])
    for option, value in options:
        match option:
            case "-q" | "--quiet":
                wish.loud = 0
            case "--no-verbose":
                wish.loud = 1
            case "-n":
                if set(value) - set("vcd"):
                    raise NotExact(call.name)
                wish.loud = 1 if "v" in value else wish.loud
                wish.clobber = wish.clobber and "c" not in value
            case "--no-clobber":
                wish.clobber = False
            case "-c" | "--continue":
                wish.goes_on = True
            case "-O" | "--output-document":
                wish.file = value
            case "-P" | "--directory-prefix":
                wish.folder = value
            case "--show-progress":
                wish.shown = True
            case "--progress" if ":force" in value:
                raise NotExact(call.name)  # a bar that is drawn anew where nothing is drawn
    if not words:
        raise _Cannot(f"wget: missing URL\n{_USAGE}", 1)
    return wish


async def _fetch(call: Call, io: Io, wish: _Wish, url: str) -> int:
    """Fetch one file; the exit status."""
    name = wish.file or _name(call, wish, url)
    path = call.path(name)
    if not wish.clobber and not wish.file and call.machine.files.exists(path):
        await io.err(f"File ‘{name}’ already there; not retrieving.\n" if wish.loud else "")
        return 0 if wish.loud else 1
    begun = _now(call)
    one = await asked(call, io, url)
    said = f"--{begun}--  {url}\n{_connected(one)}"
    said += f"HTTP request sent, awaiting response... {one.reply.status} {one.reply.reason}\n"
    if one.reply.status >= 400:
        failed = f"{_now(call)} ERROR {one.reply.status}: {one.reply.reason}.\n"
        await io.err(f"{said}{failed}\n" if wish.loud == 2 else f"{url}:\n{failed}" if wish.loud else "")
        return 8
    if wish.goes_on and call.machine.files.exists(path) and call.machine.files.stat(path).size >= one.reply.size:
        said = said.replace("200 OK", "416 Requested Range Not Satisfiable")
        done = "\n    The file is already fully retrieved; nothing to do.\n\n"
        await io.err(f"{said}{done}" if wish.loud == 2 else "")
        return 0
    return await _receive(call, io, wish, one, name, f"{said}{_length(one)}")


async def _receive(call: Call, io: Io, wish: _Wish, one: Download, name: str, said: str) -> int:
    body = one.body(call) if wish.file == "-" else b""
    if body is None:
        raise NotExact(call.name)  # more than anybody holds
    if wish.loud == 2:
        await io.err(f"{said}Saving to: ‘{'STDOUT' if wish.file == '-' else name}’\n\n")
    try:
        if wish.file != "-":
            if wish.folder:
                with call.acting():
                    call.machine.files.mkdir(call.path(wish.folder))
            one.land(call, name)
    except OSError as error:
        why = f"{name}: {error.strerror}\n\nCannot write to ‘{name}’ ({error.strerror}).\n"
        await io.err(why if wish.loud else "")
        return 3
    await _dots(io, one, shown=wish.loud == 2 or wish.shown)
    await io.out(body)
    size = one.reply.size
    if wish.loud == 1:
        await io.err(f'{_now(call)} URL:{one.url} [{size}/{size}] -> "{name}" [1]\n')
    elif wish.loud:
        where = "written to stdout" if wish.file == "-" else f"‘{name}’ saved"
        speed = _scaled(size / one.seconds if one.seconds else 0.0, " ")
        await io.err(f"\n{_now(call)} ({speed.removesuffix('B')}B/s) - {where} [{size}/{size}]\n\n")
    return 0


def _name(call: Call, wish: _Wish, url: str) -> str:
    """What a file is called, another name than those that are there."""
    parts = urlsplit(url)
    base = unquote(posixpath.basename(parts.path)) or "index.html"
    base = (f"{base}?{parts.query}" if parts.query else base).replace("/", "%2F")
    name = posixpath.join(wish.folder, base) if wish.folder else base
    taken = wish.clobber and not wish.goes_on
    for one in (name, *(f"{name}.{number}" for number in range(1, _NUMBERS))) if taken else ():
        if not call.machine.files.exists(call.path(one)):
            return one
    return name


def _now(call: Call) -> str:
    return f"{call.machine.clock.local:%Y-%m-%d %H:%M:%S}"


def _connected(one: Download) -> str:
    """How the server was found."""
    host, port = target_of(one.url)
    if one.addresses == (host,):
        return f"Connecting to {host}:{port}... connected.\n"
    said = f"Resolving {host} ({host})... {', '.join(one.addresses)}\n"
    for address in one.addresses:
        there = "failed: Connection refused." if ":" in address else "connected."
        said += f"Connecting to {host} ({host})|{address}|:{port}... {there}\n"
    return said


def _length(one: Download) -> str:
    size, power = float(one.reply.size), 0
    while size >= 1024 and power < 4:
        size, power = size / 1024, power + 1
    short = f" ({size:.{1 if size < 10 else 0}f}{'KMGT'[power - 1]})" if power else ""
    return f"Length: {one.reply.size}{short} [{one.reply.headers['Content-type'].partition(';')[0]}]\n"


async def _dots(io: Io, one: Download, *, shown: bool) -> None:
    """Let the time of a download pass, with a row of dots for each 50 KB."""
    count = max(1, math.ceil(one.reply.size / (_DOT * _ROW)))
    rows, step = _rows(one), math.ceil(count / _STEPS)
    for first in range(0, count, step):
        await io.strand.sleep(one.seconds * min(step, count - first) / count)
        if shown:
            await io.err("".join(islice(rows, step)))


def _rows(one: Download) -> Iterator[str]:
    chance, whole_row, size = Random(f"rows {one.url}"), _DOT * _ROW, one.reply.size
    for at in range(0, max(size, 1), whole_row):
        got = min(size, at + whole_row)
        dots = "." * ((got - at) // _DOT)
        line = "".join(f" {dots[start : start + 10]:10}" for start in range(0, _ROW, 10))
        share = got / size if size else 1.0
        speed = (size / one.seconds if one.seconds else 0.0) * chance.uniform(0.55, 1.6) * min(1.0, 0.2 + 8 * share)
        left = f" {_short(one.seconds * (1 - share))}" if got < size else f"={_exact(one.seconds)}"
        yield f"{at // _DOT:6}K{line}{int(share * 100):3}% {_scaled(speed):>5}{left}\n"


def _scaled(value: float, unit: str = "") -> str:
    """``1.08M``: three digits, and the letter of their power of 1024 behind ``unit``."""
    power = 0
    while value >= 999.5 and power < 3:
        value, power = value / 1024, power + 1
    digits = 0 if value >= 99.95 else 1 if value >= 9.995 else 2
    return f"{value:.{digits}f}{unit}{'BKMG'[power]}"


def _short(seconds: float) -> str:
    whole = round(seconds)
    return f"{whole}s" if whole < 100 else f"{whole // 60}m{whole % 60}s"


def _exact(seconds: float) -> str:
    if not 0 < seconds < 10:
        return _short(seconds)
    return f"{seconds:.{1 if seconds >= 0.1 else max(1, -math.floor(math.log10(seconds)))}f}s"
