"""The counters of ``/proc``: processors, network, disks and pages since the boot, and what is loaded and wired."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llm_kernel.machine.busy import cpu_times
from llm_kernel.machine.disks import block_devices, device_counters
from llm_kernel.machine.memory import memory
from llm_kernel.machine.modules import modules
from llm_kernel.machine.network import interfaces, main_interface

if TYPE_CHECKING:  # Machine is made of this package's parts; its name is only needed for the hint
    from llm_kernel.machine.machine import Machine

__all__ = ["context_switches", "counters", "interrupts", "wired"]


def counters(machine: Machine) -> dict[str, str]:
    """The files that count, as of now."""
    return {
        "/proc/stat": _stat(machine),
        "/proc/net/dev": _net_dev(machine),
        "/proc/diskstats": _diskstats(machine),
        "/proc/vmstat": _vmstat(machine),
    }


def wired(machine: Machine) -> dict[str, str]:
    """The files that only follow the facts."""
    return {
        "/proc/modules": "".join(
            f"{row.name} {row.size} {row.count} {','.join([*row.users, '']) or '-'} Live 0x{row.address:016x}\n"
            for row in modules(machine)
        ),
        "/proc/interrupts": _interrupts(machine),
        "/proc/net/route": _route(machine),
        "/proc/net/arp": "IP address       HW type     Flags       HW address            Mask     Device\n",
        "/proc/devices": _DEVICES,
        "/proc/misc": "183 hw_random\n 63 cpu_dma_latency\n228 hpet\n144 nvram\n235 autofs\n242 rfkill\n227 mcelog\n",
        "/proc/consoles": "tty0                 -WU (EC p  )    4:1\n",
        "/proc/cgroups": _CGROUPS,
        "/proc/buddyinfo": "",
        "/proc/locks": "",
    }


def interrupts(machine: Machine) -> int:
    """How many interrupts there were since the boot."""
    return int(max(0.0, machine.clock.now - machine.system.boot) * 61) + 52_110


def context_switches(machine: Machine) -> int:
    """How often the processors changed their process since the boot."""
    return int(max(0.0, machine.clock.now - machine.system.boot) * 104) + 97_340


def _stat(machine: Machine) -> str:
    times, cores = cpu_times(machine), machine.system.cpu.cores
    table = machine.processes.running()
    whole = [int(part * 100) for part in (times.user, 0, times.system, times.idle, times.wait)]
    lines = [f"cpu  {' '.join(map(str, whole))} 0 0 0 0 0"]
    for cpu in range(cores):
        part = [value // cores + (1 if cpu < value % cores else 0) for value in whole]
        lines.append(f"cpu{cpu} {' '.join(map(str, part))} 0 0 0 0 0")
    running = sum(process.state == "R" for process in table)
    lines += [
        f"intr {interrupts(machine)} 18 73 0 0 0 0 0 0 1 0 0 0 18 0 0 0",
        f"ctxt {context_switches(machine)}",
        f"btime {int(machine.system.boot)}",
        f"processes {max((process.pid for process in table), default=1)}",
        f"procs_running {max(1, running)}",
        "procs_blocked 0",
        f"softirq {interrupts(machine) // 2} 0 {interrupts(machine) // 4} 11 0 0 0 0 0 0 0",
    ]
    return "\n".join(lines) + "\n"


def _net_dev(machine: Machine) -> str:
    lines = [
        "Inter-|   Receive                                                |  Transmit",
        " face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls "
        "carrier compressed",
    ]
    for row in interfaces(machine):
        own = row.counters
        received = f"{own.bytes_in:>8} {own.packets_in:>7}    0    0    0     0          0         0"
        sent = f"{own.bytes_out:>8} {own.packets_out:>7}    0    0    0     0       0          0"
        lines.append(f"{row.name:>6}: {received} {sent}")
    return "\n".join(lines) + "\n"


def _diskstats(machine: Machine) -> str:
    lines = []
    for row in block_devices(machine):
        own = device_counters(machine, row)
        reads = f"{own.reads} 0 {own.sectors_read} {own.reads // 2}"
        writes = f"{own.writes} 0 {own.sectors_written} {own.writes // 2}"
        spent = (own.reads + own.writes) // 2
        lines.append(f"{row.major:4d} {row.minor:7d} {row.name} {reads} {writes} 0 {spent} {spent} 0 0 0 0")
    return "".join(f"{line}\n" for line in lines)


def _vmstat(machine: Machine) -> str:
    now = memory(machine)
    rows = {
        "nr_free_pages": now.free // 4,
        "nr_anon_pages": now.taken // 12 * 2,
        "nr_mapped": now.cached // 48,
        "nr_file_pages": (now.buffers + now.cached - now.slab) // 4,
        "nr_dirty": 21,
        "nr_writeback": 0,
        "nr_slab_reclaimable": now.slab // 4,
        "nr_shmem": now.shared // 4,
        "pswpin": 0,
        "pswpout": 0,
    }
    return "".join(f"{name} {value}\n" for name, value in rows.items())


def _interrupts(machine: Machine) -> str:
    cores = machine.system.cpu.cores
    lines = ["           " + " ".join(f"{f'CPU{cpu}':<10}" for cpu in range(cores)).rstrip() + "       "]
    rows = [
        ("0", 18, "IO-APIC    2-edge      timer"),
        ("8", 1, "IO-APIC    8-edge      rtc0"),
        ("9", 0, "IO-APIC    9-fasteoi   acpi"),
        ("128", 41_220, "PCI-MSI 512000-edge      ahci[0000:00:1f.2]"),
        ("130", 148_220, f"PCI-MSI 1572864-edge      {main_interface(machine).name}"),
    ]
    rows += [
        (str(140 + n), 2_118, f"PCI-MSI {524_288 * (n + 1)}-edge      nvidia")
        for n in range(len(machine.devices.gpus) if machine.devices.driver else 0)
    ]
    for name, count, what in rows:
        spread = [count if cpu == len(name) % cores else 0 for cpu in range(cores)]
        lines.append(f"{name:>4}: " + " ".join(f"{value:>10}" for value in spread) + f"   {what}")
    for name, (each, what) in _SHARED.items():
        lines.append(f"{name:>4}: " + " ".join(f"{each:>10}" for _ in range(cores)) + f"   {what}")
    lines += [f"{name:>4}: {0:>10}" for name in ("ERR", "MIS")]
    for name, what in _POSTED.items():
        lines.append(f"{name:>4}: " + " ".join(f"{0:>10}" for _ in range(cores)) + f"   {what}")
    return "".join(f"{line}\n" for line in lines)


_SHARED = {
    "NMI": (0, "Non-maskable interrupts"),
    "LOC": (1_048_231, "Local timer interrupts"),
    "SPU": (0, "Spurious interrupts"),
    "PMI": (0, "Performance monitoring interrupts"),
    "IWI": (3, "IRQ work interrupts"),
    "RTR": (0, "APIC ICR read retries"),
    "RES": (2_763, "Rescheduling interrupts"),
    "CAL": (18_420, "Function call interrupts"),
    "TLB": (3_155, "TLB shootdowns"),
    "TRM": (0, "Thermal event interrupts"),
    "THR": (0, "Threshold APIC interrupts"),
    "DFR": (0, "Deferred Error APIC interrupts"),
    "MCE": (0, "Machine check exceptions"),
    "MCP": (3_490, "Machine check polls"),
}
_POSTED = {
    "PIN": "Posted-interrupt notification event",
    "NPI": "Nested posted-interrupt event",
    "PIW": "Posted-interrupt wakeup event",
}


def _route(machine: Machine) -> str:
    card = main_interface(machine)
    network, mask = (_little(part.packed) for part in (card.four.network.network_address, card.four.netmask))
    router = _little(bytes([*card.four.network.network_address.packed[:3], 1]))
    title = "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT"
    rows = [("00000000", router, "0003", "00000000"), (network, "00000000", "0001", mask)]
    lines = [title, *(f"{card.name}\t{a}\t{b}\t{flags}\t0\t0\t0\t{m}\t0\t0\t0" for a, b, flags, m in rows)]
    return "".join(f"{line:<127}\n" for line in lines)


def _little(packed: bytes) -> str:
    return packed[::-1].hex().upper()


_DEVICES = (
    "Character devices:\n  1 mem\n  4 /dev/vc/0\n  4 tty\n  4 ttyS\n  5 /dev/tty\n  5 /dev/console\n  5 /dev/ptmx\n"
    "  7 vcs\n 10 misc\n 13 input\n 29 fb\n128 ptm\n136 pts\n180 usb\n189 usb_device\n226 drm\n\n"
    "Block devices:\n  7 loop\n  8 sd\n  9 md\n 11 sr\n253 device-mapper\n259 blkext\n"
)
_CGROUPS = "#subsys_name\thierarchy\tnum_cgroups\tenabled\n" + "".join(
    f"{name}\t0\t67\t1\n" for name in ("cpuset", "cpu", "cpuacct", "blkio", "memory", "devices", "freezer", "pids")
)
