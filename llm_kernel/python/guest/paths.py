"""``pathlib`` on the machine's files."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from types import ModuleType
from typing import TYPE_CHECKING, Any

from .world import Files

if TYPE_CHECKING:
    from pathlib import PurePosixPath

__all__ = ["pathlib"]


def pathlib(files: Files, system: ModuleType, home: str) -> ModuleType:
    """The module, with ``system`` as its ``os``."""
    pure = importlib.import_module("pathlib").PurePosixPath
    module = ModuleType("pathlib")
    module.__dict__.update(Path=_path_class(files, system, home), PurePosixPath=pure)
    return module


def _path_class(files: Files, system: ModuleType, home: str) -> type[PurePosixPath]:
    from pathlib import PurePosixPath

    class PosixPath(PurePosixPath):
        """``pathlib.Path`` on the machine's files."""

        def open(self, *args: Any, **named: Any) -> Any:
            return files.open(self, *args, **named)

        def read_text(self, encoding: str | None = None) -> Any:
            with self.open(encoding=encoding) as file:
                return file.read()

        def write_text(self, data: str, encoding: str | None = None) -> Any:
            with self.open("w", encoding=encoding) as file:
                return file.write(data)

        def exists(self) -> bool:
            return bool(system.path.exists(self))

        def is_file(self) -> bool:
            return bool(system.path.isfile(self))

        def is_dir(self) -> bool:
            return bool(system.path.isdir(self))

        def iterdir(self) -> Iterator[PosixPath]:
            return iter([self / name for name in system.listdir(self)])

        def mkdir(self, mode: int = 0o777, parents: bool = False, exist_ok: bool = False) -> None:
            if exist_ok and system.path.isdir(self):
                return
            files.ask("makedirs" if parents else "mkdir", self)

        def unlink(self) -> None:
            files.ask("remove", self)

        def absolute(self) -> PosixPath:
            return type(self)(files.cwd, self)

        @classmethod
        def cwd(cls) -> PosixPath:
            return cls(files.cwd)

        @classmethod
        def home(cls) -> PosixPath:
            return cls(home)

    PosixPath.__module__, PosixPath.__qualname__ = "pathlib", "PosixPath"
    return PosixPath
