"""Well-known pairs of a data set and a family of models, with the loss and the accuracy that training gives.

The figures stand in ``pairs.json``, each row with its source. What is not there gets the nearest family, or a generic
row whose bounds are wide.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

__all__ = ["Ends", "Figure", "Pair", "data_set", "has_row", "pair_for"]

Ends = tuple[float, float]
"""After the first epoch, and after the last."""


_TAUGHT = frozenset({"tuned", "probe", "tuned text"})
"""Pretrained weights that all learn further, a new head on such as do not, and language models."""
_SQUARED = 0.78
"""The power of an entropy that a mean square goes by."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure besides: ``ends`` as of a loss, ``rough`` how far one lies off as a logarithm, and what bounds it."""

    untrained: float
    ends: Ends
    rough: float
    least: float = 0.0
    most: float = math.inf


@dataclass(frozen=True, slots=True)
class Pair:
    """One row: ``loss`` and ``accuracy`` (percent) by split, "train" or "test"; ``sure`` where it is in the file.

    ``figures`` are those besides, such as a reward; shares are in percent.
    """

    data: str
    family: str
    task: str
    classes: int
    train: int
    test: int
    batch: int
    epochs: int
    optimizer: str
    lr: float
    loss: Mapping[str, Ends]
    accuracy: Mapping[str, Ends] = field(default_factory=dict)
    source: str = ""
    untrained: float = 0.0
    sure: bool = True
    figures: Mapping[str, Figure] = field(default_factory=dict)
    variance: float = 1.0
    """Of the values that are to be told, where the loss is a square."""
    elements: int = 0
    """Of one example, where the loss is that of making it anew."""

    def times(self, unit: float) -> Pair:
        """The same with its losses in another unit."""
        loss = {split: (first * unit, last * unit) for split, (first, last) in self.loss.items()}
        return self if unit == 1 else replace(self, loss=loss, untrained=self.untrained * unit)

    @property
    def taught(self) -> bool:
        """Whether its weights come from another, larger data set."""
        return self.family in _TAUGHT

    def squared(self) -> Pair:
        """The same with losses that are mean squares of what is off the classes' zeros and ones."""
        most = (1 - 1 / self.classes) / self.classes
        loss = {split: (most * (first / self.untrained) ** _SQUARED, most * (last / self.untrained) ** _SQUARED)
                for split, (first, last) in self.loss.items()}  # fmt: skip
        return replace(self, loss=loss, untrained=most)

    def known_by_heart(self) -> Pair:
        """The same where what is tested on is what was trained on."""
        accuracy = dict.fromkeys(self.accuracy, self.accuracy["train"]) if "train" in self.accuracy else self.accuracy
        return replace(self, loss=dict.fromkeys(self.loss, self.loss["train"]), accuracy=accuracy)

    @property
    def updates(self) -> int:
        """Steps of the optimizer in one of its epochs."""
        return max(1, math.ceil(self.train / self.batch))


_NEAR = {
    "linear": ("linear", "mlp", "cnn", "transformer", "lstm"),
    "mlp": ("mlp", "linear", "cnn", "lstm", "transformer"),
    "cnn": ("cnn", "mlp", "resnet", "vgg", "lstm", "transformer"),
    "resnet": ("resnet", "densenet", "vgg", "cnn", "mlp"),
    "densenet": ("densenet", "resnet", "vgg", "cnn", "mlp"),
    "vgg": ("vgg", "resnet", "cnn", "mlp"),
    "vit": ("vit", "resnet", "cnn", "mlp"),
    "lstm": ("lstm", "transformer", "mlp", "cnn"),
    "transformer": ("transformer", "lstm", "vit", "mlp", "cnn"),
    "gbt": ("gbt", "mlp", "linear", "cnn", "lstm"),
}
"""The families by how near they are to each."""


@lru_cache(maxsize=1)
def _held() -> tuple[dict[str, str], tuple[Pair, ...]]:
    data = json.loads((Path(__file__).parent / "pairs.json").read_text(encoding="utf-8"))
    return data["patterns"], tuple(_pair(row, data["untrained"], data["variance"]) for row in data["pairs"])


def _pair(row: dict[str, Any], untrained: dict[str, float], variance: dict[str, float]) -> Pair:
    loss = {split: (row[f"{split}_loss"][0], row[f"{split}_loss"][1]) for split in ("train", "test")}
    accuracy = {
        split: (row[f"{split}_acc"][0], row[f"{split}_acc"][1]) for split in ("train", "test") if f"{split}_acc" in row
    }
    names = ("data", "family", "task", "classes", "train", "test", "batch", "epochs", "optimizer", "lr", "source")
    start = math.log(row["classes"]) if row["classes"] > 1 else untrained.get(row["data"], loss["train"][0] * 2)
    start = row.get("untrained", start)
    figures = {name: Figure(said[0], (said[1], said[2]), *said[3:]) for name, said in row.get("figures", {}).items()}
    return Pair(**{name: row[name] for name in names}, loss=loss, accuracy=accuracy, untrained=start, figures=figures,
                variance=variance.get(row["data"], 1.0), elements=row.get("elements", 0))  # fmt: skip


def data_set(words: str) -> str:
    """The name of the well-known data set that ``words`` (lower case) speak of, or nothing."""
    patterns, _ = _held()
    return next(
        (name for name, pattern in patterns.items() if re.search(rf"(?<![a-z])(?:{pattern})(?![a-z]*mnist)", words)), ""
    )


def has_row(data: str, family: str) -> bool:
    """Whether there is a row of this data set, or of none, and this very family."""
    _, pairs = _held()
    return any((row.data, row.family) == (data, family) for row in pairs)


def pair_for(data: str, family: str, *, classes: int = 0, train: int = 0, test: int = 0, task: str = "") -> Pair:
    """The row of this data set whose family is nearest; a generic one where the data set is not known."""
    _, pairs = _held()
    apart = [row for row in pairs if row.family == family and row.data in (data, "")]
    if family not in _NEAR and apart:
        found = next((row for row in apart if row.data), apart[0])
        if found.data:
            return found
        told = replace(found, train=train or found.train, test=test or found.test, sure=False)
        more = found.classes > 1 and classes > found.classes
        return replace(told, classes=classes).times(math.log(classes) / math.log(found.classes)) if more else told
    rows = [row for row in pairs if row.data == data]
    for near in _NEAR.get(family, ("mlp",)):
        for row in rows:
            if row.family == near:
                return row if near == family else replace(row, family=family, sure=False)
    return _generic(family, classes, train or 1000, test, task)


def _generic(family: str, classes: int, train: int, test: int, task: str) -> Pair:
    """Data that nobody knows, such as drawn at random by the script."""
    accuracy: dict[str, Ends] = {}
    if task == "tokens":
        classes, epochs = max(classes, 50), 20
        start = math.log(classes)
        loss = {"train": (0.75 * start, 0.35 * start), "test": (0.78 * start, 0.42 * start)}
    elif task == "values" or classes == 1:
        task, classes, start, epochs = "values", 0, 1.05, 30
        loss = {"train": (0.62, 0.035), "test": (0.55, 0.05)}
    else:
        task, classes, epochs = "classes", max(classes, 2), 30
        start, full = math.log(classes), 100 - 100 / classes
        loss = {"train": (0.72 * start, 0.12 * start), "test": (0.65 * start, 0.22 * start)}
        accuracy = {"train": (100 - 0.48 * full, 100 - 0.06 * full), "test": (100 - 0.45 * full, 100 - 0.13 * full)}
    tested = test or max(train // 5, 1)
    return Pair(
        "", family, task, classes, train, tested, 32, epochs, "adam", 0.001, loss, accuracy, "generic", start, False
    )
