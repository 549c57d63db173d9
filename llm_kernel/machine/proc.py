"""``/proc``: the machine's facts as the kernel tells them. Rendered from the machine, read by nobody here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llm_kernel.machine.boards import Gpu
from llm_kernel.machine.busy import load_average
from llm_kernel.machine.cpus import Chip, chip
from llm_kernel.machine.disks import block_devices
from llm_kernel.machine.identity import identity
from llm_kernel.machine.memory import memory
from llm_kernel.machine.mounts import mounts
from llm_kernel.machine.proc_counters import counters, wired
from llm_kernel.machine.system import System

if TYPE_CHECKING:  # Machine is made of this package's parts; its name is only needed for the hint
    from llm_kernel.machine.machine import Machine

__all__ = ["command_line", "flags_of", "moving_proc", "render_proc", "topology", "version_line"]


def render_proc(machine: Machine) -> dict[str, bytes]:
    """Every file of ``/proc`` by its path, as of now."""
    system = machine.system
    rows = {
        "/proc/cpuinfo": _cpuinfo(system),
        "/proc/version": version_line(system) + "\n",
        f"/proc/{machine.processes.shell}/mounts": _mounts(system),
        "/proc/cmdline": f"{command_line(system)}\n",
        "/proc/filesystems": _FILESYSTEMS,
        "/proc/partitions": _partitions(machine),
        **wired(machine),
    }
    if machine.devices.driver:
        rows["/proc/driver/nvidia/version"] = _nvidia(machine)
        rows |= {
            f"/proc/driver/nvidia/gpus/{gpu.bus[-12:].lower()}/information": _gpu(gpu, machine.devices.driver)
            for gpu in machine.devices.gpus
        }
    return {path: text.encode() for path, text in rows.items()} | moving_proc(machine)


def moving_proc(machine: Machine) -> dict[str, bytes]:
    """The files of ``/proc`` that change with time and processes, and not only with facts."""
    up = max(0.0, machine.clock.now - machine.system.boot)
    rows = {
        "/proc/meminfo": _meminfo(machine),
        "/proc/uptime": f"{up:.2f} {up * machine.system.cpu.cores * 0.997:.2f}\n",
        "/proc/loadavg": _loadavg(machine),
        "/proc/swaps": _swaps(machine),
        **counters(machine),
    }
    return {path: text.encode() for path, text in rows.items()}


def command_line(system: System) -> str:
    """What the boot loader told the kernel."""
    return f"BOOT_IMAGE=/boot/vmlinuz-{system.kernel} root={system.disk_at('/').device} ro"


def version_line(system: System) -> str:
    """The line of ``/proc/version``."""
    made = system.profile
    tool = made.compiler if made.compiler.startswith("gcc version") else f"({made.compiler})"
    tool = f"({tool})" if tool.startswith("gcc version") else tool
    return f"Linux version {system.kernel} ({made.builder}) {tool} {made.build}"


def flags_of(one: Chip) -> str:
    """The processor's features, as the kernel names them."""
    return _FLAGS[one.vendor]


def topology(system: System, cpu: int) -> tuple[int, int]:
    """The socket and the core (within it) of logical processor ``cpu``: first threads come first."""
    own = system.cpu
    physical = own.cores // own.threads_per_core
    core = cpu % physical
    a_socket = max(1, physical // own.sockets)
    return core // a_socket, core % a_socket


def _cpuinfo(system: System) -> str:
    own, one = system.cpu, chip(system.cpu.model)
    a_socket = own.cores // own.sockets
    cores = a_socket // own.threads_per_core
    fixed = (
        ("fpu", "yes"),
        ("fpu_exception", "yes"),
        ("cpuid level", "22" if one.vendor == "GenuineIntel" else "16"),
        ("wp", "yes"),
        ("flags", flags_of(one)),
        *(
            (("bugs", "spectre_v1 spectre_v2 spec_store_bypass swapgs"),)
            if system.profile.since("libc", "2.27")
            else ()
        ),
        ("bogomips", f"{own.mhz * 2:.2f}"),
        ("clflush size", "64"),
        ("cache_alignment", "64"),
        ("address sizes", f"{46 if one.vendor == 'GenuineIntel' else 48} bits physical, 48 bits virtual"),
        ("power management", ""),
    )
    blocks = []
    for cpu in range(own.cores):
        socket, core = topology(system, cpu)
        rows = (
            ("processor", str(cpu)),
            ("vendor_id", one.vendor),
            ("cpu family", str(one.family)),
            ("model", str(one.number)),
            ("model name", own.model),
            ("stepping", str(one.stepping)),
            ("microcode", "0x5003005" if one.vendor == "GenuineIntel" else "0x8301034"),
            ("cpu MHz", f"{own.mhz:.3f}"),
            ("cache size", f"{one.l3} KB"),
            ("physical id", str(socket)),
            ("siblings", str(a_socket)),
            ("core id", str(core)),
            ("cpu cores", str(cores)),
            ("apicid", str(cpu)),
            ("initial apicid", str(cpu)),
            *fixed,
        )
        blocks.append("".join(f"{key}{_tabs(key)}: {value}".rstrip() + "\n" for key, value in rows))
    return "\n".join(blocks) + "\n"


def _tabs(key: str) -> str:
    return "\t" if len(key) >= 8 else "\t\t"


def _meminfo(machine: Machine) -> str:
    now = memory(machine)
    files = now.buffers + now.cached - now.slab - now.shared
    anon, active = now.taken // 12 * 8, files // 8 * 4
    slab, made = now.slab // 8 * 12, machine.system.profile
    new, old = made.since("libc", "2.31"), not made.since("libc", "2.27")
    rows: list[tuple[str, int]] = [
        ("MemTotal", now.total),
        ("MemFree", now.free),
        ("MemAvailable", now.available),
        ("Buffers", now.buffers),
        ("Cached", now.cached - now.slab),
        ("SwapCached", 0),
        ("Active", active + anon // 8 * 4),
        ("Inactive", files - active + anon - anon // 8 * 4),
        ("Active(anon)", anon // 8 * 4),
        ("Inactive(anon)", anon - anon // 8 * 4),
        ("Active(file)", active),
        ("Inactive(file)", files - active),
        ("Unevictable", 0),
        ("Mlocked", 0),
        ("SwapTotal", now.swap_total),
        ("SwapFree", now.swap_free),
        ("Dirty", 84),
        ("Writeback", 0),
        ("AnonPages", anon),
        ("Mapped", now.cached // 48 * 4),
        ("Shmem", now.shared),
        *([("KReclaimable", now.slab)] if new else []),
        ("Slab", slab),
        ("SReclaimable", now.slab),
        ("SUnreclaim", slab - now.slab),
        ("KernelStack", 16 * (len(machine.processes.table) + 260)),
        ("PageTables", now.taken // 512 * 4),
        ("NFS_Unstable", 0),
        ("Bounce", 0),
        ("WritebackTmp", 0),
        ("CommitLimit", now.total // 2 + now.swap_total),
        ("Committed_AS", now.taken * 3 // 2 // 4 * 4),
        ("VmallocTotal", 34_359_738_367),
        ("VmallocUsed", 0 if not new else 84_612),
        ("VmallocChunk", 0),
        *([("Percpu", machine.system.cpu.cores * 1_680)] if new or old else []),
        ("HardwareCorrupted", 0),
        ("AnonHugePages", 0),
        *([] if old else [("ShmemHugePages", 0), ("ShmemPmdMapped", 0)]),
        *([("FileHugePages", 0), ("FilePmdMapped", 0)] if new else [("CmaTotal", 0), ("CmaFree", 0)]),
        ("HugePages_Total", 0),
        ("HugePages_Free", 0),
        ("HugePages_Rsvd", 0),
        ("HugePages_Surp", 0),
        ("Hugepagesize", 2048),
        *([("Hugetlb", 0)] if new else []),
        ("DirectMap4k", 321_400),
        ("DirectMap2M", max(0, (machine.system.memory // 2**20 - 321) % 1024 * 1024)),
        ("DirectMap1G", max(0, machine.system.memory // 2**30 - 1) * 2**20),
    ]
    return "".join(_meminfo_row(name, value) for name, value in rows)


def _meminfo_row(name: str, value: int) -> str:
    unit = "" if name.startswith("HugePages_") else " kB"
    head = f"{name + ':':<16}" if len(name) < 16 else f"{name}: "
    return f"{head}{value:>{24 - len(head)}}{unit}\n"


def _loadavg(machine: Machine) -> str:
    one, five, fifteen = load_average(machine)
    table = machine.processes.running()
    busy = sum(process.state == "R" for process in table)
    last = max((process.pid for process in table), default=1)
    return f"{one:.2f} {five:.2f} {fifteen:.2f} {max(busy, 1)}/{len(table) * 4 + 260} {last}\n"


def _mounts(system: System) -> str:
    return "".join(f"{row.device} {row.mount} {row.kind} {row.options} 0 0\n" for row in mounts(system))


def _partitions(machine: Machine) -> str:
    rows = ["major minor  #blocks  name", ""]
    rows += [f"{row.major:4d} {row.minor:8d} {row.size // 1024:10d} {row.name}" for row in block_devices(machine)]
    return "\n".join(rows) + "\n"


def _swaps(machine: Machine) -> str:
    now = memory(machine)
    rows = "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n"
    if now.swap_total:
        used = now.swap_total - now.swap_free
        rows += f"{'/swap.img':<40}{'file':<8}\t{now.swap_total}\t\t{used}\t\t-2\n"
    return rows


def _nvidia(machine: Machine) -> str:
    made = machine.system.profile
    compiler = made.compiler.partition(", GNU ld")[0]
    compiler = compiler if compiler.startswith("gcc version") else f"gcc version {compiler.rpartition(' ')[2]}"
    return (
        f"NVRM version: NVIDIA UNIX x86_64 Kernel Module  {machine.devices.driver}\nGCC version:  {compiler.strip()}\n"
    )


def _gpu(gpu: Gpu, driver: str) -> str:
    rows = (
        ("Model", gpu.card.named(driver)),
        ("IRQ", str(140 + gpu.index)),
        ("GPU UUID", gpu.uuid),
        ("Video BIOS", identity(gpu).vbios),
        ("Bus Type", "PCIe"),
        ("DMA Size", "47 bits"),
        ("DMA Mask", "0x7fffffffffff"),
        ("Bus Location", gpu.bus[-12:].lower()),
        ("Device Minor", str(gpu.index)),
        ("GPU Excluded", "No"),
    )
    return "".join(f"{name + ':':<16} {text}\n" for name, text in rows)


_NODEV = (
    "sysfs tmpfs bdev proc cgroup cgroup2 cpuset devtmpfs configfs debugfs tracefs securityfs sockfs bpf pipefs ramfs"
)
_FILESYSTEMS = (
    "".join(f"nodev\t{kind}\n" for kind in f"{_NODEV} hugetlbfs devpts".split())
    + "\text3\n\text2\n\text4\n\tsquashfs\n\tvfat\n\txfs\nnodev\tecryptfs\n\tfuseblk\n"
    + "".join(f"nodev\t{kind}\n" for kind in "fuse fusectl mqueue pstore overlay autofs".split())
)
_COMMON = (
    "fpu vme de pse tsc msr pae mce cx8 apic sep mtrr pge mca cmov pat pse36 clflush mmx fxsr sse sse2 ht syscall nx "
    "pdpe1gb rdtscp lm constant_tsc rep_good nopl nonstop_tsc cpuid pni pclmulqdq ssse3 fma cx16 sse4_1 sse4_2 movbe "
    "popcnt aes xsave avx f16c rdrand lahf_lm abm fsgsbase bmi1 avx2 smep bmi2 rdseed adx smap clflushopt"
)
_FLAGS = {
    "GenuineIntel": f"{_COMMON} ss tm pbe dtes64 monitor ds_cpl vmx est tm2 pcid avx512f avx512dq avx512cd avx512bw",
    "AuthenticAMD": f"{_COMMON} mmxext fxsr_opt extapic cr8_legacy sse4a misalignsse 3dnowprefetch topoext svm sha_ni",
}
