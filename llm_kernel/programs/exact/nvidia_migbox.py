"""The box of MIG devices in nvidia-smi's default table: cells in, lines out, in the widths of each generation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["MigRow", "mig_box"]


@dataclass(frozen=True, slots=True)
class MigRow:
    """One MIG device: where it is, its memory and BAR1 aperture in MiB, its processors and engines."""

    gpu: int
    gi: int
    ci: int
    device: int
    used: int
    total: int
    bar1_used: int
    bar1_total: int
    sm: int
    ecc: int
    ce: int
    enc: int
    dec: int
    ofa: int
    jpg: int


@dataclass(frozen=True, slots=True)
class _Form:
    cells: tuple[int, ...]
    heads: tuple[str, ...]
    memory: str


_NARROW = _Form(
    (18, 22, 11, 23),
    (
        "| GPU  GI  CI  MIG |         Memory-Usage |        Vol|         Shared        |",
        "|      ID  ID  Dev |           BAR1-Usage | SM     Unc| CE  ENC  DEC  OFA  JPG|",
        "|                  |                      |        ECC|                       |",
    ),
    "{0:>7}MiB / {1:>5}MiB ",
)
_WIDE = _Form(
    (18, 32, 11, 23),
    (
        "| GPU  GI  CI  MIG |                   Memory-Usage |        Vol|      Shared           |",
        "|      ID  ID  Dev |                     BAR1-Usage | SM     Unc| CE ENC DEC OFA JPG    |",
        "|                  |                                |        ECC|                       |",
    ),
    "{0:>16}MiB / {1:>5}MiB  ",
)
_WIDEST = _Form(
    (18, 34, 11, 23),
    (
        "| GPU  GI  CI  MIG |              Shared Memory-Usage |        Vol|        Shared         |",
        "|      ID  ID  Dev |                Shared BAR1-Usage | SM     Unc| CE ENC  DEC  OFA  JPG |",
        "|                  |                                  |        ECC|                       |",
    ),
    "{0:>16}MiB / {1:>5}MiB    ",
)
_FORMS = {77: _NARROW, 87: _WIDE, 89: _WIDEST}
"""The form by the number of characters between the table's outer bars."""


def mig_box(inner: int, rows: Sequence[MigRow]) -> list[str]:
    """The lines of the box; without rows it says that no device was made."""
    form = _FORMS[inner]
    rule = "+" + "+".join("-" * cell for cell in form.cells) + "+"
    lines = ["+" + "-" * inner + "+", f"|{' MIG devices:':<{inner}}|", rule, *form.heads]
    lines.append("|" + "+".join("=" * cell for cell in form.cells) + "|")
    for row in rows:
        lines += [*_lines(form, row), rule]
    return lines if rows else [*lines, f"|{'  No MIG devices found':<{inner}}|", "+" + "-" * inner + "+"]


def _lines(form: _Form, row: MigRow) -> tuple[str, str]:
    place = f"{row.gpu:>3}  {row.gi:>3}  {row.ci:>2}  {row.device:>2}  "
    engines = f"{row.ce:>3} {row.enc:>3}  {row.dec:>3}  {row.ofa:>3}  {row.jpg:>3} "
    memory, bar1 = form.memory.format(row.used, row.total), form.memory.format(row.bar1_used, row.bar1_total)
    return (
        f"|{place}|{memory}|{row.sm:>3}  {row.ecc:>5} |{engines}|",
        f"|{'':18}|{bar1}|{'':11}|{'':23}|",
    )
