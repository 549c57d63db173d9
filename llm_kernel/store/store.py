"""The snapshots of one user: lines of steps by session, and names for steps that all his notebooks see."""

from __future__ import annotations

import difflib
import hashlib
import json
import sqlite3
from pathlib import Path

import platformdirs

from llm_kernel.errors import StateError
from llm_kernel.store import chain, export
from llm_kernel.store.alive import Pulse
from llm_kernel.store.database import Database
from llm_kernel.store.line import ENDED, LIVING, RESTARTED, Line, Place
from llm_kernel.store.moment import Moment, Saved, Step
from llm_kernel.store.retention import Retention

__all__ = ["Store", "home"]

_NAME = 100
"""The most characters of a name."""


def home(folder: str = "") -> Path:
    """Where the user's snapshots are: ``folder``, or his data folder."""
    if folder:
        return Path(folder).expanduser()
    return Path(platformdirs.user_data_dir("llm-kernel", appauthor=False))


class Store:
    """``folder`` holds the user's one file; None: a store in memory that lives as long as this object.

    ``keep`` is how many of the newest steps of each line stay; steps with a name stay whatever their age. ``longest``
    is the most steps that are stored as what differs, until one is stored whole.

    Raises:
        StateError: for a file of another format, or a damaged one.
        StoreError: where no file can be made.
    """

    def __init__(self, folder: Path | None, *, keep: int = 1000, longest: int = chain.LONGEST) -> None:
        self._database = Database(folder)
        self._retention = Retention(self._database, keep)
        self._longest = min(longest, chain.LONGEST)

    @property
    def file(self) -> str:
        """The file that everything is in."""
        return self._database.file

    def enter(self, session: str) -> Line:
        """Begin a life on ``session``; an empty one is nobody's, and never found again.

        Raises:
            StoreError: when the store cannot be written.
        """
        session = session.encode("utf-8", "backslashreplace").decode()
        pulse: Pulse | None = None
        try:
            with self._database.writing() as sql:
                self._bury(sql)
                number = 1 + (sql.execute("SELECT max(id) FROM lines").fetchone()[0] or 0)
                place = self._place(sql, number, session)
                self._retention.session(sql, session)
                before = place.predecessor.key if place.predecessor else None
                sql.execute(
                    "INSERT INTO lines VALUES (?, ?, ?, ?, ?, ?)",
                    (number, session, place.shared, LIVING, before, place.cut),
                )
                pulse = Pulse(self._database.folder, number)
                pulse.take()
        except BaseException:
            if pulse:
                pulse.leave()
            raise
        return Line(self._database, place, pulse, self._retention, self._longest)

    def save(self, name: str, step: Step, *, kind: str = "save") -> None:
        """Give ``step`` a name, taking it from the step that had it; ``kind`` is save or branch.

        Raises:
            StateError: for a name that is none, or a step that is gone.
            StoreError: when the store cannot be written.
        """
        self.check(name)
        with self._database.writing() as sql:
            row = sql.execute("SELECT session FROM lines JOIN steps ON line = id WHERE key = ?", (step.key,)).fetchone()
            if row is None:
                raise StateError(f"step {step.number} is no longer stored, and cannot be named.")
            facts = (name, kind, step.key, str(row[0]))
            self._unname(sql, name)
            sql.execute("INSERT INTO names VALUES (?, ?, ?, ?, ?)", (*facts, _seal(facts)))

    @staticmethod
    def check(name: str) -> None:
        """Look whether a step can have this name.

        Raises:
            StateError: for a name that is none.
        """
        if not name or len(name) > _NAME or not name.isprintable() or name != name.strip():
            raise StateError(f"a name is at most {_NAME} printable characters; {name[:_NAME]!r} is none.")
        if name.isdecimal():
            raise StateError(f"{name!r} is no name: %load takes a number for a step of %history; add a letter.")

    def forget(self, name: str) -> None:
        """Take a name away; its step stays as long as any other.

        Raises:
            StateError: where there is no such name.
        """
        self.find(name)
        with self._database.writing() as sql:
            self._unname(sql, name)

    def names(self) -> list[Saved]:
        """All names, in their order.

        Raises:
            StateError: when the store is damaged.
        """
        with self._database.reading() as sql:
            rows = sql.execute("SELECT name, kind, step, session, digest FROM names ORDER BY name").fetchall()
            return [_saved(sql, row) for row in rows]

    def find(self, name: str) -> Step:
        """The step that has a name.

        Raises:
            StateError: where none has; the message names what is near.
        """
        with self._database.reading() as sql:
            row = sql.execute("SELECT name, kind, step, session, digest FROM names WHERE name = ?", (name,)).fetchone()
            if row is not None:
                _saved(sql, row)
                return _there(sql, row)
            known = [str(row[0]) for row in sql.execute("SELECT name FROM names ORDER BY name")]
        near = difflib.get_close_matches(name, known, cutoff=0.5) or known[:5]
        there = f"; there is {', '.join(near)}" if near else "; nothing was saved yet"
        raise StateError(f"nothing is saved as {name!r}{there}.")

    def steps(self, step: Step) -> list[Step]:
        """The way to ``step``, as far as it is kept, oldest first: its line, and those of the lives it went on from."""
        found: list[Step] = []
        key: int | None = step.key
        with self._database.reading() as sql:
            while key is not None:
                row = sql.execute("SELECT line, number FROM steps WHERE key = ?", (key,)).fetchone()
                part = _unbroken([one for one in chain.steps(sql, row[0]) if one.number <= row[1]] if row else [])
                found[:0] = part
                went_on = bool(part) and part[0].kind == "back"
                before = sql.execute("SELECT before FROM lines WHERE id = ?", (row[0],)).fetchone() if went_on else None
                # a life goes on from an earlier one: keys that do not fall are no way
                key = before[0] if before and before[0] is not None and before[0] < key else None
        return found

    def load(self, step: Step) -> Moment:
        """The notebook at ``step``.

        Raises:
            StateError: when it is gone or damaged.
        """
        with self._database.reading() as sql:
            return chain.moment(sql, step)

    def export(self, step: Step, path: Path, *, name: str = "") -> None:
        """Write the notebook at ``step`` into one file of its own.

        Raises:
            StateError: when the step is gone or damaged.
            StoreError: when the file cannot be written.
        """
        export.write(path, self.load(step), name=name, label=step.label)

    @staticmethod
    def read_file(path: Path) -> Moment:
        """The moment in an exported file; nothing of it is stored or run.

        Raises:
            StateError: when it is none, damaged, or of another format.
        """
        return export.read(path).moment

    def take_in(self, path: Path, name: str = "", *, replace: bool = False) -> str:
        """Store the moment in an exported file under ``name``, or the one it had; the name that it has now.

        Raises:
            StateError: when the file is none, or the name is taken and not to be replaced.
            StoreError: when the store cannot be written.
        """
        found = export.read(path)
        name = name or found.name or path.name.partition(".")[0]
        self.check(name)
        if not replace and name in {saved.name for saved in self.names()}:
            raise StateError(f"{name!r} is saved already: give another name, or replace it with --force.")
        line = self.enter("")
        try:
            self.save(name, line.add("import", found.label, found.moment))
        finally:
            line.end(restart=False)
        return name

    def close(self) -> None:
        """Let go of the file; lines that were not ended count as cut."""
        self._database.close()

    def _unname(self, sql: sqlite3.Connection, name: str) -> None:
        """Take a name away, and with the last one of a line that is nobody's what was kept for it."""
        lines = sql.execute(
            "SELECT line FROM names JOIN steps ON names.step = steps.key JOIN lines ON lines.id = line"
            " WHERE name = ? AND lines.session = '' AND ended != ?",
            (name, LIVING),
        ).fetchall()
        sql.execute("DELETE FROM names WHERE name = ?", (name,))
        for (line,) in lines:
            self._retention.drop(sql, line)

    # who lived before

    def _bury(self, sql: sqlite3.Connection) -> None:
        """Note which kernels are gone that did not say so; nobody will come back to a line without a session."""
        for number, session in sql.execute("SELECT id, session FROM lines WHERE ended = ?", (LIVING,)).fetchall():
            pulse = Pulse(self._database.folder, number)
            if self._database.folder and pulse.take():
                sql.execute("UPDATE lines SET ended = ? WHERE id = ?", (ENDED, number))
                if not session:
                    self._retention.drop(sql, number)
                pulse.leave()

    def _place(self, sql: sqlite3.Connection, number: int, session: str) -> Place:
        if not session:
            return Place(number, session, None, cut=False, shared=False)
        lines = sql.execute(
            "SELECT id, ended, before, cut FROM lines WHERE session = ? AND branch = 0 ORDER BY id DESC", (session,)
        )
        row = lines.fetchone()
        if row is None:
            return Place(number, session, None, cut=False, shared=False)
        last, ended, before, cut = row
        steps = chain.steps(sql, last)
        step = steps[-1] if steps else (chain.step(sql, before) if before is not None else None)
        if ended == LIVING:
            return Place(number, session, step, cut=False, shared=True)
        # a life that stored nothing is passed over, but not the restart that ended it
        cut = ended != RESTARTED and (bool(steps) or bool(cut)) and step is not None
        return Place(number, session, step, cut=cut, shared=False)


def _unbroken(steps: list[Step]) -> list[Step]:
    """The last ones between which none is missing; older ones may stay for the sake of a name."""
    at = len(steps) - 1
    while at > 0 and steps[at - 1].number == steps[at].number - 1:
        at -= 1
    return steps[max(at, 0) :]


def _saved(sql: sqlite3.Connection, row: tuple[str, str, int, str, bytes]) -> Saved:
    name, kind, _, session, digest = row
    if _seal(row[:4]) != digest:
        raise ValueError("a name has another digest")
    step = _there(sql, row)
    return Saved(name, kind, step.when, session, step.label)


def _there(sql: sqlite3.Connection, row: tuple[str, str, int, str, bytes]) -> Step:
    step = chain.step(sql, row[2])
    if step is None:
        raise ValueError(f"the step that is saved as {row[0]!r} is gone")
    return step


def _seal(facts: tuple[object, ...]) -> bytes:
    return hashlib.sha256(json.dumps(facts).encode()).digest()
