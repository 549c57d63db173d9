"""Amounts as GNU programs print and read them: rounded up, ``4.0K``, ``--block-size=1M``, ``-s 100K``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from llm_kernel.machine.stat import Stat

__all__ = [
    "NoCount",
    "Unit",
    "blocks",
    "disk_bytes",
    "environment_unit",
    "human",
    "read_amount",
    "read_count",
    "read_unit",
]

_LINK_INSIDE = 60
"""A link text shorter than this lies in the inode."""

_WORD = 1 << 64
"""What no count of the real programs reaches."""

_LETTERS = "KMGTPEZY"
_AMOUNT = re.compile(r"(?P<number>\d*)(?P<unit>[bcwkKMGTPEZYmgt]?)(?P<tail>iB|B|D)?")


@dataclass(frozen=True, slots=True)
class Unit:
    """What sizes are counted in: ``base`` 1000 or 1024 to choose letters, else blocks of ``size`` and a ``suffix``."""

    size: int = 1024
    suffix: str = ""
    base: int = 0

    def show(self, amount: int) -> str:
        """``amount`` bytes in this unit, rounded up."""
        return human(amount, self.base) if self.base else f"{-(-amount // self.size)}{self.suffix}"


def human(amount: int, base: int = 1024) -> str:
    """``1.5K``: one decimal below ten, rounded up; letters by powers of ``base`` (``k`` for 1000)."""
    if amount < base:
        return str(amount)
    scale, power = base, 0
    while power < len(_LETTERS) - 1 and (amount >= scale * base or -(-amount // scale) >= base):
        scale, power = scale * base, power + 1
    letter = "k" if base == 1000 and power == 0 else _LETTERS[power]
    tenths = -(-amount * 10 // scale)
    return f"{tenths // 10}.{tenths % 10}{letter}" if tenths < 100 else f"{-(-amount // scale)}{letter}"


def blocks(size: int, *, block: int = 4096) -> int:
    """The bytes that ``size`` bytes take on a disk with blocks of ``block`` bytes."""
    return -(-size // block) * block


def read_unit(text: str) -> Unit | None:
    """``--block-size``'s argument: ``K``, ``1M``, ``kB``, ``512``, ``human-readable``, ``si``; None for nonsense."""
    named = {"human-readable": Unit(base=1024), "si": Unit(base=1000)}
    if text in named:
        return named[text]
    size = read_amount(text)
    if not size:
        return None
    return Unit(size, "" if text[0].isdigit() else text.replace("m", "M").replace("g", "G"))


def read_amount(text: str) -> int | None:
    """The bytes in ``100``, ``4K``, ``1M``, ``2GB`` (powers of 1000), ``2GiB``, ``K``; None for anything else."""
    found = _AMOUNT.fullmatch(text)
    if not found or not text:
        return None
    number, unit, tail = found["number"], found["unit"], found["tail"]
    if not number and not unit:
        return None
    factor = {"": 1, "c": 1, "w": 2, "b": 512}.get(unit)
    if factor is None:
        factor = (1000 if tail in ("B", "D") else 1024) ** (_LETTERS.index(unit.upper()) + 1)
    elif tail:
        return None
    return int(number or 1) * factor


class NoCount(ValueError):  # noqa: N818 - what is said, no fault of ours
    """No count, or one that cannot be; its text is what follows the word in the real programs' message."""


def read_count(text: str, least: int = 0, most: int = _WORD) -> int:
    """The count in ``text``, from ``least`` to ``most``; ``NoCount`` for anything else."""
    if not re.fullmatch(r"\+?\d+", text, re.ASCII):
        raise NoCount
    count = int(text) if len(text.lstrip("+0")) < 40 else _WORD  # longer ones are not worth the reading
    if count >= _WORD:
        raise NoCount(": Value too large for defined data type")
    if not least <= count <= most:
        raise NoCount(": Numerical result out of range")
    return count


def environment_unit(env: Mapping[str, str], *names: str) -> Unit:
    """The unit that the first of the variables ``names`` sets, else 1024 bytes."""
    for name in (*names, "BLOCK_SIZE", "BLOCKSIZE"):
        unit = read_unit(env[name]) if env.get(name) else None
        if unit is not None:
            return unit
    return Unit(512) if "POSIXLY_CORRECT" in env else Unit()


def disk_bytes(stat: Stat) -> int:
    """The bytes that a file takes on the disk; a short link and a device take none."""
    if stat.device or (stat.kind == "symlink" and stat.size < _LINK_INSIDE):
        return 0
    if stat.memory and stat.kind == "directory":
        return 0
    return blocks(stat.size)
