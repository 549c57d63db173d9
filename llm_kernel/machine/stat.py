"""What is recorded of a path beside its bytes: kind, size, mode, times, owners, number, target."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal, TypeAlias

__all__ = ["Kind", "Meta", "Stat"]

Kind: TypeAlias = Literal["file", "directory", "symlink", "character", "block"]


@dataclass(frozen=True, slots=True)
class Stat:
    """A path as ``stat`` sees it: ``mode`` is permission bits, the times are the machine's, ``target`` a link text.

    ``sized``: a file without bytes; ``memory``: it lies on a file system in memory, where directories take no blocks.
    """

    kind: Kind
    size: int
    mode: int
    mtime: float
    uid: int = 0
    gid: int = 0
    nlink: int = 1
    target: str = ""
    ino: int = 0
    atime: float = 0.0
    ctime: float = 0.0
    birth: float = 0.0
    device: tuple[int, int] | None = None
    sized: bool = False
    memory: bool = False


@dataclass(slots=True)
class Meta:
    """The part of a ``Stat`` the file system below cannot store.

    ``host`` is the host's stamp for which ``mtime`` and ``size`` hold: another stamp means that the bytes were
    written anew since. ``size`` is set for a file without bytes, ``device`` for a device node; ``origin`` says what a
    file without bytes is, where somebody can imagine it.
    """

    kind: Kind
    host: float
    mode: int
    mtime: float
    uid: int
    gid: int
    ino: int
    atime: float
    ctime: float
    birth: float
    size: int | None = None
    device: tuple[int, int] | None = None
    names: frozenset[str] | None = None
    origin: str | None = None

    def __copy__(self) -> Meta:
        return Meta(*[getattr(self, name) for name in Meta.__slots__])

    def to_state(self) -> dict[str, Any]:
        """The record as JSON can hold it, without what belongs to the host."""
        state = {name: value for name, value in asdict(self).items() if value is not None}
        del state["host"]
        state.pop("names", None)
        return state if self.device is None else {**state, "device": list(self.device)}

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> Meta:
        """The record back; its host stamp is not known yet."""
        device = state.get("device")
        return cls(**{**state, "host": 0.0, "device": (device[0], device[1]) if device else None})
