"""Values of ``nvidia-smi -q`` that are no field of ``--query-gpu``, and those that it words differently there."""

from __future__ import annotations

from llm_kernel.machine.sensors import Memory
from llm_kernel.programs.exact.nvidia_fields import GPU_FIELDS
from llm_kernel.programs.exact.nvidia_sight import DEPRECATED, Field, Sight, Value, failed, features, has

__all__ = ["VALUES", "told"]


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _atomics(s: Sight) -> str | None:
    """What the link to the host can do at once; the real program ends the list with a space."""
    return "FETCHADD_32 FETCHADD_64 SWAP_32 SWAP_64 CAS_32 CAS_64 " if "H100" in s.card.name else None


def _bar1(part: str) -> Value:
    def value(s: Sight) -> str:
        memory: Memory = s.reading.bar1
        return str(getattr(memory, part))

    return value


def _brand(s: Sight) -> str:
    brand = s.reading.board.brand
    old = {"Tesla": "Tesla" if s.branch < 470 or s.card.arch in ("Kepler", "Pascal", "Volta") else "NVIDIA"}
    return old.get(brand, "GeForce" if brand == "Titan" and s.branch < 470 else brand)


def _multi(s: Sight) -> str:
    return "Yes" if "K80" in s.card.name else "No"


def _virtual(s: Sight) -> str:
    """A GPU whose host side cannot be seen was given to a virtual machine."""
    return "Pass-Through" if s.reading.link.host is None and s.branch >= 410 else "None"


def _platform(blackwell: str) -> Value:
    return lambda s: blackwell if s.card.arch == "Blackwell" else None


def _coherent(s: Sight) -> str | None:
    return "Disabled" if has(s.card, "coherent") else None


def _reset(s: Sight) -> str | None:
    return DEPRECATED if s.branch >= 570 else "No"


def _drain(s: Sight) -> str | None:
    return DEPRECATED if s.branch >= 570 else "No" if s.card.server and has(s.card, "parity") else None


def _firmware(s: Sight) -> str | None:
    """The GPU's own processor runs the driver's firmware: on servers first, since 560 on all boards that have it."""
    if has(s.card, "bits") or (s.branch < 560 and not (s.card.server and s.branch >= 515)):
        return None
    return s.devices.driver


def _module(s: Sight) -> str:
    return "0" if s.branch < 520 else str(s.reading.board.module)


def _limit(part: str) -> Value:
    """A temperature at which something happens; on boards that tell distances, the distance to the highest usual."""

    def value(s: Sight) -> str | None:
        degrees = getattr(s.reading.limits, part)
        if degrees is None:
            return None
        if "tlimit" not in features(s):
            return str(degrees)
        top = s.reading.limits.memory_max if part == "memory_max" else s.reading.limits.max_operating
        return str((top or degrees) - degrees)

    return value


def _degrees(part: str) -> Value:
    return lambda s: _text(getattr(s.reading.limits, part))


def _aim(least: bool) -> Value:
    """Between which temperatures the target of the fans may be set."""

    def value(s: Sight) -> str | None:
        if s.reading.limits.target is None:
            return None
        return "65" if least else {"Pascal": "92", "Ampere": "91"}.get(s.card.arch, "88")

    return value


def _volts(s: Sight) -> str | None:
    if s.branch >= 570:
        return DEPRECATED if s.branch >= 575 else None
    if not has(s.card, "parity"):
        return None
    share = s.reading.clocks.graphics / max(1, s.reading.clocks_max.graphics)
    return f"{round((670 + 380 * share**2) / 6.25) * 6.25:.3f}"


def _boost(s: Sight) -> str | None:
    return str(s.reading.clocks_max.graphics) if s.card.server else None


def _drawn_memory(s: Sight) -> str | None:
    draw = s.reading.watts.memory
    return None if draw is None else f"{draw:.2f}"


def _counted(kind: str, span: str, place: str) -> Value:
    return lambda s: (
        None if s.reading.ecc.corrected is None else GPU_FIELDS[f"ecc.errors.{kind}.{span}.{place}"].value(s)
    )


def _zero(text: str) -> Value:
    return lambda s: None if s.reading.ecc.corrected is None else text


def _edpp(s: Sight) -> str | None:
    return "100.00%" if has(s.card, "dense") else None


_OWN: tuple[Field, ...] = (
    Field("brand", _brand),
    Field("architecture", lambda s: s.card.arch),
    Field("pdi", lambda s: s.reading.board.pdi),
    Field("minor", lambda s: str(s.reading.board.minor)),
    Field("multigpu", _multi),
    Field("board_id", lambda s: s.reading.board.board_id),
    Field("board_part", lambda s: s.reading.board.board_part),
    Field("gpu_part", lambda s: s.reading.board.gpu_part),
    Field("module_id", _module),
    Field("chassis_serial", _platform("")),
    Field("slot", _platform("0")),
    Field("tray", _platform("0")),
    Field("host_id", _platform("1")),
    Field("peer_type", _platform("Direct Connected")),
    Field("fabric_guid", _platform("0x0000000000000000")),
    Field("gsp_firmware", _firmware),
    Field("c2c", _coherent),
    Field("virtualization", _virtual),
    Field("reset_required", _reset),
    Field("drain_recommended", _drain),
    Field("width.max", lambda s: f"{s.reading.link.width_max}x"),
    Field("width.current", lambda s: f"{s.reading.link.width}x"),
    Field("replays", lambda s: str(s.reading.link.replays)),
    Field("tx", lambda s: str(s.reading.link.tx), "KB/s"),
    Field("rx", lambda s: str(s.reading.link.rx), "KB/s"),
    Field("atomics", _atomics),
    Field("sparse", lambda s: "Disabled" if s.card.arch == "Hopper" else None),
    Field("bar1.total", _bar1("total"), "MiB"),
    Field("bar1.used", _bar1("used"), "MiB"),
    Field("bar1.free", _bar1("free"), "MiB"),
    *(
        Field(f"ecc.{kind}.{span}.{place}", _counted(kind, span, place))
        for kind in ("corrected", "uncorrected")
        for span in ("volatile", "aggregate")
        for place in ("sram", "dram")
    ),
    Field("ecc.zero", _zero("0")),
    Field("ecc.no", _zero("No")),
    Field("unrepairable", lambda s: "No" if has(s.card, "hbm") else None),
    *(
        Field(f"banks.{part}", GPU_FIELDS[f"remapped_rows.histogram.{part}"].value, "bank(s)")
        for part in ("max", "high", "partial", "low", "none")
    ),
    Field("temp", lambda s: str(s.reading.temp), "C"),
    Field("tlimit", lambda s: GPU_FIELDS["temperature.gpu.tlimit"].value(s), "C"),
    Field("tlimit.shutdown", _limit("shutdown"), "C"),
    Field("tlimit.slowdown", _limit("slowdown"), "C"),
    Field("tlimit.max", _limit("max_operating"), "C"),
    Field("tlimit.memory", _limit("memory_max"), "C"),
    Field("temp.shutdown", _degrees("shutdown"), "C"),
    Field("temp.slowdown", _degrees("slowdown"), "C"),
    Field("temp.max", _degrees("max_operating"), "C"),
    Field("temp.target", _degrees("target"), "C"),
    Field("temp.target.min", _aim(True), "C"),
    Field("temp.target.max", _aim(False), "C"),
    Field("temp.memory", lambda s: _text(s.reading.memory_temp), "C"),
    Field("temp.memory.max", _degrees("memory_max"), "C"),
    Field("power.supported", lambda _: "Supported"),
    Field("power_state", lambda s: DEPRECATED if s.branch >= 590 else s.reading.pstate),
    Field("memory.power", _drawn_memory, "W"),
    Field("edpp", _edpp),
    Field("clocks.max.video", lambda s: str(s.reading.clocks_max.video), "MHz"),
    Field("clocks.boost", _boost, "MHz"),
    Field("voltage", _volts, "mV"),
)

VALUES: dict[str, Field] = GPU_FIELDS | {field.name: field for field in _OWN}
"""Every value that a line of the report can have."""


def told(sight: Sight, name: str) -> str:
    """The value ``name`` as the report writes it, with its unit."""
    if failed(sight, name):
        return "Unknown Error"
    field = VALUES[name]
    value = field.value(sight)
    if value is None or value == "N/A":
        return "N/A"
    if value.startswith("["):
        return value.strip("[]")
    return f"{value} {field.unit}" if field.unit else value
