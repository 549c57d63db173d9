"""What the library says in words of its own, said as bash and the tools say it."""

from __future__ import annotations

import re

from llm_kernel.machine import Machine
from llm_kernel.shell.inner import Inner
from llm_kernel.shell.lead import GONE
from llm_kernel.shell.timing import Times
from llm_kernel.shell.wording import mended
from llm_kernel.tokens import quoted

__all__ = ["Saying", "resource"]

_TIME = re.compile(rb"real\t0m[\d.]+s\nuser\tunavailable\nsys\tunavailable\n")
_TWICE = re.compile(rb"(?m)^env: '[^']*': No such file or directory\n")
_LINE = re.compile(rb"(command not found)\. Did you mean: [^\n]*\?")
_DEPTH = re.compile(rb"resource limit exceeded: maximum function depth exceeded \(\d+\)")
_SHELLS = re.compile(rb"\bBashkit [\d.]+ \(virtual \w+ interpreter\)")
_TOOLS = re.compile(rb"\b([\w\[]+) \(bashkit\) [\d.]+")
_OPTION = re.compile(
    rb"error: unexpected argument '(-[^']*)' found\n\n(?:  tip: .*\n\n)?Usage: (\w+).*\n(?:(?!\w+: |error: ).+\n)*"
    rb"(?:\nFor more .*\n)?"
)
_NAMED = re.compile(
    rb"(?m)^((?:cat|wc|uniq|cut|paste|nl|comm|join|fold|expand|unexpand|tee|od|md5sum|sha\d+sum|b2sum|base64|base32|cksum"
    rb"|sum|tsort|shuf|sort: (?:cannot read|read failed|open failed)): )(?!['\"]|read error|write error|failed|cannot )"
    rb"([^\n]*)(?<!read error)(: (?:No such file or directory|Is a directory|Not a directory|Permission denied"
    rb"|File name too long))$"
)
_BARE = re.compile(r"[\w@%+,./{}~#\]-]+")
"""What stands for itself in a shell, but for what it begins with."""

_RESOURCES = {
    "function depth": "maximum function nesting level exceeded",
    "loop iterations": "fork: retry: Resource temporarily unavailable",
    "command count": "fork: retry: Resource temporarily unavailable",
    "brace range": "brace expansion: failed to allocate memory",
    "intermediate bytes": "xrealloc: cannot allocate 33554432 bytes",
    "memory": "xrealloc: cannot allocate 1048576 bytes",
    "cancelled": "interrupted",
    "file": "write error: No space left on device",
}


class Saying:
    """The words of one shell; what is timed in it, and what runs inside it, is named by these."""

    def __init__(self, machine: Machine, inner: Inner, times: Times) -> None:
        self._machine = machine
        self._inner = inner
        self._times = times

    def named(self, data: bytes) -> bytes:
        """A tool's version where the script did not let it be seen that it is asked for."""
        profile = self._machine.system.profile
        data = _SHELLS.sub(f"GNU bash, version {profile.bash} (x86_64-pc-linux-gnu)".encode(), data)
        return _TOOLS.sub(rb"\1 (GNU coreutils) " + profile.coreutils.encode(), data)

    def mended(self, data: bytes, script: str, cwd: str) -> bytes:
        """The library's few wordings that are not bash's, in bash's words; ``script`` was run in ``cwd``."""
        data = self._inner.named(mended(data, script, cwd))
        if b"__llm_kernel" in data:
            data = data.replace(GONE.encode(), b"")
        if b"unavailable" in data:
            spent, slept = self._times.since()
            busy = max(0.0, spent - slept)
            times = _minutes(spent), _minutes(busy * 0.87), _minutes(busy * 0.04)
            data = _TIME.sub(b"real\t%s\nuser\t%s\nsys\t%s\n" % times, data)
        if b"env: '" in data:
            data = _TWICE.sub(b"", data)  # it was said by us, in the words of the real one
        if b"resource limit" in data:
            data = _DEPTH.sub(b"fork: retry: Resource temporarily unavailable", data)
        if b"unexpected argument" in data:
            data = _OPTION.sub(_no_option, data)
        if self._machine.system.profile.since("coreutils", "8.26"):
            data = _NAMED.sub(_unread, data)
        return _LINE.sub(rb"\1", data) if b"Did you mean" in data else data


def resource(error: str) -> bytes:
    """What bash prints when a resource that the library bounds is used up."""
    for word, said in _RESOURCES.items():
        if word in error:
            return f"bash: {said}\n".encode()
    return b"bash: Cannot allocate memory\n"


def _no_option(found: re.Match[bytes]) -> bytes:
    option, name = found[1], found[2]
    said = b"unrecognized option '%s'" % option if option.startswith(b"--") else b"invalid option -- '%s'" % option[1:2]
    return b"%s: %s\nTry '%s --help' for more information.\n" % (name, said, name)


def _unread(found: re.Match[bytes]) -> bytes:
    if not found[2]:
        return found[1].replace(b"read failed", b"cannot read") + b"'': No such file or directory"
    return found[1] + _name(found[2]) + found[3]


def _name(data: bytes) -> bytes:
    """A file's name as a message shows it: in quotes where a shell would need them."""
    name = data.decode("utf-8", "surrogateescape")
    if not name.isprintable() or (_BARE.fullmatch(name) and name[0] not in "#~" and name not in ("{", "}")):
        return data
    inner = f'"{name}"' if "'" in name and not set(name) & set('"$`\\!') else quoted(name)
    return inner.encode("utf-8", "surrogateescape")


def _minutes(seconds: float) -> bytes:
    return b"%dm%.3fs" % (int(seconds // 60), seconds % 60)
