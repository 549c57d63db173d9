"""Programs in the languages of tools that read the time or the environment: they are given the machine's.

``awk`` and ``jq`` are the library's own, and would tell the host's clock.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence

from llm_kernel.shell.defining import NAMES, defined

__all__ = ["KINDS", "asks", "moved", "program_at"]

KINDS = {"gawk": "awk", "jq": "jq"}
"""The language of each tool."""

_TAKING = {"awk": {"-F": 1, "-v": 1, "--assign": 1, "--field-separator": 1}, "jq": {"--indent": 1, "-L": 1}}
_PAIRS = frozenset(["--arg", "--argjson", "--slurpfile", "--rawfile"])
_TOLD = r"\bnow\b|\benv\b|\$ENV\b|\bstrflocaltime\b|\blocaltime\b"
_ASKS = {
    "awk": re.compile(r"\b(?:srand|systime|strftime)\s*\("),
    "jq": re.compile(f"{NAMES}|{_TOLD}"),
}
_CALL = re.compile(r"\b(systime|srand|strftime)\s*\(")
_DATE = '"%a %b %e %H:%M:%S %Z %Y"'
_OWN = re.compile(
    r"BASH\w*|EPOCH\w+|E?UID|HOST\w+|MACHTYPE|OSTYPE|OPTIND|OPTARG|PPID|PS[0-9]|SHOPT_\w+|__\w+|RANDOM|SECONDS"
)
"""Variables that the shell has and does not export."""


def program_at(base: str, words: Sequence[str]) -> int:
    """Which of a tool's words is its program; -1 for none, as where it stands in a file."""
    kind, at = KINDS[base], 0
    while at < len(words):
        word = words[at]
        if word == "--":
            return at + 1 if at + 1 < len(words) else -1
        if word in ("-f", "--file", "--from-file") or (kind == "awk" and word.startswith(("-f", "--file="))):
            return -1
        if not word.startswith("-") or word == "-":
            return at
        at += 1 + (2 if kind == "jq" and word in _PAIRS else _TAKING[kind].get(word, 0))
    return -1


def asks(base: str, text: str) -> bool:
    """Whether a program reads what is not the same on the host."""
    return _ASKS[KINDS[base]].search(text) is not None


def moved(kind: str, text: str, now: float, env: Mapping[str, str]) -> str:
    """The program with the machine's time, and its environment, in the place of the host's."""
    if kind == "awk":
        return _awk(text, int(now))
    if not _ASKS["jq"].search(text):
        return text
    if not re.search(_TOLD, text):
        return defined(text) + text
    said = json.dumps({name: value for name, value in sorted(env.items()) if not _OWN.fullmatch(name)})
    given = f"def now: {now:.6f}; def env: {said}; def localtime: gmtime; def strflocaltime(f): gmtime|strftime(f); "
    return given + defined(text) + re.sub(r"\$ENV\b", "env", text)


def _awk(text: str, now: int) -> str:
    pieces, behind = [], 0
    for found in _CALL.finditer(text):
        if found.start() < behind or _quoted(text, found.start()):
            continue
        end = _closing(text, found.end())
        if end < 0:
            break
        inner = [_awk(part, now) for part in _parts(text[found.end() : end])]
        pieces += [text[behind : found.start()], _call(found[1], inner, now)]
        behind = end + 1
    return "".join(pieces) + text[behind:]


def _call(name: str, args: list[str], now: int) -> str:
    if name == "systime":
        return str(now)
    if name == "srand":
        return f"srand({args[0] if args else now})"
    return f"strftime({', '.join([*args, *[_DATE, str(now)][len(args) :]])})"


def _quoted(text: str, at: int) -> bool:
    """Whether ``at`` lies in a string of its line."""
    line = text[text.rfind("\n", 0, at) + 1 : at]
    return re.sub(r"\\.", "", line).count('"') % 2 == 1


def _closing(text: str, at: int) -> int:
    """Where the bracket that is open at ``at`` is closed; -1 for nowhere."""
    depth, string, skip = 1, False, False
    for place in range(at, len(text)):
        letter = text[place]
        if skip:
            skip = False
        elif letter == "\\":
            skip = True
        elif letter == '"':
            string = not string
        elif not string:
            depth += (letter == "(") - (letter == ")")
            if depth == 0:
                return place
    return -1


def _parts(text: str) -> list[str]:
    """Arguments, at their outer commas."""
    parts, depth, string, begin = [], 0, False, 0
    for place, letter in enumerate(text):
        if letter == '"' and text[place - 1 : place] != "\\":
            string = not string
        elif not string:
            depth += (letter in "([") - (letter in ")]")
            if letter == "," and depth == 0:
                parts.append(text[begin:place].strip())
                begin = place + 1
    return [*parts, text[begin:].strip()] if text.strip() else []
