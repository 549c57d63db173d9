"""Trees and commits as text and back."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["Commit", "Person", "person_of", "read_commit", "read_tree", "write_commit", "write_tree"]

_PERSON = re.compile(r"(.*?) ?<([^<>]*)> (-?\d+) ([+-]\d{4})")


@dataclass(frozen=True, slots=True)
class Person:
    """Who did it, and when."""

    name: str
    email: str
    when: int
    zone: str = "+0000"

    def __str__(self) -> str:
        return f"{self.name} <{self.email}> {self.when} {self.zone}"


@dataclass(frozen=True, slots=True)
class Commit:
    """One commit; ``name`` is its own."""

    name: str
    tree: str
    parents: tuple[str, ...]
    author: Person
    committer: Person
    message: str

    @property
    def subject(self) -> str:
        """The first paragraph as one line."""
        return " ".join(self.message.strip("\n").partition("\n\n")[0].split("\n"))


def person_of(text: str) -> Person:
    """The person that a line of an object names."""
    found = _PERSON.match(text)
    return Person(found[1], found[2], int(found[3]), found[4]) if found else Person(text, "", 0)


def read_commit(name: str, data: bytes) -> Commit:
    """The commit that ``data`` is."""
    head, _, message = data.decode("utf-8", "replace").partition("\n\n")
    rows = [line.partition(" ") for line in head.splitlines()]
    one = {key: value for key, _, value in rows}
    parents = tuple(value for key, _, value in rows if key == "parent")
    return Commit(
        name,
        one.get("tree", ""),
        parents,
        person_of(one.get("author", "")),
        person_of(one.get("committer", "")),
        message,
    )


def write_commit(tree: str, parents: tuple[str, ...], author: Person, committer: Person, message: str) -> bytes:
    """The bytes of a commit."""
    lines = [f"tree {tree}", *(f"parent {name}" for name in parents), f"author {author}", f"committer {committer}"]
    return ("\n".join(lines) + f"\n\n{message}").encode("utf-8", "surrogateescape")


def read_tree(data: bytes) -> dict[str, tuple[int, str]]:
    """Mode and name of each entry of a tree."""
    found, at = {}, 0
    while at < len(data):
        end = data.index(b"\0", at)
        mode, _, path = data[at:end].partition(b" ")
        found[path.decode("utf-8", "surrogateescape")] = int(mode, 8), data[end + 1 : end + 21].hex()
        at = end + 21
    return found


def write_tree(entries: Mapping[str, tuple[int, str]]) -> bytes:
    """The bytes of a tree; a folder sorts as if it ended in a slash."""
    rows = [
        (path.encode("utf-8", "surrogateescape") + (b"/" if mode == 0o40000 else b""), path, mode, name)
        for path, (mode, name) in entries.items()
    ]
    return b"".join(
        b"%o %s\0" % (mode, path.encode("utf-8", "surrogateescape")) + bytes.fromhex(name)
        for _, path, mode, name in sorted(rows)
    )
