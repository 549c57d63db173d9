"""The way a run's figures go: the usual curve of its pair, bent by its regime, with seeded noise.

A figure follows from the run, the split and the progress alone, so that it is the same in whichever order it is asked
for. Progress is counted in the run's own epochs; 0.5 is the middle of the first.
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

from llm_kernel.plan.curves.causes import Regime, regime
from llm_kernel.plan.curves.pairs import Ends
from llm_kernel.plan.curves.recipe import Recipe, recipe
from llm_kernel.plan.curves.schedule import Schedule, schedule

__all__ = ["Course", "course"]

_KNEES = {False: (1.5, 0.0077), True: (1.0, 0.01)}
"""How networks, and linear models (True), leave their untrained loss: fitted to plain gradient descent."""
_SOONER = {False: (1.0, 0.035), True: (0.6, 0.03)}
"""The same of their errors, which fall before the losses do."""
_STEADY = ((1.0, 0.2),)
"""The same of figures that go straight from the first."""
_SPREAD = 1.3
"""How far the losses of examples lie apart, against the root of their mean."""
_HALF = 1 / 3
"""The part of a run after which an agent has learnt half of what it learns: slow at first."""
_ALIKE = 0.25
"""The same against their mean, where a loss is that of making an example anew."""
_UNTAUGHT = {False: 0.005, True: 0.025}
"""How far the first batch's loss lies off chance, without normalised layers and with them (then only above it)."""
_LEAST = 1e-7
_PLATEAU, _HIGH = 0.45, 0.2
"""Where a rate that is not cut leads: this part of the way back from a pair's end to its first epoch, at least so much
of that."""
_LATE = 1.3
"""By which power of what was cut the plateau is left."""
_LOW = 0.25
"""What is left of the highest rate at the end of a run that is brought down, at most."""
_SHORT = 0.5
"""Epochs of the pair below which an own epoch goes by like a part of one."""
_FAR = 1000
"""Epochs for which the rates are summed up."""
_GROWN = 14
"""Steps after which a run that breaks has reached nan."""


@dataclass(frozen=True, slots=True)
class Course:
    """One run: its recipe, what becomes of it, and the seed of its noise."""

    recipe: Recipe
    regime: Regime
    seed: str = ""
    schedule: Schedule | None = None
    pace: tuple[float, ...] = ()
    """The learning done until each epoch, in epochs at the first rate."""
    cuts: tuple[float, ...] = ()
    """The share of its highest rate so far that each epoch has lost; empty where it is not brought down."""

    @property
    def usual(self) -> bool:
        """Whether the figures come from a row of the file, and nothing in the script turns them aside."""
        return self.recipe.pair.sure and self.regime.kind == "normal"

    @property
    def unrest(self) -> float:
        """How far a run's losses lie off the way, against those of classes: very many tokens are told with one loss."""
        return 0.2 if self.recipe.pair.task == "tokens" else 1.0

    def loss(self, split: str, epochs: float, *, steps: bool = False) -> float:
        """The loss after ``epochs``; ``steps``: of one batch before its own step, and not the average of an epoch."""
        one, regime = self.recipe, self.regime
        start = one.pair.untrained
        if steps and self.first(epochs):
            return self._begins()
        if regime.kind == "diverge":
            return self._broken(epochs)
        if regime.kind == "chance":
            rough = 0.004 if regime.ratio < 50 or not regime.adaptive else 0.15
            lifted = start * (1.003 if rough < 0.1 else min((regime.ratio / 100) ** 0.2, 40.0))
            return max(start * 0.98, lifted) * math.exp(
                rough * self._noise("loss", split, 0.0 if regime.frozen else epochs)
            )
        value = self.smooth("loss", split, max(epochs - 1 / max(one.updates, 1), 0.0) if steps else epochs)
        rough = self.rough(value) if steps else self.unrest * (0.02 if split == "train" else 0.03)
        rough = min(rough * regime.noise, 0.5)
        own = 0.05 * self.unrest * self.gone("loss", value) * self.own("loss", split)
        return self.off(value, rough * self._noise("loss", split, epochs) + own)

    def rough(self, value: float) -> float:
        """How far the loss of one batch lies off ``value``, its mean: much where it is low, little where untrained."""
        pair, count = self.recipe.pair, max(self.recipe.batch, 1)
        if pair.task == "values":
            return min((_ALIKE if pair.elements else _SPREAD) / math.sqrt(count), 0.6)
        if pair.task == "tokens":
            count = max(count, pair.batch)
        return min(_SPREAD * self.gone("loss", value) / math.sqrt(count * max(value, 1e-4)), 0.6)

    def gone(self, kind: str, value: float) -> float:
        """How far a loss, or an error, is from that of an untrained network, which every run begins with."""
        pair = self.recipe.pair
        untrained = pair.untrained if kind == "loss" else 100 - 100 / max(pair.classes, 2)
        return min(max(1 - value / untrained, 0.02), 1.0) if untrained > 0 else 1.0

    def first(self, epochs: float) -> bool:
        """Whether no step was taken yet where a batch's loss is that at ``epochs``."""
        return epochs * self.recipe.updates <= 1.001

    def _begins(self) -> float:
        """The loss of the very first batch: chance, a little above it where layers are normalised."""
        pair = self.recipe.pair
        above = "normalised layers" in self.recipe.habits or pair.family in ("resnet", "densenet")
        rough = self.rough(pair.untrained) if pair.task == "values" else _UNTAUGHT[above]
        noise = self._noise("loss", "first", 0.0)
        return pair.untrained * math.exp(rough * (abs(noise) if above else noise))

    def off(self, value: float, away: float) -> float:
        """A loss that lies ``away`` from ``value``, as a logarithm of what stands above the regime's floor."""
        floor = self.regime.floor if 0 < self.regime.floor < value else 0.0
        return floor + (value - floor) * math.exp(away)

    def accuracy(self, split: str, epochs: float, *, steps: bool = False) -> float:
        """The accuracy in percent after ``epochs``."""
        one, regime = self.recipe, self.regime
        chance = 100 / max(one.pair.classes, 2)
        count = one.batch if steps else (one.test or one.pair.test) if split == "test" else one.examples
        if regime.kind == "diverge" and math.isnan(self._broken(epochs)):
            return 9.8 if one.pair.data == "MNIST" else chance
        if regime.kind in ("diverge", "chance"):
            spread = 100 * math.sqrt(max(chance * (100 - chance), 0.0) / 1e4 / max(count, 1)) + 0.25
            return chance + spread * self._noise("accuracy", split, 0.0 if regime.frozen else epochs)
        error = self.smooth("accuracy", split, epochs)
        wide = 100 * math.sqrt(max(error * (100 - error), 0.0) / 1e4 / max(count, 1)) * (1.0 if steps else 0.2)
        noise = self._noise("accuracy", split, epochs)
        moved = error * math.exp((0.012 if split == "train" else 0.025) * regime.noise * noise) + wide * noise * 0.7
        return min(max(100 - moved * math.exp(0.04 * self.own("accuracy", split)), 0.0), 100.0)

    def figure(self, kind: str, epochs: float) -> float:
        """A figure besides losses and accuracies after ``epochs``, without its noise."""
        one = self.recipe.pair.figures[kind]
        if self.regime.kind in ("diverge", "chance"):
            return one.untrained
        progress = self._progress(epochs)
        start, first, last = (each - one.least for each in (one.untrained, *one.ends))
        if kind == "reward":
            done = progress / self.recipe.pair.epochs
            learnt = min((1 + _HALF**2) * done**2 / (done**2 + _HALF**2), 1.0)
            return float(one.least + start * (last / start) ** learnt)
        return one.least + _way(start, (first, last), progress, self.recipe.pair.epochs, _STEADY, heart=False)

    def _progress(self, epochs: float) -> float:
        """What was learnt after ``epochs``, in epochs of the pair."""
        one = self.recipe
        speed = min(self.regime.speed, 1.0) if self.cuts else self.regime.speed
        return self._learnt(max(epochs, 0.0)) * one.updates / one.pair.updates * speed

    def smooth(self, kind: str, split: str, epochs: float) -> float:
        """The loss, or the error in percent, on the way without its noise."""
        regime, pair = self.regime, self.recipe.pair
        ends = pair.loss[split]
        if kind == "accuracy":
            first, last = pair.accuracy.get(split, (50.0, 90.0))
            ends = 100 - first, 100 - last
        start = pair.untrained if kind == "loss" else 100 - 100 / max(pair.classes, 2)
        progress = self._progress(epochs)
        if split == "train":
            begun = min(progress, 1.0) if self.cuts and regime.heart < 1 else 0.0
            progress = begun + (progress - begun) * regime.heart
            ends = self._averaged(kind, ends, epochs)
        linear = pair.family == "linear"
        knees = [_KNEES[linear], _SOONER[linear]] if kind == "accuracy" else [_KNEES[linear]]
        by_heart = split == "train" and regime.heart > 1.5
        if self.cuts and progress > 1:
            value = self._brought_down(ends, epochs, progress)
        else:
            value = _way(start, ends, progress, pair.epochs, knees, heart=by_heart)
        reach = regime.reach * (regime.train if split == "train" else regime.test)
        if reach != 1.0 and start > 0 and value > 0:
            value = float(start * (value / start) ** reach)
        if kind == "loss" and split == "test" and regime.test < 0.75 * regime.train:
            value += 0.25 * start * (1 - regime.test) * math.log1p(progress * regime.heart) / 3
        if kind == "accuracy" and split == "train":
            value += (100 - value) * self.recipe.noise * (1 - 1 / max(pair.classes, 2))
        if kind == "loss" and regime.floor:
            value = self._floored(value, start, progress)
        return float(max(value, _LEAST if regime.floor != -math.inf else -math.inf))

    def _averaged(self, kind: str, ends: Ends, epochs: float) -> Ends:
        """The ends of what an epoch averages while it trains: a later one tells less of the first steps."""
        pair = self.recipe.pair
        other = pair.loss["test"][0] if kind == "loss" else 100 - pair.accuracy.get("test", (50.0, 90.0))[0]
        short = pair.task == "values" or self._progress(1.0) < _SHORT
        if not (0 < other < ends[0] and pair.data and short):
            return ends
        share = min(1 / max(epochs, 1.0), 1.0)
        return ends[0] ** share * math.sqrt(ends[0] * other) ** (1 - share), ends[1]

    def _brought_down(self, ends: Ends, epochs: float, progress: float) -> float:
        """Where a rate that is cut leads: a high one stays above a plateau, which is left with each cut."""
        first, last = ends
        lost = self.cuts[min(max(math.ceil(epochs - 1e-9) - 1, 0), len(self.cuts) - 1)] ** _LATE
        usual = _way(first, ends, progress, self.recipe.pair.epochs, _STEADY, heart=False)
        plateau = max(last * (first / last) ** _PLATEAU, _HIGH * first)
        return float(max(usual, min(plateau, first)) ** (1 - lost) * math.sqrt(usual * min(last, usual)) ** lost)

    def _learnt(self, epochs: float) -> float:
        """``epochs`` as they count where a schedule has cut the rate: at half the first rate they count in full."""
        if not self.pace or self.cuts:
            return epochs
        whole = min(int(epochs), len(self.pace) - 2)
        done = self.pace[whole] + (epochs - whole) * (self.pace[whole + 1] - self.pace[whole])
        return min(epochs, 2 * done)

    def _floored(self, value: float, start: float, progress: float) -> float:
        floor = self.regime.floor
        if floor == -math.inf:
            return float(start * 0.05 - 30 * start * progress**1.2)
        return floor + (start - floor) * min(value / start, 1.5) if start > floor else floor + value

    def _broken(self, epochs: float) -> float:
        """The loss of a run that breaks: it grows from step to step until it is none."""
        steps = epochs * self.recipe.updates
        if self.recipe.pair.task == "values":
            power = math.log10(max(self.regime.ratio, 3.0)) * steps * 1.2
            return math.nan if power > 44 else math.inf if power > 38 else float(self.recipe.pair.untrained * 10**power)
        if steps >= _GROWN:
            return math.nan
        return float(self.recipe.pair.untrained * max(self.regime.ratio, 3.0) ** (steps / 3))

    def _noise(self, kind: str, split: str, epochs: float) -> float:
        draw = random.Random(f"{self.seed}/{self.recipe.seed}/{kind}/{split}/{epochs:.5f}").gauss(0, 1)
        return min(max(draw, -2.5), 2.5)

    def own(self, kind: str, split: str) -> float:
        """What distinguishes this run from another of another seed."""
        return min(max(random.Random(f"{self.seed}/{self.recipe.seed}/{kind}/{split}").gauss(0, 1), -2.0), 2.0)

    def sentence(self, epochs: int, first: int = 1) -> str:
        """The hint for a run of ``epochs`` epochs from ``first`` on: a few points on its way."""
        ways = {1, 2, max(1, epochs // 4), max(1, epochs // 2), epochs} - ({2} if epochs > 40 else set())
        points = [self._point(first - 1 + step) for step in sorted(ways)]
        name = " ".join(one for one in (self.recipe.pair.data or "such data", self._family()) if one)
        causes = f"; mind: {'; '.join(self.regime.why)}" if self.regime.why and self.regime.kind != "normal" else ""
        return f"{name} usually, a little different each time: {', '.join(points)}{causes}"

    def _family(self) -> str:
        return {
            "tuned": "on pretrained weights",
            "probe": "with a new head on frozen weights",
            "tuned text": "on pretrained weights",
            "mlp": "with an MLP",
            "cnn": "with a CNN",
            "lstm": "with an LSTM",
            "resnet": "with a ResNet",
        }.get(self.recipe.pair.family, f"with {self.recipe.pair.family}")

    def _point(self, epoch: int) -> str:
        said = f"epoch {epoch} loss {_short(self.loss('train', epoch))}"
        if self.recipe.pair.task == "classes":
            return f"{said} accuracy {self.accuracy('test', epoch):.1f}%"
        if self.recipe.pair.task == "tokens":
            return f"{said} validation loss {_short(self.loss('test', epoch))}"
        return said


def _short(value: float) -> str:
    return f"{value:.3f}" if abs(value) < 1000 else f"{value:.3g}"


def _way(
    start: float,
    ends: Ends,
    progress: float,
    epochs: int,
    knees: Sequence[tuple[float, float]],
    *,
    heart: bool,
) -> float:
    """From ``start`` to the first of ``ends`` within one epoch, then by a power law to the last.

    ``heart``: and on to nothing.
    """
    if progress <= 0:
        return start
    low, high = max(ends[0], _LEAST), max(ends[1], _LEAST)
    if progress < 1:
        share = max((1 + knee) * progress**power / (progress**power + knee) for power, knee in knees)
        return float(start * (low / start) ** share)
    share = math.log(progress) / math.log(max(epochs, 2))
    if heart:
        return float(low * (min(high, low) / low) ** min(share, 3.0))
    return float(low * (high / low) ** (min(share, 1.0) + 0.1 * max(share - 1, 0.0)))


def course(source: str, argv: Sequence[str] = (), seed: str = "") -> Course | None:
    """The course of the run that this script makes; None where it trains nothing."""
    found = recipe(source, argv)
    if found is None:
        return None
    rates = schedule(source, argv, found.lr, found.epochs or found.pair.epochs, found.updates)
    pace = _pace(found, rates) if rates is not None and rates.rate > 0 else ()
    return Course(found, regime(found), seed, rates, pace, _cuts(found, pace))


def _pace(recipe: Recipe, rates: Schedule) -> tuple[float, ...]:
    """The sum of the rates until each of the first epochs, in first rates."""
    count = min(max(recipe.epochs, 1), _FAR) + 1
    base = max(rates.rate * rates.factor(0.0), rates.rate if rates.batches else 0.0) or 1.0
    total, out = 0.0, [0.0]
    for epoch in range(count):
        done = (epoch + 0.5) * recipe.updates if rates.batches else float(epoch)
        total += max(rates.rate * rates.factor(done), 0.0) / base
        out.append(total)
    return tuple(out)


def _cuts(recipe: Recipe, pace: Sequence[float]) -> tuple[float, ...]:
    """What each epoch's rate lacks of the highest before it, where the pair's own end is that of such a run."""
    rates = [later - earlier for earlier, later in pairwise(pace)][: recipe.epochs]
    tops = list(accumulate(rates, max))
    if recipe.pair.optimizer != "sgd" or not recipe.pair.accuracy or not rates or rates[-1] > _LOW * tops[-1]:
        return ()
    return tuple(1 - rate / top if top > 0 else 0.0 for rate, top in zip(rates, tops, strict=True))
