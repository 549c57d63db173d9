"""MIG: a card is cut into what fits, as the driver numbers it."""

from __future__ import annotations

import json

import pytest

from llm_kernel.errors import Refused
from llm_kernel.machine import Clock, Machine
from llm_kernel.machine.cards import CARDS, find_card
from llm_kernel.machine.mig import profiles
from llm_kernel.machine.words import say


def _cut(card: str, text: str) -> Machine:
    machine = Machine(Clock(1750000000.0))
    say(machine, ["gpu", "2", card], "/")
    say(machine, ["mig", "0", *text.split()], "/")
    return machine


def test_an_h100_is_cut_like_the_real_one() -> None:
    gpu = _cut("H100", "3g.40gb,2g.20gb,1g.10gb,1g.10gb").devices.gpus[0]
    assert gpu.mig
    assert [(one.device, one.gi, one.ci, one.profile) for one in gpu.instances] == [
        (0, 2, 0, "3g.40gb"),
        (1, 3, 0, "2g.20gb"),
        (2, 9, 0, "1g.10gb"),
        (3, 10, 0, "1g.10gb"),
    ]
    assert [(one.memory, one.bar1, one.sms, one.copies, one.decoders, one.jpegs) for one in gpu.instances] == [
        (40448, 24739, 60, 3, 3, 3),
        (20096, 12369, 32, 2, 2, 2),
        (9984, 6184, 16, 1, 1, 1),
        (9984, 6184, 16, 1, 1, 1),
    ]


@pytest.mark.parametrize(
    ("card", "text", "ids"),
    [
        ("H100", "3g.40gb,3g.40gb", [1, 2]),
        ("A100", "9 9", [1, 2]),
        ("A100 80GB", "7x 1g.10gb", [7, 8, 9, 11, 12, 13, 14]),
        ("A100", "7g.40gb", [0]),
        ("A30", "4x1g.6gb", [11, 12, 13, 14]),
        ("H200", "4g.71gb 3g.71gb", [1, 1]),
    ],
)
def test_instances_are_numbered_by_their_place(card: str, text: str, ids: list[int]) -> None:
    if card in ("A30", "H200"):  # numbers of these are not known from a capture; only that they do not repeat per size
        instances = _cut(card, text).devices.gpus[0].instances
        assert len({(one.profile, one.gi) for one in instances}) == len(ids)
    else:
        assert sorted(one.gi for one in _cut(card, text).devices.gpus[0].instances) == ids


@pytest.mark.parametrize(
    ("card", "text", "why"),
    [
        ("A100", "3g.20gb 3g.20gb 1g.5gb", "do not fit"),
        ("A100", "8x 1g.5gb", "do not fit"),
        ("A100", "4g.20gb 4g.20gb", "do not fit"),
        ("H100", "3g.20gb", "has no profile '3g.20gb'; it has 1g.10gb"),
        ("3090", "1g.3gb", "NVIDIA GeForce RTX 3090 cannot be divided"),
    ],
)
def test_what_does_not_fit_is_refused(card: str, text: str, why: str) -> None:
    with pytest.raises(Refused, match=why):
        _cut(card, text)


@pytest.mark.parametrize("card", [card for card in CARDS if profiles(card)], ids=lambda card: card.name)
def test_all_instances_of_a_size_fit_into_the_card(card) -> None:  # type: ignore[no-untyped-def]
    for profile in profiles(card):
        instances = _cut(card.name, f"{profile.most}x{profile.name}").devices.gpus[0].instances
        assert len(instances) == profile.most
        assert sum(one.memory for one in instances) <= card.memory[-1][1]
        assert len({one.uuid for one in instances}) == profile.most


def test_the_instances_are_kept_and_taken_back() -> None:
    machine = _cut("H100", "3g.40gb,3g.40gb")
    back = Machine.from_state(json.loads(json.dumps(machine.to_state())), Clock())
    assert back.devices.gpus == machine.devices.gpus
    assert say(machine, ["mig", "0", "none"], "/") == ["GPU 0: whole"]
    assert (machine.devices.gpus[0].mig, machine.devices.gpus[0].instances) == (False, ())


def test_every_card_that_can_be_cut_has_profiles() -> None:
    assert profiles(find_card("A100")) != []
    assert profiles(find_card("3090")) == []
