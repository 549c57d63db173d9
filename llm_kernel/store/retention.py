"""What is kept: the newest steps of each line, every step that has a name, and what these need."""

from __future__ import annotations

import sqlite3
from contextlib import suppress

from llm_kernel.errors import StoreError
from llm_kernel.store import chain
from llm_kernel.store.database import Database
from llm_kernel.store.moment import Step

__all__ = ["Retention"]

_SPARE = 64
"""Steps that wait to be pruned together."""

_COLLECT = 256
"""Steps that were pruned, after which contents that nobody needs are looked for."""

_LIVES = 16
"""The most ended lives of a session that are kept."""


class Retention:
    """Keeps the newest ``keep`` steps of a line; others go once a few of them are together."""

    def __init__(self, database: Database, keep: int) -> None:
        self._database = database
        self._keep = max(1, keep)

    def line(self, number: int, steps: list[Step]) -> list[Step]:
        """Prune a living line whose steps are ``steps``; those that are kept."""
        kept = steps[-self._keep :]
        if len(kept) < len(steps) and kept[0].number % _SPARE == 0:
            with suppress(StoreError), self._database.writing() as sql:  # there will be another time
                self.prune(sql, number, kept[0].number)
                self._collect(sql)
        return kept

    def session(self, sql: sqlite3.Connection, session: str) -> None:
        """Keep of the lives that ended on a session the newest ones, and always the last that stored something."""
        rows = sql.execute(
            "SELECT id, (SELECT count(*) FROM steps WHERE line = id) FROM lines WHERE session = ? AND ended != 0"
            " ORDER BY id DESC",
            (session,),
        ).fetchall()
        lives = total = 0
        for line, count in rows:
            if count == 0 or lives >= _LIVES or (lives and total + count > self._keep):
                self.drop(sql, line)
            else:
                lives, total = lives + 1, total + count

    def prune(self, sql: sqlite3.Connection, line: int, first: int) -> None:
        """Drop the steps of ``line`` before ``first`` that no kept one is built on."""
        row = sql.execute("SELECT root FROM steps WHERE line = ? AND number = ?", (line, first)).fetchone()
        before = row[0] if row else first
        needed = self._needed(sql, line)
        old = sql.execute("SELECT key, root, number FROM steps WHERE line = ? AND number < ?", (line, before))
        gone = [(key,) for key, root, number in old.fetchall() if number > needed.get(root, 0)]
        sql.executemany("DELETE FROM steps WHERE key = ?", gone)
        self._note(sql, len(gone))

    def drop(self, sql: sqlite3.Connection, line: int) -> None:
        """Drop a whole line, but for what has a name."""
        last = sql.execute("SELECT max(number) FROM steps WHERE line = ?", (line,)).fetchone()[0]
        if last is not None:
            self.prune(sql, line, last + 1)
        if sql.execute("SELECT count(*) FROM steps WHERE line = ?", (line,)).fetchone()[0] == 0:
            sql.execute("DELETE FROM lines WHERE id = ?", (line,))
        self._collect(sql)

    def _needed(self, sql: sqlite3.Connection, line: int) -> dict[int, int]:
        """For each key frame of ``line`` up to which step behind it something is named."""
        return dict(
            sql.execute(
                "SELECT root, max(number) FROM steps JOIN names ON names.step = steps.key WHERE line = ? GROUP BY root",
                (line,),
            ).fetchall()
        )

    def _collect(self, sql: sqlite3.Connection) -> None:
        """Delete the contents that no step needs, once many steps were pruned, and give their room back."""
        if self._note(sql, 0) < _COLLECT:
            return
        sql.execute("DELETE FROM pruned")
        used: set[int] = set()
        for (refs,) in sql.execute("SELECT refs FROM steps"):
            used.update(chain.ids(refs))
        there = {row[0] for row in sql.execute("SELECT id FROM blobs")}
        sql.executemany("DELETE FROM blobs WHERE id = ?", [(number,) for number in there - used])
        self._database.loose = True

    def _note(self, sql: sqlite3.Connection, more: int) -> int:
        """How many steps were pruned since contents were last collected, with ``more``."""
        row = sql.execute("SELECT sum(steps) FROM pruned").fetchone()
        if more:
            sql.execute("DELETE FROM pruned")
            sql.execute("INSERT INTO pruned VALUES (?)", ((row[0] or 0) + more,))
        return int(row[0] or 0) + more
