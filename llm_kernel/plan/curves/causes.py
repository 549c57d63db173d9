"""From what a script does to what its run gives: how fast it learns, how far, and whether it breaks.

Each cause is one rule; the rules only multiply, so that two causes of a script both show. Rates and reaches are
orders of magnitude, chosen so that small networks on small data go the way that they go in PyTorch.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, TypeAlias

from llm_kernel.plan.curves.recipe import Recipe

__all__ = ["Kind", "Regime", "regime"]

Kind: TypeAlias = Literal["diverge", "chance", "slow", "overfit", "normal"]
_ADAPTIVE = frozenset("adam adamw nadam radam adamax rmsprop adagrad adadelta lion".split())
_GENTLE = 2e-4
"""Learning rates below which pretrained weights are tuned, and not trained anew."""
_SLOW = 0.03
_QUIET = 0.1
"""The dropout from which on training shows it."""
_FEW = 8
"""Examples of a batch below which a step says little."""
_TINY = 0.12
"""The share of a data set below which a network learns it by heart."""
_NARROW = 12
"""Units of a hidden layer below which ten classes do not pass apart: what is lost grows with what is missing."""


@dataclass(frozen=True, slots=True)
class Regime:
    """``speed`` is learning for each step against a usual run, ``reach`` how far it gets (1: all the way, 0: nowhere).

    ``train`` and ``test`` are further reaches of one split, ``noise`` a factor, ``floor`` a loss that nothing goes
    below; ``frozen`` says that the weights never move, ``why`` names the causes.
    """

    kind: Kind = "normal"
    strength: float = 0.0
    speed: float = 1.0
    reach: float = 1.0
    train: float = 1.0
    test: float = 1.0
    heart: float = 1.0
    noise: float = 1.0
    floor: float = 0.0
    ratio: float = 1.0
    adaptive: bool = False
    frozen: bool = False
    why: tuple[str, ...] = ()


def regime(recipe: Recipe) -> Regime:
    """What becomes of a run of this recipe."""
    held = _Causes(recipe)
    held.rate()
    held.gradients()
    held.model()
    held.data()
    return held.regime()


def _smoothed(share: float, classes: int) -> float:
    """The least loss of labels of which this share is spread over all classes: what they leave open themselves."""
    other = min(max(share, 1e-6), 1.0) / classes
    own = 1 - other * (classes - 1)
    return -own * math.log(own) - (classes - 1) * other * math.log(other)


class _Causes:
    """Multiplies the causes of one recipe together."""

    def __init__(self, recipe: Recipe) -> None:
        self.recipe, self.pair = recipe, recipe.pair
        self.speed = self.reach = self.train = self.test = self.heart = self.noise = 1.0
        self.floor, self.ratio = 0.0, 1.0
        self.breaks = self.stands = self.frozen = False
        self.why: list[str] = []
        self.adaptive = recipe.optimizer in _ADAPTIVE

    def rate(self) -> None:
        """The learning rate against the usual one of this optimizer."""
        one, pair = self.recipe, self.pair
        agent = pair.family == "policy" and 1e-5 <= one.lr <= 0.05
        if one.lr <= 0 or pair.family == "gbt" or agent:
            return
        if self.adaptive:
            usual = pair.lr if pair.optimizer.startswith("adam") else 0.001
            usual = {"adadelta": 1.0, "adagrad": 0.01}.get(one.optimizer, usual)
            if "pretrained" in one.habits and pair.family == "transformer" and one.lr < _GENTLE:
                usual = min(usual, 3e-5)
            little = pair.train < 5000 and pair.family in ("linear", "mlp")
            ratio = one.lr / (max(usual, 0.01) if little or pair.source == "generic" else usual)
        else:
            known = pair.optimizer == "sgd" and pair.lr > 0.2
            ratio = one.lr / max(1 - one.momentum, 0.01) / (pair.lr if known else 0.01 if pair.taught else 0.2)
            ratio *= 2 if pair.task == "values" else 1
        self.ratio = ratio
        alike = pair.optimizer == "sgd" and pair.lr <= 0.2 and pair.accuracy and not self.adaptive
        most = min(max(one.batch / pair.batch, 1.0), 2.0) if alike else 2.0
        lenient = 0.75 if self.adaptive else 0.5 if self._normalised() else 1.0
        self.speed *= ratio**lenient if ratio < 1 else min(ratio, most)
        edge = 15.0 if pair.task == "values" else 1000.0 if pair.taught else 100.0 if self._normalised() else 40.0
        table = pair.task == "values" and pair.data and pair.family in ("linear", "mlp")
        unscaled = table and "scaled input" not in one.habits
        if unscaled and not self.adaptive and one.lr >= 1e-3:
            self._break(f"a learning rate of {one.lr:g} on features that are not scaled")
        elif self.adaptive and ratio >= 100:
            self._stand(f"a learning rate of {one.lr:g} is far too large")
        elif not self.adaptive and ratio >= edge:
            broken = self._stand if "clipped gradients" in one.habits else self._break
            broken(f"a learning rate of {one.lr:g} is far too large")
        elif ratio >= 6:
            lost = math.log10(ratio / 6) / 2
            self.reach *= max(0.97 - (0.5 if self.adaptive else 0.9) * lost, 0.05)
            self.noise *= 2
            self.why.append(f"a learning rate of {one.lr:g} is large: a rough way to a worse end")
        elif ratio <= 1e-3:
            self.why.append(f"a learning rate of {one.lr:g} is so small that hardly anything changes")
        elif ratio <= _SLOW:
            self.why.append(f"a learning rate of {one.lr:g} is small: slow")

    def gradients(self) -> None:
        """What the loop does with its gradients."""
        habits = self.recipe.habits
        if "ascent" in habits and self.pair.family != "policy":
            self._break("the loss is made larger, not smaller")
        if "no logarithm" in habits:
            self.why.append("the loss wants logarithms and gets plain scores: it falls below zero without end")
            self.floor = -math.inf
        if "half precision" in habits and self.adaptive and self.recipe.optimizer != "adagrad":
            self._break("weights and an optimizer of half precision: its smallest numbers are lost")
        for word, why in (("no step", "no step is taken"), ("wrong order", "gradients are cleared before a step"),
                          ("constant weights", "all weights begin alike")):  # fmt: skip
            if word in habits:
                self._stand(f"{why}: nothing is learnt")
                self.frozen = self.frozen or word != "constant weights"
        if "no zero_grad" in habits and not self.frozen:
            self.noise *= 4
            self.reach *= 0.55 if self.adaptive else 0.1
            self.why.append("gradients are never cleared: they pile up, and the run wanders")

    def model(self) -> None:
        """What the model and its loss can give."""
        one, habits = self.recipe, self.recipe.habits
        if "softmax twice" in habits and self.pair.classes > 1:
            classes = self.pair.classes
            self.floor = math.log(1 + (classes - 1) / math.e)
            self.speed *= 0.4
            self.reach *= 0.93
            self.why.append(f"softmax before a loss that has its own: no lower than {self.floor:.2f}, and slower")
        if "no activation" in habits and self.pair.family in ("linear", "mlp", "cnn"):
            self.reach *= 1.0 if self.pair.family == "linear" else 0.72
            self.why.append("no activation between the layers: the model is linear")
        narrow = _NARROW / 10 * self.pair.classes
        if self.pair.family == "mlp" and 2 < self.pair.classes <= 10 and 0 < one.width < narrow:
            self.reach *= max(1 - 0.2 * (narrow / one.width - 1), 0.3)
            self.why.append(f"a layer of {one.width} units: too narrow for {self.pair.classes} classes")
        plain = "normalised layers" not in habits and self.pair.family in ("mlp", "cnn", "vgg")
        passing = 40 if "scaled weights" in habits else 24
        if plain and "squashing" in habits and one.depth >= 5:
            self.speed *= max(0.25 ** (one.depth - 4), 1e-6)
            self.why.append(f"{one.depth} layers of sigmoid or tanh: gradients vanish")
            if one.depth >= 7:
                self._stand("nothing reaches the first layers")
        elif plain and "squashing" in habits and one.depth >= 2:
            self.speed *= 0.5
            self.why.append("sigmoid or tanh between the layers: slower")
        elif plain and one.depth >= 20:
            self.speed *= max(0.8 ** (one.depth - 16), 1e-5)
            self.why.append(f"{one.depth} plain layers: gradients hardly pass")
            if one.depth >= passing:
                self._stand("nothing reaches the first layers")
        if one.dropout > 0.2 or (one.dropout >= _QUIET and self.pair.family in ("mlp", "cnn")):
            lost = 0.9 if one.dropout >= 0.9 else 0.25 if one.dropout >= 0.7 else 0.0
            self.train *= max(1 - lost - 0.32 * one.dropout, 0.02)
            self.test *= max(1.02 - 0.03 * one.dropout - (lost + 0.12 * one.dropout if lost else 0.0), 0.02)
            self.why.append(f"dropout of {one.dropout:g}: a higher loss while training")
        if one.smoothing and self.pair.classes > 1:
            self.floor = max(self.floor, _smoothed(one.smoothing, self.pair.classes))
            self.why.append("labels are smoothed: the loss stays higher")
        if one.decay >= 0.02 and one.optimizer != "adamw":
            self._decays(one.decay)
        elif one.decay >= 5:
            self._decays(one.decay / 10)
        elif one.decay >= 0.3:
            self.train *= 0.9
            self.why.append(f"a weight decay of {one.decay:g} holds the weights down a little")
        if self.pair.taught:
            self.why.append("pretrained weights: good from the first epoch")
        elif "frozen" in habits:
            self.reach *= 0.8 if "pretrained" in habits else 0.55
            self.why.append("frozen layers: only the rest learns")
        elif "pretrained" in habits and self.pair.family not in ("transformer", "lstm"):
            self.speed *= 3
            self.why.append("pretrained weights: a quick start")
        if "no eval" in habits and {"dropout", "normalised layers"} & habits:
            self.test *= 0.97 - 0.35 * one.dropout
            self.noise *= 1.3
            self.why.append("the model is not put into evaluation mode: the test is worse than it need be")

    def _normalised(self) -> bool:
        """Whether the layers are normalised, be it in a model that a library has."""
        return "normalised layers" in self.recipe.habits or self.pair.family in ("resnet", "densenet")

    def _decays(self, decay: float) -> None:
        if decay >= 0.5:
            self._stand(f"a weight decay of {decay:g} keeps all weights at zero")
            return
        self.reach *= max(0.9 - 0.35 * math.log10(decay / 0.02), 0.2)
        self.why.append(f"a weight decay of {decay:g} holds the weights down")

    def data(self) -> None:
        """What there is to learn from."""
        one, pair, habits = self.recipe, self.pair, self.recipe.habits
        share = one.examples / pair.train
        if pair.data and share < 0.9 and pair.task != "values" and pair.classes > 1:
            per = max(one.examples / pair.classes, 1.0)
            self.test *= max(math.log(per) / math.log(pair.train / pair.classes), 0.08)
            self.heart *= min((1 / share) ** 0.5, 60.0)
            if share < _TINY:
                self.why.append(f"only {one.examples:,} examples: learnt by heart, of little use on the test")
        elif pair.data and share < 0.9:
            self.test *= max(0.35, share**0.15)
            self.heart *= min((1 / share) ** 0.5, 60.0)
        if "random labels" in habits and pair.task == "classes":
            self.test *= 0.0
            self.speed *= 0.15
            self.train *= min(max(1.0 - math.log10(max(one.examples, 100) / 100) / 3, 0.02), 1.0)
            self.why.append("labels are drawn at random: there is nothing to learn but by heart")
        if one.noise > 0:
            self.train *= max(1 - 1.1 * one.noise, 0.05)
            self.test *= max(1 - 0.55 * one.noise, 0.1)
            left = _smoothed(one.noise, pair.classes) if pair.classes > 1 else 0.6 * one.noise * pair.untrained
            self.floor = max(self.floor, left)
            self.why.append(f"{one.noise:.0%} of the labels are wrong")
        if one.batch < _FEW and pair.batch > 2 * _FEW and self.adaptive and pair.accuracy:
            self.noise *= 2
            self.speed *= one.batch / _FEW
            self.reach *= 0.93
            self.why.append(f"steps of {one.batch} examples at a rate for many: a rough way to a worse end")
        if "no shuffle" in habits and pair.data:
            self.noise *= 1.3
            self.test *= 0.97
            self.speed *= 0.8
            self.why.append("the data is not shuffled: a little slower, a little worse")
        if "augmented" in habits:
            self.train *= 0.88
            self.test *= 1.01
            self.heart *= 0.5

    def _break(self, why: str) -> None:
        self.breaks = True
        self.why.insert(0, why)

    def _stand(self, why: str) -> None:
        self.stands = True
        self.why.insert(0, why)

    def regime(self) -> Regime:
        """The sum of it."""
        kind: Kind = "normal"
        strength = 0.0
        if self.breaks and not self.frozen:
            kind, strength = "diverge", 1.0
        elif self.stands or self.ratio <= (1e-5 if self.pair.family == "linear" else 1e-3):
            kind, strength = "chance", 1.0
        elif self.speed < _SLOW or self.reach < 0.8:
            kind, strength = "slow", 1 - min(self.speed, 1.0) * self.reach
        elif self.test < 0.75 * self.train:
            kind, strength = "overfit", 1 - self.test / self.train
        return Regime(kind, round(strength, 3), self.speed, self.reach, self.train, self.test, self.heart, self.noise,
                      self.floor, self.ratio, self.adaptive, self.frozen, tuple(dict.fromkeys(self.why)))  # fmt: skip
