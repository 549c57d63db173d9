"""Names and addresses of other computers, as this machine's resolver tells them, and how far away they are."""

from __future__ import annotations

import hashlib
import ipaddress
from dataclasses import dataclass
from functools import cache
from random import Random
from typing import TYPE_CHECKING

from llm_kernel.machine.catalog import load
from llm_kernel.machine.network import gateway, main_interface

if TYPE_CHECKING:  # Machine is made of this package's parts; its name is only needed for the hint
    from llm_kernel.machine.machine import Machine

__all__ = ["Road", "local_names", "name_of", "resolve", "road"]

_LABEL = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-_")
_LONGEST = 253
"""Characters of a host name (RFC 1035)."""
_CARRIERS = (3, 5, 12, 13, 18, 23, 34, 35, 44, 52, 54, 65, 66, 69, 76, 89, 95, 104, 128, 144, 151, 162, 185, 199)
"""First numbers of blocks from which an address is made for a name that no list has."""


@dataclass(frozen=True, slots=True)
class Road:
    """The way to an address: the hop limit that is left of an answer, and milliseconds there and back."""

    ttl: int
    delay: float
    jitter: float


def local_names(machine: Machine) -> dict[str, str]:
    """Name to IPv4 address, by the machine's own /etc/hosts; the first line with a name holds."""
    path = "/etc/hosts"
    if not machine.files.exists(path):
        return {}
    found: dict[str, str] = {}
    for line in machine.files.read(path).decode("utf-8", "replace").splitlines():
        words = line.partition("#")[0].split()
        if words and _version(words[0]) == 4:
            for name in words[1:]:
                found.setdefault(name.lower(), words[0])
    return found


def resolve(machine: Machine, name: str) -> str | None:
    """The IPv4 address of ``name``; None where the resolver finds none. The same name has always the same one."""
    name = name.lower().rstrip(".")
    own = local_names(machine)
    if name in own:
        return own[name]
    if name == machine.system.host:
        return str(main_interface(machine).four.ip)
    if name == "localhost":
        return "127.0.0.1"
    if machine.faults.network_down or not _could_be(name):
        return None
    return _catalog().hosts.get(name) or _made(name)


def name_of(machine: Machine, address: str) -> str | None:
    """The name that an address is known by; None where the resolver has none."""
    own = next((name for name, where in local_names(machine).items() if where == address), None)
    return own or (None if machine.faults.network_down else _catalog().reverse.get(address))


def road(machine: Machine, address: str) -> Road | None:
    """The way to ``address``; None where nobody answers. Here and next door are near, the world is not."""
    where = ipaddress.ip_address(address)
    own = main_interface(machine).four
    if where.is_loopback or where == own.ip:
        return Road(64, 0.038, 0.012)
    if machine.faults.network_down or where.is_unspecified or where.is_multicast or where.is_reserved:
        return None
    if str(where) == gateway(machine):
        return Road(64, 0.42, 0.08)
    documented = any(where in ipaddress.ip_network(block) for block in ("192.0.2.0/24", "198.51.100.0/24"))
    if where in own.network or where.is_private or where.is_link_local or documented:
        return None
    chance = Random(f"road {address}")
    hops = chance.randrange(6, 16)
    return Road(chance.choice((64, 64, 128)) - hops, round(chance.uniform(1.5, 24.0), 1), 0.35)


@dataclass(frozen=True, slots=True)
class _Catalog:
    hosts: dict[str, str]
    reverse: dict[str, str]
    endings: frozenset[str]


@cache
def _catalog() -> _Catalog:
    rows = load("hosts")
    return _Catalog(rows["hosts"], rows["reverse"], frozenset(str(rows["endings"]).split()))


def _version(text: str) -> int:
    try:
        return ipaddress.ip_address(text).version
    except ValueError:
        return 0


def _could_be(name: str) -> bool:
    """Whether a name could be one of the public DNS: labels of its alphabet below an ending that exists."""
    labels = name.split(".")
    return (
        len(name) <= _LONGEST
        and len(labels) > 1
        and all(0 < len(label) < 64 and set(label) <= _LABEL and label[0] != "-" != label[-1] for label in labels)
        and (name in _catalog().hosts or labels[-1] in _catalog().endings)
    )


def _made(name: str) -> str:
    digits = hashlib.sha256(f"address {name}".encode()).digest()
    return f"{_CARRIERS[digits[0] % len(_CARRIERS)]}.{digits[1]}.{digits[2]}.{1 + digits[3] % 254}"
