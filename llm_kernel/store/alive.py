"""Which kernel lives: each holds a lock for its line, and the system gives it back when the process is gone."""

from __future__ import annotations

from pathlib import Path

from filelock import FileLock, Timeout

from llm_kernel.errors import StoreError

__all__ = ["Pulse"]


class Pulse:
    """The lock of line ``number`` in ``folder``; without a folder nobody else can see the line."""

    def __init__(self, folder: Path | None, number: int) -> None:
        self._file = folder / "lines" / f"{number}.lock" if folder else None
        self._lock = FileLock(str(self._file), timeout=0, thread_local=False) if self._file else None

    def take(self) -> bool:
        """Hold it from now on; False where another process does.

        Raises:
            StoreError: where locks cannot be had at all.
        """
        if self._lock is None or self._file is None:
            return True
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._lock.acquire()
        except Timeout:
            return False
        except (OSError, NotImplementedError) as error:
            raise StoreError(
                f"{self._file} cannot be locked ({error}). Set LLM_KERNEL_HOME to another folder."
            ) from error
        return True

    def leave(self) -> None:
        """Give it back and take its file away."""
        if self._lock is not None and self._file is not None:
            self._lock.release()
            self._file.unlink(missing_ok=True)
