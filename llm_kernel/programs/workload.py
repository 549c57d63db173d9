"""What a training script asks of the machine, read off its source: which GPUs, how much of them, how long an epoch.

Where the plan knows the network, memory and time follow from its parameters and layers; else from its family: orders of
magnitude for one RTX 3090 (24 GiB, Ampere), rounded from what tutorials of these models report.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from dataclasses import dataclass

from llm_kernel.machine import Machine
from llm_kernel.machine.processes import GpuUse
from llm_kernel.plan import plan
from llm_kernel.plan.curves import recipe
from llm_kernel.plan.curves.constants import Constants
from llm_kernel.plan.curves.memory import Memory
from llm_kernel.plan.curves.recipe import Recipe
from llm_kernel.plan.weight import Load
from llm_kernel.programs.cardspeed import halved
from llm_kernel.programs.cardspeed import speed as card_speed

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
_CONTEXT = {"Kepler": 300, "Maxwell": 420, "Pascal": 560, "Volta": 700, "Turing": 750, "Ampere": 860}
_CONTEXT |= {"Ada": 480, "Ada Lovelace": 480, "Hopper": 640, "Blackwell": 700}
"""MiB that CUDA and its libraries take before any tensor, by the generation of the GPU."""
_STATES = ((r"\b(?:Adam|AdamW|NAdam|RAdam|Adamax)\b", 2), (r"\bRMSprop\b|\bAdagrad\b|momentum", 1))
"""How many numbers an optimizer keeps beside each parameter."""
_HALF = re.compile(r"\bautocast\b|\bGradScaler\b|\.half\(\)|mixed_precision|fp16|bfloat16")
_SPARE = 1.18
"""What the allocator and the workspaces of convolutions hold beside the activations themselves."""
_OPERATIONS, _BYTES = 1.25e13, 8e11
"""A second on one RTX 3090: operations that convolutions reach in practice, and bytes that its memory moves."""
_LOADED = ((400_000, 900.0), (100_000, 1500.0), (2500, 12000.0), (0, 16000.0))
"""Examples a second that a loader delivers, by the elements that one of them has at least."""
_HOST = 0.25
"""A faster card stands in a newer host: the power of its speed by which more is read."""
_BESIDE = 0.2
"""The part of computing that does not go on while the next batch is read."""
_FILLING, _FILLED = 1000.0, 1.35
"""Millions of multiplications from which on the layers of a network fill a card, and what that gains."""
_NAMED = re.compile(
    r"\b((?:wide_)?resnet(?:18|34|50|101|152)(?:_2)?|resnext(?:50_32x4d|101_32x8d)|vgg(?:11|13|16|19)(?:_bn)?|alexnet"
    r"|densenet(?:121|161|169|201)|mobilenet_v2|efficientnet_b[0-7]|inception_v3|googlenet|squeezenet1_[01]"
    r"|shufflenet_v2_x1_0|mnasnet1_0)\b"
)
_FULL, _VAGUE = 0.93, 1.25
_TOKENS = 120
"""How many tokens of a text go by in the time of one example of other data, where passes are counted in tokens."""
_SMALL, _LARGE = 95, 1024
"""Pictures smaller than those of ImageNet have networks of their own, whatever they are called."""
_CROP = re.compile(r"(?:RandomResizedCrop|CenterCrop|RandomCrop)\(\s*\(?(\d{2,4})")
_BETWEEN = 0.3
"""The part of the most that is taken which stays between two steps, where the network is not known."""
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
    epochs: int = 0
    """``steps`` of the optimizer in a pass where the data is the script's own, and is not loaded; ``epochs``
    passes over the data, 0 where the script only looks."""
    kept: int = 0
    """MiB of the weights and of what the optimizer keeps of them, 0 where nobody knows."""
    delivered: float = 0.0
    """Examples a second that a loader reads, where that is not part of ``rate``."""

    def uses(self) -> dict[int, GpuUse]:
        """The load on each GPU: the first of several gathers the results and holds a little more."""
        first = self.gpus[0] if self.gpus else 0
        more = 180 if len(self.gpus) > 1 else 0
        return {index: GpuUse(self.util, self.mem + (more if index == first else 0)) for index in self.gpus}

    def memory(self, machine: Machine) -> Memory | None:
        """What PyTorch counts of it on the first GPU; None on the processor."""
        if not self.gpus:
            return None
        reserved = (self.mem - _context(machine, self.gpus)) * 2.0**20
        peak = reserved / _SPARE
        return Memory(peak, min(self.kept * 2.0**20 or _BETWEEN * peak, peak), reserved)

    def seconds_per_epoch(self, machine: Machine) -> float:
        """Seconds of one pass over the data, reading it included."""
        speed, loaders = self.cpu, self.cpu
        if self.gpus:
            boards = machine.devices.gpus
            speeds = [card_speed(boards[index].card) for index in self.gpus]
            shared = 1.0 if len(speeds) == 1 else 0.85
            speed, loaders = shared * sum(speeds), shared * sum(one**_HOST for one in speeds)
        if self.steps:
            return self.steps * _STEP / min(max(speed, 0.7), 2.0) + self.samples / (self.rate * speed)
        if self.delivered:
            computed, waited = 1.0 / (self.rate * speed), 1.0 / (self.delivered * loaders)
            return round(0.4 + self.samples * max(waited + _BESIDE * computed, computed), 2)
        return round(0.4 + self.samples / (self.rate * speed), 2)


def workload(
    source: str,
    args: tuple[str, ...],
    env: Mapping[str, str],
    machine: Machine,
    *,
    every: bool = False,
    load: Load | None = None,
) -> Workload | None:
    """What ``source`` asks for; None where it trains nothing. ``every``: a launcher gives each GPU a process.

    ``load`` is what the plan knows of its network; where it is not known, the family decides.
    """
    text = f"{source}\n{' '.join(args)}".lower()
    if not re.search(r"\b(?:torch|tensorflow|keras|jax|transformers|lightning)\b", text):
        return None
    kind = next((one for one in _KINDS if re.search(one.pattern, text)), None)
    if kind is None or not re.search(r"\.backward\(|\.fit\(|\.train\(|\.minimize\(|value_and_grad", text):
        return None
    known = next((count for pattern, count in _SAMPLES if re.search(rf"\b{pattern}", text)), 0)
    found = recipe(source, args)
    told = found if found is not None and found.sized else None
    samples = min(known or told.examples, told.examples) if told else known or 10_000
    steps = told.updates if told and not told.pair.data and not known else 0
    gpus = _gpus(source, env, machine, every)
    published = _published(source, args) if load is None else None
    batch, weight = _weight(source, args, load or published, gpus)
    delivered = 0.0
    if weight is not None:
        mem = _memory(source, weight, batch, gpus, machine)
        mem = _within(mem, machine, gpus) if published is not None else mem
        delivered = _delivered(weight, samples == 10_000 and not known)
        rate = _rate(source, weight, machine, gpus)
    else:
        mem = round(620 + (kind.mem - 620) * max(0.15, min((batch / 128) ** 0.8, 8.0)))
        rate = kind.rate * max(0.2, min((batch / 128) ** 0.35, 2.0))
        if told and told.pair.data and told.pair.task == "tokens":
            rate *= _TOKENS
    kept = round(_numbers(source, weight) / 2**20) if weight is not None else 0
    passes = _passes(source, args, found)
    return Workload(gpus, mem, kind.util, rate, samples, steps, kind.cpu, passes, kept, delivered)


def _passes(source: str, args: tuple[str, ...], found: Recipe | None) -> int:
    """How often a script goes over its data: by the name of the number, or by the loop around its steps."""
    if found is None or not re.search(r"\.backward\(|\.fit\(|\.minimize\(|value_and_grad", source):
        return 0
    if found.epochs:
        return found.epochs
    nodes = list(ast.walk(ast.parse(source)))
    constants = Constants(nodes, args)
    for loop in nodes:
        inner = (one for each in loop.body for one in ast.walk(each)) if isinstance(loop, ast.For) else ()
        if isinstance(loop, ast.For) and any(isinstance(one, ast.For) for one in inner):
            match loop.iter:
                case ast.Call(func=ast.Name(id="range"), args=[*_, _] as ends):
                    counts = [constants.number(one) for one in ends[:2]]
                    low, high = (0.0, counts[0]) if len(counts) == 1 else counts
                    return int(max(high - low, 0)) if low is not None and high is not None else 1
    return 1


def _weight(source: str, args: tuple[str, ...], load: Load | None, gpus: tuple[int, ...]) -> tuple[int, Load | None]:
    """How many examples are on each GPU at once, and what the network weighs, where that is known."""
    batch = _batch(source, args)
    if load is None or not load.activations:
        return batch, None
    shares = len(gpus) if re.search(r"\bDataParallel", source) else 1
    return max(1, -(-batch // max(shares, 1))), load


def _memory(source: str, load: Load, batch: int, gpus: tuple[int, ...], machine: Machine) -> int:
    """MiB: CUDA's own, the parameters with gradients and what the optimizer keeps of them, and the batch's way."""
    half = bool(_HALF.search(source))
    way = (load.activations + load.inputs) / load.examples * batch * (2.2 if half else 4) * _SPARE
    return round(_context(machine, gpus) + 22 + (_numbers(source, load) + way) / 2**20)


def _numbers(source: str, load: Load) -> int:
    """Bytes of the parameters, of their gradients and of what the optimizer keeps of them."""
    states = next((count for pattern, count in _STATES if re.search(pattern, source)), 0)
    return load.parameters * (8 + 4 * states + 2 * bool(_HALF.search(source)))


def _context(machine: Machine, gpus: tuple[int, ...]) -> int:
    """MiB that CUDA takes on the first GPU; none on the processor."""
    return _CONTEXT.get(machine.devices.gpus[gpus[0]].card.arch, 600) if gpus else 0


def _published(source: str, args: tuple[str, ...]) -> Load | None:
    """What the network of torchvision weighs that a script names, where nobody saw its data pass through it."""
    named = _NAMED.search(" ".join(args)) or _NAMED.search(source)
    size = _CROP.search(source)
    edge = int(size[1]) if size else 32 if re.search(r"cifar|svhn|mnist", source, re.IGNORECASE) else 224
    if named is None or "torchvision" not in source or not _SMALL < edge <= _LARGE:
        return None
    call = f"torchvision.models.{named[1]}()(torch.zeros(2, 3, {edge}, {edge}))"
    seen = plan(f"import torch\nimport torchvision\n{call}\n")
    return seen.load if seen is not None and seen.fault is None else None


def _within(mem: int, machine: Machine, gpus: tuple[int, ...]) -> int:
    """What is reckoned a little too large for a card may well fit: that is no proof."""
    room = min((machine.devices.gpus[index].card.memory[-1][1] for index in gpus), default=mem)
    return round(_FULL * room) if _FULL * room < mem < _VAGUE * room else mem


def _delivered(load: Load, inside: bool) -> float:
    """Examples a second that a loader delivers; ``inside``: there is none."""
    size = load.inputs / load.examples
    return 60000.0 if inside else next(rate for least, rate in _LOADED if size >= least)


def _rate(source: str, load: Load, machine: Machine, gpus: tuple[int, ...]) -> float:
    """Examples a second that one RTX 3090 computes; what mixed precision gains is the machine's own card's."""
    half = 1.0
    if _HALF.search(source):
        half = halved(machine.devices.gpus[gpus[0]].card) if gpus else 1.0
    wide = load.millions / load.examples > _FILLING
    computed = 6e6 * load.millions / load.examples / (_OPERATIONS * (_FILLED if wide else 1.0))
    moved = 24.0 * load.activations / load.examples / _BYTES
    return 1.0 / (half * (computed + moved))


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
