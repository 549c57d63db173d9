"""What a hole of a training script's line shows: by its expression, what that is made of, and the label before it."""

from __future__ import annotations

import math
import random
import re
from collections.abc import Mapping
from dataclasses import dataclass

from llm_kernel.plan.curves.classes import area
from llm_kernel.plan.curves.course import Course
from llm_kernel.plan.curves.kinds import SHARES, kind_of
from llm_kernel.plan.curves.meanings import Many, losses, meaning, since_start
from llm_kernel.plan.curves.memory import counted
from llm_kernel.plan.curves.pairs import Figure
from llm_kernel.plan.nodes import Hole, Line

__all__ = ["Role", "role_of", "written"]

_TEST = re.compile(r"test|(?<!\.)val(?:id\w*|_|\b)|eval|\bdev\b|验证|测试|held", re.IGNORECASE)
_TRAIN = re.compile(r"train|running|batch|训练", re.IGNORECASE)
_BEST = re.compile(r"best|highest|lowest|top_acc\b|最佳|最好", re.IGNORECASE)
_BESIDE = re.compile(r"\b(?:val|test|valid)[_ ]?\w*[ :=]", re.IGNORECASE)
"""A word that says that figures of the other split stand before."""
_MEAN = re.compile(r"average|avg|mean|running|smooth|/ ?len", re.IGNORECASE)
"""Words of a reward that is one of several episodes."""
_METER = re.compile(r"(?:\w+\.)*(?:val|avg|value|global_avg|median|mean)")
_FIGURE = re.compile(r"(?<=[ =])\d+(?:\.\d+(?:e[-+]?\d+)?|e[-+]?\d+)%?")
"""A number that the program knows, with a label of its own."""
_LOSSES = frozenset({"loss", "ppl", "rmse"})


@dataclass(frozen=True, slots=True)
class Role:
    """``kind`` as ``kinds`` has it or "" for what training does not tell; ``split`` "train" or "test".

    A reward is of one episode, and "test" the mean of several.

    ``percent``: 98 and not 0.98; ``best``: of all turns so far; ``out_of``: the number that a count is part of;
    ``steps``: of one batch; ``over``: of how many losses it is the sum; ``by``: and by how many that is divided.
    """

    kind: str = ""
    split: str = "train"
    percent: bool = False
    best: bool = False
    out_of: int = 0
    steps: bool = False
    over: Many = ""
    by: Many = ""
    run: bool = False
    """Of a time: it is counted from before the epochs on."""
    unit: float = 1.0
    """Of memory: what its bytes are multiplied by."""

    @property
    def falls(self) -> bool:
        """Whether less is better."""
        return self.kind in ("loss", "ppl", "rmse", "mae")

    def shown(self, value: float) -> float:
        """A figure of the course (accuracy in percent, the rest plain) as this hole has it."""
        if self.kind in SHARES and not self.percent:
            return value / 100
        return round(value / 100 * self.out_of) if self.kind == "correct" and self.out_of else value

    def meant(self, shown: float) -> float:
        """The figure that a number in this hole stands for: the way back from ``shown``."""
        if self.kind in SHARES and not self.percent:
            return shown * 100
        return 100 * shown / self.out_of if self.kind == "correct" and self.out_of else shown

    def figure(self, course: Course | None, epochs: float, noise: random.Random) -> float:
        """The usual figure at this place of the run, as the hole shows it."""
        if course is None:
            return noise.uniform(0.2, 0.9)
        if (one := course.recipe.pair.figures.get(self.kind)) is not None:
            usual = course.figure(self.kind, epochs) - one.least
            return self.shown(min(one.least + usual * math.exp(self.rough(one) * noise.gauss(0, 1)), one.most))
        loss = course.loss(self.split, epochs, steps=self.steps)
        match self.kind:
            case "loss":
                return loss
            case "ppl":
                return math.exp(min(loss, 700.0)) if not math.isnan(loss) else loss
            case "rmse":
                return math.sqrt(max(loss, 0.0)) if math.isfinite(loss) else loss
            case "mae":
                return 0.78 * math.sqrt(max(loss, 0.0)) if math.isfinite(loss) else loss
            case "accuracy" | "correct":
                return self.shown(course.accuracy(self.split, epochs, steps=self.steps))
            case "auc":
                return self.shown(area(course.accuracy(self.split, epochs), course.recipe.pair.classes))
            case kind if kind in SHARES:
                return self.shown(max(course.accuracy(self.split, epochs) - noise.uniform(0.05, 0.6), 0.0))
            case "r2":
                return 1 - loss / max(course.recipe.pair.variance, 1e-9)
            case "lr":
                schedule = course.schedule
                if schedule is None or schedule.rate <= 0:
                    return course.recipe.lr
                return schedule.at(epochs, course.recipe.updates)
            case "norm":
                return abs(noise.gauss(1.2, 0.35)) + 0.1
        return noise.uniform(0.2, 0.9)

    def rough(self, one: Figure) -> float:
        """How far such a figure lies off the usual, as a logarithm: a mean of several less than one of them."""
        return one.rough * (0.25 if self.kind == "reward" and self.split == "test" else 1.0)

    def blend(self, low: float, high: float, share: float) -> float:
        """Between two anchors: losses fall by factors, accuracies by what they lack."""
        if self.falls and low > 0 and high > 0:
            return float(low * (high / low) ** share)
        if self.kind in SHARES:
            full = 100.0 if self.percent else 1.0
            a, b = max(full - low, full * 1e-4), max(full - high, full * 1e-4)
            return float(full - a * (b / a) ** share)
        return low + (high - low) * share


def role_of(line: Line, at: int, meanings: Mapping[str, str], *, inner: bool = False) -> Role:
    """What the hole at part ``at`` of ``line`` shows; ``meanings`` as ``definitions`` gives them.

    ``inner``: the line stands among the batches of training, where what says nothing else is of training.
    """
    hole = line.parts[at]
    assert isinstance(hole, Hole)
    if hole.kind in ("shape", "str") or hole.among:
        return Role()
    if (memory := counted(hole.expr, meanings)) is not None:
        return Role(memory[0], unit=memory[1])
    label, after = _label(line, at), _after(line, at)
    if label.strip() == "(" and _METER.fullmatch(hole.expr) and at > 1 and isinstance(line.parts[at - 2], Hole):
        return role_of(line, at - 2, meanings, inner=inner)
    whole = " ".join(part.text for part in line.parts[:at] if not isinstance(part, Hole))
    said = label if _METER.fullmatch(hole.expr) else f"{label} {hole.expr}"
    near_by, deep = meaning(hole.expr, meanings)
    whole_run = since_start(hole.expr, meanings)
    if kind_of(after.partition(" ")[0]) == "rate":
        return Role("rate", run=whole_run)
    if hole.kind == "time":
        return Role("eta" if kind_of(said) == "eta" else "time", run=whole_run)
    kind = kind_of(hole.expr) or kind_of(label[-32:])
    near = kind_of(label[-16:])
    if near in ("top5", "accuracy", "loss", "ppl", "lr", "rmse") and kind in (
        "correct",
        "loss",
        "accuracy",
        "ppl",
        "",
        "norm",
    ):
        kind = near if not (kind == "correct" and _is_count(hole)) else kind
    kind = kind or kind_of(deep)
    if kind == "correct" and not _is_count(hole) and "/" in f"{hole.expr}{deep}":
        kind = "accuracy"
    if kind == "correct" and re.search(r"100", f"{hole.expr} {deep}") and not _is_count(hole):
        kind = "accuracy"
    if kind == "accuracy" and _is_count(hole) and _out_of(after):
        kind = "correct"
    share = kind == "correct" and _hundred(hole.expr, "")
    kind = "accuracy" if share else kind
    if kind == "time" and hole.kind == "int":
        kind = ""
    if (
        re.search(r"\btotal\b|len\(", hole.expr)
        and kind in ("correct", "accuracy", "loss")
        and _is_count(hole)
        and not share
    ):
        return Role()
    best = bool(_BEST.search(said))
    if best and re.search(r"epoch", said) and hole.kind == "int":
        return Role("epoch", best=True)
    split = _split(said, near_by, whole, kind, inner=inner)
    if kind == "reward":
        split = "test" if _MEAN.search(f"{said} {near_by}") else "train"
    elif _BESIDE.search(f"{whole} {label}") is None and _TEST.search(said) is None and _tested(line, at, kind):
        split = "train"
    percent = after.startswith("%") or "@" in label[-8:] or hole.format.endswith("%") or _hundred(hole.expr, deep)
    over, by = losses(hole.expr, meanings) if kind in _LOSSES else ("", "")
    return Role(kind, split, percent and not hole.format.endswith("%"), best,
                _out_of(after) if kind == "correct" else 0, over=over, by=by)  # fmt: skip


def _tested(line: Line, at: int, kind: str) -> bool:
    """Whether the same of the other split stands behind, as ``val_accuracy`` stands behind ``accuracy``."""
    rest = " ".join(part.text for part in line.parts[at + 1 :] if not isinstance(part, Hole))
    return any(kind_of(word) == kind for word in re.findall(r"\bval[_ ]\w+", rest)) and bool(kind)


def _hundred(expr: str, deep: str) -> bool:
    """Whether a share is written in percents."""
    times = r"\b100(?:\.0*)? *\*|\* *100\b"
    return not re.search(r"/ *100\b", expr) and re.search(times, f"{expr} {deep}") is not None


def _is_count(hole: Hole) -> bool:
    whole = "/" not in hole.expr.replace("//", "")
    return hole.kind == "int" or hole.format.endswith("d") or (hole.kind == "any" and not hole.format and whole)


def _split(said: str, deep: str, whole: str, kind: str, *, inner: bool) -> str:
    both = _TEST.search(whole) and _TRAIN.search(whole)
    for text, last in ((said, True), ("" if both else whole, True), (deep, False), (whole, True)):
        test, train = _TEST.search(text), _TRAIN.search(text)
        if test and train:
            return "test" if (test.start() > train.start()) == last else "train"
        if test or train:
            return "test" if test else "train"
    return "test" if not inner and (kind in SHARES or kind in ("correct", "r2")) else "train"


def _label(line: Line, at: int) -> str:
    """The words before a hole, those before another figure left out."""
    before = line.parts[at - 1] if at else None
    return "" if before is None or isinstance(before, Hole) else _FIGURE.split(before.text)[-1][-40:]


def _after(line: Line, at: int) -> str:
    after = line.parts[at + 1] if at + 1 < len(line.parts) else None
    return "" if after is None or isinstance(after, Hole) else after.text.lstrip(" ")


def _out_of(after: str) -> int:
    found = re.match(r"(?:/|of|out of) ?(\d[\d,]*)", after)
    return int(found[1].replace(",", "")) if found else 0


def written(number: float, hole: Hole) -> str:
    """``number`` as the hole's format writes it."""
    spec = hole.format
    if hole.kind == "int" or spec.endswith("d"):
        if not math.isfinite(number):
            return "0"
        try:
            return format(round(number), spec)
        except ValueError:
            return str(round(number))
    if not spec or "\n" in spec or spec == "lines":
        return str(float(f"{number:.16g}")) if hole.kind == "float" else f"{number:.4f}"
    try:
        return format(float(number), spec)
    except ValueError:
        return f"{number:.4f}"
