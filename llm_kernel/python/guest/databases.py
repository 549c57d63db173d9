"""``sqlite3``: databases in memory, and those in the machine's files, which are read and written as a whole."""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable
from types import ModuleType
from typing import Any

from .world import Doubt, Files

__all__ = ["databases"]

_NAMES = """Row Error DatabaseError OperationalError IntegrityError ProgrammingError InterfaceError DataError Warning
NotSupportedError PARSE_DECLTYPES PARSE_COLNAMES""".split()

_CHANGING = re.compile(r"\b(now|current_\w+|random|randomblob|sqlite_\w+|journal_mode)\b", re.I)
"""Words of what is the machine's own: its time, its chance, its release."""

_NEW = re.compile(
    r"\b(returning|(right|full)\s+(outer\s+)?join|json\w*|strict|generated|iif|string_agg|concat)\b|->", re.I
)
_LATER = re.compile(r"\b(over|conflict|with|rename)\b", re.I)
"""Words that came with releases of SQLite which are younger than some machines', and than the oldest ones."""

_PRAGMAS = ("table_info", "foreign_keys", "foreign_key_list", "index_list", "index_info", "user_version",
            "page_count", None)  # fmt: skip
_ATTACHES, _ASKS = 24, 19
"""Numbers of what a statement wants to do."""


def databases(files: Files, system: ModuleType, doubt: Callable[[Doubt], None], version: tuple[int, ...]) -> ModuleType:
    """The module; ``doubt`` is told of what a statement must not do."""
    real: Any = importlib.import_module("sqlite3")
    module = ModuleType("sqlite3")
    module.__dict__.update({name: getattr(real, name) for name in _NAMES})
    opened: dict[str, Any] = {}

    def allowed(action: int, first: str | None, second: str | None, *more: Any) -> int:
        if action == _ATTACHES or (action == _ASKS and first not in _PRAGMAS):
            doubt(Doubt("what a statement wants"))
            return int(real.SQLITE_DENY)
        return int(real.SQLITE_OK)

    class Cursor(real.Cursor):  # type: ignore[misc]
        def execute(self, sql: Any, *parameters: Any) -> Any:
            return self._done(super().execute, sql, *parameters)

        def executemany(self, sql: Any, *parameters: Any) -> Any:
            return self._done(super().executemany, sql, *parameters)

        def executescript(self, sql: Any) -> Any:
            return self._done(super().executescript, sql)

        def _done(self, method: Any, sql: Any, *parameters: Any) -> Any:
            _check(sql, version)
            found = method(sql, *parameters)
            self.connection._settled()
            return found

    class Connection(real.Connection):  # type: ignore[misc]
        _path = ""
        _saved = b""

        def cursor(self, factory: Any = Cursor) -> Any:
            return super().cursor(factory)

        def execute(self, sql: Any, *parameters: Any) -> Any:
            return self.cursor().execute(sql, *parameters)

        def executemany(self, sql: Any, *parameters: Any) -> Any:
            return self.cursor().executemany(sql, *parameters)

        def executescript(self, sql: Any) -> Any:
            return self.cursor().executescript(sql)

        def commit(self) -> None:
            super().commit()
            self._settled()

        def __exit__(self, *error: Any) -> Any:
            found = super().__exit__(*error)
            self._settled()
            return found

        def close(self) -> None:
            if opened.pop(self._path, None) is self:
                self.rollback()
                self._settled()
            super().close()

        def _settled(self) -> None:
            """Write the file, where nothing is under way."""
            if self._path and not self.in_transaction and (data := self._whole()) != self._saved:
                with files.open(self._path, "wb") as file:
                    file.write(data)
                self._saved = data

        def _whole(self) -> bytes:
            try:
                return bytes(self.serialize())
            except real.OperationalError:  # it has no page yet
                return b""

    def connect(database: Any, timeout: float = 5.0, detect_types: int = 0, **named: Any) -> Any:
        if named.keys() - {"isolation_level", "check_same_thread"}:
            raise Doubt("a database of another kind")
        made = real.connect(":memory:", timeout, detect_types, factory=Connection, **named)
        if database != ":memory:":
            path = system.path.abspath(database)
            if path in opened or not hasattr(made, "deserialize"):
                raise Doubt("a database in a file")
            _read(made, path, files, system)
            opened[path] = made
        real.Cursor(made).execute("PRAGMA temp_store = MEMORY")
        made.set_authorizer(allowed)
        return made

    module.__dict__.update(connect=connect)
    return module


def _read(made: Any, path: str, files: Files, system: ModuleType) -> None:
    """Fill a database with what lies in a file, which there is from now on."""
    if not system.path.exists(path):
        files.open(path, "wb").close()
    with files.open(path, "rb") as file:
        data = file.read()
    if data:
        made.deserialize(data)
    made._path, made._saved = path, data


def _check(sql: Any, version: tuple[int, ...]) -> None:
    if type(sql) is not str:
        raise Doubt("a statement that is no text")
    if _CHANGING.search(sql) or _NEW.search(sql) or (version < (3, 8) and _LATER.search(sql)):
        raise Doubt("a statement of a release")
