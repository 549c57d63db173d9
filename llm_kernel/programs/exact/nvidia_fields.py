"""The fields of ``nvidia-smi --query-gpu``: one table of names, units and values, in the order of its help."""

from __future__ import annotations

from llm_kernel.machine.catalog import load
from llm_kernel.programs.exact.nvidia_sight import DEPRECATED, Field, Sight, Value, features, has

__all__ = ["GPU_FIELDS", "stamp"]

_FACTS = load("nvidia_fields")


def _enabled(flag: bool | None) -> str | None:
    return None if flag is None else "Enabled" if flag else "Disabled"


def _number(value: float | None, digits: int = 0) -> str | None:
    return None if value is None else f"{value:.{digits}f}"


def _watts(value: float | None) -> str | None:
    return _number(value, 2)


def _no(_: Sight) -> str | None:
    return None


def _text(text: str) -> Value:
    return lambda _: text


def _retired(branch: int, before: Value) -> Value:
    return lambda s: DEPRECATED if s.branch >= branch else before(s)


def _bus(part: int) -> Value:
    def value(s: Sight) -> str:
        domain, bus, rest = s.gpu.bus.split(":")
        return (f"0x{domain[-4:]}", f"0x{bus}", f"0x{rest.split('.')[0]}")[part]

    return value


def stamp(s: Sight) -> str:
    """The moment of the query as the program writes it, to the millisecond."""
    return f"{s.now:%Y/%m/%d %H:%M:%S}.{s.now.microsecond // 1000:03d}"


def _attached(s: Sight) -> str:
    drawn = any("G" in process.gpu[s.gpu.index].kind for process in s.processes)
    return "Yes" if s.card.server or s.reading.display or drawn else "No"


def _addressing(s: Sight) -> str | None:
    if has(s.card, "bits"):
        return None
    return "HMM" if s.branch >= 560 and s.card.arch != "Hopper" else "None"


def _serial(s: Sight) -> str | None:
    found = s.reading.board.serial
    return "0" if found is None and s.card.arch == "Blackwell" else found


def _mode(s: Sight) -> str:
    return {"E. Process": "Exclusive_Process"}.get(s.reading.mode, s.reading.mode)


def _mig(s: Sight) -> str | None:
    return _enabled(s.gpu.mig) if s.card.mig else None


_BITS = {
    "gpu_idle": 0x1,
    "applications_clocks_setting": 0x2,
    "sw_power_cap": 0x4,
    "hw_slowdown": 0x8,
    "hw_thermal_slowdown": 0x40,
    "hw_power_brake_slowdown": 0x80,
    "sw_thermal_slowdown": 0x20,
    "sync_boost": 0x10,
}


def _reasons(s: Sight) -> str:
    return f"0x{sum(bit for name, bit in _BITS.items() if name in s.reading.reasons):016X}"


def _reason(name: str) -> Value:
    return lambda s: "Active" if name in s.reading.reasons else "Not Active"


def _busy(part: str) -> Value:
    """A utilisation; a GPU that is cut into instances has none of its own."""
    return lambda s: None if s.gpu.mig else str(getattr(s.reading, part))


def _modern(part: str) -> Value:
    return lambda s: None if has(s.card, "bits") else _busy(part)(s)


_PLACES = ("device_memory", "dram", "register_file", "l1_cache", "l2_cache", "texture_memory", "cbu", "sram", "total")


def _errors(kind: str, span: str, place: str) -> Value:
    """ECC errors of one place: all of them are in the memory, and so in the total."""
    name = kind if span == "volatile" else f"{kind}_ever"

    def value(s: Sight) -> str | None:
        count = getattr(s.reading.ecc, name)
        if count is None or place not in _counted(s, kind):
            return None
        return str(count) if place in ("device_memory", "dram", "total") else "0"

    return value


def _counted(s: Sight, kind: str) -> tuple[str, ...]:
    if not has(s.card, "bits"):
        return "device_memory", "dram", "sram", "total"
    if s.card.arch == "Volta":
        caches: tuple[str, ...] = ("l1_cache", "l2_cache", *(("cbu",) if kind == "uncorrected" else ()))
    else:
        caches = ("l1_cache", "l2_cache") if s.card.arch == "Kepler" else ("l2_cache", "texture_memory")
    return "device_memory", "register_file", *caches, "total"


def _pages(part: str) -> Value:
    """Retired pages: boards that remap rows have none."""

    def value(s: Sight) -> str | None:
        found = getattr(s.reading.ecc, part)
        return ("Yes" if found else "No") if isinstance(found, bool) else _number(found)

    return value


def _rows(part: str) -> Value:
    def value(s: Sight) -> str | None:
        if "remap" not in features(s):
            return None
        found = getattr(s.reading.ecc, part)
        return ("Yes" if found else "No") if "pending" in part or "failed" in part else str(found or 0)

    return value


def _banks(part: str) -> Value:
    def value(s: Sight) -> str | None:
        if s.card.ecc == "none" or not has(s.card, "parity"):
            return None
        most = _MOST_BANKS.get(s.card.name, 640 if s.card.compute == "8.0" else 2560 if s.card.mig else 192)
        spent = s.reading.ecc.rows_uncorrected or 0
        return str({"max": most - spent, "high": spent}.get(part, 0))

    return value


_MOST_BANKS: dict[str, int] = _FACTS["banks"]


def _watt(part: str) -> Value:
    return lambda s: _watts(getattr(s.reading.watts, part))


def _mhz(part: str, of: str = "clocks") -> Value:
    return lambda s: str(getattr(getattr(s.reading, of), part))


def _applied(part: str) -> Value:
    return lambda s: None if s.reading.clocks_app is None else str(getattr(s.reading.clocks_app, part))


def _headroom(s: Sight) -> str | None:
    bounds = s.reading.limits
    if not bounds.relative or bounds.max_operating is None:
        return None
    return str(bounds.max_operating - s.reading.temp)


def _fabric(told: str) -> Value:
    return lambda s: told if s.card.arch == "Hopper" and "PCI" not in s.card.name else "N/A"


def _given(value: str | None, kind: str) -> Value:
    return lambda s: value if has(s.card, kind) else None


_FIELDS: tuple[Field, ...] = (
    Field("timestamp", stamp),
    Field("driver_version", lambda s: s.devices.driver),
    Field("kmd_version", lambda s: s.devices.driver, since=595),
    Field("count", lambda s: str(len(s.devices.gpus))),
    Field("name", lambda s: s.card.named(s.devices.driver)),
    Field("serial", _serial),
    Field("uuid", lambda s: s.gpu.uuid),
    Field("pci.bus_id", lambda s: s.gpu.bus),
    Field("pci.domain", _bus(0)),
    Field("pci.bus", _bus(1)),
    Field("pci.device", _bus(2)),
    Field("pci.baseClass", _text("0x3"), since=550),
    Field("pci.subClass", lambda s: "0x2" if s.card.server else "0x0", since=550),
    Field("pci.device_id", lambda s: f"0x{s.card.pci}10DE"),
    Field("pci.sub_device_id", lambda s: s.reading.board.subsystem),
    Field("pcie.link.gen.current", lambda s: str(s.reading.link.gen)),
    Field("pcie.link.gen.gpucurrent", lambda s: str(s.reading.link.gen), since=520),
    Field("pcie.link.gen.max", lambda s: str(s.reading.link.gen_max)),
    Field("pcie.link.gen.gpumax", lambda s: str(s.reading.link.gen_max), since=520),
    Field("pcie.link.gen.hostmax", lambda s: _number(s.reading.link.host), since=520),
    Field("pcie.link.width.current", lambda s: str(s.reading.link.width)),
    Field("pcie.link.width.max", lambda s: str(s.reading.link.width_max)),
    Field("index", lambda s: str(s.gpu.index)),
    Field("display_mode", _retired(575, lambda s: "Enabled" if _attached(s) == "Yes" else "Disabled")),
    Field("display_attached", _attached, since=575),
    Field("display_active", lambda s: _enabled(s.reading.display)),
    Field("persistence_mode", lambda s: _enabled(s.reading.persistence)),
    Field("addressing_mode", _addressing, since=535),
    Field("accounting.mode", lambda s: _enabled(s.reading.accounting)),
    Field("accounting.buffer_size", _text("4000")),
    Field("driver_model.current", _no),
    Field("driver_model.pending", _no),
    Field("vbios_version", lambda s: s.reading.board.vbios),
    Field("inforom.img", lambda s: s.reading.board.image),
    Field("inforom.oem", lambda s: s.reading.board.oem),
    Field("inforom.ecc", lambda s: s.reading.board.ecc),
    Field("inforom.pwr", lambda s: s.reading.board.power),
    Field("inforom.checksum_validation", _text("valid"), since=560),
    Field("gpu_recovery_action", _text("None"), since=565),
    Field("gom.current", _no),
    Field("gom.pending", _no),
    Field("fan.speed", lambda s: _number(s.reading.fan), "%"),
    Field("pstate", lambda s: s.reading.pstate),
    Field("clocks_event_reasons.supported", _text("0x00000000000001FF")),
    Field("clocks_event_reasons.active", _reasons),
    *(Field(f"clocks_event_reasons.{name}", _reason(name)) for name in _BITS),
    Field("clocks_event_reasons_counters.sw_power_cap", lambda s: str(s.reading.capped), "us", 550),
    Field("memory.total", lambda s: str(s.reading.fb.total), "MiB"),
    Field("memory.reserved", lambda s: str(s.reading.fb.reserved), "MiB", 510),
    Field("memory.used", lambda s: str(s.reading.fb.used), "MiB"),
    Field("memory.free", lambda s: str(s.reading.fb.free), "MiB"),
    Field("compute_mode", _mode),
    Field("compute_cap", lambda s: s.card.compute, since=495),
    Field("utilization.gpu", _busy("util"), "%"),
    Field("utilization.memory", _busy("util_mem"), "%"),
    Field("utilization.encoder", _busy("encoder"), "%", 530),
    Field("utilization.decoder", _busy("decoder"), "%", 530),
    Field("utilization.jpeg", _modern("jpeg"), "%", 530),
    Field("utilization.ofa", _modern("ofa"), "%", 530),
    Field("encoder.stats.sessionCount", lambda s: str(s.reading.sessions)),
    Field("encoder.stats.averageFps", lambda s: str(s.reading.fps)),
    Field("encoder.stats.averageLatency", lambda s: str(s.reading.latency)),
    Field("ecc.mode.current", lambda s: _enabled(s.reading.ecc.mode)),
    Field("ecc.mode.pending", lambda s: _enabled(s.reading.ecc.pending)),
    *(
        Field(f"ecc.errors.{kind}.{span}.{place}", _errors(kind, span, place))
        for kind in ("corrected", "uncorrected")
        for span in ("volatile", "aggregate")
        for place in _PLACES
    ),
    Field("retired_pages.single_bit_ecc.count", _pages("pages_single")),
    Field("retired_pages.double_bit.count", _pages("pages_double")),
    Field("retired_pages.pending", _pages("pages_pending")),
    Field("remapped_rows.correctable", _rows("rows_corrected"), since=455),
    Field("remapped_rows.correctable_inactive", _given("0", "ecc"), since=595),
    Field("remapped_rows.uncorrectable", _rows("rows_uncorrected"), since=455),
    Field("remapped_rows.uncorrectable_inactive", _given("0", "ecc"), since=595),
    Field("remapped_rows.pending", _rows("rows_pending"), since=455),
    Field("remapped_rows.failure", _rows("rows_failed"), since=455),
    *(
        Field(f"remapped_rows.histogram.{part}", _banks(part), since=530)
        for part in ("max", "high", "partial", "low", "none")
    ),
    Field("temperature.gpu", lambda s: str(s.reading.temp)),
    Field("temperature.gpu.tlimit", _headroom, since=550),
    Field("temperature.memory", lambda s: _number(s.reading.memory_temp) or "N/A"),
    Field("power.management", _retired(580, _text("Enabled"))),
    Field("power.draw", _watt("draw"), "W"),
    Field("power.draw.average", _watt("average"), "W", 530),
    Field("power.draw.instant", _watt("instant"), "W", 530),
    Field("power.limit", _watt("limit"), "W"),
    Field("enforced.power.limit", _watt("enforced"), "W"),
    Field("power.default_limit", _watt("default"), "W"),
    Field("power.min_limit", _watt("least"), "W"),
    Field("power.max_limit", _watt("most"), "W"),
    Field("clocks.current.graphics", _mhz("graphics"), "MHz"),
    Field("clocks.current.sm", _mhz("sm"), "MHz"),
    Field("clocks.current.memory", _mhz("memory"), "MHz"),
    Field("clocks.current.video", _mhz("video"), "MHz"),
    Field("clocks.applications.graphics", _retired(590, _applied("graphics")), "MHz"),
    Field("clocks.applications.memory", _retired(590, _applied("memory")), "MHz"),
    Field("clocks.default_applications.graphics", _retired(590, _applied("graphics")), "MHz"),
    Field("clocks.default_applications.memory", _retired(590, _applied("memory")), "MHz"),
    Field("clocks.max.graphics", _mhz("graphics", "clocks_max"), "MHz"),
    Field("clocks.max.sm", _mhz("sm", "clocks_max"), "MHz"),
    Field("clocks.max.memory", _mhz("memory", "clocks_max"), "MHz"),
    Field("mig.mode.current", _mig, since=450),
    Field("mig.mode.pending", _mig, since=450),
    Field("fabric.state", _fabric("Completed"), since=535),
    Field("fabric.status", _fabric("Success"), since=535),
    Field("fabric.cliqueId", _fabric("0"), since=550),
    Field("fabric.clusterUuid", _fabric("00000000-0000-0000-0000-000000000000"), since=550),
    Field("platform.module_id", lambda s: str(s.reading.board.module), since=570),
    *(
        Field(name, _given(value, kind), unit, since, (595,) if name in _FACTS["not in 595"] else ())
        for name, unit, since, value, kind in _FACTS["fields"]
    ),
)

GPU_FIELDS: dict[str, Field] = {field.name: field for field in _FIELDS}
GPU_FIELDS |= {name: GPU_FIELDS[meant] for name, meant in _FACTS["synonyms"].items()}
GPU_FIELDS |= {
    field.name.replace("event", "throttle"): field
    for field in _FIELDS
    if field.name.startswith("clocks_event_reasons.")
}
