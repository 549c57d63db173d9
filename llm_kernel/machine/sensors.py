"""What a GPU's sensors say. A reading follows from the board, its load so far and the moment, and from nothing else.

Temperature, power and fan run after the load: each step of the load is integrated in closed form, so the answer does
not depend on when or how often it was asked. Each board differs a little from its model, always in the same way.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass, field

from llm_kernel.machine.boards import Gpu
from llm_kernel.machine.drivers import branch_of
from llm_kernel.machine.identity import Identity, Limits, applied, bar1_total, identity, limits, most_video
from llm_kernel.machine.load import IDLE, Step, Trail

__all__ = ["Clocks", "Ecc", "Link", "Memory", "Power", "Reading", "room", "sense"]

_POWER_LAG = 0.7
_FAN_LAG = 5.0
_AWAKE = 12.0
"""Seconds for which a GPU stays awake after its last work while a process holds it."""
_FALL_ASLEEP = 2.5
"""The same when no process holds it any more."""
_HOT = 58
"""Degrees that a board without air takes on while it has nothing to do, above its usual ones: never cool."""


@dataclass(frozen=True, slots=True)
class Memory:
    """MiB; ``total`` is ``reserved`` + ``used`` + ``free``."""

    total: int = 0
    reserved: int = 0
    used: int = 0
    free: int = 0


@dataclass(frozen=True, slots=True)
class Clocks:
    """MHz."""

    graphics: int = 0
    sm: int = 0
    memory: int = 0
    video: int = 0


@dataclass(frozen=True, slots=True)
class Power:
    """Watts; ``average`` is None where the board gives only the draw of the moment, ``memory`` where not told apart."""

    draw: float = 0.0
    instant: float = 0.0
    average: float | None = None
    limit: float = 0.0
    enforced: float = 0.0
    default: float = 0.0
    least: float = 0.0
    most: float = 0.0
    memory: float | None = None


@dataclass(frozen=True, slots=True)
class Link:
    """The PCIe link: generations, lanes, replays, and what goes over it in KB/s; ``host`` is None where not told."""

    gen: int = 1
    gen_max: int = 1
    host: int | None = None
    width: int = 16
    width_max: int = 16
    replays: int = 0
    tx: int = 0
    rx: int = 0


@dataclass(frozen=True, slots=True)
class Ecc:
    """``mode`` and ``pending`` are None without ECC; the counts are None when it is off or not there.

    ``sram`` and ``dram`` counts split the uncorrected ones; retired pages exist before Ampere, remapped rows since.
    """

    mode: bool | None = None
    pending: bool | None = None
    corrected: int | None = None
    uncorrected: int | None = None
    corrected_ever: int | None = None
    uncorrected_ever: int | None = None
    pages_single: int | None = None
    pages_double: int | None = None
    pages_pending: bool | None = None
    rows_corrected: int | None = None
    rows_uncorrected: int | None = None
    rows_pending: bool | None = None
    rows_failed: bool | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """Everything that sensors and registers say at one moment: percent, MiB, degrees, watts, MHz.

    ``fan`` is None where there is none, ``memory_temp`` where no sensor is; ``reasons`` are the names of the active
    clock event reasons (``gpu_idle``, ``sw_power_cap``, ``sw_thermal_slowdown``, ``hw_thermal_slowdown``,
    ``hw_slowdown``), ``capped`` microseconds for which the power limit held the clocks back; ``sessions`` of the
    encoder run at ``fps`` with ``latency`` microseconds; ``failing`` says that what the sensors say cannot be read.
    """

    util: int
    mem_used: int
    temp: int
    power: float
    fan: int | None
    pstate: str
    util_mem: int = 0
    encoder: int = 0
    decoder: int = 0
    jpeg: int = 0
    ofa: int = 0
    fb: Memory = Memory()
    bar1: Memory = Memory()
    memory_temp: int | None = None
    limits: Limits = field(default_factory=Limits)
    watts: Power = Power()
    clocks: Clocks = Clocks()
    clocks_max: Clocks = Clocks()
    clocks_app: Clocks | None = None
    reasons: frozenset[str] = frozenset()
    link: Link = Link()
    ecc: Ecc = Ecc()
    board: Identity = field(default_factory=Identity)
    persistence: bool = False
    display: bool = False
    mode: str = "Default"
    accounting: bool = False
    failing: bool = False
    capped: int = 0
    sessions: int = 0
    fps: int = 0
    latency: int = 0


@dataclass(frozen=True, slots=True)
class _Make:
    """How one board differs from its model: its own idle and full power, temperatures, paces and context memory."""

    idle_power: float
    idle_temp: float
    demand: float
    hot: float
    context: int
    up: float
    down: float

    @classmethod
    def of(cls, gpu: Gpu) -> _Make:
        card, board = gpu.card, random.Random(f"{gpu.uuid}/board")
        idle_power = card.idle_power * (board.uniform(0.94, 1.06) if card.server else board.uniform(0.8, 1.25))
        idle_temp = card.idle_temp + board.randint(-2, 2)
        demand = card.power * board.uniform(0.86, 0.96)
        context, spread = board.randint(5, 10), board.randint(-3, 3)
        up, down = (20.0, 42.0) if card.server else (27.0, 58.0)
        pace = board.uniform(0.9, 1.1)
        return cls(idle_power, idle_temp, demand, card.load_temp + spread, context, up * pace, down * pace)

    def wanted(self, gpu: Gpu, step: Step) -> float:
        """Watts that the load would draw if nothing limited it."""
        if not step.jobs:
            return self.idle_power
        awake = max(self.idle_power, min(self.idle_power + 0.12 * gpu.card.power, self.demand))
        return awake + (self.demand - awake) * min(100.0, step.util) / 100 if step.util else self.idle_power * 1.1

    def warm(self, gpu: Gpu, watts: float) -> float:
        """Degrees at which the board settles under ``watts``."""
        share = (watts - self.idle_power) / max(1.0, gpu.card.power * 0.92 - self.idle_power)
        return self.idle_temp + (self.hot - self.idle_temp) * max(0.0, min(1.0, share))


def _segments(gpu: Gpu, trail: Trail, now: float) -> Iterator[tuple[Step, int, float]]:
    """The load, the power limit and the seconds of every stretch of time on which neither changes, until ``now``."""
    if not trail or trail[0].time >= now:
        return
    edges = {step.time for step in trail} | {until for until, _ in gpu.caps if until > trail[0].time}
    times = sorted(edge for edge in edges if edge < now)
    last = 0
    for start, end in zip(times, [*times[1:], now], strict=True):
        while last + 1 < len(trail) and trail[last + 1].time <= start:
            last += 1
        yield trail[last], gpu.cap_at(start), end - start


def _run_after(value: float, target: float, seconds: float, pace: float) -> float:
    return target + (value - target) * math.exp(-seconds / pace)


def _drawn(gpu: Gpu, make: _Make, trail: Trail, now: float) -> float:
    """Watts without flicker: the limited demand, a second behind."""
    value = min(make.idle_power, gpu.cap - 1)
    for step, cap, seconds in _segments(gpu, trail, now):
        value = _run_after(value, min(make.wanted(gpu, step), cap * 0.99), seconds, _POWER_LAG)
    return min(value, gpu.cap * 0.99)


def _warmth(gpu: Gpu, make: _Make, trail: Trail, now: float) -> float:
    """Degrees: half a minute behind on the way up, a minute on the way down."""
    value = make.idle_temp
    for step, cap, seconds in _segments(gpu, trail, now):
        target = make.warm(gpu, min(make.wanted(gpu, step), cap * 0.99))
        value = _run_after(value, target, seconds, make.up if target > value else make.down)
    if "hot" not in gpu.faults:
        return value
    ceiling = limits(gpu.card).slowdown_at - 1
    floor = make.idle_temp + _HOT * 0.9
    share = (value - make.idle_temp) / max(1.0, make.hot - make.idle_temp)
    return min(ceiling, floor + (ceiling - floor) * max(0.0, share))


def _fan(gpu: Gpu, make: _Make, trail: Trail, now: float) -> int | None:
    """Percent: the fan answers to the temperature of some seconds ago."""
    card = gpu.card
    if card.fan is None or card.load_fan is None:
        return card.fan
    if "hot" in gpu.faults:
        return 100
    temp = _warmth(gpu, make, trail, now - _FAN_LAG)
    if card.fan == 0 and temp < 50:
        return 0
    share = (temp - make.idle_temp) / max(1.0, make.hot - make.idle_temp)
    return round(card.fan + (card.load_fan - card.fan) * max(0.0, min(1.0, share)))


def _awake(trail: Trail, now: float) -> bool:
    """Whether the GPU works or did until just now."""
    for place in range(len(trail) - 1, -1, -1):
        if trail[place].util:
            end = trail[place + 1].time if place + 1 < len(trail) else now
            held = trail[-1].jobs > 0
            return now - end < (_AWAKE if held else _FALL_ASLEEP)
    return bool(trail and trail[-1].jobs and now - trail[-1].time < _AWAKE)


def _context(make: _Make, step: Step) -> int:
    return make.context if step.jobs else 0


def room(gpu: Gpu, driver: str) -> int:
    """MiB that processes can have on an empty GPU; the last few of them shrink what the driver keeps beside them."""
    return gpu.card.total(driver) - (gpu.card.reserved if branch_of(driver) >= 510 else 0)


def _memory(gpu: Gpu, make: _Make, step: Step, driver: str) -> tuple[Memory, Memory]:
    """The frame buffer and the window onto it."""
    total = gpu.card.total(driver)
    reserved = gpu.card.reserved if branch_of(driver) >= 510 else 0
    idle = 0 if gpu.card.server else 1
    own = sum(one.idle for one in gpu.instances) or (_context(make, step) if step.jobs else idle)
    used = min(step.mem + own, total - reserved)
    window = bar1_total(gpu.card)
    seen = min(window, used + 1 if window >= total and step.jobs else (4 if step.jobs else 1))
    return Memory(total, reserved, used, total - reserved - used), Memory(window, 0, seen, window - seen)


def _clocks(gpu: Gpu, share: float, awake: bool, slowed: float) -> Clocks:
    """MHz in the steps of 15 that boards have; what holds the power or the heat back lowers the graphics clock."""
    idle_graphics, idle_memory, graphics, memory = gpu.card.clocks
    video = most_video(gpu.card)
    if not awake:
        return Clocks(idle_graphics, idle_graphics, idle_memory, min(video, idle_graphics + 345))
    top = graphics if gpu.card.server else graphics * (0.93 - 0.05 * share)
    now = max(idle_graphics, min(graphics, round(top * slowed / 15) * 15 if slowed < 1 or top < graphics else graphics))
    now = now if gpu.locked is None else min(max(now, gpu.locked[0]), gpu.locked[1])
    shown = min(video, round(video * now / graphics / 15) * 15) if now < graphics else video
    return Clocks(now, now, memory if gpu.card.server else max(idle_memory, memory - 250), shown)


def _link(gpu: Gpu, awake: bool, util: int, beat: random.Random) -> Link:
    most = gpu.card.pcie
    gen = most if awake or gpu.card.server else 1
    scale = util / 100
    tx, rx = round(beat.uniform(0.3, 0.9) * 1000), round(beat.uniform(0.2, 0.6) * 1000)
    if util:
        tx, rx = round(180_000 * scale * beat.uniform(0.7, 1.3)), round(1_500_000 * scale * beat.uniform(0.7, 1.3))
    return Link(gen, most, None if gpu.card.server else max(4, most), tx=tx, rx=rx)


def _ecc(gpu: Gpu) -> Ecc:
    mode = gpu.ecc_on
    pending = mode if gpu.ecc_pending is None else gpu.ecc_pending
    if not mode:
        return Ecc(mode, pending)
    fixed, bad = gpu.errors.get("corrected", 0), gpu.errors.get("uncorrected", 0)
    rows = gpu.card.remaps
    return Ecc(
        mode,
        pending,
        corrected=fixed,
        uncorrected=bad,
        corrected_ever=fixed,
        uncorrected_ever=bad,
        pages_single=None if rows else 0,
        pages_double=None if rows else min(bad, 60),
        pages_pending=None if rows else bad > 0,
        rows_corrected=0 if rows else None,
        rows_uncorrected=min(bad, 8) if rows else None,
        rows_pending=bad > 0 if rows else None,
        rows_failed=bad > 8 if rows else None,
    )


def sense(gpu: Gpu, trail: Trail, now: float, driver: str) -> Reading:
    """What the sensors of ``gpu`` say at ``now`` after ``trail``; the last step of it is what loads it now."""
    card, make = gpu.card, _Make.of(gpu)
    step = trail[-1] if trail else IDLE
    now = max(now, step.time)
    util = round(min(100.0, step.util))
    beat = random.Random(f"{gpu.uuid}/{int(now)}")
    flicker = beat.uniform(-1, 1)
    smooth = _drawn(gpu, make, trail, now)
    temp = _warmth(gpu, make, trail, now)
    bounds = limits(card)
    wanted, capped = make.wanted(gpu, step), False
    if wanted > gpu.cap * 0.99:
        capped = True
    swing = (0.02 * gpu.cap * util / 100 if util else 0.03 * make.idle_power) * flicker
    slowed = min(1.0, (gpu.cap / wanted) ** 0.45) if capped else 1.0
    burning = temp >= bounds.throttle_at
    if burning:
        slowed, smooth = slowed * 0.72, smooth * 0.8
    power = max(1.0, min(smooth + swing, gpu.cap - 0.5))
    awake = _awake(trail, now) or (card.idle_state == card.busy_state and step.jobs > 0)
    power = round(power, 2)  # as finely as it is ever shown, so that all round the same number
    pstate = card.busy_state if awake else card.idle_state
    fb, bar1 = _memory(gpu, make, step, driver)
    idle = not util and not awake
    reasons = {
        "gpu_idle": idle,
        "sw_power_cap": capped and util > 0,
        "sw_thermal_slowdown": burning,
        "hw_slowdown": temp >= bounds.slowdown_at - 1,
        "hw_thermal_slowdown": temp >= bounds.slowdown_at - 1,
    }
    graphics, memory = card.clocks[2:]
    usual = applied(card)
    return Reading(
        util=util,
        mem_used=fb.used,
        temp=round(temp),
        power=power,
        fan=_fan(gpu, make, trail, now),
        pstate=pstate,
        util_mem=round(util * beat.uniform(0.36, 0.48)) if util else 0,
        fb=fb,
        bar1=bar1,
        memory_temp=round(temp) + 4 if card.mig else None,
        limits=bounds,
        watts=Power(
            draw=power,
            instant=max(1.0, min(power * (1 + 0.01 * flicker), gpu.cap - 0.25)),
            average=power if card.averages else None,
            limit=gpu.cap,
            enforced=gpu.cap,
            default=card.power,
            least=card.power_range[0],
            most=card.power_range[1],
            memory=power * 0.12 + 0.05 * card.power if card.arch == "Hopper" else None,
        ),
        clocks=_clocks(gpu, util / 100, awake, slowed),
        clocks_max=Clocks(graphics, graphics, memory, most_video(card)),
        clocks_app=Clocks(usual[0], usual[0], usual[1], 0) if usual else None,
        reasons=frozenset(name for name, active in reasons.items() if active),
        link=_link(gpu, awake, util, beat),
        ecc=_ecc(gpu),
        board=identity(gpu),
        persistence=gpu.persistence,
        display=gpu.display,
        mode=gpu.mode,
        accounting=gpu.accounting,
        failing=gpu.failing,
    )
