"""The user's file of snapshots: one SQLite database of a known form, opened with distrust.

Its tables must read exactly as they are written below: a database with other tables, views or triggers is not ours.
"""

from __future__ import annotations

import os
import sqlite3
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import RLock

from llm_kernel.errors import StateError, StoreError
from llm_kernel.store.standing import Standing

__all__ = ["DAMAGE", "FORMAT", "Database"]

FORMAT = 1
"""The format number of the file; it stands in ``PRAGMA user_version``."""

NAME = "snapshots.sqlite3"

DAMAGE = (
    sqlite3.Error,
    zlib.error,
    struct.error,
    ArithmeticError,
    AttributeError,
    LookupError,
    MemoryError,
    RecursionError,
    TypeError,
    ValueError,
)
"""What reading data that somebody bent can raise."""

_OURS = 0x496D4D61
"""``PRAGMA application_id``."""

_BUSY = 5.0
"""Seconds to wait for the transaction of another kernel, or for another program that holds the file."""

_PATIENT = 30.0
"""Seconds to wait for it until the first transaction is through: what comes later can be tried again, this cannot."""

_CHECKPOINT = 128
"""Pages of the log after which they are written into the database itself."""

_LOG = 1 << 20
"""The most bytes that the log keeps once it was written back."""

_PAGES = 4096
"""The most pages that are given back at once."""

_TABLES = (
    "CREATE TABLE lines (id INTEGER PRIMARY KEY, session TEXT NOT NULL, branch INTEGER NOT NULL,"
    " ended INTEGER NOT NULL, before INTEGER, cut INTEGER NOT NULL)",
    "CREATE INDEX lines_of_session ON lines (session, id)",
    "CREATE TABLE steps (key INTEGER PRIMARY KEY, line INTEGER NOT NULL, number INTEGER NOT NULL,"
    " root INTEGER NOT NULL, kind TEXT NOT NULL, label TEXT NOT NULL, at REAL NOT NULL, digest BLOB NOT NULL,"
    " refs BLOB NOT NULL, body BLOB NOT NULL)",
    "CREATE UNIQUE INDEX steps_of_line ON steps (line, number)",
    "CREATE TABLE blobs (id INTEGER PRIMARY KEY, digest BLOB NOT NULL, size INTEGER NOT NULL, packed BLOB NOT NULL)",
    "CREATE UNIQUE INDEX blobs_by_digest ON blobs (digest)",
    "CREATE TABLE names (name TEXT PRIMARY KEY, kind TEXT NOT NULL, step INTEGER NOT NULL, session TEXT NOT NULL,"
    " digest BLOB NOT NULL) WITHOUT ROWID",
    "CREATE TABLE pruned (steps INTEGER NOT NULL)",
    "CREATE INDEX names_of_step ON names (step)",
)


class Database:
    """The connection; ``folder`` is where the file lies, or None: in memory, and gone with this object."""

    def __init__(self, folder: Path | None) -> None:
        self.folder = folder
        self.file = str(folder / NAME) if folder else ":memory:"
        self.loose = False
        """Whether much was deleted: its pages are given back after the transaction."""
        self._patient = True
        self._lock = RLock()
        self._forced = True
        self._sql = self._open()
        try:
            self._prepare()
        except BaseException:
            self._sql.close()
            raise
        self._standing = Standing(self.file, self._sql) if folder else None

    def close(self) -> None:
        """Write the log back and let go of the file."""
        with self._lock:
            self._sql.close()

    @contextmanager
    def writing(self, *, forced: bool = True) -> Iterator[sqlite3.Connection]:
        """A transaction that changes the store: all of it, or nothing.

        ``forced``: it is on the disk when this returns; else it survives the kernel, and a loss of power once a forced
        one came after it.

        Raises:
            StoreError: when it cannot be written now: a full disk, a file that may not be written, a damaged one, one
                that was taken away.
        """
        with self._lock:
            if self._standing:
                self._standing.check()
            try:
                self._force(forced)
                with self._transaction("IMMEDIATE"):
                    yield self._sql
            except DAMAGE as error:
                raise StoreError(self._trouble(error)) from error
            if self._patient:
                self._sql.execute(f"PRAGMA busy_timeout = {round(_BUSY * 1000)}")
                self._patient = False
            if self.loose:
                self._shrink()
            if self._standing:
                self._standing.note()

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """A look at the store at one moment.

        Raises:
            StateError: when what is there is not what was written.
        """
        with self._lock:
            try:
                with self._transaction("DEFERRED"):
                    yield self._sql
            except DAMAGE as error:
                raise self.damaged(error) from error

    def damaged(self, error: object) -> StateError:
        """What to say of a file whose content cannot be right."""
        return StateError(
            f"{self.file} is damaged ({error}). Move it away to begin a new one; until then nothing is saved."
        )

    @contextmanager
    def _transaction(self, kind: str) -> Iterator[None]:
        self._sql.execute(f"BEGIN {kind}")
        try:
            yield
            self._sql.execute("COMMIT")
        except BaseException:
            if self._sql.in_transaction:
                self._sql.execute("ROLLBACK")
            raise

    def _force(self, forced: bool) -> None:
        if forced is not self._forced:
            self._sql.execute(f"PRAGMA synchronous = {'FULL' if forced else 'NORMAL'}")
            self._forced = forced

    def _shrink(self) -> None:
        self.loose = False
        with suppress(sqlite3.Error):  # what was to be done is done; the pages can wait
            self._sql.executescript(f"PRAGMA incremental_vacuum({_PAGES})")

    def _open(self) -> sqlite3.Connection:
        try:
            if self.folder:
                self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
                # SQLite gives its log and its index the mode of the database
                os.close(os.open(self.file, os.O_RDWR | os.O_CREAT, 0o600))
            return sqlite3.connect(self.file, timeout=_PATIENT, isolation_level=None, check_same_thread=False)
        except (OSError, sqlite3.Error) as error:
            raise StoreError(self._trouble(error)) from error

    def _prepare(self) -> None:
        try:
            self._configure()
            tables = self._tables()
            if not tables:
                with self._transaction("IMMEDIATE"):
                    self._create()
                tables = self._tables()
            known = self._number("application_id") == _OURS
            found = self._number("user_version")
        except sqlite3.OperationalError as error:
            if _broken(error):
                raise self.damaged(error) from error
            raise StoreError(self._trouble(error)) from error
        except DAMAGE as error:
            raise self.damaged(error) from error
        if known and found != FORMAT:
            raise StateError(
                f"{self.file} has format {found}; this version reads format {FORMAT}. Use the version that wrote it, "
                "or move the file away to begin a new one; until then nothing is saved."
            )
        if not known or tables != set(_TABLES):
            raise self.damaged("its tables are not those of a store of snapshots")

    def _configure(self) -> None:
        self._sql.execute("PRAGMA trusted_schema = OFF")
        self._sql.execute("PRAGMA cell_size_check = ON")
        if self._number("page_count") == 0:
            self._sql.execute("PRAGMA auto_vacuum = INCREMENTAL")
        self._sql.execute("PRAGMA journal_mode = WAL")
        # a commit is on the disk when it returns: what was acknowledged survives a loss of power
        self._sql.execute("PRAGMA synchronous = FULL")
        self._sql.execute(f"PRAGMA wal_autocheckpoint = {_CHECKPOINT}")
        self._sql.execute(f"PRAGMA journal_size_limit = {_LOG}")

    def _create(self) -> None:
        if self._tables():
            return  # another kernel was faster
        for table in _TABLES:
            self._sql.execute(table)
        self._sql.execute(f"PRAGMA application_id = {_OURS}")
        self._sql.execute(f"PRAGMA user_version = {FORMAT}")

    def _tables(self) -> set[str]:
        rows = self._sql.execute("SELECT name, sql FROM sqlite_master").fetchall()
        return {sql for name, sql in rows if sql is not None or not str(name).startswith("sqlite_autoindex_")}

    def _number(self, name: str) -> int:
        return int(self._sql.execute(f"PRAGMA {name}").fetchone()[0])

    def _trouble(self, error: Exception) -> str:
        if _broken(error):
            return str(self.damaged(error))
        advice = "Free some space or set LLM_KERNEL_HOME to another folder."
        if "locked" in str(error):
            advice = "Another program holds the file: end that one."
        return f"{self.file} cannot be written ({error}). {advice}"


def _broken(error: Exception) -> bool:
    """Whether the file's content is to blame, and not the place where it lies."""
    return not isinstance(error, sqlite3.OperationalError | OSError) or "malformed" in str(error)
