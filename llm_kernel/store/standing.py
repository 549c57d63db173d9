"""The file under an open database: whether it still is the one that was opened, whole.

SQLite writes on into a file that was deleted, and looks at pages it knows no second time. So before each write the
names are looked up again, and where another kernel wrote, the file is read without the log. Where it was no kernel that
wrote, a copy of an earlier day may lie there, whole by itself: so all is read, with the log that belongs to another. It
is opened by SQLite alone: closing a descriptor of our own would drop the process's locks on it.
"""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing, suppress
from pathlib import Path
from typing import NoReturn, TypeAlias

from llm_kernel.errors import StoreError

__all__ = ["Standing"]

_Name: TypeAlias = tuple[int, int]
"""Device and inode: what a path means."""

_GLANCE, _CARE = "PRAGMA schema_version", "PRAGMA quick_check(1)"
"""How a file is read that another kernel wrote to, and one that was found bad."""

_MIXED = "PRAGMA integrity_check(1)"
"""How a file is read that no kernel wrote to."""

_NEWEST = "SELECT max(key) FROM steps"

_TRIES = 5
_PAUSE = 0.05
"""How often, and after how many seconds, a file is looked at again that another kernel may be writing."""


class Standing:
    """``path`` is a file that ``sql`` has open."""

    def __init__(self, path: str, sql: sqlite3.Connection) -> None:
        self._path = path
        self._sql = sql
        self._file = _name(path)
        self._log: _Name | None = None
        self._touched = _touched(path)
        self._others = self._written()
        self._look = _GLANCE

    def check(self) -> None:
        """Look whether what is written now will be found again.

        Raises:
            StoreError: where it will not.
        """
        self._same()
        touched = _touched(self._path)
        if touched != self._touched:
            others = self._written()
            self._whole()
            if others == self._others:
                self._ours()
            self._touched, self._others = touched, others

    def note(self) -> None:
        """The file after a write of our own.

        Raises:
            StoreError: where it was taken away meanwhile.
        """
        self._same()
        self._log = self._log or _name(f"{self._path}-wal")
        self._touched, self._others = _touched(self._path), self._written()

    def _same(self) -> None:
        logged = self._log is None or _name(f"{self._path}-wal") == self._log
        found = _name(self._path)
        if found == self._file and logged:
            return
        happened = (
            "deleted or moved away" if found is None else "replaced by another" if logged else "parted from its log"
        )
        raise StoreError(
            f"{self._path} was {happened} under this kernel: nothing is kept any more, and what was kept may be gone. "
            "Restart the kernel to begin with a new one."
        )

    def _ours(self) -> None:
        """Look whether a file that no kernel wrote to still holds what was kept."""
        error = self._read(_MIXED, alone=False)
        try:
            if error is None and self._ask(_NEWEST, alone=False) != self._sql.execute(_NEWEST).fetchone()[0]:
                error = "it is of another time"
        except sqlite3.Error as wrong:  # another program's tables
            error = str(wrong)
        if error:
            self._bad(error)

    def _whole(self) -> None:
        error = self._read(self._look)
        for _ in range(_TRIES):
            if error is None:
                self._look = _GLANCE
                return
            self._look = _CARE
            # a kernel that was killed while it wrote its log back leaves as much: the log has what is missing then
            self._write_back()
            error = self._read(_CARE)
            if error:
                time.sleep(_PAUSE)
        if error:
            self._bad(error)

    def _bad(self, error: str) -> NoReturn:
        raise StoreError(
            f"{self._path} was overwritten or cut short under this kernel ({error}): nothing is kept any more. "
            "Move it away and restart the kernel to begin with a new one."
        )

    def _written(self) -> int:
        """A number that is another one once another kernel wrote."""
        return int(self._sql.execute("PRAGMA data_version").fetchone()[0])

    def _write_back(self) -> None:
        with suppress(sqlite3.Error):  # what cannot be written back is still missing at the next look
            self._sql.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()

    def _read(self, pragma: str, *, alone: bool = True) -> str | None:
        """What is wrong with the file: ``alone``, without its log, or with it."""
        if not _touched(self._path)[0]:
            return "it is empty"  # which SQLite takes for a new database
        try:
            found = self._ask(pragma, alone=alone)
        except sqlite3.Error as error:
            return str(error)
        return None if isinstance(found, int) or found == "ok" else str(found).splitlines()[-1]

    def _ask(self, question: str, *, alone: bool) -> object:
        place = f"{Path(self._path).absolute().as_uri()}?mode=ro{'&immutable=1' if alone else ''}"
        with closing(sqlite3.connect(place, uri=True)) as sql:
            return sql.execute(question).fetchone()[0]


def _name(path: str) -> _Name | None:
    try:
        found = Path(path).stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _touched(path: str) -> tuple[int, int]:
    """Its size and when it was last written."""
    try:
        found = Path(path).stat()
    except OSError:
        return 0, 0
    return found.st_size, found.st_mtime_ns
