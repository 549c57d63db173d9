"""A machine like the one a capture of nvidia-smi was taken from: its board, its driver, and what its sensors said."""

from __future__ import annotations

import calendar
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from llm_kernel.machine import Clock, Machine
from llm_kernel.machine.boards import Gpu, MigInstance
from llm_kernel.machine.cards import CARDS, Card
from llm_kernel.machine.identity import Limits, identity
from llm_kernel.machine.processes import GpuUse, Process
from llm_kernel.machine.sensors import Clocks, Ecc, Link, Memory, Power, Reading, sense

__all__ = ["Given", "Unknown", "from_query", "from_report", "from_table", "tree"]

_REASONS = ("sw_power_cap", "hw_slowdown", "hw_thermal_slowdown", "hw_power_brake_slowdown", "sw_thermal_slowdown")


class Unknown(Exception):
    """A machine that cannot be built: its board or driver is not known, or it is of another kind."""


class Given(Machine):
    """A machine whose sensors say what a capture says."""

    said: Sequence[Reading] = ()

    def readings(self) -> list[Reading]:
        """What the capture says of every GPU."""
        return list(self.said)


def card_named(name: str, driver: str, total: int = 0) -> Card:
    """The board that calls itself so under this driver, of those whose name was cut the one with this memory."""
    found = [card for card in CARDS if card.named(driver) == name]
    if name.endswith("..."):
        found = [card for card in CARDS if card.named(driver).startswith(name[:-3])]
    if not found:
        raise Unknown(f"no board {name}")
    return min(found, key=lambda card: abs(card.total(driver) - (total or card.total(driver))))


def _machine(moment: str, driver: str, cuda: str) -> Given:
    clean, _, part = moment.partition(".")
    form = "%Y/%m/%d %H:%M:%S" if "/" in clean else "%a %b %d %H:%M:%S %Y"
    now = calendar.timegm(time.strptime(" ".join(clean.split()), form)) if moment else 1617267600
    machine = Given(Clock(now + int(part or 0) / 1000))
    if machine.devices.set_driver(driver):
        raise Unknown(f"no driver {driver}")
    if cuda and cuda != machine.devices.shown_cuda:
        machine.devices.show_cuda(cuda)
    return machine


def _number(text: str | None) -> float | None:
    found = re.search(r"-?\d+(\.\d+)?", text or "")
    return float(found[0]) if found else None


def _int(text: str | None) -> int:
    return int(_number(text) or 0)


def _none(text: str | None) -> str | None:
    return None if text in (None, "N/A", "[N/A]") else text


def _hold(machine: Machine, gpu: Gpu, pid: int, kind: str, name: str, mem: int, order: int = 0, util: int = 0) -> None:
    """Put a process of the capture on the GPU."""
    process = machine.processes.table.get(pid) or Process(pid, 1, "root", "?", float(order), (name,))
    process.gpu[gpu.index] = GpuUse(util, mem, kind)
    machine.processes.table[pid] = process


def tree(text: str) -> dict[str, Any]:
    """A report of ``-q`` as nested names; of names that come twice a list."""
    top: dict[str, Any] = {}
    path: list[tuple[int, dict[str, Any]]] = [(-1, top)]
    for line in text.splitlines():
        if not line.strip() or line.startswith("="):
            continue
        depth = len(line) - len(line.lstrip())
        label, colon, value = line.partition(" : ") if " : " in line else line.partition("\0")
        while path[-1][0] >= depth:
            path.pop()
        here, entry = path[-1][1], {"": value.strip()} if colon else {}
        name = label.strip()
        if name in here:
            here[name] = [*(here[name] if isinstance(here[name], list) else [here[name]]), entry]
        else:
            here[name] = entry
        path.append((depth, entry))
    return top


def _at(node: Mapping[str, Any], *names: str) -> str | None:
    for name in names:
        if not isinstance(node, Mapping) or name not in node:
            return None
        node = node[name]
    return node.get("") if isinstance(node, Mapping) else None


def _several(node: Any) -> list[Any]:
    return node if isinstance(node, list) else [node] if node else []


def from_report(text: str) -> Given:
    """The machine of one GPU that printed this report."""
    top = tree(text)
    driver = (_at(top, "KMD Version") or _at(top, "Driver Version") or "").split()[0]
    machine = _machine(_at(top, "Timestamp") or "", driver, (_at(top, "CUDA Version") or "").split()[0])
    name = next(key for key in top if key.startswith("GPU "))
    q = top[name]
    gpu = _board(q, name[4:], driver, _held(text))
    machine.devices.gpus = [gpu]
    machine.said = [_reading(q, gpu, driver)]
    for entry in _processes(text):
        _hold(machine, gpu, *entry)
    return machine


def _processes(text: str) -> list[tuple[int, str, str, int]]:
    form = r"Process ID +: (\d+)\n +Type +: (\S+)\n +Name +: (.*)\n +Used GPU Memory +: (\d+)"
    return [(int(pid), kind, name, int(mem)) for pid, kind, name, mem in re.findall(form, text)]


def _held(text: str) -> dict[int, int]:
    """MiB that the processes hold in each GPU instance."""
    form = r"GPU instance ID +: (\d+)\n.*\n +Process ID.*\n.*\n.*\n +Used GPU Memory +: (\d+)"
    held: dict[int, int] = {}
    for instance, mem in re.findall(form, text):
        held[int(instance)] = held.get(int(instance), 0) + int(mem)
    return held


def _board(q: Mapping[str, Any], bus: str, driver: str, held: Mapping[int, int]) -> Gpu:
    card = card_named(_at(q, "Product Name") or "", driver)
    gpu = Gpu(
        card,
        0,
        _at(q, "GPU UUID") or "",
        bus,
        round(_number(_at(q, "GPU Power Readings", "Current Power Limit")) or card.power),
    )
    gpu.mig = _at(q, "MIG Mode", "Current") == "Enabled"
    gpu.instances = tuple(
        _instance(one, card, held.get(_int(_at(one, "GPU Instance ID")), 0)) for one in _several(q.get("MIG Device"))
    )
    gpu.accounting = _at(q, "Accounting Mode") == "Enabled"
    return gpu


def _instance(one: Mapping[str, Any], card: Card, held: int) -> MigInstance:
    shared = one["Device Attributes"]["Shared"]
    count = lambda label: _int(_at(shared, label))  # noqa: E731
    memory = _int(_at(one, "Shared FB Memory Usage", "Total"))
    return MigInstance(
        device=_int(_at(one, "Index")),
        gi=_int(_at(one, "GPU Instance ID")),
        ci=_int(_at(one, "Compute Instance ID")),
        profile="",
        uuid="",
        slices=1,
        share=max(1, round(memory / card.memory[-1][1] * 8)),
        start=0,
        memory=memory,
        bar1=_int(_at(one, "Shared BAR1 Memory", "Total")),
        sms=count("Multiprocessor count"),
        copies=count("Copy Engine count"),
        decoders=count("Decoder count"),
        encoders=count("Encoder count"),
        jpegs=count("JPG count"),
        ofas=count("OFA count"),
        own=_int(_at(one, "Shared FB Memory Usage", "Used")) - held,
    )


def _memory(node: Mapping[str, Any]) -> Memory:
    return Memory(*(_int(_at(node, part)) for part in ("Total", "Reserved", "Used", "Free")))


def _clock(node: Mapping[str, Any]) -> Clocks:
    return Clocks(*(_int(_at(node, part)) for part in ("Graphics", "SM", "Memory", "Video")))


def _reading(q: Mapping[str, Any], gpu: Gpu, driver: str) -> Reading:
    usual = sense(gpu, (), 0.0, driver)
    use, fb, power = q["Utilization"], _memory(q["FB Memory Usage"]), q["GPU Power Readings"]
    ceiling = power.get("GPU Ceiling Power Limit", power)
    average, instant = _number(_at(power, "Average Power Draw")), _number(_at(power, "Instantaneous Power Draw")) or 0.0
    events, link, info = q["Clocks Event Reasons"], q["PCI"]["GPU Link Info"], q["Inforom Version"]
    watts = [
        _number(_at(*pair)) or 0.0
        for pair in (
            (ceiling, "Requested Power Limit"),
            (ceiling, "Current Power Limit"),
            (ceiling, "Default Power Limit"),
            (power, "Min Power Limit"),
            (power, "Max Power Limit"),
        )
    ]
    labels = {"gpu_idle": "Idle", "sw_power_cap": "SW Power Cap", "hw_slowdown": "HW Slowdown"}
    return replace(
        usual,
        util=_int(_at(use, "GPU")),
        util_mem=_int(_at(use, "Memory")),
        encoder=_int(_at(use, "Encoder")),
        decoder=_int(_at(use, "Decoder")),
        sessions=_int(_at(q, "Encoder Stats", "Active Sessions")),
        fps=_int(_at(q, "Encoder Stats", "Average FPS")),
        latency=_int(_at(q, "Encoder Stats", "Average Latency")),
        capped=_int(_at(q, "Clocks Event Reasons Counters", "SW Power Capping")),
        mem_used=fb.used,
        fb=fb,
        bar1=_memory(q["BAR1 Memory Usage"]),
        temp=_int(_at(q, "Temperature", "GPU Current Temp")),
        memory_temp=None
        if _number(_at(q, "Temperature", "Memory Current Temp")) is None
        else _int(_at(q, "Temperature", "Memory Current Temp")),
        limits=_limits(q["Temperature"], usual.limits),
        fan=None if _at(q, "Fan Speed") == "N/A" else _int(_at(q, "Fan Speed")),
        pstate=_at(q, "Performance State") or "",
        power=average or instant,
        watts=Power(
            average or instant,
            instant,
            average,
            *watts,
            memory=_number(_at(q, "GPU Memory Power Readings", "Average Power Draw")),
        ),
        clocks=_clock(q["Clocks"]),
        clocks_max=_clock(q["Max Clocks"]),
        reasons=frozenset(name for name, label in labels.items() if _at(events, label) == "Active"),
        link=Link(
            _int(_at(link, "PCIe Generation", "Current")),
            _int(_at(link, "PCIe Generation", "Max")),
            None
            if _at(link, "PCIe Generation", "Host Max") == "N/A"
            else _int(_at(link, "PCIe Generation", "Host Max")),
            _int(_at(link, "Link Width", "Current")),
            _int(_at(link, "Link Width", "Max")),
            _int(_at(q, "PCI", "Replays Since Reset")),
            tx=_int(_at(q, "PCI", "Tx Throughput")),
            rx=_int(_at(q, "PCI", "Rx Throughput")),
        ),
        board=replace(
            identity(gpu),
            serial=_none(_at(q, "Serial Number")),
            vbios=_at(q, "VBIOS Version") or "",
            board_part=_none(_at(q, "Board Part Number")),
            gpu_part=_none(_at(q, "GPU Part Number")),
            image=_none(_at(info, "Image Version")),
            oem=_none(_at(info, "OEM Object")),
            ecc=_none(_at(info, "ECC Object")),
            subsystem=_at(q, "PCI", "Sub System Id") or "",
            pdi=_at(q, "GPU PDI") or "",
            module=_int(_at(q, "Platform Info", "Module Id")),
        ),
        persistence=_at(q, "Persistence Mode") == "Enabled",
        display=_at(q, "Display Active") == "Enabled",
        accounting=gpu.accounting,
    )


def _limits(node: Mapping[str, Any], usual: Limits) -> Limits:
    """What the board says of itself, in degrees or as distances to the highest usual ones."""
    margin = _number(_at(node, "GPU T.Limit Temp"))
    if margin is not None and usual.max_operating is not None:
        by = _int(_at(node, "GPU Current Temp")) + int(margin) - usual.max_operating
        shifted = {part: getattr(usual, part) + by for part in ("shutdown", "slowdown", "max_operating")}
        return replace(usual, **shifted)
    if "GPU Shutdown Temp" not in node:
        return usual
    target = _number(_at(node, "GPU Target Temperature") or _at(node, "GPU Target Temperature Specification"))
    degrees = [_int(_at(node, f"GPU {part} Temp")) for part in ("Shutdown", "Slowdown", "Max Operating")]
    return replace(
        usual,
        shutdown=degrees[0],
        slowdown=degrees[1],
        max_operating=degrees[2],
        target=None if target is None else int(target),
        relative=False,
    )


def from_query(text: str, report: str) -> Given:
    """The machine that answered this query with its own numbers; what a query does not tell is as in its report."""
    header, values = (line.split(", ") for line in text.splitlines()[:2])
    row = dict(zip((name.split(" [")[0] for name in header), values, strict=True))
    machine = from_report(report)
    machine.clock.set(_machine(row["timestamp"], row["driver_version"], "").clock.now)
    gpu, now = machine.devices.gpus[0], machine.said[0]
    count = lambda name: _int(row.get(name))  # noqa: E731
    watts = [_number(row[name]) for name in ("power.draw", "power.draw.instant", "power.draw.average")]
    fb = Memory(*(count(f"memory.{part}") for part in ("total", "reserved", "used", "free")))
    active = {name for name in ("gpu_idle", *_REASONS) if row[f"clocks_event_reasons.{name}"] == "Active"}
    machine.said = [
        replace(
            now,
            util=count("utilization.gpu"),
            util_mem=count("utilization.memory"),
            encoder=count("utilization.encoder"),
            decoder=count("utilization.decoder"),
            sessions=count("encoder.stats.sessionCount"),
            fps=count("encoder.stats.averageFps"),
            latency=count("encoder.stats.averageLatency"),
            capped=count("clocks_event_reasons_counters.sw_power_cap"),
            fb=fb,
            mem_used=fb.used,
            temp=count("temperature.gpu"),
            limits=_shifted(now.limits, row, count("temperature.gpu")),
            memory_temp=None if row["temperature.memory"] == "N/A" else count("temperature.memory"),
            fan=None if row["fan.speed"] == "[N/A]" else count("fan.speed"),
            pstate=row["pstate"],
            watts=replace(now.watts, draw=watts[0] or 0.0, instant=watts[1] or 0.0, average=watts[2]),
            clocks=Clocks(*(count(f"clocks.current.{part}") for part in ("graphics", "sm", "memory", "video"))),
            reasons=frozenset(active),
            link=replace(now.link, gen=count("pcie.link.gen.current")),
        )
    ]
    gpu.persistence = row["persistence_mode"] == "Enabled"
    return machine


def _shifted(limits: Limits, row: Mapping[str, str], temp: int) -> Limits:
    margin = _number(row.get("temperature.gpu.tlimit"))
    return limits if margin is None else replace(limits, max_operating=temp + int(margin))


def from_table(text: str) -> Given:
    """The machine whose summary this is."""
    title = re.search(r"NVIDIA-SMI (\S+) +(?:Driver|KMD) Version: (\S+) +(?:CUDA (?:UMD )?Version: (\S+))?", text)
    if not title or title[1] != title[2] or "Driver-Model" in text:
        raise Unknown("another system, or two versions at once")
    date = re.match(r"\w{3} \w{3} +\d+ \d\d:\d\d:\d\d \d{4}", text)
    machine = _machine(date[0] if date else "", title[2], title[3] or "")
    row = re.compile(
        r"\| +(\d+)  (\S.*?\S) +(On|Off) *\| +(\S+) +(\S+) \| +(\S+) \|\n"
        r"\| *(\S+) +(\S+) +(\S+) +(\S+) / +(\S+) *\| +(?:(\d+)MiB / +(\d+)MiB|N/A) +\| +(\S+) +(\S.*?\S) \|"
    )
    said = []
    for found in row.finditer(text):
        index, name, persistence, bus, display, ecc, fan, temp, perf, draw, cap, used, total, util, mode = (
            found.groups()
        )
        card = card_named(name, title[2], int(total or 0))
        gpu = Gpu(card, int(index), "GPU-0", bus, _int(cap), persistence == "On", display == "On", mode)
        gpu.ecc = None if ecc == "N/A" else ecc != "Off"
        gpu.mig, gpu.instances = ecc == "On", _instances(text, gpu.index)
        if (gpu.ecc_on is None) != (ecc == "N/A") or gpu.index != len(said):
            raise Unknown(f"{name} with ECC {ecc}")
        machine.devices.gpus.append(gpu)
        counts = Ecc(True, True, 0, _int(ecc), 0, _int(ecc)) if gpu.ecc_on else Ecc()
        fans = None if fan == "N/A" else _int(fan)
        said.append(Reading(_int(util), int(used or 0), _int(temp), float(_int(draw)), fans, perf, ecc=counts))
    if not said:
        raise Unknown("no row of a GPU that can be read")
    machine.said = said
    box = text.split("Processes:")[-1]
    for found in re.finditer(r"\| +(\d+) +(?:(?:N/A|\d+) +(?:N/A|\d+) +)?(\d+) +(C|G|C\+G) +(.*?) +(\d+)MiB \|", box):
        index, pid, kind, name, mem = found.groups()
        _hold(machine, machine.devices.gpus[int(index)], int(pid), kind, name, int(mem))
    return machine


def _instances(text: str, gpu: int) -> tuple[MigInstance, ...]:
    """The MIG devices of one GPU as the table has them."""
    form = (
        r"\| +(\d+) +(\d+) +(\d+) +(\d+) +\| +(\d+)MiB / +(\d+)MiB +\| +(\d+) +\d+ \|"
        r" +(\d+) +(\d+) +(\d+) +(\d+) +(\d+) \|\n\| +\| +\d+MiB / +(\d+)MiB"
    )
    found = [[int(cell) for cell in row] for row in re.findall(form, text)]
    return tuple(
        MigInstance(device, gi, ci, "", "", 1, 1, 0, total, bar1, sms, ce, dec, enc, jpg, ofa, own=used)
        for index, gi, ci, device, used, total, sms, ce, enc, dec, ofa, jpg, bar1 in found
        if index == gpu
    )
