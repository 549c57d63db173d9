"""A cell taken apart: shell text, instructions to the machine, magics, in the order they stand.

A line is an instruction or a magic only where the shell text above it is complete; inside a quote, a here-document, a
compound command or behind a backslash it is that command's own text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TypeAlias

from llm_kernel.errors import CellError
from llm_kernel.syntax import rests

__all__ = ["Cell", "Magic", "Meta", "Part", "Shell", "parse", "sound"]

_MAGIC = re.compile(r"([%％]{1,2})([A-Za-z](?:[\w-]*\w)?)", re.ASCII)
_BRACES = {"{": "}", "｛": "｝"}
_EXPANSION = re.compile(r"\{[!-~]*(?:,|\.\.)[!-~]*\}\s*")
_BRACE = re.compile(r"[{}｛｝]")


@dataclass(frozen=True, slots=True)
class Shell:
    """Shell text as it stands in the cell; ``line`` is the number of its first line there."""

    text: str
    line: int = 1

    @property
    def source(self) -> str:
        """The part as it was written."""
        return self.text


@dataclass(frozen=True, slots=True)
class Meta:
    """An instruction to the machine in natural language; never empty."""

    instruction: str
    line: int = 1
    source: str = field(default="", compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Magic:
    """A magic by its name without percent signs; ``cell``: it owns the rest of the cell, verbatim, as its ``body``."""

    name: str
    args: str = ""
    body: str = ""
    cell: bool = False
    line: int = 1
    source: str = field(default="", compare=False, repr=False)


Part: TypeAlias = Shell | Meta | Magic
Cell: TypeAlias = tuple[Part, ...]


def sound(text: str) -> str:
    """``text`` as a file can hold it: halves of a character, which JSON can carry, become U+FFFD."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def parse(text: str) -> Cell:
    """The parts of a cell, whose sources joined are the cell (with Unix line ends); raises CellError."""
    plain = text.removeprefix("\ufeff").replace("\r\n", "\n")
    if not plain.strip():
        return ()
    if whole := _cell_magic(plain, text):
        return (whole,)
    parts: list[Part] = []
    pos = 0
    while pos < len(plain):
        found = _next_part(plain, pos)
        start, end, part = found if found else (len(plain), len(plain), None)
        shell = plain[pos:start]
        if shell.strip():
            parts.append(Shell(shell, _line(plain, pos)))
            shell = ""
        if part is not None:
            parts.append(_sourced(part, shell + plain[start:end]))
        elif shell and parts:
            parts[-1] = _trailing(parts[-1], shell)
        pos = end
    return tuple(parts)


def _line(text: str, pos: int) -> int:
    return text.count("\n", 0, pos) + 1


def _sourced(part: Meta | Magic, source: str) -> Part:
    if isinstance(part, Meta):
        return Meta(part.instruction, part.line, source)
    return Magic(part.name, part.args, part.body, part.cell, part.line, source)


def _trailing(part: Part, blank: str) -> Part:
    """``part`` with the blank lines behind it."""
    return Shell(part.text + blank, part.line) if isinstance(part, Shell) else _sourced(part, part.source + blank)


def _cell_magic(plain: str, text: str) -> Meta | Magic | None:
    """The cell as a cell magic, where its first line (but for blank lines and comments) is one."""
    start = 0
    while start < len(plain):
        stop = plain.find("\n", start) + 1 or len(plain)
        line = plain[start:stop]
        if line.strip() and not line.lstrip().startswith("#"):
            break
        start = stop
    found = _MAGIC.match(plain, start)
    if not found or len(found[1]) != 2:
        return None
    number = _line(plain, start)
    args = line[found.end() - start :].strip()
    if found[2] == "meta":
        return _meta(f"{args}\n{plain[stop:]}", number, plain, "%%meta", "behind it or below it")
    body = text.removeprefix("\ufeff").split("\n", number)[number:]
    return Magic(found[2], args, "".join(body), cell=True, line=number, source=plain)


def _meta(text: str, line: int, source: str, name: str, where: str) -> Meta:
    if not text.strip():
        raise CellError(f"line {line}: {name} says nothing to the machine; write the instruction {where}")
    return Meta(text.strip(), line, source)


def _next_part(text: str, pos: int) -> tuple[int, int, Meta | Magic] | None:
    """The next part that is not shell text, with the offsets where it begins and ends."""
    for start in rests(text, pos):
        if text[start] in "%％":
            found = _MAGIC.match(text, start)
            if found:
                return _line_magic(text, start, found)
        elif text[start] in _BRACES:
            end = _block_end(text, start)
            if end:
                inside = text[start:end].strip()[1:-1]
                meta = _meta(inside, _line(text, start), "", "the block in braces", "between them")
                return start, end, meta
    return None


def _line_magic(text: str, start: int, found: re.Match[str]) -> tuple[int, int, Meta | Magic]:
    number, name = _line(text, start), found[2]
    if len(found[1]) == 2:
        raise CellError(
            f"line {number}: %%{name} takes a whole cell and must be its first line;"
            + (
                " put it into a cell of its own, or write %meta and the instruction on one line"
                if name == "meta"
                else " put it into a cell of its own"
            )
        )
    end = text.find("\n", start) + 1 or len(text)
    args = text[found.end() : end].strip()
    if name == "meta":
        return start, end, _meta(args, number, "", "%meta", "behind it on the line")
    return start, end, Magic(name, args, line=number)


def _block_end(text: str, start: int) -> int:
    """The offset behind the line that closes the block in braces, or 0 where the brace is the shell's."""
    opening = text[start]
    after = text[start + 1 : start + 2]
    if opening == "{" and (not after or after.isspace() or after == "}"):
        return 0
    stop = text.find("\n", start) + 1 or len(text)
    if opening == "{" and _EXPANSION.fullmatch(text, start, stop):
        return 0
    close = _closing(text, start, opening, _BRACES[opening])
    if not close:  # an input method may have closed it in the other width
        close = _closing(text, start, "{｛", "}｝") or close
    if close is None:
        raise CellError(
            f"line {_line(text, start)}: the block that opens with {opening} has no {_BRACES[opening]} at the end of a"
            f" line; close it, or write {opening} and a space for a shell group"
        )
    return close


def _closing(text: str, start: int, opening: str, closing: str) -> int | None:
    """The offset behind the line that the block's brace ends; 0: it ends inside a line; None: nowhere.

    A brace between two equal quotes is a letter, and so is a closing one that the line's last brace makes superfluous.
    """
    depth = stop = 0
    for found in _BRACE.finditer(text, start):
        pos, brace = found.start(), found[0]
        if stop and pos >= stop:
            break
        if text[pos - 1 : pos] == text[pos + 1 : pos + 2] and text[pos - 1 : pos] in ("'", '"', "`"):
            continue
        depth += (brace in opening) - (brace in closing)
        if depth <= 0 and brace in closing:
            end = text.find("\n", pos) + 1 or len(text)
            if not text[pos + 1 : end].strip() and (depth < 0 or not stop):
                return end
            stop = stop or end
    return 0 if stop else None
