"""What is in the box: ``lscpu`` and ``lspci``, from the record and the devices."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass

from llm_kernel.machine import Machine
from llm_kernel.machine.catalog import load
from llm_kernel.machine.cpus import chip
from llm_kernel.machine.proc import flags_of, topology
from llm_kernel.programs.exact.cpu_lists import extended, parsable, unknown_column
from llm_kernel.programs.table import NotExact, exact
from llm_kernel.shell.call import Answer, Call

_CHIPS: dict[str, str] = {row["pci"]: row.get("chip", "") for row in load("gpus")["gpus"]}


@exact("lscpu")
def lscpu(call: Call) -> Answer:
    """``lscpu``: the summary, ``-p`` for programs, ``-J`` as JSON, ``-e`` as a table."""
    as_json, lists = False, dict[str, str]()
    for word in call.args:
        name, eq, columns = word.partition("=")
        if word[:2] in ("-e", "-p") and len(word) > 2 and not eq:
            name, columns = word[:2], word[2:]
        kind = {"-p": "p", "--parse": "p", "-e": "e", "--extended": "e"}.get(name)
        if kind:
            lists[kind] = columns
        elif word in ("-V", "--version"):
            return Answer(f"lscpu from util-linux {call.machine.system.profile.util_linux}\n")
        elif word in ("-h", "--help"):
            return Answer("\nUsage:\n lscpu [options]\n\nOptions: -a, -b, -c, -e[=list], -J, -p[=list], -y, -V\n")
        elif word in ("-J", "--json"):
            as_json = True
        elif word not in ("-a", "-b", "-y", "-ae", "-x", "--all", "--online", "--physical", "--hex"):
            which = f"invalid option -- '{word[1:2]}'" if word.startswith("-") else f"bad usage: {word}"
            return Answer(stderr=f"lscpu: {which}\nTry 'lscpu --help' for more information.\n", status=1)
    if unknown := next((bad for bad in map(unknown_column, lists.values()) if bad), ""):
        return Answer(stderr=f"lscpu: unknown column: {unknown}\n", status=1)
    if len(lists) > 1:
        return Answer(stderr="lscpu: mutually exclusive arguments: --extended --parse\n", status=1)
    if "p" in lists:
        return Answer(parsable(call.machine, lists["p"]))
    if "e" in lists:
        return Answer(extended(call.machine, lists["e"], as_json=as_json))
    rows = _summary(call.machine)
    if as_json:
        fields = [{"field": f"{title}:", "data": text} for title, text in rows]
        return Answer(json.dumps({"lscpu": fields}, indent=3) + "\n")
    fixed = not call.machine.system.profile.since("util_linux", "2.31")
    width = 23 if fixed else max(len(title) for title, _ in rows) + 2
    return Answer("".join(f"{title + ':':<{width}}{text}\n" for title, text in rows))


def _summary(machine: Machine) -> list[tuple[str, str]]:
    system, made = machine.system, machine.system.profile
    own, one = system.cpu, chip(system.cpu.model)
    middle = made.since("util_linux", "2.33")
    new = made.since("util_linux", "2.37")
    physical = own.cores // own.threads_per_core
    head = [("Architecture", system.arch), ("CPU op-mode(s)", "32-bit, 64-bit")]
    order, sizes = (
        ("Byte Order", "Little Endian"),
        ("Address sizes", f"{_address_bits(one.vendor)} bits physical, 48 bits virtual"),
    )
    head += [sizes, order] if new else [order, *([sizes] if middle else [])]
    head += [("CPU(s)", str(own.cores)), ("On-line CPU(s) list", _span(0, own.cores))]
    counts = [
        ("Thread(s) per core", str(own.threads_per_core)),
        ("Core(s) per socket", str(physical // own.sockets)),
        ("Socket(s)", str(own.sockets)),
    ]
    nodes = [("NUMA node(s)", str(own.sockets))]
    node_lists = [(f"NUMA node{node} CPU(s)", _node(machine, node)) for node in range(own.sockets)]
    vendor, name = ("Vendor ID", one.vendor), ("Model name", own.model)
    family, number, step = ("CPU family", str(one.family)), ("Model", str(one.number)), ("Stepping", str(one.stepping))
    speed = [
        ("CPU max MHz", f"{one.turbo:.4f}"),
        ("CPU min MHz", "1200.0000" if one.vendor == "GenuineIntel" else "1500.0000"),
    ]
    bogus = ("BogoMIPS", f"{own.mhz * 2:.2f}")
    virtual = ("Virtualization", "VT-x" if one.vendor == "GenuineIntel" else "AMD-V")
    flags = ("Flags", flags_of(one))
    caches = _caches(machine, summed=middle, counted=new)
    weak = _weaknesses(one.vendor) if middle else []
    if new:
        scaling = [("CPU(s) scaling MHz", "38%")] if made.since("util_linux", "2.39") else []
        facts = [vendor, name, family, number, *counts, step, *scaling, *speed, bogus, flags, virtual]
        return [*head, *facts, *caches, *nodes, *node_lists, *weak]
    mhz = ("CPU MHz", f"{own.mhz:.3f}")
    facts = [*counts, *nodes, vendor, family, number, name, step, mhz, *speed, bogus, virtual]
    return [*head, *facts, *caches, *node_lists, *weak, flags]


def _address_bits(vendor: str) -> int:
    return 46 if vendor == "GenuineIntel" else 48


def _caches(machine: Machine, *, summed: bool, counted: bool) -> list[tuple[str, str]]:
    own, one = machine.system.cpu, chip(machine.system.cpu.model)
    physical = own.cores // own.threads_per_core
    rows = []
    for name, kib, count in (
        ("L1d", one.l1d, physical),
        ("L1i", one.l1i, physical),
        ("L2", one.l2, physical),
        ("L3", one.l3, own.sockets),
    ):
        if not summed:
            rows.append((f"{name} cache", f"{kib}K"))
            continue
        total = kib * count
        text = f"{total / 1024:.1f} MiB".replace(".0 ", " ") if total >= 1024 else f"{total} KiB"
        instances = f" ({count} instance{'s' if count > 1 else ''})" if counted else ""
        rows.append((f"{name} cache", text + instances))
    return rows


def _weaknesses(vendor: str) -> list[tuple[str, str]]:
    intel = vendor == "GenuineIntel"
    rows = (
        ("Itlb multihit", "KVM: Mitigation: Split huge pages" if intel else "Not affected"),
        ("L1tf", "Not affected"),
        ("Mds", "Not affected"),
        ("Meltdown", "Not affected"),
        ("Spec store bypass", "Mitigation; Speculative Store Bypass disabled via prctl and seccomp"),
        ("Spectre v1", "Mitigation; usercopy/swapgs barriers and __user pointer sanitization"),
        (
            "Spectre v2",
            "Mitigation; Enhanced IBRS, IBPB conditional, RSB filling" if intel else "Mitigation; Retpolines, IBPB",
        ),
        ("Srbds", "Not affected"),
        ("Tsx async abort", "Mitigation; TSX disabled" if intel else "Not affected"),
    )
    return [(f"Vulnerability {name}", text) for name, text in rows]


def _span(first: int, count: int) -> str:
    return f"{first}-{first + count - 1}" if count > 1 else str(first)


def _node(machine: Machine, node: int) -> str:
    own = machine.system.cpu
    mine = [cpu for cpu in range(own.cores) if topology(machine.system, cpu)[0] == node]
    spans: list[list[int]] = []
    for cpu in mine:
        if spans and spans[-1][-1] == cpu - 1:
            spans[-1].append(cpu)
        else:
            spans.append([cpu])
    return ",".join(_span(span[0], len(span)) for span in spans)


@dataclass(frozen=True, slots=True)
class Board:
    """One PCI function: its slot, class, maker and device as words and as numbers."""

    slot: str
    kind: str
    kind_id: str
    name: str
    ids: str
    revision: str = ""
    module: str = ""


_GONE = "ff"
"""What is read of a device that has fallen off the bus."""


@exact("lspci")
def lspci(call: Call) -> Answer:
    """``lspci``: the board's usual devices, and the GPUs that are really there."""
    rows = boards(call.machine)
    verbose = numbers = 0
    domain = drivers = False
    args = list(call.args)
    while args:
        word = args.pop(0)
        if word[:2] in ("-d", "-s"):
            value = word[2:] or (args.pop(0) if args else "")
            rows = [board for board in rows if _picked(board, word[1], value)]
        elif re.fullmatch(r"-[mt]+[vnkDmbtq]*|-[vnkDbq]+[mt][vnkDmbtq]*", word):
            raise NotExact  # a tree, or a list for programs
        elif re.fullmatch(r"-[vnkDbq]+", word):
            verbose += word.count("v")
            drivers = drivers or "k" in word
            numbers += word.count("n")
            domain = domain or "D" in word
        elif word == "--version":
            return Answer("lspci version 3.6.4\n")
        else:
            which = f"invalid option -- '{word.lstrip('-')[:1]}'" if word.startswith("-") else ""
            usage = "Usage: lspci [<switches>]\n"
            return Answer(stderr=f"lspci: {which}\n{usage}" if which else usage, status=1)
    shown = (_named(board, numbers, domain=domain) for board in rows)
    if not verbose and not drivers:
        return Answer("".join(shown))
    end = "\n" if verbose else ""
    return Answer(
        "".join(f"{text}{_drivers(call.machine, board)}{end}" for text, board in zip(shown, rows, strict=True))
    )


def _picked(board: Board, option: str, value: str) -> bool:
    if option == "s":
        return board.slot == value.removeprefix("0000:") or board.slot.startswith(f"{value.removeprefix('0000:')}.")
    vendor, device, kind = [*value.lower().split(":"), "", ""][:3]
    own = board.ids.partition(":")
    return vendor in ("", "*", own[0]) and device in ("", "*", own[2]) and board.kind_id.startswith(kind)


def _named(board: Board, numbers: int, *, domain: bool) -> str:
    slot = f"0000:{board.slot}" if domain else board.slot
    tail = f" (rev {board.revision})" if board.revision else ""
    if numbers == 1:
        return f"{slot} {board.kind_id}: {board.ids}{tail}\n"
    if numbers:
        return f"{slot} {board.kind} [{board.kind_id}]: {board.name} [{board.ids}]{tail}\n"
    return f"{slot} {board.kind}: {board.name}{tail}\n"


def _drivers(machine: Machine, board: Board) -> str:
    """Which driver has the device, and which could; a device that no longer answers says only that."""
    if board.revision == _GONE:
        return "\t!!! Unknown header type 7f\n"
    driver = board.module if board.module != "nvidia" or machine.devices.driver else ""
    used = f"\tKernel driver in use: {driver}\n" if driver else ""
    modules = "\tKernel modules: nvidiafb, nouveau, nvidia_drm, nvidia\n" if driver == "nvidia" else ""
    return f"{used}{modules}"


def boards(machine: Machine) -> list[Board]:
    """What is on the bus, by slot."""
    intel = chip(machine.system.cpu.model).vendor == "GenuineIntel"
    rows = list(_INTEL if intel else _AMD)
    for gpu in machine.devices.gpus:
        slot = gpu.bus.partition(":")[2].lower()
        pci = gpu.card.pci.upper().removeprefix("0X")
        code = _CHIPS.get(pci, "")
        model = re.sub(r"^NVIDIA ", "", gpu.card.name)
        kind, kind_id = ("3D controller", "0302") if gpu.card.server else ("VGA compatible controller", "0300")
        name = f"NVIDIA Corporation {code} [{model}]" if code else f"NVIDIA Corporation Device [{model}]"
        revision = _GONE if gpu.lost else "a1"
        rows.append(Board(slot, kind, kind_id, name, f"10de:{pci.lower()}", revision, "nvidia"))
        if not gpu.card.server:
            audio = f"NVIDIA Corporation {code} High Definition Audio Controller"
            sound = slot.removesuffix("0") + "1"
            rows.append(Board(sound, "Audio device", "0403", audio, "10de:1aef", revision, "snd_hda_intel"))
    return sorted(rows, key=lambda board: board.slot)


_INTEL: Sequence[Board] = (
    Board("00:00.0", "Host bridge", "0600", "Intel Corporation Sky Lake-E DMI3 Registers", "8086:2020", "07"),
    Board(
        "00:1c.0",
        "PCI bridge",
        "0604",
        "Intel Corporation C620 Series Chipset Family PCI Express Root Port #1",
        "8086:a190",
        "f9",
        "pcieport",
    ),
    Board(
        "00:1f.0", "ISA bridge", "0601", "Intel Corporation C621 Series Chipset LPC/eSPI Controller", "8086:a1c1", "09"
    ),
    Board(
        "04:00.0",
        "VGA compatible controller",
        "0300",
        "ASPEED Technology, Inc. ASPEED Graphics Family",
        "1a03:2000",
        "41",
        "ast",
    ),
    Board(
        "3d:00.0",
        "Ethernet controller",
        "0200",
        "Intel Corporation Ethernet Connection X722 for 10GBASE-T",
        "8086:37d2",
        "09",
        "i40e",
    ),
)
_AMD: Sequence[Board] = (
    Board(
        "00:00.0",
        "Host bridge",
        "0600",
        "Advanced Micro Devices, Inc. [AMD] Starship/Matisse Root Complex",
        "1022:1480",
    ),
    Board(
        "00:14.0",
        "SMBus",
        "0c05",
        "Advanced Micro Devices, Inc. [AMD] FCH SMBus Controller",
        "1022:790b",
        "61",
        "piix4_smbus",
    ),
    Board("00:14.3", "ISA bridge", "0601", "Advanced Micro Devices, Inc. [AMD] FCH LPC Bridge", "1022:790e", "51"),
    Board(
        "04:00.0",
        "VGA compatible controller",
        "0300",
        "ASPEED Technology, Inc. ASPEED Graphics Family",
        "1a03:2000",
        "41",
        "ast",
    ),
    Board(
        "c6:00.0",
        "Ethernet controller",
        "0200",
        "Intel Corporation I350 Gigabit Network Connection",
        "8086:1521",
        "01",
        "igb",
    ),
)
