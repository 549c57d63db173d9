"""``lshw``: the same hardware as ``lspci``, ``lscpu``, ``lsblk`` and ``ip`` have it, by class."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from llm_kernel.machine import Machine
from llm_kernel.machine.chassis import chassis
from llm_kernel.machine.cpus import chip
from llm_kernel.machine.disks import block_devices
from llm_kernel.machine.network import main_interface
from llm_kernel.programs.exact.hardware import Board, boards
from llm_kernel.programs.exact.identity import caller
from llm_kernel.programs.table import NotExact, exact
from llm_kernel.shell.call import Answer, Call

__all__ = ["lshw"]

_LATE = "WARNING: output may be incomplete or inaccurate, you should run this program as super-user.\n"
_CLASSES = {"01": "storage", "02": "network", "03": "display", "04": "multimedia", "06": "bridge", "0c": "bus"}
_TITLES = {"Host bridge": "pci", "PCI bridge": "pci", "ISA bridge": "isa", "SMBus": "serial"}
_DISK = "SAMSUNG MZ7LH960"
_VENDORS = {"GenuineIntel": "Intel Corp.", "AuthenticAMD": "Advanced Micro Devices [AMD]"}


@dataclass(frozen=True, slots=True)
class _Node:
    """One part: its place in the tree, its class, its name there, what it is in one line, and its rows."""

    path: str
    kind: str
    title: str
    short: str
    rows: tuple[tuple[str, str], ...]
    device: str = ""


@exact("lshw", needs="package:lshw")
def lshw(call: Call) -> Answer:
    """``lshw -short``, and the parts of a class with ``-C``; what else is printed is the model's."""
    wanted, short, args = set[str](), False, list(call.args)
    while args:
        word = args.pop(0)
        if word in ("-short", "-quiet", "-numeric", "-sanitize"):
            short = short or word == "-short"
            if word not in ("-short", "-quiet"):
                raise NotExact("lshw")
        elif word in ("-C", "-c", "-class") and args:
            wanted.add(args.pop(0))
        else:
            raise NotExact("lshw")
    if not wanted and not short:
        raise NotExact("lshw")
    found = [node for node in _nodes(call.machine) if not wanted or node.kind in wanted]
    text = _table(found) if short else "".join(map(_block, found))
    if caller(call) == "root":
        return Answer(text)
    return Answer(text, f"WARNING: you should run this program as super-user.\n{_LATE}")


def _table(nodes: list[_Node]) -> str:
    heads = _Node("H/W path", "Class", "", "Description", (), "Device")
    wide = [max(len(getattr(node, name)) for node in (heads, *nodes)) + 2 for name in ("path", "device")]
    lines = [
        f"{node.path:<{wide[0]}}{node.device:<{wide[1]}}{node.kind:<15}{node.short}".rstrip()
        for node in (heads, *nodes)
    ]
    lines.insert(1, "=" * max(len(lines[0]), sum(wide) + 15 + 11))
    return "".join(f"{line}\n" for line in lines)


def _block(node: _Node) -> str:
    return f"  *-{node.title}\n" + "".join(f"       {name}: {text}\n" for name, text in node.rows if text)


def _nodes(machine: Machine) -> Iterator[_Node]:
    own = chassis(machine.system, len(machine.devices.gpus))
    rows = (("product", own.product), ("vendor", own.maker), ("version", own.version), ("width", "64 bits"))
    yield _Node("", "system", machine.system.host, own.product, (("description", "Computer"), *rows))
    yield _Node("/0", "bus", "core", own.board, _told("Motherboard", own.board, own.maker, "0"))
    firmware = (*_told("BIOS", "", own.firm, "0"), ("version", own.firmware), ("date", own.released), ("size", "64KiB"))
    yield _Node("/0/0", "memory", "firmware", "64KiB BIOS", firmware)
    size = f"{round(machine.system.memory / 2**30)}GiB"
    room = (*_told("System Memory", "", "", "24"), ("slot", "System board or motherboard"), ("size", size))
    yield _Node("/0/24", "memory", "memory", f"{size} System Memory", room)
    yield from _processors(machine)
    for number, board in enumerate(boards(machine)):
        yield _pci(machine, board, _CLASSES[board.kind_id[:2]], 24 + number)
    yield from _disks(machine)


def _told(what: str, product: str, vendor: str, place: str) -> tuple[tuple[str, str], ...]:
    return ("description", what), ("product", product), ("vendor", vendor), ("physical id", place)


def _processors(machine: Machine) -> Iterator[_Node]:
    cpu = machine.system.cpu
    made, each = chip(cpu.model), cpu.cores // cpu.sockets
    cores = each // cpu.threads_per_core
    for number in range(cpu.sockets):
        place = f"{4 + number:x}"
        title = f"cpu:{number}" if cpu.sockets > 1 else "cpu"
        rows = (
            *_told("CPU", cpu.model, _VENDORS.get(made.vendor, made.vendor), place),
            ("bus info", f"cpu@{number}"),
            ("size", f"{cpu.mhz:.0f}MHz"),
            ("capacity", f"{made.turbo}MHz"),
            ("width", "64 bits"),
            ("configuration", f"cores={cores} enabledcores={cores} threads={each}"),
        )
        yield _Node(f"/0/{place}", "processor", title, cpu.model, rows)


def _pci(machine: Machine, board: Board, kind: str, irq: int) -> _Node:
    """A device of the bus; one that no driver has taken says so."""
    maker, between, product = board.name.partition(" Corporation ")
    if not between:
        maker, between, product = board.name.partition(", Inc. ")
    bus, _, slot = board.slot.partition(":")
    place = slot.removeprefix("0").removesuffix(".0")  # a second function is 0.1
    card = main_interface(machine) if kind == "network" else None
    driver = board.module if board.module != "nvidia" or machine.devices.driver else ""
    address = f" ip={card.four.ip} latency=0 link={'no' if card.down else 'yes'}" if card else " latency=0"
    rows = (
        *_told("Ethernet interface" if card else board.kind, product, f"{maker}{between}".strip(), place),
        ("bus info", f"pci@0000:{board.slot}"),
        ("logical name", card.name if card else ""),
        ("version", board.revision),
        ("serial", card.mac if card else ""),
        ("width", "64 bits" if kind in ("display", "network", "storage") else "32 bits"),
        ("clock", "33MHz"),
        ("configuration", f"driver={driver}{address}" if driver else ""),
        ("resources", f"irq:{irq}" if driver else ""),
    )
    title = _TITLES.get(board.kind, kind) + ("" if driver or kind in ("bridge", "bus") else " UNCLAIMED")
    path = f"/0/100/{place}" if bus == "00" else f"/0/1{bus}/{place}"
    return _Node(path, kind, title, product, rows, card.name if card else "")


def _disks(machine: Machine) -> Iterator[_Node]:
    disk, part = -1, 0
    for row in block_devices(machine):
        if row.part:
            part += 1
            kind = "Windows FAT volume" if row.part.kind == "vfat" else f"{row.part.kind.upper()} volume"
            size = f"{row.size >> 30}GiB" if row.size >> 30 else f"{row.size >> 20}MiB"
            rows = (*_told(kind, "", "", str(part)), ("logical name", row.path), ("capacity", size))
            yield _Node(f"/0/1/0.{disk}.0/{part}", "volume", f"volume:{part - 1}", f"{size} {kind}", rows, row.path)
            continue
        disk, part = disk + 1, 0
        size = f"{row.size / 1e9:.0f}GB"
        rows = (
            *_told("ATA Disk", _DISK, "", f"0.{disk}.0"),
            ("bus info", f"scsi@0:0.{disk}.0"),
            ("logical name", row.path),
            ("size", f"{row.size >> 30}GiB ({size})"),
        )
        yield _Node(f"/0/1/0.{disk}.0", "disk", "disk", f"{size} {_DISK}", rows, row.path)
