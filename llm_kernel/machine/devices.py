"""The machine's GPUs, their driver and the CUDA toolkit. They always fit together: a change adjusts what conflicts."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from llm_kernel.errors import NoRoom, Refused
from llm_kernel.machine.boards import Gpu, MigInstance
from llm_kernel.machine.cards import CARDS, Card, find_card
from llm_kernel.machine.drivers import (
    TOOLKITS,
    Toolkit,
    branch_of,
    carries,
    cuda_of,
    cuda_since,
    driver_for,
    find_driver,
    find_toolkit,
    first_driver,
    last_driver,
    newest_driver,
    order,
)
from llm_kernel.machine.load import IDLE, Step, Trail
from llm_kernel.machine.processes import Process, Processes
from llm_kernel.machine.sensors import Reading, room, sense

__all__ = ["DEFAULT_ERA", "Devices", "Gpu", "MigInstance", "Reading", "clocks"]

DEFAULT_ERA = "2023-12"
"""The month whose driver a machine gets when nobody says which."""

_MOST = 16
_SLOTS: dict[int, str] = {
    1: "01",
    2: "01 02",
    4: "18 3B 86 AF",
    8: "1A 1B 3D 3E 88 89 B1 B2",
    16: "34 36 39 3B 57 59 5C 5E B7 B9 BC BE E0 E2 E5 E7",
}
"""PCI buses by the size of the machine, as real ones have them."""


def clocks(gpu: Gpu, now: Reading) -> tuple[int, int]:
    """Graphics and memory clock in MHz that go with a reading."""
    return now.clocks.graphics, now.clocks.memory


def _coding(gpu: Gpu, reading: Reading, processes: Iterable[Process]) -> Reading:
    """``reading`` with what the processes have the encoders and decoders do."""
    uses = [process.gpu[gpu.index] for process in processes if gpu.index in process.gpu]
    encoder, decoder = sum(use.encoder or 0 for use in uses), sum(use.decoder or 0 for use in uses)
    if reading.failing or not (encoder or decoder):
        return reading
    return replace(reading, encoder=min(100, encoder), decoder=min(100, decoder))


def _trail(index: int, processes: Processes | Iterable[Process]) -> Trail:
    """What GPU ``index`` had to do; of bare processes only that they run since they started is known."""
    before, rows = (
        (processes.loads.trail(index), processes.using(index))
        if isinstance(processes, Processes)
        else (
            (),
            [process for process in processes if index in process.gpu],
        )
    )
    uses = [process.gpu[index] for process in rows]
    util = min(100, sum(use.util for use in uses))
    step = Step(0.0, len(uses), util, sum(use.mem for use in uses))
    if (before[-1] if before else IDLE).same(step):
        return before
    since = max((process.start for process in rows), default=0.0)
    return (*before, replace(step, time=max(since, before[-1].time if before else since)))


class Devices:
    """``driver`` and ``cuda`` are versions, empty where there is none; ``era`` is the month of a driver nobody chose.

    Every ``set_`` method keeps what it was told, adjusts what no longer fits, and returns sentences that name it.
    """

    def __init__(self, seed: int = 0, *, era: str = DEFAULT_ERA) -> None:
        self.seed = seed
        self.era = era
        self.gpus: list[Gpu] = []
        self.driver = ""
        self.cuda = ""
        self._said = False
        self._shown = ""

    @property
    def shown_cuda(self) -> str:
        """The CUDA version in nvidia-smi's title; empty without a driver."""
        return self._shown or (cuda_of(self.driver) if self.driver else "")

    @property
    def toolkit(self) -> Toolkit | None:
        """The CUDA toolkit, if one is installed."""
        return find_toolkit(self.cuda) if self.cuda else None

    def readings(self, processes: Processes | Iterable[Process], now: float) -> list[Reading]:
        """One reading for each GPU; a whole process table knows also what ended, and so the heat that is left of it."""
        rows = processes if isinstance(processes, Processes) else list(processes)
        running = rows.running() if isinstance(rows, Processes) else rows
        said = [sense(gpu, _trail(gpu.index, rows), now, self.driver) for gpu in self.gpus]
        return [_coding(gpu, reading, running) for gpu, reading in zip(self.gpus, said, strict=True)]

    def shift(self, seconds: float) -> None:
        """Move what the boards remember with a clock that was set."""
        self.gpus = [gpu.shifted(seconds) for gpu in self.gpus]

    def check_load(self, index: int, mem: int, others: Iterable[Process]) -> None:
        """Whether a process can hold ``mem`` MiB of GPU ``index`` beside ``others``.

        Raises:
            Refused: where there is no such GPU, it is lost, or its memory is too small.
        """
        if not 0 <= index < len(self.gpus):
            raise Refused(f"gpu: there is no GPU {index}; the machine has {len(self.gpus)}")
        gpu = self.gpus[index]
        if gpu.lost:
            raise Refused(f"gpu: GPU {index} is lost")
        most = room(gpu, self.driver)
        left = most - sum(process.gpu[index].mem for process in others if index in process.gpu)
        if mem > left:
            text = f"gpu: GPU {index} has {max(0, left)} MiB left of {gpu.card.total(self.driver)}, not {mem}"
            raise NoRoom(text, index, mem) if mem <= most else Refused(text)

    def set_gpus(self, count: int, name: str = "") -> list[str]:
        """Have ``count`` boards of ``name`` and no others; 0 takes them all out."""
        if not 0 <= count <= _MOST:
            raise Refused(f"gpu: a machine has 0 to {_MOST} GPUs, not {count}")
        card = find_card(name) if count else None
        self.gpus = [self._board(card, index, count) for index in range(count)] if card else []
        return self._fit_driver(self.toolkit) + self._fit_toolkit() + self._strangers() if card else []

    def set_driver(self, version: str) -> list[str]:
        """Install the driver ``version`` (or the newest of a branch); an empty one or ``none`` removes it."""
        if version.strip().lower() in ("", "none"):
            self.driver, self._said, self._shown = "", False, ""
            return []
        asked = find_driver(version, self.era)
        self.driver, self._said = asked, True
        notes = [] if asked == version.strip() else [f"driver {asked}"]
        return notes + self._fit_driver(None) + self._fit_toolkit()

    def set_cuda(self, version: str) -> list[str]:
        """Install the CUDA toolkit ``version``; an empty one or ``none`` removes it."""
        if version.strip().lower() in ("", "none"):
            self.cuda = ""
            return []
        toolkit = find_toolkit(version, self.era)
        text = version.strip().lower().removeprefix("cuda").strip(" -v")
        self.cuda = text if order(text)[:2] == order(toolkit.release) else toolkit.release
        notes = self._fit_driver(toolkit)
        if self.driver and not carries(self.driver, toolkit):
            card = self.gpus[0].model
            notes.append(f"CUDA {self.cuda} programs need driver {driver_for(toolkit)}, which {card} cannot have")
        return notes + self._strangers()

    def show_cuda(self, version: str) -> list[str]:
        """Let nvidia-smi show another CUDA version than the driver's own, as with compatibility libraries."""
        if not self.driver:
            raise Refused("cuda: nvidia-smi shows no CUDA version without a driver")
        own = cuda_of(self.driver)
        if order(version)[:1] != order(own)[:1] or order(version) < order(own):
            major = own.split(".")[0]
            raise Refused(f"cuda: driver {self.driver} shows CUDA {own}, or with newer libraries a later {major}.x")
        self._shown = "" if version == own else version
        return []

    def _board(self, card: Card, index: int, count: int) -> Gpu:
        size = next(size for size in _SLOTS if size >= count)
        bus = f"00000000:{_SLOTS[size].split()[index]}:00.0"
        digits = f"{random.Random(f'{self.seed}/{card.name}/{index}').getrandbits(128):032x}"
        parts = (digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:])
        return Gpu(card, index, f"GPU-{'-'.join(parts)}", bus, card.power)

    def _strangers(self) -> list[str]:
        """What is possible and of little use: a toolkit from before the cards, whose programs have no code for them."""
        toolkit = self.toolkit
        if toolkit is None:
            return []
        cards = {gpu.card.name: cuda_since(gpu.card.compute) for gpu in self.gpus}
        return [
            f"CUDA {self.cuda} has no code for {name}, which CUDA {since} was the first to know"
            for name, since in cards.items()
            if order(toolkit.release) < order(since)
        ]

    def _bounds(self) -> tuple[str, int]:
        """The oldest driver that knows every card, and the last branch that does (0: any)."""
        since = max((gpu.card.since for gpu in self.gpus), key=order, default="")
        last = min((gpu.card.last for gpu in self.gpus if gpu.card.last), default=0)
        return since, last

    def _fit_driver(self, toolkit: Toolkit | None) -> list[str]:
        """Move the driver to where the cards, and the toolkit that was just asked for, can use it, and say so."""
        before = self.driver
        since, last = self._bounds()
        if self.gpus and not (self.driver and self._said):
            self.driver = self._chosen(self.toolkit, since, last)
            return self._changed(before, f"CUDA {self.cuda}" if self.cuda else "")
        if not self.driver:
            return []
        if toolkit and not carries(self.driver, toolkit):
            self.driver = driver_for(toolkit)
        if since and order(self.driver) < order(since):
            # the driver that was asked for cannot be kept anyway: take one that also suits the toolkit
            fitting = [first_driver(since)] + ([driver_for(self.toolkit)] if self.toolkit else [])
            self.driver = max((one for one in fitting if not last or branch_of(one) <= last), key=order)
        if last and branch_of(self.driver) > last:
            self.driver = last_driver(last)
        return self._changed(before, self._reason(toolkit, before))

    def _chosen(self, toolkit: Toolkit | None, since: str, last: int) -> str:
        """A driver nobody named: the one that comes with the toolkit, else one of the time."""
        if toolkit is None:
            return newest_driver(self.era, since, last)
        wanted = driver_for(toolkit, bundled=True)
        if last and branch_of(wanted) > last:
            return last_driver(last)
        return max(wanted, first_driver(since), key=order)

    def _reason(self, toolkit: Toolkit | None, before: str) -> str:
        since, last = self._bounds()
        if self.gpus and last and branch_of(before) > last:
            return f"{self.gpus[0].model} is not known to drivers after {last}"
        own = toolkit is None or order(self.driver) == order(first_driver(since))
        if self.gpus and since and order(before) < order(since) and own:
            return f"{self.gpus[0].model} needs {since} or newer"
        return f"CUDA {self.cuda} needs it" if toolkit else ""

    def _changed(self, before: str, reason: str) -> list[str]:
        notes = []
        if self.driver != before:
            notes.append(f"driver {before} -> {self.driver}" if before else f"driver {self.driver}")
            notes[-1] += f" ({reason})" if reason else ""
        if self._shown and order(self._shown) < order(cuda_of(self.driver)):
            notes.append(f"nvidia-smi shows CUDA {cuda_of(self.driver)}")
            self._shown = ""
        return notes

    def _fit_toolkit(self) -> list[str]:
        """Lower the toolkit to what the driver can run, and say so."""
        toolkit = self.toolkit
        if toolkit is None or not self.driver or carries(self.driver, toolkit):
            return []
        before = self.cuda
        newest = next((t for t in reversed(TOOLKITS) if order(driver_for(t)) <= order(self.driver)), None)
        self.cuda = "" if newest is None else newest.update
        return [f"CUDA {before} -> {self.cuda or 'none'} (driver {self.driver} runs no newer toolkit)"]

    def to_state(self) -> dict[str, Any]:
        """The devices as JSON-able data."""
        gpus = [gpu.to_state() for gpu in self.gpus]
        return {
            "seed": self.seed,
            "era": self.era,
            "driver": self.driver,
            "said": self._said,
            "cuda": self.cuda,
            "shown": self._shown,
            "gpus": gpus,
        }

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> Devices:
        """The devices that ``to_state`` described."""
        made = cls(state["seed"], era=state["era"])
        made.driver, made.cuda = state["driver"], state["cuda"]
        made._said, made._shown = state["said"], state["shown"]
        named = {card.name: card for card in CARDS}
        for index, row in enumerate(state["gpus"]):
            made.gpus.append(Gpu.from_state(named[row["card"]], index, row))
        return made
