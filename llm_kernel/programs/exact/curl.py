"""``curl``: files of the web that are no pages, and all that a server on this machine has; pages are the model's."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from packaging.version import Version

from llm_kernel.machine.served import Reply
from llm_kernel.programs.downloads import Download, asked, whole
from llm_kernel.programs.table import NotExact, live
from llm_kernel.programs.targets import curl_fails, curl_release, is_here, target_of
from llm_kernel.shell.call import Call, Io
from llm_kernel.shell.lead import TTY

__all__ = ["curl"]

_FLAGS = {
    "silent": "s",
    "show-error": "S",
    "fail": "f",
    "include": "i",
    "head": "I",
    "location": "L",
    "remote-name": "O",
    "insecure": "k",
}
_VALUED = {"output": "o", "write-out": "w", "request": "X", "max-time": "m"}
_METER = """\
  % Total    % Received % Xferd  Average Speed   Time    Time     Time  Current
                                 Dload  Upload   Total   Spent    Left  Speed
"""
_BODY = 16384
"""Bytes that curl hands on at once."""


@dataclass(slots=True)
class _Wish:
    """What a client is asked for: letters without a value, those with one, and the address."""

    flags: set[str] = field(default_factory=set)
    values: dict[str, str] = field(default_factory=dict)
    url: str = ""

    @property
    def file(self) -> str:
        """The file to write, empty for the screen."""
        return posixpath.basename(urlsplit(self.url).path) if "O" in self.flags else self.values.get("o", "")


@live("curl", needs="package:curl")
async def curl(call: Call, io: Io) -> int:
    """Fetch what is at one address."""
    wish = _read(call)
    head = "I" in wish.flags
    if not is_here(call, target_of(wish.url)[0]) and (not wish.file or wish.file == "-" or wish.flags & {"i", "I"}):
        raise NotExact(call.name)  # what a page of the web says
    method = wish.values.get("X") or ("HEAD" if head else "GET")
    one = await asked(call, io, wish.url, method, follows="L" in wish.flags, said=True)
    metered = "s" not in wish.flags and bool(wish.file or "1" not in call.env.get(TTY, "1"))
    if "f" in wish.flags and one.reply.status >= 400:
        shown = f" {one.reply.reason}" if curl_release(call) < Version("7.76") else ""
        await io.err(f"{_METER}{_row(0, 0.0)}{_row(0, one.before)}\n" if metered else "")
        return await _fails(call, io, 22, f"The requested URL returned error: {one.reply.status}{shown}")
    return await _receive(call, io, wish, one, metered=metered)


def _read(call: Call) -> _Wish:
    """The command line taken apart.

    Raises:
        NotExact: for one that asks for more.
    """
    wish, words, urls = _Wish(), list(call.args), list[str]()
    while words:
        word = words.pop(0)
        if word.startswith("--"):
            name, joined, _ = word[2:].partition("=")
            if name in _FLAGS and not joined:
                wish.flags.add(_FLAGS[name])
            elif name in _VALUED and words:
                wish.values[_VALUED[name]] = words.pop(0)
            else:
                raise NotExact(call.name)
        elif word.startswith("-") and len(word) > 1:
            for at, letter in enumerate(word[1:], 2):
                if letter in _VALUED.values():
                    wish.values[letter] = word[at:] or (words.pop(0) if words else "")
                    break
                if letter not in _FLAGS.values():
                    raise NotExact(call.name)
                wish.flags.add(letter)
        else:
            urls.append(word)
    if len(urls) != 1:
        raise NotExact(call.name)
    wish.url = whole(call, urls[0])
    return wish


async def _fails(call: Call, io: Io, status: int, why: str) -> int:
    said = curl_fails(call, status, why)
    await io.err(said.stderr)
    return said.status


async def _receive(call: Call, io: Io, wish: _Wish, one: Download, *, metered: bool) -> int:
    """Hand on what the server sends."""
    bare = wish.values.get("X") == "HEAD" or "I" in wish.flags
    heads = "".join(reply.head for reply in one.replies) if wish.flags & {"i", "I"} else ""
    size = 0 if bare else one.reply.size
    if not wish.file and not bare and one.body(call) is None:
        raise NotExact(call.name)  # more than anybody holds
    told = _written(wish.values.get("w", ""), one.reply)
    await io.err(_METER + _row(0, 0.0) if metered else "")
    if wish.file:
        try:
            one.land(call, wish.file, heads)
        except OSError as error:
            return await _unwritten(call, io, wish, error, size)
    await io.strand.sleep(one.seconds)
    await io.err(f"{_row(size, one.before + one.seconds)}\n" if metered else "")
    if not wish.file:
        await io.out(heads.encode() + (b"" if bare else one.body(call) or b""))
    await io.out(told)
    return 0


async def _unwritten(call: Call, io: Io, wish: _Wish, error: OSError, size: int) -> int:
    old = curl_release(call) < Version("7.75")
    if "s" not in wish.flags:
        await io.err(f"\nWarning: Failed to {'create' if old else 'open'} the file {wish.file}: {error.strerror}\n")
    why = f"Failed writing body (0 != {min(size, _BODY)})" if old else "Failure writing output to destination"
    return await _fails(call, io, 23, why)


def _row(size: int, seconds: float) -> str:
    """A row of the meter, drawn over the one before: nothing yet, or all of ``size`` bytes after ``seconds``."""
    speed = _five(int(size / seconds)) if seconds else "0"
    part, spent = f"{100 if size else 0:3} {_five(size):>5}", _clock(seconds)
    return f"\r{part}  {part}    0     0  {speed:>5}      0 {spent} {spent} --:--:-- {speed:>5}"


def _clock(seconds: float) -> str:
    passed = int(seconds)
    return f"{passed // 3600:2}:{passed // 60 % 60:02}:{passed % 60:02}" if passed else "--:--:--"


def _five(amount: int) -> str:
    """An amount of bytes in at most five characters, as curl's meter has room for."""
    if amount < 100_000:
        return str(amount)
    if amount < 10_000 * 1024:
        return f"{amount // 1024}k"
    if amount < 100 * 1024**2:
        return f"{amount // 1024**2}.{amount % 1024**2 * 10 // 1024**2}M"
    return f"{amount // 1024**2}M" if amount < 10_000 * 1024**2 else f"{amount // 1024**3}G"


def _written(form: str, reply: Reply) -> str:
    """What ``-w`` shows.

    Raises:
        NotExact: for what is not known here.
    """
    code, kind = f"{reply.status:03d}", reply.headers.get("Content-type") or reply.headers.get("Content-Type", "")
    known = {"http_code": code, "response_code": code, "size_download": f"{reply.size}", "content_type": kind}
    text = re.sub(r"%\{(\w+)\}", lambda found: known.get(found[1], "\0"), form)
    if "\0" in text:
        raise NotExact("curl")
    return text.replace("\\n", "\n").replace("\\t", "\t")
