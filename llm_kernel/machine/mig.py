"""Cutting a GPU into instances (MIG): which profiles a card has, where they fit, and what each instance gets."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass

from llm_kernel.errors import Refused
from llm_kernel.machine.boards import Gpu, MigInstance
from llm_kernel.machine.cards import CARDS, Card
from llm_kernel.machine.catalog import load
from llm_kernel.machine.identity import bar1_total

__all__ = ["Profile", "card_for", "divide", "profiles", "read"]

_FACTS = load("mig")
_STARTS = {7: (0,), 4: (0,), 3: (0, 4), 2: (4, 0, 2), 1: (6, 4, 5, 0, 1, 2, 3, 7)}
"""Where an instance of so many compute slices may begin among the eight memory slices, as they are filled."""
_FIRST = {7: {0: 0}, 4: {0: 1}, 3: {4: 1, 0: 2}, 2: {4: 3, 6: 4, 0: 5, 2: 6}}
"""The number of the GPU instance by its slices and its place."""


@dataclass(frozen=True, slots=True)
class Profile:
    """A size that instances of a card can have; ``memory`` and ``bar1`` in MiB, ``id`` as ``-cgi`` takes it."""

    name: str
    id: int
    slices: int
    share: int
    memory: int
    bar1: int
    sms: int
    copies: int
    decoders: int
    jpegs: int
    ofas: int
    most: int


def profiles(card: Card) -> list[Profile]:
    """The sizes of ``card``, smallest first; empty where it cannot be cut."""
    rows = _FACTS["cards"].get(card.name)
    if rows is None:
        return []
    kind = _FACTS["engines"][card.arch]
    window = bar1_total(card)
    made = []
    for name, row in rows.items():
        slices = int(name[0])
        share = row.get("share", {1: 1, 2: 2, 3: 4, 4: 4, 7: 8}[slices])
        part = _FACTS["window"].get(card.name) or _FACTS["window"].get(card.arch)
        bar1 = int(part * share) if part else window * share // 8 - 1
        sms, copies, decoders, jpegs, ofas = kind[str(slices)]
        sizes = (row["memory"], bar1, sms, copies, decoders, jpegs, ofas)
        made.append(Profile(name, row["id"], slices, share, *sizes, row["most"]))
    return made


def card_for(names: Sequence[str]) -> Card:
    """The usual card that has all these profiles, for a machine that has no GPU yet.

    Raises:
        Refused: where none has.
    """
    for card in CARDS:
        if set(names) <= {profile.name for profile in profiles(card)}:
            return card
    raise Refused(f"mig: no card has the profiles {', '.join(names)}")


def _place(slices: int, share: int, taken: set[int], most: int) -> int | None:
    for start in _STARTS[slices]:
        wanted = set(range(start, min(8, start + share)))
        if len(wanted) == share and not wanted & taken and start + share <= most:
            return start
    return None


def divide(gpu: Gpu, names: Sequence[str]) -> tuple[MigInstance, ...]:
    """The instances that ``names`` (``3g.40gb``, ``9``, ``1g.10gb``) make of ``gpu``, each with one compute instance.

    Raises:
        Refused: for a card that cannot be cut, a profile that it does not have, or instances that do not fit together.
    """
    known = profiles(gpu.card)
    if not known:
        raise Refused(f"mig: {gpu.model} cannot be divided; cards that can: A30, A100, H100, H200, B200")
    taken: set[int] = set()
    compute = 0
    rows: list[tuple[int, Profile, int]] = []
    for name in names:
        found = next((p for p in known if name.strip().lower() in (p.name, str(p.id))), None)
        if found is None:
            raise Refused(f"mig: {gpu.model} has no profile '{name}'; it has {', '.join(p.name for p in known)}")
        start = _place(found.slices, found.share, taken, 4 if gpu.card.name == "NVIDIA A30" else 8)
        compute += found.slices
        if start is None or compute > (4 if gpu.card.name == "NVIDIA A30" else 7):
            raise Refused(f"mig: {', '.join(names)} do not fit on one {gpu.model}")
        taken |= set(range(start, start + found.share))
        number = _FIRST.get(found.slices, {}).get(start, (7 + start - 4) if start >= 4 else 11 + start)
        rows.append((number, found, start))
    rows.sort(key=lambda row: (-row[1].slices, row[0]))
    return tuple(_instance(gpu, device, *row) for device, row in enumerate(rows))


def _instance(gpu: Gpu, device: int, number: int, profile: Profile, start: int) -> MigInstance:
    digits = f"{random.Random(f'{gpu.uuid}/mig/{profile.name}/{start}').getrandbits(128):032x}"
    uuid = f"MIG-{digits[:8]}-{digits[8:12]}-5{digits[13:16]}-{digits[16:20]}-{digits[20:]}"
    return MigInstance(
        device=device,
        gi=number,
        ci=0,
        profile=profile.name,
        uuid=uuid,
        slices=profile.slices,
        share=profile.share,
        start=start,
        memory=profile.memory,
        bar1=profile.bar1,
        sms=profile.sms,
        copies=profile.copies,
        decoders=profile.decoders,
        jpegs=profile.jpegs,
        ofas=profile.ofas,
        number=profile.id,
    )


def read(text: str) -> list[str]:
    """The profiles that a list such as ``3g.40gb,2x 1g.10gb`` names."""
    names: list[str] = []
    for part in re.split(r"[,\s]+(?!x)", re.sub(r"(\d)\s*x\s*(?=\d)", r"\1x", text.strip())):
        found = re.fullmatch(r"(?:(\d)x)?(\S+)", part)
        if found:
            names += [found[2]] * int(found[1] or 1)
    return names
