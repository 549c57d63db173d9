"""``/sys``: what the kernel tells of processors, firmware and the network card in small files."""

from __future__ import annotations

from llm_kernel.machine.chassis import chassis
from llm_kernel.machine.network import card
from llm_kernel.machine.system import System

__all__ = ["sys_files", "sys_folders"]

_CPUS = "/sys/devices/system/cpu"
_DMI = "/sys/class/dmi/id"
_NET = "/sys/class/net"


def sys_folders(system: System) -> list[str]:
    """The directories that hold nothing of ours: one for each processor."""
    return [f"{_CPUS}/cpu{number}" for number in range(system.cpu.cores)]


def sys_files(system: System, gpus: int, *, down: bool = False) -> dict[str, str]:
    """Every file by its path, with its text; ``down``: the network card has no link."""
    own, all_cpus = chassis(system, gpus), f"0-{system.cpu.cores - 1}" if system.cpu.cores > 1 else "0"
    name, mac = card(system)
    rows = {f"{_CPUS}/{kind}": all_cpus for kind in ("online", "possible", "present")} | {
        f"{_CPUS}/smt/active": "1" if system.cpu.threads_per_core > 1 else "0",
        f"{_DMI}/sys_vendor": own.maker,
        f"{_DMI}/product_name": own.product,
        f"{_DMI}/product_version": own.version,
        f"{_DMI}/board_vendor": own.maker,
        f"{_DMI}/board_name": own.board,
        f"{_DMI}/bios_vendor": own.firm,
        f"{_DMI}/bios_version": own.firmware,
        f"{_DMI}/bios_date": own.released,
        f"{_DMI}/chassis_type": "1",
        f"{_NET}/{name}/address": mac,
        f"{_NET}/{name}/mtu": "1500",
        f"{_NET}/{name}/operstate": "down" if down else "up",
        f"{_NET}/lo/address": "00:00:00:00:00:00",
        f"{_NET}/lo/mtu": "65536",
        f"{_NET}/lo/operstate": "unknown",
    }
    return {path: f"{text}\n" for path, text in rows.items()}
