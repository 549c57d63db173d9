"""``openssl``: digests, base64, chance and primes; everything with a key or a connection is not computed."""

from __future__ import annotations

import base64
import hashlib
import hmac
import random
import re
from collections.abc import Sequence
from zlib import crc32

from llm_kernel.machine import archive
from llm_kernel.programs.feeding import fed, tell
from llm_kernel.programs.table import NotExact, live
from llm_kernel.shell.call import Answer, Call, Io

__all__ = ["openssl"]

_DIGESTS = {
    "md5": "MD5",
    "sha1": "SHA1",
    "sha224": "SHA2-224",
    "sha256": "SHA2-256",
    "sha384": "SHA2-384",
    "sha512": "SHA2-512",
}
"""What each calls itself where it reads its input; of a file it says ``SHA256``."""

_MOST, _LARGEST = 10_000_000, 1 << 40
"""Bytes of chance that are drawn, and the largest number that is looked at."""

_LINE = 64


@live("openssl", needs="package:openssl")
async def openssl(call: Call, io: Io) -> int:
    """Answer what needs no key."""
    command, *args = call.args or ("",)
    if command in _DIGESTS or command in ("dgst", "sha"):
        return await _digest(call, io, command, args)
    if command == "base64" or (command == "enc" and {"-base64", "-a"} & set(args)):
        return await _base64(call, io, [arg for arg in args if arg not in ("-base64", "-a")])
    if command == "rand":
        return await _rand(call, io, args)
    if command == "prime" and args and all(arg.isdecimal() and int(arg) < _LARGEST for arg in args):
        lines = [f"{int(arg):X} ({arg}) is {'' if _prime(int(arg)) else 'not '}prime\n" for arg in args]
        return await tell(io, Answer("".join(lines)))
    raise NotExact(f"openssl {command}")


async def _digest(call: Call, io: Io, command: str, args: Sequence[str]) -> int:
    names, flags, key = list[str](), set[str](), ""
    words = list(args)
    while words:
        word = words.pop(0)
        if word == "-hmac" and words:
            key = words.pop(0)
        elif word.startswith("-") and word != "-":
            flags.add(word.lstrip("-"))
        else:
            names.append(word)
    chosen = [flag for flag in flags if flag in _DIGESTS] or [command if command in _DIGESTS else "sha256"]
    if flags - set(_DIGESTS) - {"r", "hex", "binary", "c"} or len(chosen) > 1:
        raise NotExact(f"openssl {command}")
    kind = chosen[0]
    package = archive.find("openssl", call.machine.system.profile)
    modern = package is not None and not package.version.startswith("1")
    async for name, data in fed(call, io, names):
        if isinstance(data, OSError):
            raise NotExact(f"openssl {command}")  # it tells of its own source, line by line
        made = hmac.new(key.encode(), data, kind) if key else hashlib.new(kind, data)
        if "binary" in flags:
            await io.out(made.digest())
            continue
        digits = made.hexdigest()
        shown = re.sub(r"(..)(?=.)", r"\1:", digits) if "c" in flags else digits
        label = _DIGESTS[kind] if not names else kind.upper()  # the file's is the older name
        label = f"HMAC-{kind.upper()}" if key else label
        if "r" in flags:
            text = f"{shown} *{name if names else 'stdin'}\n"
        elif names or modern:
            text = f"{label}({name if names else 'stdin'})= {shown}\n"
        else:
            text = f"(stdin)= {shown}\n"
        await io.out(text)
    return 0


async def _base64(call: Call, io: Io, args: Sequence[str]) -> int:
    flags = [arg for arg in args if arg in ("-d", "-A", "-e")]
    rest = [arg for arg in args if arg not in flags]
    if rest and (len(rest) != 2 or rest[0] != "-in"):
        raise NotExact("openssl base64")
    async for _, data in fed(call, io, rest[1:]):
        if isinstance(data, OSError):
            raise NotExact("openssl base64")
        if "-d" in flags:
            await io.out(base64.b64decode(data))
            continue
        text = base64.b64encode(data).decode()
        width = len(text) or 1 if "-A" in flags else _LINE
        end = "" if "-A" in flags else "\n"
        await io.out("".join(f"{text[at : at + width]}{end}" for at in range(0, len(text), width)))
    return 0


async def _rand(call: Call, io: Io, args: Sequence[str]) -> int:
    flags = [arg for arg in args if arg in ("-hex", "-base64")]
    rest = [arg for arg in args if arg not in flags]
    if rest and rest[0].startswith("-"):
        raise NotExact("openssl rand")
    if not rest:
        return 0
    if not rest[0].isdecimal():
        said = f'rand: Can\'t parse "{rest[0]}" as a number\nrand: Use -help for summary.\n'
        return await tell(io, Answer(stderr=said, status=1))
    machine = call.machine
    source = random.Random(crc32(f"{machine.seed} {machine.clock.now} openssl".encode()))
    data = source.randbytes(min(int(rest[0]), _MOST))
    if "-hex" in flags:
        await io.out(f"{data.hex()}\n")
    elif "-base64" in flags:
        text = base64.b64encode(data).decode()
        await io.out("".join(f"{text[at : at + _LINE]}\n" for at in range(0, len(text), _LINE)))
    else:
        await io.out(data)
    return 0


def _prime(number: int) -> bool:
    return number > 1 and all(number % divisor for divisor in range(2, int(number**0.5) + 1))
