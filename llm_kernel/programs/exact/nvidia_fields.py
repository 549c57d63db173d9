"""The fields of ``nvidia-smi --query-gpu`` and ``--query-compute-apps``: one table of names, units and values."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from llm_kernel.machine.cards import Card
from llm_kernel.machine.catalog import load
from llm_kernel.machine.devices import Devices, Gpu, Reading, clocks
from llm_kernel.machine.drivers import branch_of, order
from llm_kernel.machine.processes import Process

__all__ = ["APP_FIELDS", "GPU_FIELDS", "Field", "Sight", "serial"]


@dataclass(frozen=True, slots=True)
class Sight:
    """What a field's value is taken from: one GPU at one moment, and for applications one process."""

    devices: Devices
    gpu: Gpu
    reading: Reading
    now: datetime
    process: Process | None = None


Value: TypeAlias = Callable[[Sight], "str | None"]


@dataclass(frozen=True, slots=True)
class Field:
    """``name`` is what the header prints, whichever of its names was asked for; a value of None is unsupported."""

    name: str
    value: Value
    unit: str = ""
    since: int = 0


_DEPRECATED = "[Requested functionality has been deprecated]"


def serial(gpu: Gpu) -> str | None:
    """The board's serial number; boards sold to players have none."""
    if any(word in gpu.card.name for word in ("GeForce", "TITAN")):
        return None
    return f"{random.Random(f'{gpu.uuid}/serial').randrange(320_000_000_000, 1_700_000_000_000):013d}"


def _enabled(flag: bool) -> str:
    return "Enabled" if flag else "Disabled"


def _memory(s: Sight) -> tuple[int, int, int]:
    total = s.gpu.card.total(s.devices.driver)
    reserved = s.gpu.card.reserved if branch_of(s.devices.driver) >= 510 else 0
    return total, reserved, max(0, total - reserved - s.reading.mem_used)


def _bus(s: Sight, part: int) -> str:
    domain, bus, rest = s.gpu.bus.split(":")
    return (f"0x{domain[-4:]}", f"0x{bus}", f"0x{rest.split('.')[0]}")[part]


def _vbios(s: Sight) -> str:
    family = {"Kepler": "80", "Maxwell": "84", "Pascal": "86", "Volta": "88", "Turing": "90", "Ampere": "94"}
    family |= {"Ada Lovelace": "95", "Hopper": "96", "Blackwell": "98"}
    first = "92" if s.gpu.card.compute == "8.0" else family[s.gpu.card.arch]
    seeded = random.Random(f"{s.gpu.card.name}/vbios")
    return f"{first}.02.{seeded.randrange(0x10, 0x80):02X}.00.{seeded.randrange(1, 0xC0):02X}"


def _link(s: Sight) -> str:
    asleep = s.reading.pstate == "P8" and not s.gpu.card.server
    return "1" if asleep else str(s.gpu.card.pcie)


def _idle(s: Sight) -> bool:
    return not s.reading.util and s.reading.pstate == s.gpu.card.idle_state


def _ecc(s: Sight) -> str | None:
    return {"on": "Enabled", "off": "Disabled"}.get(s.gpu.card.ecc)


def _watts(value: float) -> str:
    return f"{value:.2f}"


def _average(s: Sight) -> str | None:
    """Cards before Ampere give only the draw of the moment."""
    return _watts(s.reading.power) if order(s.gpu.card.compute) >= (8, 0) else None


def _mhz(part: int) -> Value:
    return lambda s: str(clocks(s.gpu, s.reading)[part])


def _most(part: int) -> Value:
    return lambda s: str(s.gpu.card.clocks[part])


def _no(_: Sight) -> str | None:
    return None


def _text(text: str) -> Value:
    return lambda _: text


def _retired(branch: int, before: Value) -> Value:
    return lambda s: _DEPRECATED if branch_of(s.devices.driver) >= branch else before(s)


def _counted(s: Sight) -> str | None:
    return "0" if s.gpu.card.ecc == "on" else None


def _stamp(s: Sight) -> str:
    return f"{s.now:%Y/%m/%d %H:%M:%S}.{s.now.microsecond // 1000:03d}"


def _mode(s: Sight) -> str:
    return {"E. Process": "Exclusive_Process"}.get(s.gpu.mode, s.gpu.mode)


def _mig(s: Sight) -> str | None:
    return "Disabled" if s.gpu.card.mig else None


def _given(value: str | None, only: str) -> Value:
    """A value that no state of the machine changes, for cards that have what it is about."""
    has: dict[str, Callable[[Card], bool]] = {
        "": lambda _: True,
        "ecc": lambda card: card.ecc == "on",
        "mig": lambda card: card.mig,
        "sram": lambda card: card.ecc == "on" or card.arch in ("Ada Lovelace", "Blackwell"),
    }
    return lambda s: value if has[only](s.gpu.card) else None


_REASONS = (
    "applications_clocks_setting",
    "sw_power_cap",
    "hw_slowdown",
    "hw_thermal_slowdown",
    "hw_power_brake_slowdown",
    "sw_thermal_slowdown",
    "sync_boost",
)
_PLACES = ("device_memory", "dram", "register_file", "l1_cache", "l2_cache", "texture_memory", "cbu", "sram", "total")
_COUNTED = ("device_memory", "dram", "sram", "total")

_FIELDS: tuple[Field, ...] = (
    Field("timestamp", _stamp),
    Field("driver_version", lambda s: s.devices.driver),
    Field("kmd_version", lambda s: s.devices.driver, since=595),
    Field("count", lambda s: str(len(s.devices.gpus))),
    Field("name", lambda s: s.gpu.card.named(s.devices.driver)),
    Field("serial", lambda s: serial(s.gpu)),
    Field("uuid", lambda s: s.gpu.uuid),
    Field("pci.bus_id", lambda s: s.gpu.bus),
    Field("pci.domain", lambda s: _bus(s, 0)),
    Field("pci.bus", lambda s: _bus(s, 1)),
    Field("pci.device", lambda s: _bus(s, 2)),
    Field("pci.baseClass", _text("0x3"), since=560),
    Field("pci.subClass", lambda s: "0x2" if s.gpu.card.server else "0x0", since=560),
    Field("pci.device_id", lambda s: f"0x{s.gpu.card.pci}10DE"),
    Field("pci.sub_device_id", lambda s: f"0x{random.Random(s.gpu.card.name).randrange(0x1200, 0x1800):04X}10DE"),
    Field("pcie.link.gen.current", _link),
    Field("pcie.link.gen.gpucurrent", _link, since=520),
    Field("pcie.link.gen.max", lambda s: str(s.gpu.card.pcie)),
    Field("pcie.link.gen.gpumax", lambda s: str(s.gpu.card.pcie), since=520),
    Field("pcie.link.gen.hostmax", lambda s: None if s.gpu.card.server else "4", since=520),
    Field("pcie.link.width.current", _text("16")),
    Field("pcie.link.width.max", _text("16")),
    Field("index", lambda s: str(s.gpu.index)),
    Field("display_mode", _retired(570, lambda s: _enabled(s.gpu.display))),
    Field("display_attached", _text("Yes"), since=570),
    Field("display_active", lambda s: _enabled(s.gpu.display)),
    Field("persistence_mode", lambda s: _enabled(s.gpu.persistence)),
    Field("addressing_mode", lambda s: "None" if s.gpu.card.arch == "Hopper" else "HMM", since=550),
    Field("accounting.mode", _text("Disabled")),
    Field("accounting.buffer_size", _text("4000")),
    Field("driver_model.current", _no),
    Field("driver_model.pending", _no),
    Field("vbios_version", _vbios),
    Field("inforom.img", lambda s: "G001.0000.03.03" if s.gpu.card.ecc == "none" else "G133.0242.00.03"),
    Field("inforom.oem", lambda s: "2.0" if s.gpu.card.ecc == "none" else "2.1"),
    Field("inforom.ecc", lambda s: None if s.gpu.card.ecc == "none" else "6.16"),
    Field("inforom.pwr", _no),
    Field("inforom.checksum_validation", _text("valid"), since=560),
    Field("gpu_recovery_action", _text("None"), since=565),
    Field("gom.current", _no),
    Field("gom.pending", _no),
    Field("fan.speed", lambda s: None if s.reading.fan is None else str(s.reading.fan), "%"),
    Field("pstate", lambda s: s.reading.pstate),
    Field("clocks_event_reasons.supported", _text("0x00000000000001FF")),
    Field("clocks_event_reasons.active", lambda s: f"0x{int(_idle(s)):016X}"),
    Field("clocks_event_reasons.gpu_idle", lambda s: "Active" if _idle(s) else "Not Active"),
    *(Field(f"clocks_event_reasons.{reason}", _text("Not Active")) for reason in _REASONS),
    Field("memory.total", lambda s: str(_memory(s)[0]), "MiB"),
    Field("memory.reserved", lambda s: str(_memory(s)[1]), "MiB", since=510),
    Field("memory.used", lambda s: str(s.reading.mem_used), "MiB"),
    Field("memory.free", lambda s: str(_memory(s)[2]), "MiB"),
    Field("compute_mode", _mode),
    Field("compute_cap", lambda s: s.gpu.card.compute, since=495),
    Field("utilization.gpu", lambda s: str(s.reading.util), "%"),
    Field("utilization.memory", lambda s: str(round(s.reading.util * 0.42)), "%"),
    *(Field(f"utilization.{engine}", _text("0"), "%", since=530) for engine in ("encoder", "decoder", "jpeg", "ofa")),
    Field("encoder.stats.sessionCount", _text("0")),
    Field("encoder.stats.averageFps", _text("0")),
    Field("encoder.stats.averageLatency", _text("0")),
    Field("ecc.mode.current", _ecc),
    Field("ecc.mode.pending", _ecc),
    *(
        Field(f"ecc.errors.{kind}.{span}.{place}", _counted if place in _COUNTED else _no)
        for kind in ("corrected", "uncorrected")
        for span in ("volatile", "aggregate")
        for place in _PLACES
    ),
    Field("retired_pages.single_bit_ecc.count", _no),
    Field("retired_pages.double_bit.count", _no),
    Field("retired_pages.pending", _no),
    Field("temperature.gpu", lambda s: str(s.reading.temp)),
    Field("temperature.gpu.tlimit", lambda s: str(87 - s.reading.temp) if s.gpu.card.server else None, since=570),
    Field("temperature.memory", lambda s: str(s.reading.temp + 5) if s.gpu.card.mig else "N/A"),
    Field("power.management", _retired(580, _text("Enabled"))),
    Field("power.draw", lambda s: _watts(s.reading.power), "W"),
    Field("power.draw.average", _average, "W", since=530),
    Field("power.draw.instant", lambda s: _watts(s.reading.power * 1.01), "W", since=530),
    Field("power.limit", lambda s: _watts(s.gpu.cap), "W"),
    Field("enforced.power.limit", lambda s: _watts(s.gpu.cap), "W"),
    Field("power.default_limit", lambda s: _watts(s.gpu.card.power), "W"),
    Field("power.min_limit", lambda s: _watts(s.gpu.card.power_range[0]), "W"),
    Field("power.max_limit", lambda s: _watts(s.gpu.card.power_range[1]), "W"),
    Field("clocks.current.graphics", _mhz(0), "MHz"),
    Field("clocks.current.sm", _mhz(0), "MHz"),
    Field("clocks.current.memory", _mhz(1), "MHz"),
    Field("clocks.current.video", lambda s: str(round(clocks(s.gpu, s.reading)[0] * 0.8 / 15) * 15 + 375), "MHz"),
    Field("clocks.applications.graphics", _retired(580, _no), "MHz"),
    Field("clocks.applications.memory", _retired(580, _no), "MHz"),
    Field("clocks.default_applications.graphics", _retired(580, _no), "MHz"),
    Field("clocks.default_applications.memory", _retired(580, _no), "MHz"),
    Field("clocks.max.graphics", _most(2), "MHz"),
    Field("clocks.max.sm", _most(2), "MHz"),
    Field("clocks.max.memory", _most(3), "MHz"),
    Field("mig.mode.current", _mig, since=450),
    Field("mig.mode.pending", _mig, since=450),
    *(
        Field(name, _given(value, only), unit, since)
        for name, unit, since, value, only in load("nvidia_fields")["fields"]
    ),
)

_SYNONYMS = {
    "gpu_name": "name",
    "gpu_serial": "serial",
    "gpu_uuid": "uuid",
    "gpu_bus_id": "pci.bus_id",
    "inforom.image": "inforom.img",
    "inforom.power": "inforom.pwr",
    "gpu_operation_mode.current": "gom.current",
    "gpu_operation_mode.pending": "gom.pending",
    "retired_pages.sbe": "retired_pages.single_bit_ecc.count",
    "retired_pages.dbe": "retired_pages.double_bit.count",
    "gpu.power.draw.average": "power.draw.average",
    "gpu.power.draw.instant": "power.draw.instant",
    "clocks.gr": "clocks.current.graphics",
    "clocks.sm": "clocks.current.sm",
    "clocks.mem": "clocks.current.memory",
    "clocks.video": "clocks.current.video",
    "clocks.max.gr": "clocks.max.graphics",
    "clocks.max.mem": "clocks.max.memory",
    "clocks.applications.gr": "clocks.applications.graphics",
    "clocks.applications.mem": "clocks.applications.memory",
    "clocks.default_applications.gr": "clocks.default_applications.graphics",
    "clocks.default_applications.mem": "clocks.default_applications.memory",
    "remapped_rows.sbe": "remapped_rows.correctable",
    "remapped_rows.dbe": "remapped_rows.uncorrectable",
    "gpu.power.requested_limit": "power.limit",
    "gpu.power.current_limit": "enforced.power.limit",
    "gpu.power.default_limit": "power.default_limit",
    "gpu.power.min_limit": "power.min_limit",
    "gpu.power.max_limit": "power.max_limit",
    "module.power.requested_limit": "module.power.limit",
    "module.power.current_limit": "module.enforced.power.limit",
}

GPU_FIELDS: dict[str, Field] = {field.name: field for field in _FIELDS}
GPU_FIELDS |= {name: GPU_FIELDS[meant] for name, meant in _SYNONYMS.items()}
GPU_FIELDS |= {
    field.name.replace("event", "throttle"): field
    for field in _FIELDS
    if field.name.startswith("clocks_event_reasons.")
}

_APPS = (
    Field("timestamp", _stamp),
    Field("gpu_name", GPU_FIELDS["name"].value),
    Field("gpu_bus_id", lambda s: s.gpu.bus),
    Field("gpu_serial", lambda s: serial(s.gpu)),
    Field("gpu_uuid", lambda s: s.gpu.uuid),
    Field("pid", lambda s: str(s.process.pid) if s.process else None),
    Field("process_name", lambda s: s.process.command[0] if s.process else None),
    Field("used_gpu_memory", lambda s: str(s.process.gpu[s.gpu.index].mem) if s.process else None, "MiB"),
)
APP_FIELDS: dict[str, Field] = {field.name: field for field in _APPS}
APP_FIELDS |= {"name": APP_FIELDS["process_name"], "used_memory": APP_FIELDS["used_gpu_memory"]}
