"""One GPU of the machine: a board of a model, where it is plugged in, and how it is set. Nothing moves by itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any

from llm_kernel.machine.cards import Card

__all__ = ["Gpu", "MigInstance"]

_PAST = 8


@dataclass(frozen=True, slots=True)
class MigInstance:
    """One instance that a GPU was cut into; ``profile`` is ``3g.40gb``, ``memory`` in MiB, ``start`` its placement.

    ``gi`` and ``ci`` are the ids of the GPU instance and of its only compute instance, ``device`` the MIG device's
    number; ``slices`` counts of the seven compute slices, ``share`` of the eight memory slices;
    ``own`` is the MiB it uses by itself where that is known.
    """

    device: int
    gi: int
    ci: int
    profile: str
    uuid: str
    slices: int
    share: int
    start: int
    memory: int
    bar1: int
    sms: int
    copies: int
    decoders: int
    encoders: int = 0
    jpegs: int = 0
    ofas: int = 0
    number: int = 0
    own: int | None = None

    @property
    def idle(self) -> int:
        """MiB that it uses with nothing running in it."""
        return {1: 9, 2: 17, 4: 22}.get(self.share, 5 * self.share + 4) if self.own is None else self.own


@dataclass(slots=True)
class Gpu:
    """One board. ``cap`` is the power limit in watts; ``bus`` is written as nvidia-smi does, ``00000000:01:00.0``.

    ``caps`` are earlier limits as (valid until, watts), oldest first; ``faults`` gives for ``lost``, ``err`` and
    ``hot`` the moment it began; ``ecc`` and ``ecc_pending`` are None where the model's own setting holds;
    ``errors`` counts ECC errors by ``corrected`` and ``uncorrected``; ``locked`` bounds the graphics clock in MHz.
    """

    card: Card
    index: int
    uuid: str
    bus: str
    cap: int
    persistence: bool = False
    display: bool = False
    mode: str = "Default"
    caps: tuple[tuple[float, int], ...] = ()
    faults: dict[str, float] = field(default_factory=dict)
    errors: dict[str, int] = field(default_factory=dict)
    ecc: bool | None = None
    ecc_pending: bool | None = None
    accounting: bool = False
    mig: bool = False
    instances: tuple[MigInstance, ...] = ()
    locked: tuple[int, int] | None = None

    @property
    def model(self) -> str:
        """The card's name in the catalogue."""
        return self.card.name

    @property
    def minor(self) -> int:
        """The number of its file, ``/dev/nvidia0``."""
        return self.index

    @property
    def lost(self) -> bool:
        """Whether the board has fallen off the bus: the driver knows it and cannot reach it."""
        return "lost" in self.faults

    @property
    def failing(self) -> bool:
        """Whether its sensors cannot be read, which nvidia-smi shows as ``ERR!``."""
        return "err" in self.faults

    @property
    def ecc_on(self) -> bool | None:
        """Whether ECC checks the memory now; None for a model without it."""
        if self.card.ecc == "none":
            return None
        return self.card.ecc == "on" if self.ecc is None else self.ecc

    def limit(self, watts: int, now: float) -> None:
        """Set the power limit; the sensors know what it was before and follow slowly."""
        self.caps = (*self.caps, (now, self.cap))[-_PAST:]
        self.cap = watts

    def cap_at(self, moment: float) -> int:
        """The power limit that was set at ``moment``."""
        return next((watts for until, watts in self.caps if moment < until), self.cap)

    def shifted(self, seconds: float) -> Gpu:
        """The board on a clock that was set by ``seconds``."""
        caps = tuple((until + seconds, watts) for until, watts in self.caps)
        return replace(self, caps=caps, faults={kind: since + seconds for kind, since in self.faults.items()})

    def to_state(self) -> dict[str, Any]:
        """The board as JSON-able data, its model by name."""
        plain = {f.name: getattr(self, f.name) for f in fields(self) if f.name not in ("card", "index", "instances")}
        return {**plain, "card": self.card.name, "instances": [asdict(instance) for instance in self.instances]}

    @classmethod
    def from_state(cls, card: Card, index: int, state: Mapping[str, Any]) -> Gpu:
        """The board that ``to_state`` described, in its slot."""
        row = {key: value for key, value in state.items() if key != "card"}
        row["caps"] = tuple((float(until), int(watts)) for until, watts in row.get("caps", ()))
        row["instances"] = tuple(MigInstance(**instance) for instance in row.get("instances", ()))
        row["locked"] = tuple(row["locked"]) if row.get("locked") else None
        row["faults"], row["errors"] = dict(row.get("faults", {})), dict(row.get("errors", {}))
        return cls(card, index, **row)
