"""``ping``: echoes from the addresses that answer, as iputils words them."""

from __future__ import annotations

import ipaddress
import math
import re
from dataclasses import dataclass, field
from random import Random

from llm_kernel.machine.hosts import Road, name_of, resolve, road
from llm_kernel.machine.network import main_interface
from llm_kernel.programs.table import NotExact, live
from llm_kernel.shell.call import Call, Io

_VALUED = "ciIlmMpQsStTwW"
_FLAGS = "4abBdDnOqrRUvV"
_MOST = 10
"""Echoes of a ping that has no end, where nobody is there to press Ctrl-C."""
_NUMBERS = {"c": r"[1-9]\d*", "i": r"\d+(\.\d*)?|\.\d+", "s": r"\d+", "w": r"\d+", "W": r"\d+(\.\d*)?", "t": r"\d+"}
_LARGEST = 65507
_LATE = 0.0016
"""Seconds by which a timer of this program is late."""


@dataclass(slots=True)
class _Wish:
    target: str = ""
    flags: set[str] = field(default_factory=set)
    values: dict[str, str] = field(default_factory=dict)

    def number(self, letter: str, default: float) -> float:
        return float(self.values.get(letter, default))


@live("ping", "ping4")
async def ping(call: Call, io: Io) -> int:
    """``ping [-c COUNT] [-i SECONDS] [-s BYTES] HOST``; without a count it ends by itself where nobody could end it."""
    wish = _read(call)
    address = _address(call, wish)
    if address is None:
        await io.err(f"ping: {wish.target}: Name or service not known\n")
        return 2
    size = int(wish.number("s", 56))
    if size > _LARGEST:
        await io.err(f"ping: packet size {size} is too large. Maximum is {_LARGEST}\n")
        return 1
    await io.out(f"PING {wish.target} ({address}) {size}({size + 28}) bytes of data.\n")
    return await _echoes(call, io, wish, address)


def _read(call: Call) -> _Wish:
    """The command line; what is not played here is the model's."""
    wish, args = _Wish(), list(call.args)
    while args:
        word = args.pop(0)
        if not re.fullmatch(r"-[^-].*", word):
            if wish.target or word.startswith("-"):
                raise NotExact(call.name)
            wish.target = word
            continue
        letters = word[1:]
        while letters:
            letter, letters = letters[0], letters[1:]
            if letter in _VALUED:
                wish.values[letter], letters = letters or (args.pop(0) if args else ""), ""
            elif letter in _FLAGS:
                wish.flags.add(letter)
            else:
                raise NotExact(call.name)
    wrong = any(not re.fullmatch(form, wish.values.get(letter, "1")) for letter, form in _NUMBERS.items())
    if not wish.target or wrong or wish.flags & set("bRV") or wish.number("i", 1) < 0.002:
        raise NotExact(call.name)
    return wish


def _address(call: Call, wish: _Wish) -> str | None:
    """Where the target is; a target of the newer protocol is not played."""
    try:
        if ipaddress.ip_address(wish.target).version != 4:
            raise NotExact(call.name)
    except ValueError:
        return resolve(call.machine, wish.target)
    wish.flags.add("n")
    return wish.target


async def _echoes(call: Call, io: Io, wish: _Wish, address: str) -> int:
    pause = wish.number("i", 1)
    count = int(wish.values["c"]) if "c" in wish.values else None
    endless = count is None and "w" not in wish.values and not io.strand.timeline.pace.steady
    most = _MOST if endless else count
    until = call.machine.clock.now + wish.number("w", math.inf)
    way, began = road(call.machine, address), call.machine.clock.now
    near = ipaddress.ip_address(address) in main_interface(call.machine).four.network
    times: list[float] = []
    sent = 0
    while True:
        sent += 1
        if way:
            times.append(_round(way, Random(f"{address} {call.machine.clock.now} {sent}")))
            await _wait(call, io, times[-1] / 1000)
        if "q" not in wish.flags:
            await io.out(_line(call, wish, address, sent, times[-1] if way else None, near=near))
        if sent == most or call.machine.clock.now + pause > until:
            break
        await _wait(call, io, max(0.0, pause - (times[-1] / 1000 if times else 0)) + _LATE)
    spent = round(1000 * (call.machine.clock.now - began) - (times[-1] if times else 0))
    if not way and "w" not in wish.values:
        await _wait(call, io, wish.number("W", 3 if near else 10))
    await io.out(_summary(wish, sent, times, spent, errors=sent if near and not way else 0))
    if endless:
        await io.err(f"ping: ended after {sent} packets, since nobody presses Ctrl-C here; -c COUNT says how many\n")
    return 0 if times else 1


async def _wait(call: Call, io: Io, seconds: float) -> None:
    """Let time pass that no processor is used in."""
    call.machine.processes.slept += seconds
    await io.strand.sleep(seconds)


def _round(way: Road, chance: Random) -> float:
    return max(way.delay / 2, chance.gauss(way.delay, way.jitter / 2))


def _line(call: Call, wish: _Wish, address: str, seq: int, delay: float | None, *, near: bool) -> str:
    stamp = f"[{call.machine.clock.now:.6f}] " if "D" in wish.flags else ""
    if delay is None:
        own = main_interface(call.machine).four.ip
        return f"{stamp}From {own} icmp_seq={seq} Destination Host Unreachable\n" if near else ""
    name = None if "n" in wish.flags else name_of(call.machine, address)
    way = road(call.machine, address)
    assert way is not None
    who = f"{name} ({address})" if name else address
    size = int(wish.number("s", 56)) + 8
    timed = f" time={_shown(delay)} ms" if size >= 24 else ""
    return f"{stamp}{size} bytes from {who}: icmp_seq={seq} ttl={way.ttl}{timed}\n"


def _shown(delay: float) -> str:
    """Milliseconds with three digits that count, as ping writes them."""
    return f"{delay:.{0 if delay >= 100 else 1 if delay >= 10 else 2 if delay >= 1 else 3}f}"


def _summary(wish: _Wish, sent: int, times: list[float], spent: int, *, errors: int) -> str:
    lost = 100 - 100 * len(times) / sent
    text = f"\n--- {wish.target} ping statistics ---\n{sent} packets transmitted, {len(times)} received, "
    text += f"{f'+{errors} errors, ' if errors else ''}{lost:.6g}% packet loss, time {spent}ms\n"
    if not times:
        return text + (f"pipe {min(sent, 4)}\n" if errors else "\n")
    mean = sum(times) / len(times)
    spread = math.sqrt(max(0.0, sum(each * each for each in times) / len(times) - mean * mean))
    shown = "/".join(f"{each:.3f}" for each in (min(times), mean, max(times), spread))
    return f"{text}rtt min/avg/max/mdev = {shown} ms\n"
