"""How two listings differ, and how git prints it: patches, counts, names."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from llm_kernel.programs.edits import Edit, edits
from llm_kernel.programs.git.quoting import quoted
from llm_kernel.programs.git.repository import Listing
from llm_kernel.programs.git.store import Blob

__all__ = ["Change", "changes", "counts", "patch", "renamed", "shortstat", "stat", "summary"]

_MISSING = "\n\\ No newline at end of file\n"
_HEADING = re.compile(r"[A-Za-z_$]")
_WIDTH = 80


@dataclass(frozen=True, slots=True)
class Change:
    """One path that differs: mode and blob before and after (0 and empty where it was not there)."""

    path: str
    old_mode: int
    old: str
    new_mode: int
    new: str
    source: str = ""
    likeness: int = 0

    @property
    def letter(self) -> str:
        """``A``, ``D``, ``M``, ``R`` or ``T``."""
        if self.source:
            return "R"
        if not self.old_mode or not self.new_mode:
            return "D" if self.old_mode else "A"
        return "T" if self.old_mode >> 12 != self.new_mode >> 12 else "M"


Read = Callable[[str, str], Blob]
"""Reads the blob of a path by its name."""


def changes(old: Listing, new: Listing) -> list[Change]:
    """What differs, by path."""
    none = (0, "")
    paths = sorted(old.keys() | new.keys(), key=lambda path: path.encode("utf-8", "surrogateescape"))
    found = [Change(path, *old.get(path, none), *new.get(path, none)) for path in paths]
    return [one for one in found if (one.old_mode, one.old) != (one.new_mode, one.new)]


def renamed(found: Sequence[Change], read: Read) -> list[Change]:
    """The same with files that went and came under another name as one change."""
    gone = [one for one in found if one.letter == "D"]
    came = [one for one in found if one.letter == "A"]
    pairs: list[tuple[int, bool, int, Change, Change]] = []
    if gone and came and len(gone) * len(came) <= 4000:
        for number, new in enumerate(came):
            for old in gone:
                likeness = 100 if new.new == old.old else _likeness(read, old, new)
                if likeness >= 50:
                    same = old.path.rpartition("/")[2] == new.path.rpartition("/")[2]
                    pairs.append((likeness, same, -number, old, new))
    used: set[str] = set()
    taken: dict[str, Change] = {}
    for likeness, _, _, old, new in sorted(pairs, key=lambda row: row[:3], reverse=True):
        if old.path not in used and new.path not in taken:
            used.add(old.path)
            taken[new.path] = replace(new, old_mode=old.old_mode, old=old.old, source=old.path, likeness=likeness)
    kept = [taken.get(one.path, one) if one.letter == "A" else one for one in found]
    return [one for one in kept if not (one.letter == "D" and one.path in used)]


def _likeness(read: Read, old: Change, new: Change) -> int:
    one, other = read(old.path, old.old), read(new.path, new.new)
    if one.size is not None or other.size is not None or not one.data or not other.data:
        return 0
    longest = max(len(one.data), len(other.data))
    if min(len(one.data), len(other.data)) * 2 < longest:
        return 0
    left: dict[bytes, int] = {}
    for line in one.data.splitlines(keepends=True):
        left[line] = left.get(line, 0) + 1
    kept = 0
    for line in other.data.splitlines(keepends=True):
        if left.get(line, 0):
            left[line] -= 1
            kept += len(line)
    return kept * 100 // longest


def _binary(blob: Blob) -> bool:
    return blob.size is not None or b"\0" in blob.data[:8000]


def _lines(blob: Blob) -> list[str]:
    text = blob.data.decode("utf-8", "surrogateescape")
    lines = text.split("\n")
    whole = [f"{line}\n" for line in lines[:-1]]
    return [*whole, lines[-1]] if lines[-1] else whole


def _pair(one: Change, read: Read) -> tuple[Blob, Blob]:
    old = read(one.source or one.path, one.old) if one.old_mode else Blob(b"")
    new = read(one.path, one.new) if one.new_mode else Blob(b"")
    return old, new


def patch(one: Change, read: Read, short: Callable[[str], str], *, around: int = 3, word: str = "") -> str:
    """One change as a patch; ``word`` of ``w``: blanks do not count."""
    before, after = one.source or one.path, one.path
    text = f"diff --git {quoted(before, prefix='a/')} {quoted(after, prefix='b/')}\n"
    if one.letter == "A":
        text += f"new file mode {one.new_mode:06o}\n"
    elif one.letter == "D":
        text += f"deleted file mode {one.old_mode:06o}\n"
    elif one.old_mode != one.new_mode:
        text += f"old mode {one.old_mode:06o}\nnew mode {one.new_mode:06o}\n"
    if one.source:
        text += f"similarity index {one.likeness}%\nrename from {quoted(before)}\nrename to {quoted(after)}\n"
    if one.old == one.new:
        return text
    zero = "0" * 7
    ids = f"{short(one.old) if one.old else zero}..{short(one.new) if one.new else zero}"
    same = one.old_mode == one.new_mode
    old, new = _pair(one, read)
    index = f"index {ids}{f' {one.new_mode:06o}' if same else ''}\n"
    names = (
        quoted(before, prefix="a/") if one.old_mode else "/dev/null",
        quoted(after, prefix="b/") if one.new_mode else "/dev/null",
    )
    if _binary(old) or _binary(new):
        return f"{text}{index}Binary files {names[0]} and {names[1]} differ\n"
    body = hunks(_lines(old), _lines(new), around=around, word=word)
    if not body:
        return text + index if one.letter in "AD" else ""
    return f"{text}{index}--- {_tabbed(names[0])}\n+++ {_tabbed(names[1])}\n{body}"


def _tabbed(name: str) -> str:
    return f"{name}\t" if " " in name and not name.startswith('"') else name


def hunks(old: list[str], new: list[str], *, around: int = 3, word: str = "") -> str:
    """The changed places, each with the lines around it and the heading above it."""
    found = _edits(old, new, word)
    groups: list[list[Edit]] = []
    for edit in found:
        if groups and edit.old - groups[-1][-1].old_end <= 2 * around:
            groups[-1].append(edit)
        else:
            groups.append([edit])
    return "".join(_hunk(old, new, group, around) for group in groups)


def _hunk(old: list[str], new: list[str], group: list[Edit], around: int) -> str:
    first, last = group[0], group[-1]
    start, end = max(first.old - around, 0), min(last.old_end + around, len(old))
    to, to_end = max(first.new - around, 0), min(last.new_end + around, len(new))
    heading = next((old[at] for at in range(start - 1, -1, -1) if _HEADING.match(old[at])), "")
    tail = f" {heading.rstrip()[:80].rstrip()}" if heading else ""
    text = f"@@ -{_span(start, end)} +{_span(to, to_end)} @@{tail}\n"
    at = start
    for edit in group:
        text += "".join(_line(" ", line) for line in old[at : edit.old])
        text += "".join(_line("-", line) for line in old[edit.old : edit.old_end])
        text += "".join(_line("+", line) for line in new[edit.new : edit.new_end])
        at = edit.old_end
    return text + "".join(_line(" ", line) for line in old[at:end])


def _line(mark: str, line: str) -> str:
    return mark + (line if line.endswith("\n") else line + _MISSING)


def _span(start: int, end: int) -> str:
    if end - start == 1:
        return str(end)
    return f"{start if start == end else start + 1},{end - start}"


def _edits(old: list[str], new: list[str], word: str) -> list[Edit]:
    if word:
        return edits(["".join(line.split()) for line in old], ["".join(line.split()) for line in new])
    found = edits(old, new)
    return [_placed(edit, old, new, found, number) for number, edit in enumerate(found)]


def _placed(edit: Edit, old: list[str], new: list[str], found: list[Edit], number: int) -> Edit:
    """A run of only added or only removed lines, slid to where its borders look most like borders."""
    adds = edit.old == edit.old_end
    if not adds and edit.new != edit.new_end:
        return edit
    lines = new if adds else old
    start, end = (edit.new, edit.new_end) if adds else (edit.old, edit.old_end)
    before = found[number - 1] if number else None
    after = found[number + 1] if number + 1 < len(found) else None
    floor = (before.new_end if adds else before.old_end) + 1 if before else 0
    ceiling = (after.new if adds else after.old) - 1 if after else len(lines)
    lowest = highest = 0
    while start + lowest > floor and lines[start + lowest - 1] == lines[end + lowest - 1]:
        lowest -= 1
    while end + highest < ceiling and lines[start + highest] == lines[end + highest]:
        highest += 1
    if lowest == highest:
        return edit
    best = min(range(highest, lowest - 1, -1), key=lambda by: _cost(lines, start + by) + _cost(lines, end + by))
    return Edit(edit.old + best, edit.old_end + best, edit.new + best, edit.new_end + best)


def _indent(lines: list[str], at: int) -> int:
    """How far a line is indented; -1 for an empty one, 0 where there is none."""
    if not 0 <= at < len(lines):
        return -1
    text = lines[at].expandtabs().rstrip("\n")
    return len(text) - len(text.lstrip()) if text.strip() else -1


def _cost(lines: list[str], at: int) -> float:
    """How badly a border above line ``at`` fits: little above a blank line or a line that is indented less."""
    here = next((_indent(lines, row) for row in range(at, len(lines)) if _indent(lines, row) >= 0), -1)
    above = next((_indent(lines, row) for row in range(at - 1, -1, -1) if _indent(lines, row) >= 0), -1)
    if at >= len(lines):
        return 0.0
    blank = 0
    while at - 1 - blank >= 0 and _indent(lines, at - 1 - blank) < 0:
        blank += 1
    starts_blank = _indent(lines, at) < 0
    cost = 60.0 * max(here, 0) - 30.0 * min(blank, 3) + (20.0 if starts_blank else 0.0)
    if above >= 0 and here > above and not blank:
        cost += 17.0
    return cost


def counts(one: Change, read: Read) -> tuple[int, int] | None:
    """Lines added and removed; None for what is not text."""
    if one.old == one.new:
        return 0, 0
    old, new = _pair(one, read)
    if _binary(old) or _binary(new):
        return None
    found = edits(_lines(old), _lines(new))
    return sum(edit.new_end - edit.new for edit in found), sum(edit.old_end - edit.old for edit in found)


def _both(one: Change) -> str:
    """A path, or ``dir/{old => new}`` where it has two."""
    if not one.source:
        return quoted(one.path)
    old, new = one.source, one.path
    head = 0
    for at, (a, b) in enumerate(zip(old, new, strict=False)):
        if a != b:
            break
        if a == "/":
            head = at + 1
    tail = 0
    for at in range(1, min(len(old), len(new)) - head + 1 + (1 if head else 0)):
        if old[-at] != new[-at]:
            break
        if old[-at] == "/":
            tail = at
    if not head and not tail:
        return f"{old} => {new}"
    middle = (old[head : max(len(old) - tail, head)], new[head : max(len(new) - tail, head)])
    return f"{old[:head]}{{{middle[0]} => {middle[1]}}}{old[len(old) - tail :] if tail else ''}"


def stat(found: Sequence[Change], read: Read, *, width: int = _WIDTH) -> str:
    """Each path with its count and a bar, and the sum."""
    rows = [(_both(one), counts(one, read), one) for one in found]
    if not rows:
        return ""
    most = max((sum(count) for _, count, _ in rows if count), default=0)
    digits = len(str(most))
    if any(count is None for _, count, _ in rows):
        digits = max(digits, 3)
    longest = max(len(name) for name, _, _ in rows)
    names, bar = longest, most
    if names + digits + 6 + bar > width:
        if bar > width * 3 // 8 - digits - 6:
            bar = max(width * 3 // 8 - digits - 6, 6)
        if names > width - digits - 6 - bar:
            names = width - digits - 6 - bar
        else:
            bar = width - digits - 6 - names
    text = ""
    for name, count, one in rows:
        if len(name) > names:
            cut = name[len(name) - names + 3 :]
            slash = cut.find("/")
            name = "..." + (cut[slash:] if slash >= 0 else cut)
        if count is None:
            old, new = _pair(one, read)
            text += f" {name:<{names}} | {'Bin':>{digits}} {old.length} -> {new.length} bytes\n"
            continue
        added, removed = _bars(*count, bar, most)
        text += (
            f" {name:<{names}} | {sum(count):>{digits}}{' ' if added + removed else ''}{'+' * added}{'-' * removed}\n"
        )
    return text + shortstat(found, read)


def _bars(added: int, removed: int, room: int, most: int) -> tuple[int, int]:
    if most <= room:
        return added, removed

    def scaled(count: int) -> int:
        return 1 + count * (room - 1) // most if count else 0

    total = scaled(added + removed)
    if total < 2 and added and removed:
        total = 2
    if added < removed:
        plus = scaled(added)
        return plus, total - plus
    minus = scaled(removed)
    return total - minus, minus


def shortstat(found: Sequence[Change], read: Read) -> str:
    """``2 files changed, 3 insertions(+)``."""
    if not found:
        return ""
    sums = [count for one in found if (count := counts(one, read))]
    added, removed = sum(count[0] for count in sums), sum(count[1] for count in sums)
    text = f" {len(found)} file{'s' if len(found) > 1 else ''} changed"
    if added or not removed:
        text += f", {added} insertion{'' if added == 1 else 's'}(+)"
    if removed or not added:
        text += f", {removed} deletion{'' if removed == 1 else 's'}(-)"
    return f"{text}\n"


def summary(found: Sequence[Change]) -> str:
    """Files that came, went, moved or became programs."""
    text = ""
    for one in found:
        match one.letter:
            case "A":
                text += f" create mode {one.new_mode:06o} {quoted(one.path)}\n"
            case "D":
                text += f" delete mode {one.old_mode:06o} {quoted(one.path)}\n"
            case "R":
                text += f" rename {_both(one)} ({one.likeness}%)\n"
        if one.letter in "MTR" and one.old_mode != one.new_mode:
            name = "" if one.letter == "R" else f" {quoted(one.path)}"
            text += f" mode change {one.old_mode:06o} => {one.new_mode:06o}{name}\n"
    return text
