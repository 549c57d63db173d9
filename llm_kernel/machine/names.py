"""Users and groups by name and number, as ``/etc/passwd`` and ``/etc/group`` list them; root is always there."""

from __future__ import annotations

from dataclasses import dataclass, field

__all__ = ["Names"]


@dataclass(slots=True)
class Names:
    """Two tables, name to number; ``primary`` is a user's own group."""

    users: dict[str, int] = field(default_factory=lambda: {"root": 0})
    groups: dict[str, int] = field(default_factory=lambda: {"root": 0})
    primary: dict[int, int] = field(default_factory=lambda: {0: 0})

    @classmethod
    def parse(cls, passwd: str, group: str) -> Names:
        """Read the two files' texts; a line that is not of their form is passed over."""
        names = cls()
        for row in _rows(passwd, 4):
            if row[2].isdigit() and row[3].isdigit():
                names.users[row[0]] = int(row[2])
                names.primary[int(row[2])] = int(row[3])
        for row in _rows(group, 3):
            if row[2].isdigit():
                names.groups[row[0]] = int(row[2])
        return names

    def uid(self, user: str | int) -> int:
        """The number of ``user``.

        Raises:
            LookupError: for a name that is not there.
        """
        return _number(self.users, user, "user")

    def gid(self, group: str | int) -> int:
        """The number of ``group``.

        Raises:
            LookupError: for a name that is not there.
        """
        return _number(self.groups, group, "group")

    def user(self, uid: int) -> str:
        """The first name with the number ``uid``, or the number as text."""
        return next((name for name, number in self.users.items() if number == uid), str(uid))

    def group(self, gid: int) -> str:
        """The first name with the number ``gid``, or the number as text."""
        return next((name for name, number in self.groups.items() if number == gid), str(gid))


def _rows(text: str, fields: int) -> list[list[str]]:
    rows = [line.split(":") for line in text.splitlines()]
    return [row for row in rows if len(row) >= fields and row[0]]


def _number(table: dict[str, int], key: str | int, what: str) -> int:
    if isinstance(key, int):
        return key
    if key in table:
        return table[key]
    if key.isdigit():
        return int(key)
    raise LookupError(f"invalid {what}: {key!r}")
