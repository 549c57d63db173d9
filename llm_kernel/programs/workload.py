"""What a training script asks of the machine, read off its source: which GPUs, how much of them, how long an epoch.

Orders of magnitude for one RTX 3090 (24 GiB, Ampere), rounded from what tutorials of these models report.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from llm_kernel.machine import Machine
from llm_kernel.machine.processes import GpuUse
from llm_kernel.plan.curves import recipe

__all__ = ["Workload", "workload"]


@dataclass(frozen=True, slots=True)
class _Kind:
    """A family of models: MiB at a batch of 128, percent of a GPU, samples a second on one card."""

    pattern: str
    mem: int
    util: int
    rate: float
    cpu: float
    """The speed of a processor against one RTX 3090: small networks wait for their data on both."""


_KINDS = (
    _Kind(r"gpt|llama|t5|bert|transformer|automodel", 7200, 96, 160, 0.012),
    _Kind(r"unet|diffusion|stylegan", 9000, 97, 60, 0.008),
    _Kind(r"resnet(?:50|101|152)|efficientnet|vit_|densenet|convnext", 8900, 97, 900, 0.01),
    _Kind(r"resnet|wideresnet|vgg|mobilenet", 2900, 92, 4200, 0.02),
    _Kind(r"lstm|gru|nn\.rnn", 1700, 71, 2600, 0.15),
    _Kind(r"conv1d|conv2d|conv3d", 1400, 63, 9000, 0.2),
    _Kind(r"nn\.linear|mlp|keras", 1050, 34, 16000, 0.5),
)
_SAMPLES = (
    (r"imagenet", 1_281_167),
    (r"fashion_?mnist|mnist", 60_000),
    (r"cifar", 50_000),
    (r"svhn", 73_257),
    (r"imdb", 25_000),
    (r"ag_?news", 120_000),
    (r"coco", 118_287),
)
_SPEED = {"Kepler": 0.15, "Maxwell": 0.25, "Pascal": 0.4, "Volta": 0.75, "Turing": 0.6, "Ampere": 1.0}
_SPEED |= {"Ada": 1.9, "Ada Lovelace": 1.9, "Hopper": 3.0, "Blackwell": 4.0}
_STEP = 0.0012
"""Seconds of one step of the optimizer beside its examples, on one RTX 3090."""


@dataclass(frozen=True, slots=True)
class Workload:
    """``gpus`` by their index on the machine, empty on the processor; ``mem`` MiB and ``util`` percent on each."""

    gpus: tuple[int, ...]
    mem: int
    util: int
    rate: float
    samples: int
    steps: int = 0
    cpu: float = 0.1
    """``steps`` of the optimizer in a pass where the data is the script's own, and is not loaded."""

    def uses(self) -> dict[int, GpuUse]:
        """The load on each GPU: the first one gathers the results and holds a little more."""
        first = self.gpus[0] if self.gpus else 0
        return {index: GpuUse(self.util, self.mem + (180 if index == first else 0)) for index in self.gpus}

    def seconds_per_epoch(self, machine: Machine) -> float:
        """Seconds of one pass over the data, reading it included."""
        speed = self.cpu
        if self.gpus:
            boards = machine.devices.gpus
            speed = sum(_SPEED.get(boards[index].card.arch, 1.0) for index in self.gpus)
            speed *= 1.0 if len(self.gpus) == 1 else 0.85
        if self.steps:
            return self.steps * _STEP / min(max(speed, 0.7), 2.0) + self.samples / (self.rate * speed)
        return round(0.4 + self.samples / (self.rate * speed), 2)


def workload(
    source: str, args: tuple[str, ...], env: Mapping[str, str], machine: Machine, *, every: bool = False
) -> Workload | None:
    """What ``source`` asks for; None where it trains nothing. ``every``: a launcher gives each GPU a process."""
    text = source.lower()
    if not re.search(r"\b(?:torch|tensorflow|keras|jax|transformers|lightning)\b", text):
        return None
    kind = next((one for one in _KINDS if re.search(one.pattern, text)), None)
    if kind is None or not re.search(r"\.backward\(|\.fit\(|\.train\(|\.minimize\(|value_and_grad", text):
        return None
    batch = _batch(source, args)
    known = next((count for pattern, count in _SAMPLES if re.search(rf"\b{pattern}", text)), 0)
    found = recipe(source, args)
    told = found if found is not None and found.sized else None
    samples = min(known or told.examples, told.examples) if told else known or 10_000
    steps = told.updates if told and not told.pair.data and not known else 0
    mem = round(620 + (kind.mem - 620) * max(0.15, min((batch / 128) ** 0.8, 8.0)))
    rate = kind.rate * max(0.2, min((batch / 128) ** 0.35, 2.0))
    return Workload(_gpus(source, env, machine, every), mem, kind.util, rate, samples, steps, kind.cpu)


def _batch(source: str, args: tuple[str, ...]) -> int:
    line = " ".join(args)
    found = re.search(r"--?(?:batch[-_]?size|bs|b)[= ](\d+)", line)
    found = found or re.search(r"batch[-_]?size['\"]?\s*[=:,][^\d\n]{0,60}?(\d+)", source, re.IGNORECASE)
    return max(1, min(int(found[1]), 65536)) if found else 128


def _gpus(source: str, env: Mapping[str, str], machine: Machine, every: bool) -> tuple[int, ...]:
    """The machine's indices of the GPUs in use: those that the process sees, and of them what the source names."""
    devices = machine.devices
    there = [gpu.index for gpu in devices.gpus if not gpu.lost] if devices.driver else []
    own = re.search(r"CUDA_VISIBLE_DEVICES['\"]\s*\]?\s*[=,]\s*['\"]([\d,]*)['\"]", source)
    shown = own[1] if own else env.get("CUDA_VISIBLE_DEVICES")
    if shown is not None:
        there = [int(one) for one in shown.split(",") if one.strip().isdigit() and int(one) in there]
    if not there or not re.search(r"cuda|tensorflow|keras|jax|accelerat|\bTrainer\b", source):
        return ()
    if every or re.search(
        r"DataParallel|DistributedDataParallel|init_process_group|MirroredStrategy|accelerate|pmap", source
    ):
        return tuple(there)
    named = re.search(r"cuda:(\d+)|\.cuda\((\d+)\)|set_device\((\d+)\)", source)
    index = int(next(one for one in named.groups() if one)) if named else 0
    return (there[index],) if index < len(there) else ()
