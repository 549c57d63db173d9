"""What a compiler of the machine makes: a binary that carries its sources, so that whoever runs it knows what it does.

The file begins as an executable of x86-64 begins (System V ABI, AMD64 supplement, and the ELF-64 object file format)
and has the size of a small one; a copy of it, moved or kept in an archive, is still the same program.
"""

from __future__ import annotations

import json
import posixpath
import re
import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

from llm_kernel.machine import Machine
from llm_kernel.plan.foreign import Tongue, tongue_of
from llm_kernel.plan.foreign.clean import broken
from llm_kernel.shell.call import Call

__all__ = ["COMPILERS", "Build", "Unit", "build", "gathered", "put", "release", "settle", "units", "wanted"]

_MARK = b"\0.note.imagined\0"
_MOST = 4_000_000
"""The most bytes that the sources of one binary hold together."""


@dataclass(frozen=True, slots=True)
class Unit:
    """A source that went into a binary."""

    name: str
    text: str

    @property
    def tongue(self) -> Tongue | None:
        """Its language."""
        return tongue_of(self.name)


def build(made_of: Sequence[Unit], compiler: str, *, size: int, linked: bool = True) -> bytes:
    """A binary of at least ``size`` bytes; ``linked``: a program, else an object file."""
    head = b"\x7fELF\x02\x01\x01" + bytes(9) + struct.pack("<HHIQQQIHHHHHH", 3 if linked else 1, 62, 1, 0x1060 * linked,
        64 * linked, size, 0, 64, 56 * linked, 13 * linked, 64, 31, 30)  # fmt: skip
    loader = b"/lib64/ld-linux-x86-64.so.2\0libc.so.6\0__libc_start_main\0GLIBC_2.2.5\0" if linked else b""
    names = b"".join(unit.name.encode() + b"\0" for unit in made_of)
    held = zlib.compress(json.dumps([[unit.name, unit.text] for unit in made_of]).encode(), 9)
    body = head + loader + f"GCC: {compiler}\0".encode() + names
    tail = _MARK + struct.pack("<I", len(held)) + held
    return body + bytes(max(0, size - len(body) - len(tail))) + tail


def units(data: bytes) -> tuple[Unit, ...]:
    """The sources that a binary was made of; empty where it is none of ours, or damaged."""
    at = data.rfind(_MARK) if data.startswith(b"\x7fELF") else -1
    if at < 0:
        return ()
    try:
        (length,) = struct.unpack_from("<I", data, at + len(_MARK))
        start = at + len(_MARK) + 4
        reader = zlib.decompressobj()
        said = json.loads(reader.decompress(data[start : start + length], _MOST))
        found = tuple(Unit(name, held) for name, held in said if isinstance(name, str) and isinstance(held, str))
    except (struct.error, zlib.error, ValueError, TypeError, RecursionError):
        return ()
    return found if len(found) == len(said) else ()


@dataclass(frozen=True, slots=True)
class Build:
    """What a compiler is called to do: make ``output`` of ``inputs``, linked or not."""

    inputs: tuple[str, ...]
    output: str
    linked: bool
    libraries: tuple[str, ...] = ()
    warned: bool = False
    """Whether it is asked to warn of more than it does by itself."""
    odd: bool = False
    """Whether it is asked to read the sources in another way than it does by itself."""
    optimised: bool = False
    folders: tuple[str, ...] = ()
    """Where it looks for headers beside a source's own folder."""


COMPILERS = frozenset(["gcc", "g++", "cc", "c++", "clang", "clang++"])
_VALUED = frozenset(["-o", "-x", "-I", "-L", "-D", "-U", "-include", "-MF", "-MT", "-isystem"])
_ERROR = re.compile(r"\berror: |ld returned 1 exit status|undefined reference")
_WARNINGS = frozenset(["-Wall", "-Wextra", "-Werror", "-pedantic", "-W"])
_INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]+"([^"\n]+)".*$', re.MULTILINE)
_DEEPEST = 20
_NO_BINARY = frozenset(["-E", "-S", "-M", "-MM", "-fsyntax-only", "--help", "--version", "-v", "-dumpversion", "-###"])


def wanted(call: Call) -> Build | None:
    """The binary that ``call`` is to make; None where it is no compiler's, or makes none."""
    if call.name.rpartition("/")[2] not in COMPILERS or _NO_BINARY & set(call.args):
        return None
    inputs: list[str] = []
    output = ""
    folders: list[str] = []
    rest = list(call.args)
    while rest:
        word = rest.pop(0)
        if word in _VALUED:
            value = rest.pop(0) if rest else ""
            output = value if word == "-o" else output
            folders += [value] if word == "-I" else []
        elif not word.startswith("-"):
            inputs.append(word)
        elif word.startswith("-o"):
            output = word[2:]
        elif word.startswith("-I"):
            folders.append(word[2:])
    linked = "-c" not in call.args and "-shared" not in call.args
    if "-c" in call.args and not output and len(inputs) == 1:
        output = posixpath.splitext(posixpath.basename(inputs[0]))[0] + ".o"
    if not inputs or (len(inputs) > 1 and "-c" in call.args):
        return None
    return Build(
        tuple(inputs),
        output or "a.out",
        linked,
        tuple(word[2:] for word in call.args if word.startswith("-l")),
        any(word in _WARNINGS for word in call.args),
        any(
            word.startswith(("-W", "-f", "-D", "-U", "-include", "-x")) and word not in _WARNINGS for word in call.args
        ),
        any(word.startswith("-O") and word != "-O0" for word in call.args),
        tuple(folders),
    )


def gathered(call: Call, build_: Build) -> tuple[Unit, ...] | None:
    """The sources of a build, those of object files too; None where one is not there or no text."""
    found: list[Unit] = []
    files = call.machine.files
    for name in build_.inputs:
        path = call.path(name)
        try:
            data = b"" if files.is_sized(path) else files.read(path)
        except OSError:
            return None
        if held := units(data):
            found += held
        elif tongue_of(name) in ("c", "cpp") and b"\0" not in data:
            text = data.decode("utf-8", "replace")
            found.append(Unit(name, _included(call, text, posixpath.dirname(path), build_.folders)))
        else:
            return None
    return tuple(found)


def _included(call: Call, text: str, folder: str, others: Sequence[str], depth: int = 0) -> str:
    """A source with the machine's own headers in their places; one that is not there stays as it is named."""
    files = call.machine.files

    def held(found: re.Match[str]) -> str:
        for place in (folder, *map(call.path, others)):
            path = posixpath.normpath(posixpath.join(place, found[1]))
            if files.exists(path) and not files.is_dir(path) and not files.is_sized(path):
                inner = files.read(path).decode("utf-8", "replace")
                return _included(call, inner, posixpath.dirname(path), others, depth + 1)
        return found[0]

    made = _INCLUDE.sub(held, text) if depth < _DEEPEST else text
    return made if len(made) <= _MOST else text


def put(call: Call, build_: Build, made_of: Sequence[Unit]) -> None:
    """Write the binary of a build that went well.

    Raises:
        OSError: where it cannot be written.
    """
    machine = call.machine
    major = release(machine)
    size = (8_304 if major < 9 else 16_696 if major < 11 else 15_960) if build_.linked else 1_688
    words = sum(len(unit.text) for unit in made_of)
    data = build(made_of, machine.system.profile.compiler, size=size + max(0, words - 2_000), linked=build_.linked)
    path = call.path(build_.output)
    machine.files.write(path, data)
    if build_.linked:
        machine.files.chmod(path, 0o777 & ~machine.files.umask)


def release(machine: Machine) -> int:
    """The first number of the version of the system's compiler."""
    found = re.search(r"\b(\d+)\.\d+", machine.system.profile.compiler)
    return int(found[1]) if found else 11


def settle(call: Call, said: str, status: int) -> int:
    """Let a compiler that somebody played do its work: the binary is there unless it ``said`` an error; its status."""
    asked = wanted(call)
    if asked is None or status:
        return status
    made_of = gathered(call, asked)
    if made_of is None:
        return 1 if _ERROR.search(said) else status
    if _ERROR.search(said) or any(unit.tongue == "c" and broken(unit.text) for unit in made_of):
        return 1
    try:
        put(call, asked, made_of)
    except OSError:
        return 1
    return 0
