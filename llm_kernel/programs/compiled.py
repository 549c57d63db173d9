"""What a compiler of the machine makes: a binary that carries its sources, so that whoever runs it knows what it does.

The file begins as an executable begins (``elf``) and has the size of a small one; a copy of it, moved or kept in an
archive, is still the same program.
"""

from __future__ import annotations

import hashlib
import json
import posixpath
import re
import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

from llm_kernel.machine import Machine
from llm_kernel.plan.foreign import Tongue, tongue_of
from llm_kernel.plan.foreign.clean import broken, needs_math
from llm_kernel.programs.elf import Kind, began, stripped
from llm_kernel.shell.call import Call

__all__ = ["COMPILERS", "Build", "Unit", "bare", "build", "gathered", "put", "release", "settle", "units", "wanted"]

_MARK = b"\0.note.imagined\0"
_MOST = 4_000_000
"""The most bytes that the sources of one binary hold together."""
_FIXED_BEFORE = 5
"""The release of the compiler from which on programs lie anywhere in memory, and need only libraries that they use."""


@dataclass(frozen=True, slots=True)
class Unit:
    """A source that went into a binary."""

    name: str
    text: str

    @property
    def tongue(self) -> Tongue | None:
        """Its language."""
        return tongue_of(self.name)


def build(
    made_of: Sequence[Unit],
    compiler: str,
    *,
    size: int,
    kind: Kind = Kind.SHARED,
    linked: bool = True,
    needed: Sequence[str] = (),
) -> bytes:
    """A binary of at least ``size`` bytes; ``linked``: it is a program, ``needed``: the libraries that it names."""
    names = b"".join(unit.name.encode() + b"\0" for unit in made_of)
    held = zlib.compress(json.dumps([[unit.name, unit.text] for unit in made_of]).encode(), 9)
    tail = _MARK + struct.pack("<I", len(held)) + held
    body = f"GCC: {compiler}\0".encode() + names
    head = began(
        kind,
        _major(compiler),
        size=size,
        loaded=linked,
        needed=needed,
        build=hashlib.sha1(held, usedforsecurity=False).digest(),
    )
    return head + body + bytes(max(0, size - len(head) - len(body) - len(tail))) + tail


def bare(data: bytes) -> bytes:
    """A binary of ours without its symbols: it is shorter by a part of its padding, and does the same."""
    at = data.rfind(_MARK)
    body, tail = data[:at], data[at:]
    spare = (len(body) - len(body.rstrip(b"\0"))) // 7
    return stripped(body[: len(body) - spare], len(data) - spare) + tail


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
    shared: bool = False
    """Whether it makes a library."""


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
        "-shared" in call.args,
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
    kind = Kind.FIXED if major < _FIXED_BEFORE else Kind.SHARED
    if not build_.linked:
        kind = Kind.SHARED if build_.shared else Kind.OBJECT
    size = 1_688 if kind is Kind.OBJECT else 8_304 if major < 9 else 16_696 if major < 11 else 15_960
    words = sum(len(unit.text) for unit in made_of)
    data = build(
        made_of,
        machine.system.profile.compiler,
        size=size + max(0, words - 2_000),
        kind=kind,
        linked=build_.linked,
        needed=() if kind is Kind.OBJECT else _needed(machine, build_, made_of),
    )
    path = call.path(build_.output)
    machine.files.write(path, data)
    if kind is not Kind.OBJECT:
        machine.files.chmod(path, 0o777 & ~machine.files.umask)


def _needed(machine: Machine, build_: Build, made_of: Sequence[Unit]) -> list[str]:
    """The libraries that a program names, in the order in which a linker names them."""
    plus, named = any(unit.tongue == "cpp" for unit in made_of), build_.libraries
    all_named = release(machine) < _FIXED_BEFORE
    found = ["libstdc++.so.6"] if plus else []
    used = "m" in named and (all_named or any(needs_math(unit.text) for unit in made_of))
    found += ["libm.so.6"] if used or (plus and all_named) else []
    found += ["libgcc_s.so.1"] if plus and all_named else []
    if "pthread" in named and not machine.system.profile.since("libc", "2.34"):
        found.append("libpthread.so.0")
    return [*found, "libc.so.6"]


def release(machine: Machine) -> int:
    """The first number of the version of the system's compiler."""
    return _major(machine.system.profile.compiler)


def _major(compiler: str) -> int:
    found = re.search(r"\b(\d+)\.\d+", compiler)
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
