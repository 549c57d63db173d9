"""The network as the kernel has it: interfaces with their addresses and counters, and routes."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from ipaddress import IPv4Interface
from typing import TYPE_CHECKING

from llm_kernel.machine.system import System

if TYPE_CHECKING:  # Machine is made of this package's parts; its name is only needed for the hint
    from llm_kernel.machine.machine import Machine

__all__ = ["Counters", "Interface", "card", "gateway", "interfaces", "main_interface"]

PREFIX = 24
"""The length of the local network's prefix."""


@dataclass(frozen=True, slots=True)
class Counters:
    """What went over an interface since the boot."""

    bytes_in: int
    packets_in: int
    bytes_out: int
    packets_out: int


@dataclass(frozen=True, slots=True)
class Interface:
    """One interface; ``four`` and ``six`` are its addresses, ``mac`` that of the loopback is all zero."""

    index: int
    name: str
    mac: str
    mtu: int
    four: IPv4Interface
    six: str
    six_prefix: int
    counters: Counters
    loopback: bool = False
    down: bool = False

    @property
    def state(self) -> str:
        """The operational state as the kernel names it; the loopback's is not known."""
        return "UNKNOWN" if self.loopback else "DOWN" if self.down else "UP"


def interfaces(machine: Machine) -> list[Interface]:
    """The loopback and the one network card."""
    system = machine.system
    up = max(0.0, machine.clock.now - system.boot)
    packets = 2_140 + int(up * 0.02)
    own = Counters(packets * 86, packets, packets * 86, packets)
    received, sent = 148_220 + int(up * 1.7), 61_873 + int(up * 1.1)
    outer = Counters(received * 1187, received, sent * 126, sent)
    name, mac = card(system)
    return [
        Interface(1, "lo", "00:00:00:00:00:00", 65536, IPv4Interface("127.0.0.1/8"), "::1", 128, own, loopback=True),
        Interface(
            2,
            name,
            mac,
            1500,
            IPv4Interface(f"{system.address}/{PREFIX}"),
            _local(mac),
            64,
            outer,
            down=machine.faults.network_down,
        ),
    ]


def card(system: System) -> tuple[str, str]:
    """The name of the network card and its hardware address."""
    return "eno1" if system.profile.like == "debian" else "em1", _mac(system.host)


def main_interface(machine: Machine) -> Interface:
    """The network card."""
    return interfaces(machine)[1]


def gateway(machine: Machine) -> str:
    """The address of the router: the first of the local network."""
    return str(next(main_interface(machine).four.network.hosts()))


def _mac(name: str) -> str:
    digits = hashlib.sha256(f"card {name}".encode()).hexdigest()
    return "3c:ec:ef:" + ":".join(digits[n : n + 2] for n in (0, 2, 4))


def _local(mac: str) -> str:
    """The link-local address that the kernel makes of a hardware address."""
    parts = [int(part, 16) for part in mac.split(":")]
    parts = [parts[0] ^ 2, *parts[1:3], 0xFF, 0xFE, *parts[3:]]
    words = [parts[n] << 8 | parts[n + 1] for n in range(0, 8, 2)]
    return "fe80::" + ":".join(f"{word:x}" for word in words)
