"""What the kernel has said since the boot: one list behind ``dmesg`` and ``journalctl -k``, read off the machine."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from llm_kernel.machine.cpus import chip
from llm_kernel.machine.modules import modules
from llm_kernel.machine.network import main_interface
from llm_kernel.machine.proc import command_line, version_line

if TYPE_CHECKING:  # Machine is made of this package's parts; its name is only needed for the hint
    from llm_kernel.machine.machine import Machine

__all__ = ["LEVELS", "Message", "kernel_log"]

LEVELS = ("emerg", "alert", "crit", "err", "warn", "notice", "info", "debug")


@dataclass(frozen=True, slots=True)
class Message:
    """One message: ``after`` seconds of uptime, ``level`` as an index of ``LEVELS``."""

    after: float
    text: str
    level: int = 6


def kernel_log(machine: Machine) -> list[Message]:
    """All messages in order; those of the time after now are not yet written."""
    up = machine.clock.now - machine.system.boot
    parts = (_start, _processors, _storage, _cards, _late, _faults)
    rows = [row for part in parts for row in part(machine)]
    return [row for row in sorted(rows, key=lambda row: row.after) if row.after <= up]


def _start(machine: Machine) -> Iterator[Message]:
    system = machine.system
    one = chip(system.cpu.model)
    yield Message(0.0, version_line(system), 5)
    yield Message(0.0, f"Command line: {command_line(system)}")
    yield Message(0.0, "KERNEL supported cpus:")
    yield Message(0.0, "  Intel GenuineIntel")
    yield Message(0.0, "  AMD AuthenticAMD")
    yield Message(0.0, "BIOS-provided physical RAM map:")
    yield Message(0.0, "BIOS-e820: [mem 0x0000000000000000-0x000000000009ffff] usable")
    yield Message(0.0, f"BIOS-e820: [mem 0x0000000000100000-0x{system.memory - 1:016x}] usable")
    yield Message(0.0, "NX (Execute Disable) protection: active")
    yield Message(0.0, "SMBIOS 3.2.1 present.")
    yield Message(0.0, f"tsc: Detected {one.mhz:.3f} MHz processor")
    kept = system.memory // 1024 - system.total_kb
    yield Message(0.412, f"Memory: {system.total_kb}K/{system.memory // 1024}K available ({kept}K reserved)")


def _processors(machine: Machine) -> Iterator[Message]:
    own, one = machine.system.cpu, chip(machine.system.cpu.model)
    kinds = f"(family: 0x{one.family:x}, model: 0x{one.number:x}, stepping: 0x{one.stepping:x})"
    yield Message(0.498312, f"smpboot: CPU0: {own.model} {kinds}")
    nodes = f"{own.sockets} node{'s' if own.sockets > 1 else ''}, {own.cores} CPU{'s' if own.cores > 1 else ''}"
    yield Message(0.812404, f"smp: Brought up {nodes}")
    yield Message(0.812411, f"smpboot: Max logical packages: {own.sockets}")
    total = own.mhz * 2 * own.cores
    yield Message(0.812415, f"smpboot: Total of {own.cores} processors activated ({total:.2f} BogoMIPS)")
    yield Message(0.9164, "devtmpfs: initialized")
    yield Message(1.1021, "PCI: Using configuration type 1 for base access")


def _storage(machine: Machine) -> Iterator[Message]:
    whole: dict[str, int] = {}
    for disk in machine.system.disks:
        name = disk.device.rstrip("0123456789").removeprefix("/dev/")
        whole[name] = whole.get(name, 2**20) + disk.size
    for n, (name, size) in enumerate(sorted(whole.items())):
        at, label = 2.41 + n * 0.01, f"sd {n}:0:0:0: [{name}]"
        human = f"({size / 1e9:.0f} GB/{size / 2**30:.0f} GiB)"
        yield Message(at, f"{label} {size // 512} 512-byte logical blocks: {human}", 5)
        yield Message(at + 0.001, f"{label} Write Protect is off", 5)
        yield Message(at + 0.004, f"{label} Attached SCSI disk", 5)
    for n, disk in enumerate(machine.system.disks):
        device = disk.device.removeprefix("/dev/")
        if disk.kind == "ext4":
            text = f"EXT4-fs ({device}): mounted filesystem with ordered data mode. Opts: (null)"
            yield Message(3.61 + n * 0.9, text)
        elif disk.kind == "xfs":
            yield Message(3.61 + n * 0.9, f"XFS ({device}): Mounting V5 Filesystem", 5)
            yield Message(3.66 + n * 0.9, f"XFS ({device}): Ending clean mount")


def _cards(machine: Machine) -> Iterator[Message]:
    if not any(module.name == "nvidia" for module in modules(machine)):
        return
    driver = machine.devices.driver
    yield Message(6.2013, "nvidia: loading out-of-tree module taints kernel.", 4)
    yield Message(6.2014, "nvidia: module license 'NVIDIA' taints kernel.", 4)
    yield Message(6.2318, "nvidia-nvlink: Nvlink Core is being initialized, major device number 237")
    for n, gpu in enumerate(machine.devices.gpus):
        bus = gpu.bus[-12:].lower()
        yield Message(6.26 + n * 0.002, f"nvidia {bus}: vgaarb: changed VGA decodes: olddecodes=io+mem,decodes=none")
    yield Message(6.5127, f"NVRM: loading NVIDIA UNIX x86_64 Kernel Module  {driver}", 4)
    yield Message(6.6041, f"nvidia-modeset: Loading NVIDIA Kernel Mode Setting Driver for UNIX platforms  {driver}")
    for n, gpu in enumerate(machine.devices.gpus):
        text = f"[drm] Initialized nvidia-drm 0.0.0 20160202 for {gpu.bus[-12:].lower()} on minor {n + 1}"
        yield Message(6.71 + n * 0.31, text)


def _late(machine: Machine) -> Iterator[Message]:
    card, system = main_interface(machine), machine.system
    module = "i40e" if chip(system.cpu.model).vendor == "GenuineIntel" else "igb"
    yield Message(4.1102, f"systemd[1]: Detected architecture {system.arch.replace('_', '-')}.")
    yield Message(4.1127, f"systemd[1]: Set hostname to <{system.host}>.")
    yield Message(5.2215, "systemd[1]: Mounted Huge Pages File System.")
    if system.swap:
        size = system.swap // 1024 - 4
        yield Message(5.4012, f"Adding {size}k swap on /swap.img.  Priority:-2 extents:6 across:{size + 262144}k FS")
    yield Message(
        9.8035, f"{module} 0000:3d:00.0 {card.name}: NIC Link is Up, 1000 Mbps Full Duplex, Flow Control: None"
    )
    yield Message(9.8051, f"IPv6: ADDRCONF(NETDEV_CHANGE): {card.name}: link becomes ready")


def _faults(machine: Machine) -> Iterator[Message]:
    """What broke since."""
    for when, text in machine.faults.log:
        yield Message(max(0.0, when - machine.system.boot), text, 3 if "Xid" in text else 4)
