"""``base64``, ``base32`` and ``basenc``: bytes as letters, and back as far as the letters are good."""

from __future__ import annotations

import base64
import contextlib
import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from llm_kernel.programs.feeding import fed, tell
from llm_kernel.programs.options import Options
from llm_kernel.programs.quoting import said
from llm_kernel.programs.table import live
from llm_kernel.shell.call import Answer, Call, Io

__all__ = ["basenc"]

_COMMON = "d,decode i,ignore-garbage w,wrap="
_KINDS = "base64 base64url base32 base32hex base16 base2msbf base2lsbf z85"
_SIMON = "Simon Josefsson"
_OPTIONS = {
    "base64": Options(_COMMON, usage="[OPTION]... [FILE]", about="Base64 encode or decode FILE.", authors=_SIMON),
    "base32": Options(_COMMON, usage="[OPTION]... [FILE]", about="Base32 encode or decode FILE.", authors=_SIMON),
    "basenc": Options(
        f"{_KINDS} {_COMMON}",
        usage="[OPTION]... [FILE]",
        about="basenc encode or decode FILE.",
        authors=f"{_SIMON} and Assaf Gordon",
    ),
}
_WRAP = "76"
_UPPER = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_LETTERS = {
    "base64": f"{_UPPER}{_UPPER.lower()}0123456789+/",
    "base64url": f"{_UPPER}{_UPPER.lower()}0123456789-_",
    "base32": f"{_UPPER}234567",
    "base32hex": f"0123456789{_UPPER[:22]}",
    "base16": "0123456789ABCDEF",
    "base2msbf": "01",
    "base2lsbf": "01",
}
_Z85 = f"0123456789{_UPPER.lower()}{_UPPER}.-:+=^!/*?&<>()[]{{}}@%$#"


@dataclass(frozen=True, slots=True)
class _Base:
    """Letters of so many bits each; a group of them holds whole bytes and is filled up with ``=``."""

    letters: str
    bits: int
    group: int
    backwards: bool = False

    def encoded(self, data: bytes) -> str:
        if self.backwards:
            return "".join(f"{byte:08b}"[::-1] for byte in data)
        count = -(-len(data) * 8 // self.bits)
        number = int.from_bytes(data, "big") << (count * self.bits - len(data) * 8)
        binary = f"{number:0{count * self.bits}b}" if data else ""
        text = "".join(self.letters[int(binary[at : at + self.bits], 2)] for at in range(0, len(binary), self.bits))
        return text + "=" * (-len(text) % self.group)

    def decoded(self, text: str) -> tuple[bytes, bool]:
        """The bytes of the letters that are good, and whether all were."""
        done = bytearray()
        for at in range(0, len(text), self.group):
            piece = text[at : at + self.group]
            bare = piece.rstrip("=")
            good = next((n for n, letter in enumerate(bare) if letter not in self.letters), len(bare))
            bits = "".join(f"{self.letters.index(letter):0{self.bits}b}" for letter in bare[:good])
            order = -1 if self.backwards else 1
            done += bytes(int(bits[n : n + 8][::order], 2) for n in range(0, len(bits) - 7, 8))
            if good < len(bare) or len(piece) < self.group or not self._fills(len(bare)):
                return bytes(done), False
        return bytes(done), True

    def _fills(self, count: int) -> bool:
        """Whether so many letters of a group stand for whole bytes."""
        return count > 0 and count * self.bits % 8 < self.bits


_BASES = {
    "base64": _Base(_LETTERS["base64"], 6, 4),
    "base64url": _Base(_LETTERS["base64url"], 6, 4),
    "base32": _Base(_LETTERS["base32"], 5, 8),
    "base32hex": _Base(_LETTERS["base32hex"], 5, 8),
    "base16": _Base(_LETTERS["base16"], 4, 2),
    "base2msbf": _Base(_LETTERS["base2msbf"], 1, 8),
    "base2lsbf": _Base(_LETTERS["base2lsbf"], 1, 8, backwards=True),
}
_QUICK: dict[str, Callable[[bytes], bytes]] = {
    "base64": base64.b64encode,
    "base64url": base64.urlsafe_b64encode,
    "base32": base64.b32encode,
    "base16": base64.b16encode,
}

_BACK: dict[str, Callable[[str], bytes]] = {
    "base64": lambda text: base64.b64decode(text, validate=True),
    "base32": base64.b32decode,
}
"""Faster than letter by letter, and only for what is good as a whole."""


@live("base64", "base32", "basenc")
async def basenc(call: Call, io: Io) -> int:
    """Encode or decode one file."""
    name = call.name.rpartition("/")[2]
    call, options = replace(call, name=name), _OPTIONS[name]  # it stands behind the shell's own
    parsed = options.parse(call)
    if isinstance(parsed, Answer):
        return await tell(io, parsed)
    kind = parsed.last(*_KINDS.split()) if name == "basenc" else name
    if not kind:
        return await tell(io, options.refuse(call, "missing encoding type"))
    wrap = parsed.value("wrap") or _WRAP
    if not wrap.isdecimal():
        return await tell(io, Answer(stderr=f"{name}: invalid wrap size: {said(wrap, call.env)}\n", status=1))
    if len(parsed.operands) > 1:
        return await tell(io, options.refuse(call, f"extra operand {said(parsed.operands[1], call.env)}"))
    data = b""
    async for given, found in fed(call, io, parsed.operands):
        if isinstance(found, OSError):
            which = "read error" if isinstance(found, IsADirectoryError) else given
            return await tell(io, Answer(stderr=f"{name}: {which}: {found.strerror}\n", status=1))
        data = found
    if "decode" in parsed:
        decoded, wrong = _decoded(kind, data, garbage="ignore-garbage" in parsed)
        await io.out(decoded)
        return await tell(io, Answer(stderr=f"{name}: {wrong}\n", status=1)) if wrong else 0
    if kind == "z85" and len(data) % 4:
        said_of = "invalid input (length must be multiple of 4 characters)"
        return await tell(io, Answer(stderr=f"{name}: {said_of}\n", status=1))
    await io.out(_wrapped(_encoded(kind, data), int(wrap)))
    return 0


def _encoded(kind: str, data: bytes) -> str:
    if kind == "z85":
        return base64.b85encode(data).decode().translate(_TO_Z85)
    return _QUICK[kind](data).decode() if kind in _QUICK else _BASES[kind].encoded(data)


def _decoded(kind: str, data: bytes, *, garbage: bool) -> tuple[bytes, str]:
    """The bytes that the letters stand for, and what is wrong with the rest."""
    text = data.decode("latin-1").replace("\n", "")
    if garbage:
        letters = _Z85 if kind == "z85" else _BASES[kind].letters + "="
        text = "".join(letter for letter in text if letter in letters)
    if kind == "z85":
        good = re.match(rf"(?:[{re.escape(_Z85)}]{{5}})*", text)
        assert good is not None, "it matches nothing at all, too"
        return base64.b85decode(good[0].translate(_FROM_Z85)), "" if good[0] == text else "invalid input"
    if kind in _BACK:
        with contextlib.suppress(ValueError):
            return _BACK[kind](text), ""
    decoded, whole = _BASES[kind].decoded(text)
    return decoded, "" if whole else "invalid input"


def _wrapped(text: str, width: int) -> str:
    if not width:
        return text
    return "".join(f"{text[at : at + width]}\n" for at in range(0, len(text), width))


_B85 = f"0123456789{_UPPER}{_UPPER.lower()}!#$%&()*+-;<=>?@^_`{{|}}~"
_TO_Z85, _FROM_Z85 = str.maketrans(_B85, _Z85), str.maketrans(_Z85, _B85)
