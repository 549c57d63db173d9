"""Well-known repositories: which paths they have, how large, who changed them last. Facts, and no content."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timezone
from zlib import crc32

from llm_kernel.machine.catalog import load

__all__ = ["Change", "Listing", "known", "read_listing"]

_MOST = 400
_DEEPEST = 8
_LARGEST = 2_000_000_000
_ROW = re.compile(
    r"(?:[-*]\s+)?(?:\./)?([^\s:|]+?)(?::|\s+|\s*\|\s*)~?\s*(\d+(?:\.\d+)?)\s*([kKmMgG]?)i?[bB]?(?:ytes)?\s*$"
)
_COMMIT = re.compile(r"commit\s+(\d{4}-\d\d-\d\d)\s+([^:]{2,60}):\s*(.{2,100})$")
_UNITS = {"": 1, "k": 1_000, "m": 1_000_000, "g": 1_000_000_000}


@dataclass(frozen=True, slots=True)
class Change:
    """One commit: Unix seconds, who, and its subject."""

    when: int
    name: str
    email: str
    subject: str


@dataclass(frozen=True, slots=True)
class Listing:
    """A repository: ``files`` are paths with sizes, ``changes`` the youngest first."""

    branch: str
    files: tuple[tuple[str, int], ...]
    changes: tuple[Change, ...]


def known(name: str, now: float) -> Listing | None:
    """The repository ``owner/name`` as it is at ``now``; None where no catalogue has it.

    One that does not exist yet has no changes.
    """
    for row, facts in load("repos")["repositories"].items():
        if row.lower() == name.lower():
            changes = [_change(text) for text in facts["commits"]]
            past = tuple(change for change in changes if change.when <= now)
            return Listing(facts["branch"], tuple(sorted(_files(facts["tree"]).items())), past)
    return None


def _files(tree: dict[str, str]) -> dict[str, int]:
    """``{"src": "a.py:300 b.py:2.1k"}`` as paths and sizes; a rounded size becomes one that only the path decides."""
    found = {}
    for folder, row in tree.items():
        for word in row.split():
            name, _, size = word.rpartition(":")
            path = f"{folder}/{name}" if folder else name
            found[path] = _size(size, path)
    return found


def _size(text: str, path: str) -> int:
    unit = text[-1] if text[-1] in "kmg" else ""
    count = int(float(text.rstrip("kmg")) * _UNITS[unit])
    return count + crc32(path.encode()) % max(1, _UNITS[unit] // 10) if unit else count


def _change(text: str) -> Change:
    """``2022-12-28 Andrej Karpathy <a@b>: first commit``."""
    day, _, rest = text.partition(" ")
    who, _, subject = rest.partition(": ")
    name, _, email = who.partition(" <")
    return Change(_moment(day, text), name, email.rstrip(">"), subject)


def _moment(day: str, seed: str) -> int:
    at = datetime.strptime(day, "%Y-%m-%d").replace(tzinfo=timezone.utc)
    return int(at.timestamp()) + 28_800 + crc32(seed.encode()) % 43_200


def read_listing(text: str, owner: str, now: float) -> Listing | None:
    """A listing that somebody wrote, a path and a size on each line; None where it lists nothing usable."""
    files: dict[str, int] = {}
    changes: list[Change] = []
    for line in text.splitlines():
        commit = _COMMIT.match(line.strip())
        if commit and _valid(commit[1]):
            email = f"{commit[2].lower().replace(' ', '.')}@users.noreply.github.com"
            changes.append(Change(_moment(commit[1], line), commit[2].strip(), email, commit[3].strip()))
            continue
        row = _ROW.match(line.strip())
        if row and _plain(row[1]) and len(files) < _MOST:
            size = int(float(row[2]) * _UNITS[row[3].lower()])
            files[row[1]] = min(_size(f"{row[2]}{row[3].lower()}", row[1]) if row[3] else size, _LARGEST)
    folders = {"/".join(path.split("/")[:depth]) for path in files for depth in range(1, path.count("/") + 1)}
    files = {path: size for path, size in files.items() if path not in folders}
    if not files:
        return None
    past = [change for change in sorted(changes, key=lambda one: -one.when) if change.when <= now]
    if not past:
        age = 86400 * (20 + crc32(owner.encode()) % 300)
        past = [Change(int(now) - age, owner, f"{owner}@users.noreply.github.com", "Initial commit")]
    return Listing("main", tuple(sorted(files.items())), tuple(past))


def _valid(day: str) -> bool:
    try:
        datetime.strptime(day, "%Y-%m-%d").replace(tzinfo=timezone.utc)
    except ValueError:
        return False
    return True


def _plain(path: str) -> bool:
    parts = path.split("/")
    return (
        len(path) <= 200
        and len(parts) <= _DEEPEST
        and all(part and part not in (".", "..", ".git") and part.isprintable() for part in parts)
        and not path.endswith("/")
    )
