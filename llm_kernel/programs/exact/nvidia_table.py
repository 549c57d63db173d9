"""The default table of nvidia-smi, in every layout it has had. Pure text: cells in, lines out.

The layout follows the version of the nvidia-smi binary, not that of the driver.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from llm_kernel.machine.drivers import order
from llm_kernel.programs.exact.nvidia_migbox import MigRow, mig_box

__all__ = ["Board", "Head", "Layout", "Running", "date_line", "layout_of", "table"]


@dataclass(frozen=True, slots=True)
class Head:
    """The title line: versions of the binary, of the driver, and of CUDA."""

    smi: str
    driver: str
    cuda: str


@dataclass(frozen=True, slots=True)
class Board:
    """One GPU's cells, as text with their units; ``name`` is whole, the table cuts it.

    A cell that the driver does not give is ``N/A``, one that it fails to give ``ERR!``.
    """

    index: str
    name: str
    persistence: str
    bus: str
    display: str
    ecc: str
    fan: str
    temp: str
    perf: str
    draw: str
    cap: str
    used: str
    total: str
    util: str
    mode: str
    mig: str = "N/A"


@dataclass(frozen=True, slots=True)
class Running:
    """One line of the process box; ``name`` is whole, the table cuts it."""

    gpu: str
    pid: str
    kind: str
    name: str
    memory: str
    gi: str = "N/A"
    ci: str = "N/A"


@dataclass(frozen=True, slots=True)
class Layout:
    """One generation: cell widths, format strings, and the lengths at which names are cut.

    ``gap`` is the number of spaces in the line between the boxes, ``rule`` the first character under the title.
    """

    cells: tuple[int, ...]
    title: str
    rule: str
    heads: tuple[str, ...]
    rows: tuple[str, ...]
    name: int
    gap: int
    process_heads: tuple[str, ...]
    process: str
    process_name: int

    @property
    def inner(self) -> int:
        """Characters between the outer bars."""
        return sum(self.cells) + len(self.cells) - 1


_TITLE_A = "| NVIDIA-SMI {h.smi:<12} Driver Version: {h.driver:<12} CUDA Version: {h.cuda:<9}|"
_TITLE_A0 = "| NVIDIA-SMI {h.smi:<22} Driver Version: {h.driver:<26}|"
_TITLE_C = "| NVIDIA-SMI {h.smi:<22} Driver Version: {h.driver:<12} CUDA Version: {h.cuda:<9}|"
_TITLE_E = "| NVIDIA-SMI {h.smi:<22} Driver Version: {h.driver:<14} CUDA Version: {h.cuda:<9}|"
_TITLE_G = "| NVIDIA-SMI {h.smi:<22} KMD Version: {h.driver:<13} CUDA UMD Version: {h.cuda:<9}|"

_HEADS_A = (
    "| GPU  Name        Persistence-M| Bus-Id        Disp.A | Volatile Uncorr. ECC |",
    "| Fan  Temp  Perf  Pwr:Usage/Cap|         Memory-Usage | GPU-Util  Compute M. |",
)
_HEADS_C = (
    "| GPU  Name                  Persistence-M| Bus-Id        Disp.A | Volatile Uncorr. ECC |",
    "| Fan  Temp  Perf            Pwr:Usage/Cap|         Memory-Usage | GPU-Util  Compute M. |",
)
_HEADS_D = (
    "| GPU  Name                 Persistence-M | Bus-Id        Disp.A | Volatile Uncorr. ECC |",
    "| Fan  Temp   Perf          Pwr:Usage/Cap |         Memory-Usage | GPU-Util  Compute M. |",
)
_HEADS_E = (
    "| GPU  Name                 Persistence-M | Bus-Id          Disp.A | Volatile Uncorr. ECC |",
    "| Fan  Temp   Perf          Pwr:Usage/Cap |           Memory-Usage | GPU-Util  Compute M. |",
)

_BUS = "| {b.bus} {b.display:>3} | {b.ecc:>20} |"
_LOAD = " | {b.used:>9} / {b.total:>8} | {b.util:>7} {b.mode:>12} |"
_SENSORS = "|{b.fan:>4}  {b.temp:>4}  {b.perf:>4} "
_ROWS_A = (
    "| {b.index:>3}  {name:<18}  {b.persistence:<3}  " + _BUS,
    _SENSORS + "{b.draw:>6} / {b.cap:>4}" + _LOAD,
)
_ROWS_C = (
    "| {b.index:>3}  {name:<28}    {b.persistence:<3}" + _BUS,
    _SENSORS + "{b.draw:>17} / {b.cap:>4}" + _LOAD[1:],
)
_ROWS_D = (
    "| {b.index:>3}  {name:<27}    {b.persistence:<3} " + _BUS,
    _SENSORS + "{b.draw:>16} / {b.cap:>4}" + _LOAD,
)
_ROWS_E = (
    "| {b.index:>3}  {name:<27}    {b.persistence:<3} |   {b.bus} {b.display:>3} | {b.ecc:>20} |",
    _SENSORS + "{b.draw:>15} / {b.cap:>5} | {b.used:>10} / {b.total:>9} | {b.util:>7} {b.mode:>12} |",
)

_PROCESS_HEADS_A = (
    "| Processes:                                                       GPU Memory |",
    "|  GPU       PID   Type   Process name                             Usage      |",
)
_PROCESS_A = "|  {p.gpu:>3} {p.pid:>9} {p.kind:>6}   {name:<42} {p.memory:>8} |"
_PROCESS_B = "|  {p.gpu:>3}  {p.gi:>4} {p.ci:>4} {p.pid:>9} {p.kind:>6}   {name:<31} {p.memory:>8} |"
_PROCESS_D = "|  {p.gpu:>3}  {p.gi:>4} {p.ci:>4} {p.pid:>9} {p.kind:>6}   {name:<41} {p.memory:>8} |"
_PROCESS_E = "|  {p.gpu:>3}  {p.gi:>4} {p.ci:>4} {p.pid:>9} {p.kind:>6}   {name:<43} {p.memory:>8} |"
_PROCESS_F = "|  {p.gpu:>3}  {p.gi:>4} {p.ci:>4} {p.pid:>15} {p.kind:>6}   {name:<37} {p.memory:>8} |"


def _process_heads(inner: int, pid: str = "     PID") -> tuple[str, ...]:
    first = f"  GPU   GI   CI   {pid}   Type   Process name"
    second = "        ID   ID"
    return (
        f"|{' Processes:':<{inner}}|",
        f"|{first:<{inner - 12}} GPU Memory |",
        f"|{second:<{inner - 12}} Usage      |",
    )


def _mig(cells: tuple[int, ...], text: str) -> str:
    return f"|{'':{cells[0]}}|{'':{cells[1]}}| {text} |"


_NARROW, _WIDE, _WIDEST = (31, 22, 22), (41, 22, 22), (41, 24, 22)
_A0 = Layout(_NARROW, _TITLE_A0, "|", _HEADS_A, _ROWS_A, 18, 79, _PROCESS_HEADS_A, _PROCESS_A, 42)
_A = Layout(_NARROW, _TITLE_A, "|", _HEADS_A, _ROWS_A, 18, 79, _PROCESS_HEADS_A, _PROCESS_A, 42)
_B = Layout(
    _NARROW,
    _TITLE_A,
    "|",
    (*_HEADS_A, _mig(_NARROW, "              MIG M.")),
    (*_ROWS_A, _mig(_NARROW, "{b.mig:>20}")),
    18,
    79,
    _process_heads(77),
    _PROCESS_B,
    28,
)
_C = Layout(
    _WIDE,
    _TITLE_C,
    "|",
    (*_HEADS_C, _mig(_WIDE, "              MIG M.")),
    (*_ROWS_C, _mig(_WIDE, "{b.mig:>20}")),
    28,
    89,
    _process_heads(87),
    _PROCESS_D,
    38,
)
_D = Layout(
    _WIDE,
    _TITLE_C,
    "|",
    (*_HEADS_D, _mig(_WIDE, "              MIG M.")),
    (*_ROWS_D, _mig(_WIDE, "{b.mig:>20}")),
    27,
    89,
    _process_heads(87),
    _PROCESS_D,
    38,
)
_E_HEADS = (*_HEADS_E, _mig(_WIDEST, "              MIG M."))
_E_ROWS = (*_ROWS_E, _mig(_WIDEST, "{b.mig:>20}"))
_LONG_PID = _process_heads(89, "           PID")
_E = Layout(_WIDEST, _TITLE_E, "|", _E_HEADS, _E_ROWS, 27, 89, _process_heads(89), _PROCESS_E, 38)
_E2 = Layout(_WIDEST, _TITLE_E, "|", _E_HEADS, _E_ROWS, 27, 89, _LONG_PID, _PROCESS_F, 32)
_F = Layout(_WIDEST, _TITLE_E, "+", _E_HEADS, _E_ROWS, 27, 0, _LONG_PID, _PROCESS_F, 32)
_G = Layout(_WIDEST, _TITLE_G, "+", _E_HEADS, _E_ROWS, 27, 0, _LONG_PID, _PROCESS_F, 32)

_SINCE: tuple[tuple[tuple[int, ...], Layout], ...] = (
    ((0,), _A0),
    ((410, 72), _A),
    ((450,), _B),
    ((530,), _C),
    ((535,), _D),
    ((550,), _E),
    ((575,), _E2),
    ((580,), _F),
    ((610,), _G),
)
"""The first version of each layout."""


_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def layout_of(smi: str) -> Layout:
    """The layout of this version of the binary."""
    return [layout for since, layout in _SINCE if since <= order(smi)][-1]


def date_line(now: datetime) -> str:
    """The line above the table, with the seven spaces that the program leaves at its end."""
    return f"{_DAYS[now.weekday()]} {_MONTHS[now.month - 1]} {now.day:>2} {now:%H:%M:%S} {now.year}       "


def _name(text: str, width: int) -> str:
    return text if len(text) <= width else f"{text[: width - 3]}..."


def _tail(text: str, limit: int) -> str:
    return text if len(text) <= limit else f"...{text[-(limit - 3) :]}"


def _rule(cells: Sequence[int], mark: str, ends: str = "+", joint: str = "+") -> str:
    return ends[0] + joint.join(mark * cell for cell in cells) + ends[-1]


def table(
    head: Head,
    boards: Sequence[Board],
    running: Sequence[Running] | None,
    now: datetime,
    *,
    mig: Sequence[MigRow] | None = None,
) -> str:
    """The whole output.

    ``running`` is None where processes run that cannot be seen, as in a container; ``mig`` is None where no GPU is
    in MIG mode.
    """
    layout = layout_of(head.smi)
    lines = [date_line(now), _rule((layout.inner,), "-"), layout.title.format(h=head)]
    lines += [_rule(layout.cells, "-", f"{layout.rule}+"), *layout.heads, _rule(layout.cells, "=", "||")]
    for board in boards:
        lines += [*_board(layout, board), _rule(layout.cells, "-")]
    if mig is not None:
        lines += [" " * layout.gap, *mig_box(layout.inner, mig)]
    lines += [" " * layout.gap, *_processes(layout, running)]
    return "\n".join(lines) + "\n"


def _board(layout: Layout, board: Board) -> list[str]:
    """The lines of one GPU, with the program's own places for what is missing."""
    if layout.cells == _WIDEST:
        cells = {cell: getattr(board, cell) for cell in ("draw", "cap")}
        board = replace(board, **{cell: "N/A " for cell, text in cells.items() if text == "N/A"})
    lines = [row.format(b=board, name=_name(board.name, layout.name)) for row in layout.rows]
    if board.perf == "ERR!":
        lines[1] = f"{lines[1][:11]} ERR! {lines[1][17:]}"
    if board.used == "N/A":
        bars = [at for at, sign in enumerate(lines[1]) if sign == "|"]
        space = "   " if layout.cells == _WIDEST else " "
        lines[1] = lines[1][: bars[1] + 1] + f"{'N/A' + space:>{layout.cells[1]}}" + lines[1][bars[2] :]
    return lines


def _processes(layout: Layout, running: Sequence[Running] | None) -> list[str]:
    lines = [_rule((layout.inner,), "-"), *layout.process_heads, _rule((layout.inner,), "=", "||")]
    if running is not None and not running:
        lines.append(f"|{'  No running processes found':<{layout.inner}}|")
    lines += [layout.process.format(p=p, name=_tail(p.name, layout.process_name)) for p in running or ()]
    return [*lines, _rule((layout.inner,), "-")]
