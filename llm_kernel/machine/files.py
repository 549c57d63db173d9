"""The machine's files: one tree for the shell library and for everybody else.

The tree below stores bytes, a mode and the host's time; owners, the machine's times, hard links, device nodes and
sizes without bytes are in a ledger beside it. How they are seen, and by whom, is in ``seen.py``; how they are changed,
in ``changed.py``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import copy
from typing import Any

from bashkit import FileSystem

from llm_kernel.errors import StateError
from llm_kernel.machine.changed import LIMIT, Changed
from llm_kernel.machine.clock import Clock
from llm_kernel.machine.ledger import Ledger
from llm_kernel.machine.nodes import Nodes
from llm_kernel.machine.paths import join
from llm_kernel.machine.seen import BLOCK
from llm_kernel.machine.snapshot import Change, Snapshot, compare
from llm_kernel.machine.stat import Stat
from llm_kernel.machine.whole import Whole
from llm_kernel.machine.writers import Writers

__all__ = ["LIMIT", "Change", "Files", "Snapshot", "Stat"]


class Files(Changed):
    """Files that can be seen and changed, and brought back to what they were at a moment.

    ``before``: whose tree these files take over, as it is; they are not used any more then.
    """

    def __init__(self, clock: Clock, root: FileSystem | None = None, *, before: Files | None = None) -> None:
        if before is not None:
            before.moment()
        self.root: FileSystem = before.root if before else FileSystem() if root is None else root
        nodes = before._nodes if before else Nodes(self.root)
        super().__init__(nodes, Ledger(clock, nodes, before._ledger if before else None), clock)
        self.writers = Writers()
        """Where the shell library may have written by itself."""
        self._whole: Whole = Whole(self._nodes, self._ledger, self.writers, before._whole if before else None)

    def snapshot(self, *, without: str = "") -> Snapshot:
        """All files now, but what is below ``without``; unchanged contents are the same objects as before."""
        return self._whole.snapshot(without=without)

    def moment(self) -> Snapshot:
        """All files now but ``/proc``'s; only where the shell library may have written since the last one is looked.

        Entries that are as they were are the same objects, and all of them together where nothing changed.
        """
        return self._whole.moment()

    def restore(self, snapshot: Snapshot) -> None:
        """Make the files what they were at ``snapshot``; only what differs is written."""
        self._whole.restore(snapshot)

    def cover(self, path: str, mode: int) -> dict[str, Any]:
        """Empty a directory, as a mount does; what ``uncover`` brings back."""
        place = self._folder(path)
        whole = self.snapshot()
        there = {name: entry for name, entry in whole.entries.items() if name == place or name.startswith(f"{place}/")}
        for name in self.listdir(place):
            self.remove(join(place, name), recursive=True)
        self.chmod(place, mode)
        self.chown(place, 0, 0)
        return Snapshot(there, whole.inodes).to_state()

    def uncover(self, path: str, covered: Mapping[str, Any]) -> None:
        """Let a directory be again what it was before ``cover``."""
        place = self._folder(path)
        for name in self.listdir(place):
            self.remove(join(place, name), recursive=True)
        for name, entry in sorted(Snapshot.from_state(covered).entries.items()):
            if name != place:
                self._whole.lay(name, entry)
            self._ledger.metas[name] = copy(entry.meta)
            self._ledger.anchor(name)

    def sizes(self) -> Iterator[tuple[str, int]]:
        """Every path but those in ``/proc`` with the bytes that it takes, directories in memory none."""
        for path, entry in self.moment().entries.items():
            if entry.meta.kind == "directory":
                yield path, 0 if path == "/proc" or self._in_memory(path) else BLOCK
            else:
                yield path, len(entry.target.encode()) if entry.meta.device or entry.target else entry.size

    def diff(self, before: Snapshot, after: Snapshot) -> list[Change]:
        """What changed between two moments, by path."""
        return compare(before, after)

    def to_state(self) -> dict[str, Any]:
        """Everything as JSON can hold it."""
        return {**self.habits(), **self.snapshot().to_state()}

    def habits(self) -> dict[str, Any]:
        """How new files are made, as JSON can hold it."""
        return {"owner": list(self.owner), "umask": self.umask}

    @classmethod
    def from_state(
        cls, clock: Clock, state: Mapping[str, Any], snapshot: Snapshot | None = None, before: Files | None = None
    ) -> Files:
        """The files back, those of ``snapshot``, or of the state; on a new tree, or on that of ``before``.

        Raises:
            StateError: when the state is damaged.
        """
        files = cls(clock, before=before)
        try:
            uid, gid = state["owner"]
            files._ledger.owner, files._ledger.umask = (int(uid), int(gid)), int(state["umask"])
        except (KeyError, TypeError, ValueError) as err:
            raise StateError(f"the stored files are damaged: {err!r}") from err
        files.restore(Snapshot.from_state(state) if snapshot is None else snapshot)
        return files
