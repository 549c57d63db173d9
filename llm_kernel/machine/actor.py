"""Who does something to files: what the permission bits let a user do, and what only an owner may."""

from __future__ import annotations

from dataclasses import dataclass

from llm_kernel.machine.stat import Meta, Stat

__all__ = ["READ", "SEARCH", "WRITE", "Actor"]

READ, WRITE, SEARCH = 4, 2, 1


@dataclass(frozen=True, slots=True)
class Actor:
    """A user who is not root."""

    uid: int
    gids: frozenset[int]

    def may(self, meta: Meta | Stat, wanted: int) -> bool:
        """Whether the bits that hold for this user have all that is ``wanted``; a link itself stops nobody."""
        if meta.kind == "symlink":
            return True
        shift = 6 if meta.uid == self.uid else 3 if meta.gid in self.gids else 0
        return meta.mode >> shift & wanted == wanted

    def owns(self, meta: Meta) -> bool:
        """Whether the user owns what is recorded."""
        return meta.uid == self.uid
