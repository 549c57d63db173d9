"""A difference between two moments, to be looked at."""

from __future__ import annotations

from collections.abc import Iterator

from htpy import Node

from llm_kernel.events import Display
from llm_kernel.views.diff import Difference, FileChange
from llm_kernel.views.page import block, fold, note, page, section, shown, view

__all__ = ["diff_view"]

_TONES = {"+": "added", "-": "gone", "@": "faint", "\\": "faint", ".": "faint"}
_OPEN = 40
"""Lines up to which a file's difference is shown without a click."""

_LONGEST = 400


def diff_view(difference: Difference, before: str, after: str, *, width: int = 100) -> Display:
    """What changed from ``before`` to ``after`` (their names); ``width`` bounds the lines of the plain text."""
    title = f"{before} -> {after}{_later(difference.seconds)}"
    if not difference:
        return view(page(title, note("Nothing changed.")), f"{shown(title)}: nothing changed")
    files = [_file(one) for one in difference.files]
    more = note(f"and {difference.more} more files") if difference.more else None
    html = page(
        title,
        *(
            section(name, block("", [(_cut(line), _tone(line)) for line in lines]))
            for name, lines in difference.sections.items()
        ),
        section("Files", *files, more) if files else None,
    )
    return view(html, "\n".join(_plain(difference, title, max(width, 20))))


def _tone(line: str) -> str:
    return _TONES.get(line[:1], "")


def _cut(line: str, width: int = _LONGEST) -> str:
    text = shown(line.replace("\t", "    ") if width < _LONGEST else line, lines=width >= _LONGEST)
    return text if len(text) <= width else f"{text[: width - 3]}..."


def _head(one: FileChange) -> str:
    return f"{one.kind} {one.path}" + (f"  ({one.note})" if one.note else "")


def _file(one: FileChange) -> Node:
    if not one.lines:
        return block("", [(_cut(shown(_head(one))), _tone(one.kind))])
    rows = [(_cut(line), _tone(line)) for line in one.lines]
    return fold(_head(one), block("", rows), opened=len(rows) <= _OPEN)


def _plain(difference: Difference, title: str, width: int) -> Iterator[str]:
    yield shown(title)
    for name, lines in difference.sections.items():
        yield from ("", f"{name}:", *(_cut(f"    {line}", width) for line in lines))
    for one in difference.files:
        if one is difference.files[0]:
            yield from ("", "Files:")
        yield _cut(f"    {_head(one)}", width)
        yield from (_cut(f"        {line}", width) for line in one.lines)
    if difference.more:
        yield f"    and {difference.more} more files"


def _later(seconds: float) -> str:
    """How far the clock went, roughly as people say it."""
    size = abs(seconds)
    if size < 1:
        return ""
    steps = ((86400, "d"), (3600, "h"), (60, "min"), (1, "s"))
    at = next(at for at, (unit, _) in enumerate(steps) if size >= unit)
    (unit, name), rest = steps[at], steps[at + 1] if at + 1 < len(steps) else None
    said = f"{int(size // unit)} {name}"
    if rest and (left := int(size % unit // rest[0])):
        said += f" {left} {rest[1]}"
    return f" ({said} {'later' if seconds > 0 else 'earlier'})"
