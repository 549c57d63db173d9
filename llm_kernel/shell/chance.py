"""What a shell reads of chance by itself: ``$SRANDOM`` and the devices of chance, by the machine's seed and clock."""

from __future__ import annotations

import random
import re
import uuid
from collections.abc import Sequence
from zlib import crc32

from tree_sitter import Node

from llm_kernel.machine import Machine

__all__ = ["Chance", "devices", "sized"]

_UUID = b"/proc/sys/kernel/random/uuid"
"""The file that holds another identifier each time it is read."""

_DEVICES = (b"/dev/urandom", b"/dev/random", _UUID)

_USUAL, _MOST = 1 << 17, 10_000_000
"""Bytes of one reading: where the script does not say how many, and at most."""

_UNITS = {"": 1, "b": 512, "K": 1 << 10, "k": 1 << 10, "KB": 1000, "kB": 1000, "M": 1 << 20, "MB": 10**6, "G": 1 << 30}
_COUNT = re.compile(r"(?:^|\s)(?:-c|-N|--bytes=|--read-bytes=|-l)\s*(\d{1,12})([bkKMG]?B?)(?=\s|$)")


def sized(words: Sequence[str]) -> int:
    """How many bytes a command says that it reads; -1 for an identifier."""
    if _UUID.decode() in [word.strip("\"'") for word in words]:
        return -1
    found = _COUNT.search(" ".join(words))
    return min(int(found[1]) * _UNITS.get(found[2], 1), _MOST) if found else _USUAL


def devices(words: Sequence[Node]) -> list[Node]:
    """The words that are devices of chance."""
    return [word for word in words if (word.text or b"").strip(b"\"'") in _DEVICES]


class Chance:
    """The chance of one shell."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self._drawn = 0
        self._copies = 0

    def number(self) -> int:
        """A number of 32 bits."""
        return self._source().getrandbits(32)

    def file(self, count: int) -> str:
        """A file of ``count`` bytes of chance, or of an identifier where ``count`` is -1."""
        self._copies += 1
        name = f"{self._place}/{0x7F0000000000 + self._copies * 0x1000:x}"
        source, root = self._source(), self._machine.files.root
        root.mkdir(self._place, True)
        root.write_file(name, _identifier(source) if count < 0 else source.randbytes(min(count, _MOST)))
        return name

    def over(self) -> None:
        """The script is over: nothing reads any more."""
        root = self._machine.files.root
        if self._copies and root.exists(self._place):
            root.remove(self._place, True)
        self._copies = 0

    @property
    def _place(self) -> str:
        """Where what is read of a device stands while a script runs: what the shell has mapped, where nobody looks."""
        return f"/proc/{self._machine.processes.shell}/map_files"

    def _source(self) -> random.Random:
        self._drawn += 1
        return random.Random(crc32(f"{self._machine.seed} {self._machine.clock.now} {self._drawn}".encode()))


def _identifier(source: random.Random) -> bytes:
    return f"{uuid.UUID(int=source.getrandbits(128), version=4)}\n".encode()
