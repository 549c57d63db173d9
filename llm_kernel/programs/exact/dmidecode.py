"""``dmidecode``: the board's own tables, from the record of processors, memory and GPUs."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass

from llm_kernel.machine import Machine
from llm_kernel.machine.chassis import chassis
from llm_kernel.machine.cpus import chip
from llm_kernel.programs.exact.identity import caller
from llm_kernel.programs.table import exact
from llm_kernel.shell.call import Answer, Call

_VERSIONS = {"18.04": "3.1", "20.04": "3.2", "22.04": "3.3", "24.04": "3.5", "12": "3.4", "7": "3.2"}
_GROUPS = {
    "bios": (0, 13),
    "system": (1, 12, 15, 23, 32),
    "baseboard": (2, 10, 41),
    "chassis": (3,),
    "processor": (4,),
    "memory": (5, 6, 16, 17),
    "cache": (7,),
    "connector": (8,),
    "slot": (9,),
}
_WORDS = {
    "bios-vendor": (0, "Vendor"),
    "bios-version": (0, "Version"),
    "bios-release-date": (0, "Release Date"),
    "system-manufacturer": (1, "Manufacturer"),
    "system-product-name": (1, "Product Name"),
    "system-version": (1, "Version"),
    "system-serial-number": (1, "Serial Number"),
    "system-uuid": (1, "UUID"),
    "baseboard-manufacturer": (2, "Manufacturer"),
    "baseboard-product-name": (2, "Product Name"),
    "baseboard-version": (2, "Version"),
    "baseboard-serial-number": (2, "Serial Number"),
    "baseboard-asset-tag": (2, "Asset Tag"),
    "chassis-manufacturer": (3, "Manufacturer"),
    "chassis-type": (3, "Type"),
    "chassis-version": (3, "Version"),
    "chassis-serial-number": (3, "Serial Number"),
    "chassis-asset-tag": (3, "Asset Tag"),
    "processor-family": (4, "Family"),
    "processor-manufacturer": (4, "Manufacturer"),
    "processor-version": (4, "Version"),
    "processor-frequency": (4, "Current Speed"),
}
_USAGE = """\
Usage: dmidecode [OPTIONS]
Options are: -d, --dev-mem FILE   -h, --help   -q, --quiet   -s, --string KEYWORD   -t, --type TYPE
             -H, --handle HANDLE  -u, --dump   -V, --version
"""


@dataclass(frozen=True, slots=True)
class _Table:
    kind: int
    size: int
    title: str
    rows: tuple[tuple[str, str], ...]


@exact("dmidecode")
def dmidecode(call: Call) -> Answer:
    """``dmidecode``: all tables, those of ``-t``, or the one text of ``-s``."""
    kinds, word, quiet, args = set[int](), "", False, list(call.args)
    while args:
        option = args.pop(0)
        name, eq, value = option.partition("=")
        if option[:2] in ("-t", "-s") and len(option) > 2:
            name, value, eq = option[:2], option[2:], "="
        if name in ("-t", "--type", "-s", "--string"):
            if not eq and not args:
                return Answer(stderr=f"dmidecode: option requires an argument -- '{name[-1]}'\n{_USAGE}", status=2)
            value = value if eq else args.pop(0)
            if name in ("-s", "--string"):
                word = value
                continue
            found = _kinds(value)
            if found is None:
                return Answer(stderr=f"Invalid type keyword: {value}\n{_keywords('type', _GROUPS)}", status=2)
            kinds |= found
        elif option in ("-q", "--quiet"):
            quiet = True
        elif option in ("-V", "--version"):
            return Answer(f"{_version(call.machine)}\n")
        elif option in ("-h", "--help"):
            return Answer(_USAGE)
        else:
            what = f"unrecognized option '{option}'" if option[:2] == "--" else f"invalid option -- '{option[1:2]}'"
            wrong = f"dmidecode: {what}\n{_USAGE}" if option.startswith("-") else _USAGE
            return Answer(stderr=wrong, status=2)
    if word and word not in _WORDS:
        return Answer(stderr=f"Invalid string keyword: {word}\n{_keywords('string', _WORDS)}", status=2)
    if caller(call) != "root":
        entry = "/sys/firmware/dmi/tables/smbios_entry_point"
        head = "" if word or quiet else f"# dmidecode {_version(call.machine)}\n"
        return Answer(head, f"{entry}: Permission denied\n/dev/mem: Permission denied\n", 1)
    tables = _tables(call.machine)
    if word:
        kind, field = _WORDS[word]
        return Answer("".join(f"{dict(one.rows)[field]}\n" for one in tables if one.kind == kind))
    return Answer(_text(call.machine, tables, kinds, quiet))


def _kinds(text: str) -> set[int] | None:
    if text in _GROUPS:
        return set(_GROUPS[text])
    parts = re.split(r"[,\s]+", text)
    if all(part.isdecimal() and len(part) < 4 and int(part) < 256 for part in parts):
        return {int(part) for part in parts}
    return None


def _keywords(what: str, known: dict[str, tuple[int, ...]] | dict[str, tuple[int, str]]) -> str:
    return f"Valid {what} keywords are:\n" + "".join(f"  {name}\n" for name in known)


def _version(machine: Machine) -> str:
    return _VERSIONS.get(machine.system.profile.release, "3.3")


def _text(machine: Machine, tables: list[_Table], kinds: set[int], quiet: bool) -> str:
    new = machine.system.profile.release not in ("18.04", "7")
    out = "" if quiet else f"# dmidecode {_version(machine)}\nGetting SMBIOS data from sysfs.\n"
    if not quiet:
        out += "SMBIOS 3.2.1 present.\n" if new else "SMBIOS 3.2 present.\n"
        if not kinds:
            size = sum(one.size for one in tables) * 2
            out += f"{len(tables)} structures occupying {size} bytes.\nTable at 0x000E8D60.\n"
        out += "\n"
    for number, one in enumerate(tables):
        if kinds and one.kind not in kinds:
            continue
        head = "" if quiet else f"Handle 0x{number:04X}, DMI type {one.kind}, {one.size} bytes\n"
        out += f"{head}{one.title}\n" + "".join(f"\t{name}: {text}\n" for name, text in one.rows) + "\n"
    return out


def _tables(machine: Machine) -> list[_Table]:
    serial: Callable[[str], str] = lambda what: _digest(machine, what)[:10].upper()  # noqa: E731
    own = chassis(machine.system, len(machine.devices.gpus))
    uuid = _digest(machine, "system")
    rows = [
        _Table(
            0,
            26,
            "BIOS Information",
            (
                ("Vendor", own.firm),
                ("Version", own.firmware),
                ("Release Date", own.released),
                ("Address", "0xF0000"),
                ("Runtime Size", "64 kB"),
                ("ROM Size", "32 MB"),
                ("BIOS Revision", "5.14"),
            ),
        ),
        _Table(
            1,
            27,
            "System Information",
            (
                ("Manufacturer", own.maker),
                ("Product Name", own.product),
                ("Version", own.version),
                ("Serial Number", f"S{serial('system serial')}"),
                ("UUID", f"{uuid[:8]}-{uuid[8:12]}-{uuid[12:16]}-{uuid[16:20]}-{uuid[20:32]}"),
                ("Wake-up Type", "Power Switch"),
                ("SKU Number", "To be filled by O.E.M."),
                ("Family", "To be filled by O.E.M."),
            ),
        ),
        _Table(
            2,
            15,
            "Base Board Information",
            (
                ("Manufacturer", own.maker),
                ("Product Name", own.board),
                ("Version", "1.10"),
                ("Serial Number", f"OM{serial('board')}"),
                ("Asset Tag", "To be filled by O.E.M."),
                ("Location In Chassis", "To be filled by O.E.M."),
                ("Chassis Handle", "0x0003"),
                ("Type", "Motherboard"),
                ("Contained Object Handles", "0"),
            ),
        ),
        _Table(
            3,
            22,
            "Chassis Information",
            (
                ("Manufacturer", own.maker),
                ("Type", "Other"),
                ("Lock", "Not Present"),
                ("Version", own.version),
                ("Serial Number", f"C{serial('chassis')}"),
                ("Asset Tag", "To be filled by O.E.M."),
                ("Boot-up State", "Safe"),
                ("Power Supply State", "Safe"),
                ("Thermal State", "Safe"),
                ("Security Status", "None"),
                ("OEM Information", "0x00000000"),
                ("Height", "4 U" if len(machine.devices.gpus) > 2 else "2 U"),
                ("Number Of Power Cords", "1"),
                ("Contained Elements", "0"),
            ),
        ),
    ]
    rows += [_processor(machine, number) for number in range(machine.system.cpu.sockets)]
    return rows + _memory(machine)


def _digest(machine: Machine, what: str) -> str:
    return hashlib.sha256(f"dmi {machine.seed} {what}".encode()).hexdigest()


def _processor(machine: Machine, number: int) -> _Table:
    own, one = machine.system.cpu, chip(machine.system.cpu.model)
    intel = one.vendor == "GenuineIntel"
    cores = own.cores // own.threads_per_core // own.sockets
    extended = (one.family - 15) << 20 | 0xF << 8 if one.family > 15 else one.family << 8
    code = extended | one.number >> 4 << 16 | (one.number & 15) << 4 | one.stepping
    words = " ".join(f"{code >> shift & 255:02X}" for shift in (0, 8, 16, 24))
    signature = f"Family {one.family}, Model {one.number}, Stepping {one.stepping}"
    return _Table(
        4,
        48,
        "Processor Information",
        (
            ("Socket Designation", f"CPU{number + 1}"),
            ("Type", "Central Processor"),
            ("Family", "Xeon" if "Xeon" in own.model else "Core i7" if intel else "Zen"),
            ("Manufacturer", "Intel(R) Corporation" if intel else "Advanced Micro Devices, Inc."),
            ("ID", f"{words} FF FB {'EB BF' if intel else '8B 17'}"),
            ("Signature", f"Type 0, {signature}" if intel else signature),
            ("Version", own.model),
            ("Voltage", "1.6 V" if intel else "1.1 V"),
            ("External Clock", "100 MHz"),
            ("Max Speed", f"{one.turbo} MHz"),
            ("Current Speed", f"{one.mhz} MHz"),
            ("Status", "Populated, Enabled"),
            ("Upgrade", "Socket LGA3647-1" if intel else "Socket SP3"),
            ("Serial Number", "Not Specified" if intel else "Unknown"),
            ("Asset Tag", "UNKNOWN" if intel else "Unknown"),
            ("Part Number", "Not Specified" if intel else "Unknown"),
            ("Core Count", str(cores)),
            ("Core Enabled", str(cores)),
            ("Thread Count", str(cores * own.threads_per_core)),
        ),
    )


def _memory(machine: Machine) -> list[_Table]:
    """The slots of all sockets: as many equal modules as make up the memory, the rest is empty."""
    slots = 8 * machine.system.cpu.sockets
    gib = max(1, round(machine.system.memory / 2**30))
    used = next((n for n in (slots, slots * 3 // 4, slots // 2, slots // 4, 4, 2, 1) if n and _module(gib, n)), 1)
    size = _module(gib, used) or gib
    array = (
        ("Location", "System Board Or Motherboard"),
        ("Use", "System Memory"),
        ("Error Correction Type", "Multi-bit ECC"),
        ("Maximum Capacity", f"{max(1024, gib * 2)} GB".replace("1024 GB", "1 TB")),
        ("Error Information Handle", "Not Provided"),
        ("Number Of Devices", str(slots)),
    )
    first = 4 + machine.system.cpu.sockets
    rows = [_Table(16, 23, "Physical Memory Array", array)]
    return rows + [_slot(machine, number, size if number < used else 0, first) for number in range(slots)]


def _module(gib: int, count: int) -> int:
    """The size of one of ``count`` equal modules, or 0 where nobody makes such."""
    size = gib // count
    return size if size * count == gib and size in (2, 4, 8, 16, 32, 64, 128, 256) else 0


def _slot(machine: Machine, number: int, size: int, array: int) -> _Table:
    a_socket = 8
    processor, place = number // a_socket + 1, "ABCDEFGH"[number % a_socket]
    head = (
        ("Array Handle", f"0x{array:04X}"),
        ("Error Information Handle", "Not Provided"),
        ("Total Width", "72 bits" if size else "Unknown"),
        ("Data Width", "64 bits" if size else "Unknown"),
        ("Size", f"{size} GB" if size else "No Module Installed"),
        ("Form Factor", "DIMM"),
        ("Set", "None"),
        ("Locator", f"P{processor}-DIMM{place}1"),
        ("Bank Locator", f"P{(processor - 1)}_Node0_Channel{number % a_socket}_Dimm0"),
        ("Type", "DDR4" if size else "Unknown"),
        ("Type Detail", "Synchronous" if size else "Unknown"),
    )
    tail = (
        ("Speed", "2933 MT/s"),
        ("Manufacturer", "Samsung"),
        ("Serial Number", _digest(machine, f"module {number}")[:8].upper()),
        ("Asset Tag", f"P{processor}-DIMM{place}1_AssetTag (date:20/14)"),
        ("Part Number", f"M393A{size // 8}K43DB2-CVF"),
        ("Rank", "2"),
        ("Configured Memory Speed", "2933 MT/s"),
        ("Minimum Voltage", "1.2 V"),
        ("Maximum Voltage", "1.2 V"),
        ("Configured Voltage", "1.2 V"),
    )
    return _Table(17, 84 if size else 40, "Memory Device", head + (tail if size else ()))
