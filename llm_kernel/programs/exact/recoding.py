"""``iconv``: text from one encoding into another."""

from __future__ import annotations

import codecs
import unicodedata

from llm_kernel.programs.feeding import fed, tell
from llm_kernel.programs.options import Options
from llm_kernel.programs.table import NotExact, live
from llm_kernel.shell.call import Answer, Call, Io

__all__ = ["iconv"]

_ICONV = Options(
    "f,from-code= t,to-code= l,list c o,output= s,silent verbose",
    usage="[OPTION...] [FILE...]",
    about="Convert encoding of given files from one encoding to another.",
)
_UNKNOWN = "iconv: failed to start conversion processing: No such file or directory\n"
_GNU_HINT = "Try 'iconv --help' for more information.\n"
_HINT = "Try `iconv --help' or `iconv --usage' for more information.\n"
_OF_BYTES = frozenset(
    "base64 bz2 hex quopri rot13 uu zlib idna punycode undefined unicode-escape raw-unicode-escape".split()
)
"""Codecs of Python's that are no encodings of texts, or no others' encodings."""

_NEAR = {
    "“": '"', "”": '"', "„": ",,", "‘": "'", "’": "'", "‚": ",", "–": "-", "—": "--", "…": "...", "€": "EUR",
    "ß": "ss", "œ": "oe", "Œ": "OE", "Ø": "O", "ø": "o", "æ": "ae", "Æ": "AE", "©": "(C)", "®": "(R)", "™": "(TM)",
    "«": "<<", "»": ">>", "•": "o", "×": "x", "đ": "d", "Đ": "D", "ł": "l", "Ł": "L", "\u00a0": " ", "−": "-",
}  # fmt: skip
"""What stands for a letter that an encoding lacks; others lose their marks."""


@live("iconv")
async def iconv(call: Call, io: Io) -> int:
    """Write the files in another encoding, up to the first byte that has no place in it."""
    parsed = _ICONV.parse(call)
    if isinstance(parsed, Answer):
        return await tell(io, Answer(parsed.stdout, str(parsed.stderr).replace(_GNU_HINT, _HINT), parsed.status))
    if "list" in parsed:
        raise NotExact("iconv --list")
    source = _codec(parsed.value("from-code") or _own(call))
    wanted, _, how = (parsed.value("to-code") or _own(call)).partition("//")
    target = _codec(wanted)
    if source is None or target is None:
        return await tell(io, Answer(stderr=_UNKNOWN, status=1))
    drops = "c" in parsed or "IGNORE" in how.upper()
    done, status, begun = bytearray(), 0, False
    async for name, data in fed(call, io, parsed.operands):
        if isinstance(data, OSError):
            await io.err(f"iconv: cannot open input file `{name}': {data.strerror}\n")
            status = 1
            continue
        text, at = _read(data, source, drops=drops)
        written, wrong = _written(text, target, near="TRANSLIT" in how.upper(), drops=drops, begun=begun)
        done += written
        begun = begun or bool(text)
        at = len(text[:wrong].encode(source)) if wrong >= 0 else at
        if at >= 0:
            await _out(call, io, bytes(done), parsed.value("output"))
            await io.err(f"iconv: illegal input sequence at position {at}\n")
            return 1
    await _out(call, io, bytes(done), parsed.value("output"))
    return status


async def _out(call: Call, io: Io, data: bytes, name: str | None) -> None:
    if name is None:
        await io.out(data)
    else:
        call.machine.files.write(call.path(name), data)


def _own(call: Call) -> str:
    locale = call.env.get("LC_ALL") or call.env.get("LC_CTYPE") or call.env.get("LANG") or ""
    return locale.partition(".")[2] or "ascii"


def _codec(name: str) -> str | None:
    """Python's name of an encoding; None for one that is not known, or is none of texts."""
    try:
        found = codecs.lookup(name.partition("//")[0])
    except LookupError:
        return None
    return found.name if found.name not in _OF_BYTES else None


def _read(data: bytes, codec: str, *, drops: bool) -> tuple[str, int]:
    """The text, and where it is none any more; -1 for nowhere."""
    try:
        return data.decode(codec, "ignore" if drops else "strict"), -1
    except UnicodeDecodeError as err:
        return data[: err.start].decode(codec), err.start


def _written(text: str, codec: str, *, near: bool, drops: bool, begun: bool) -> tuple[bytes, int]:
    """The bytes, and which letter has no place among them; -1 for none."""
    if begun and codec in ("utf-16", "utf-32"):  # the mark of their order stands once
        codec += "-le"
    if near:
        text = "".join(_near(letter, codec) for letter in text)
    try:
        return text.encode(codec, "ignore" if drops else "strict"), -1
    except UnicodeEncodeError as err:
        return text[: err.start].encode(codec), err.start


def _near(letter: str, codec: str) -> str:
    try:
        letter.encode(codec)
    except UnicodeEncodeError:
        bare = "".join(part for part in unicodedata.normalize("NFKD", letter) if not unicodedata.combining(part))
        return _NEAR.get(letter) or (bare if bare.isascii() and bare else "?")
    return letter
