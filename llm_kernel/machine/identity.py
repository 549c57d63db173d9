"""What is printed on a board or burnt into it: serial, firmware, part numbers, limits. It never changes."""

from __future__ import annotations

import random
from dataclasses import dataclass

from llm_kernel.machine.boards import Gpu
from llm_kernel.machine.cards import Card
from llm_kernel.machine.catalog import load

__all__ = ["Identity", "Limits", "applied", "bar1_total", "identity", "limits", "most_video"]

_FACTS = load("boards")


@dataclass(frozen=True, slots=True)
class Identity:
    """None where the board has no such thing."""

    serial: str | None = None
    vbios: str = ""
    board_part: str | None = None
    gpu_part: str | None = None
    image: str | None = None
    oem: str | None = None
    ecc: str | None = None
    power: str | None = None
    minor: int = 0
    board_id: str = "0x100"
    brand: str = "NVIDIA"
    subsystem: str = ""
    pdi: str = "0x0"
    module: int = 1


@dataclass(frozen=True, slots=True)
class Limits:
    """Degrees of the chip; ``relative`` boards tell them as distances to ``max_operating`` (T.Limit)."""

    shutdown: int = 100
    slowdown: int = 97
    max_operating: int | None = 89
    memory_max: int | None = None
    target: int | None = None
    relative: bool = False

    @property
    def slowdown_at(self) -> int:
        """Where the hardware itself slows down."""
        return self.slowdown

    @property
    def throttle_at(self) -> int:
        """Where the driver begins to lower the clocks."""
        return min(self.slowdown - 2, (self.max_operating or self.slowdown) - 1)


def _fact(card: Card, key: str) -> object:
    for group in (_FACTS["boards"].get(card.name, {}), _FACTS["architectures"].get(card.arch, {})):
        if key in group:
            return group[key]
    return None


def bar1_total(card: Card) -> int:
    """MiB of the window onto the memory: the memory's size rounded up on server boards, else 256."""
    found = _fact(card, "bar1") if card.name in _FACTS["boards"] else None
    if isinstance(found, int):
        return found
    if not card.server or card.arch == "Kepler":
        return 256
    size = card.memory[-1][1]
    return 1 << (size - 1).bit_length()


def most_video(card: Card) -> int:
    """The highest clock of the video engine in MHz."""
    found = _fact(card, "video")
    return found if isinstance(found, int) else round(card.clocks[2] * 0.92 / 15) * 15


def applied(card: Card) -> tuple[int, int] | None:
    """Graphics and memory clock that applications get when nobody sets others; None where they cannot be set."""
    found = _fact(card, "applied")
    if isinstance(found, list):
        return int(found[0]), int(found[1])
    return (card.clocks[2], card.clocks[3]) if card.server or card.ecc == "on" else None


def limits(card: Card) -> Limits:
    """The temperatures at which this model protects itself."""
    kind = "server_limits" if card.server else "limits"
    own = _FACTS["boards"].get(card.name, {}).get("limits")
    row = own or _fact(card, kind) or [100, 97, 89, None, 83]
    shutdown, slowdown, most, memory, target = row  # type: ignore[misc]
    relative = card.arch in ("Hopper", "Blackwell") or (card.arch == "Ada Lovelace" and card.ecc != "none")
    return Limits(shutdown, slowdown, most, memory, target, relative)


def _serial(gpu: Gpu) -> str | None:
    """Boards sold to players have no serial number."""
    if any(word in gpu.card.name for word in ("GeForce", "TITAN")):
        return None
    return f"{random.Random(f'{gpu.uuid}/serial').randrange(320_000_000_000, 1_700_000_000_000):013d}"


def _vbios(card: Card) -> str:
    found = _fact(card, "vbios") if card.name in _FACTS["boards"] else None
    if isinstance(found, str):
        return found
    family = str(_FACTS["architectures"].get(card.arch, {}).get("firmware", "90"))
    first = "92" if card.compute == "8.0" else family
    seeded = random.Random(f"{card.name}/vbios")
    return f"{first}.02.{seeded.randrange(0x10, 0x80):02X}.00.{seeded.randrange(1, 0xC0):02X}"


def _text(card: Card, key: str) -> str | None:
    found = _FACTS["boards"].get(card.name, {}).get(key)
    return found if isinstance(found, str) else None


def _brand(card: Card) -> str:
    for word in ("GeForce", "TITAN", "Quadro", "Tesla"):
        if word in card.name:
            return "Titan" if word == "TITAN" else word
    return "NVIDIA RTX" if "RTX" in card.name else "NVIDIA"


def _board_id(bus: str) -> str:
    domain, number, device = (int(part, 16) for part in bus.split(".")[0].split(":"))
    return f"0x{domain << 16 | number << 8 | device:x}"


def identity(gpu: Gpu) -> Identity:
    """The labels of one board."""
    card = gpu.card
    plain = card.ecc == "none"
    seeded = random.Random(card.name)
    part = f"{card.pci}-{seeded.choice(('200', '300', '400'))}-A1" if plain else f"{card.pci}-895-A1"
    return Identity(
        serial=_serial(gpu),
        vbios=_vbios(card),
        board_part=_text(card, "board_part"),
        gpu_part=_text(card, "gpu_part") or part,
        image=_text(card, "image") or ("G001.0000.03.03" if plain else "G133.0242.00.03"),
        oem=_text(card, "oem") or ("2.0" if plain else "2.1"),
        ecc=_text(card, "ecc_object") or (None if plain else "6.16"),
        minor=gpu.minor,
        board_id=_board_id(gpu.bus),
        brand=_brand(card),
        pdi=f"0x{random.Random(f'{gpu.uuid}/pdi').getrandbits(64):016x}",
        module=gpu.index + 1 if "SXM" in card.name or "HBM3" in card.name else 1,
        subsystem=f"0x{seeded.randrange(0x1200, 0x1800):04X}10DE",
    )
