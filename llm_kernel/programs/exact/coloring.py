"""``grep --color=always``: what matches stands out; without colours the shell library searches by itself."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from llm_kernel.programs.feeding import fed, lines, tell
from llm_kernel.programs.options import Options, Parsed
from llm_kernel.programs.patterns import CLASSES
from llm_kernel.programs.table import NotExact, live
from llm_kernel.shell.call import Answer, Call, Io

__all__ = ["grep"]

_GREP = Options(
    "i,ignore-case y v,invert-match n,line-number H,with-filename h,no-filename r,recursive R,dereference-recursive"
    " o,only-matching w,word-regexp x,line-regexp c,count l,files-with-matches s,no-messages q,quiet silent"
    " E,extended-regexp F,fixed-strings G,basic-regexp P,perl-regexp e,regexp= m,max-count= color? colour? a,text",
    usage="[OPTION]... PATTERNS [FILE]...",
    about="Search for PATTERNS in each FILE.",
    status=2,
    package="grep 3.7",
)
_END = "\x1b[m\x1b[K"
_CLASSES = {**CLASSES, "word": r"\w"}
_PART = re.compile(r"\[\^?\]?(?:\[:\w+:\]|[^\]])*(?:\]|\Z)|\\.|[(){}|+?*]|[^\[\\(){}|+?*]+|.", re.DOTALL)
_MOST = 10_000


@live("grep", "egrep", "fgrep")
async def grep(call: Call, io: Io) -> int:
    """Search and colour; the status is 0 for a match, 1 for none, 2 for trouble."""
    parsed = _GREP.parse(call)
    if isinstance(parsed, Answer):
        return await tell(io, parsed)
    if (parsed.value("color") or parsed.value("colour") or "") != "always":
        raise NotExact(call.name)
    patterns, operands = parsed.values("regexp"), list(parsed.operands)
    if not patterns:
        if not operands:
            raise NotExact(call.name)
        patterns = [operands.pop(0)]
    try:
        wanted = _compiled(call, parsed, "\n".join(patterns).split("\n"))
    except re.error as err:
        raise NotExact(call.name) from err
    deep = "recursive" in parsed or "dereference-recursive" in parsed
    names = list(_names(call, operands, deep=deep))
    named = ("with-filename" in parsed or len(names) > 1 or deep) and "no-filename" not in parsed
    found, trouble = False, False
    async for name, data in fed(call, io, names):
        if isinstance(data, OSError):
            trouble = True
            if "no-messages" not in parsed:
                await io.err(f"{call.name}: {name}: {data.strerror}\n")
            continue
        shown = "(standard input)" if name == "-" else name
        text, hit = _search(_Look(parsed, wanted, shown if named else ""), shown, lines(data))
        found = found or hit
        if "quiet" not in parsed and "silent" not in parsed:
            await io.out(text)
    return 2 if trouble and not (found and "quiet" in parsed) else int(not found)


def _names(call: Call, operands: list[str], *, deep: bool) -> Iterator[str]:
    files = call.machine.files
    for name in operands or (["."] if deep else []):
        path = call.path(name)
        if not deep or not files.is_dir(path):
            yield name
            continue
        for below in [one for one, _ in zip(files.walk(path), range(_MOST), strict=False)]:
            if files.lstat(below).kind == "file":
                rest = below[len(path.rstrip("/")) + 1 :]
                yield rest if not operands else f"{name.rstrip('/')}/{rest}"


@dataclass(frozen=True, slots=True)
class _Look:
    parsed: Parsed
    wanted: re.Pattern[str]
    name: str

    def before(self, number: int) -> str:
        """What stands before a line: its file and its number."""
        parts = [f"\x1b[35m\x1b[K{self.name}{_END}"] if self.name else []
        parts += [f"\x1b[32m\x1b[K{number}{_END}"] if "line-number" in self.parsed else []
        return "".join(part + _SEPARATOR for part in parts)


_SEPARATOR = f"\x1b[36m\x1b[K:{_END}"


def _search(look: _Look, name: str, rows: list[bytes]) -> tuple[str, bool]:
    """What is shown of a file, and whether anything matched."""
    parsed, invert = look.parsed, "invert-match" in look.parsed
    most = int(parsed.value("max-count") or len(rows) or 1)
    pieces: list[str] = []
    count = 0
    for number, row in enumerate(rows, 1):
        text = row.decode("utf-8", "surrogateescape")
        spans = [match for match in look.wanted.finditer(text) if match[0] or not invert]
        if bool(spans) == invert or count >= most:
            continue
        count += 1
        if "only-matching" in parsed:
            marked = [] if invert else [_red(match[0]) for match in spans if match[0]]
            pieces += [f"{look.before(number)}{one}\n" for one in marked]
        else:
            line = text if invert else look.wanted.sub(lambda m: _red(m[0]) if m[0] else "", text)
            pieces.append(f"{look.before(number)}{line}\n")
    if "files-with-matches" in parsed:
        return f"\x1b[35m\x1b[K{name}{_END}\n" if count else "", count > 0
    if "count" in parsed:
        head = f"\x1b[35m\x1b[K{look.name}{_END}{_SEPARATOR}" if look.name else ""
        return f"{head}{count}\n", count > 0
    return "".join(pieces).encode("utf-8", "surrogateescape").decode("utf-8", "replace"), count > 0


def _red(text: str) -> str:
    return f"\x1b[01;31m\x1b[K{text}{_END}"


def _compiled(call: Call, parsed: Parsed, patterns: list[str]) -> re.Pattern[str]:
    kind = parsed.last("extended-regexp", "fixed-strings", "basic-regexp", "perl-regexp")
    base = call.name.rpartition("/")[2]
    kind = kind or {"egrep": "extended-regexp", "fgrep": "fixed-strings"}.get(base, "basic-regexp")
    made = [_translated(one, kind) for one in patterns]
    text = "|".join(f"(?:{one})" for one in made)
    text = rf"\b(?:{text})\b" if "word-regexp" in parsed else text
    text = rf"^(?:{text})$" if "line-regexp" in parsed else text
    return re.compile(text, re.IGNORECASE if "ignore-case" in parsed or "y" in parsed else 0)


def _translated(text: str, kind: str) -> str:
    """A pattern of grep's as one of Python's."""
    if kind == "fixed-strings":
        return re.escape(text)
    if kind == "perl-regexp":
        return text
    pieces: list[str] = []
    for part in _PART.findall(text):
        if part[0] == "[" and len(part) > 1 and part[-1] == "]":
            body = re.sub(r"\[:(\w+):\]", lambda m: _CLASSES.get(m[1], ""), part[1:-1].replace("\\", "\\\\"))
            pieces.append(f"[{body.replace('[', chr(92) + '[')}]")
        elif part in (r"\<", r"\>"):
            pieces.append(r"\b(?=\w)" if part == r"\<" else r"\b(?<=\w)")
        elif part[0] == "\\" and len(part) == 2:
            swapped = part[1] in "(){}|+?" and kind == "basic-regexp"
            pieces.append(part[1] if swapped else part)
        elif part == "*" and kind == "basic-regexp" and (not pieces or pieces[-1] in ("(", "|", "^")):
            pieces.append(r"\*")
        elif part in "(){}|+?" and len(part) == 1:
            pieces.append(f"\\{part}" if kind == "basic-regexp" else part)
        else:
            pieces.append(part)
    return "".join(pieces)
