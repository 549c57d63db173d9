"""Estimators of scikit-learn on its sample data: what they would predict, drawn by how well such a model usually does.

Nobody trains anything. The predictions of one model for one part of the data are drawn once, so that its accuracy, its
confusion matrix and every report of it agree.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from llm_kernel.plan.shapes.tensor import Cell, Tensor
from llm_kernel.plan.values import Value

if TYPE_CHECKING:
    import numpy

__all__ = ["CLASSES", "chances", "drawn", "folds", "kept", "labelled", "names_of", "note", "rate", "told"]

CLASSES: dict[str, tuple[int, ...]] = {
    "iris": (50, 50, 50),
    "wine": (59, 71, 48),
    "digits": (178, 182, 177, 183, 181, 182, 181, 179, 174, 180),
    "breast_cancer": (212, 357),
}
"""Examples of each class."""
_ALIKE = {"iris": (1, 2)}
"""Classes that are taken for each other; elsewhere any may be."""
_FAMILIES = {
    "forest": "RandomForestClassifier", "extratrees": "RandomForestClassifier", "tree": "DecisionTreeClassifier",
    "boost": "GradientBoostingClassifier", "xgb": "GradientBoostingClassifier", "lgbm": "GradientBoostingClassifier",
    "svc": "SVC", "svm": "SVC", "neighbors": "KNeighborsClassifier",
    "nb": "GaussianNB", "mlp": "MLPClassifier", "perceptron": "MLPClassifier",
}  # fmt: skip
_WIDTH = 0.5
"""How far the accuracy of one split may lie off the mean, in standard deviations of its errors."""


@cache
def _rows() -> dict[str, dict[str, list[float]]]:
    text = (resources.files("llm_kernel.plan.shapes") / "estimators.json").read_text("utf-8")
    found: dict[str, dict[str, list[float]]] = json.loads(text)["rows"]
    return found


def rate(data: str, by: str, *, scaled: bool, train: bool) -> float:
    """The usual accuracy of an estimator, as a share; ``by`` is the name of its class, or what it is made by."""
    rows = _rows()[data]
    word = by.lower()
    name = next((each for each in rows if each.lower() in word), None)
    name = name or next((each for part, each in _FAMILIES.items() if part in word), "LogisticRegression")
    return rows[name][2 * scaled + train]


def labelled(data: str, part: str, count: int, *, even: bool = False) -> numpy.ndarray[Any, Any]:
    """Classes of ``count`` examples of a set, in the set's proportions; the same ones for the same part.

    ``even``: the proportions are kept as well as whole examples let them be.
    """
    import numpy

    chance = numpy.random.RandomState(zlib.crc32(f"{data}/{part}/{count}".encode()))
    sizes = numpy.array(CLASSES[data])
    if even:
        shares = sizes * count / sizes.sum()
        sizes = numpy.floor(shares).astype("int64")
        sizes[numpy.argsort(sizes - shares, kind="stable")[: count - sizes.sum()]] += 1
    whole = numpy.repeat(numpy.arange(len(sizes)), sizes)
    return chance.permutation(whole)[:count] if count <= len(whole) else chance.choice(whole, count)


def drawn(data: str, by: str, labels: numpy.ndarray[Any, Any], *, scaled: bool, train: bool) -> Any:
    """What an estimator says of examples of these classes."""
    import numpy

    share = rate(data, by, scaled=scaled, train=train)
    chance = numpy.random.RandomState(zlib.crc32(f"{data}/{by}/{scaled}".encode() + labels.astype("int64").tobytes()))
    count, classes = len(labels), len(CLASSES[data])
    away = _WIDTH * chance.normal() * (count * share * (1 - share)) ** 0.5
    wrong = min(max(round(count * (1 - share) + away), 0), count)
    said = labels.copy()
    alike = _ALIKE.get(data, tuple(range(classes)))
    places = [at for at in chance.permutation(count) if int(labels[at]) in alike]
    for at in places[:wrong]:
        others = [each for each in alike if each != int(labels[at])]
        said[at] = others[chance.randint(len(others))]
    return said


def chances(said: numpy.ndarray[Any, Any], labels: numpy.ndarray[Any, Any], classes: int) -> Any:
    """How sure an estimator that says ``said`` of examples of these classes is of each: seldom of an error."""
    import numpy

    chance = numpy.random.RandomState(zlib.crc32(said.astype("int64").tobytes()))
    right = said == labels
    doubt = numpy.where(right, 0.5 * chance.beta(0.5, 4.0, len(said)), chance.uniform(0.15, 0.48, len(said)))
    if classes == 2:
        found = numpy.empty((len(said), 2))
        found[numpy.arange(len(said)), said] = 1 - doubt
        found[numpy.arange(len(said)), 1 - said] = doubt
        return found
    found = chance.dirichlet(numpy.full(classes, 0.3), len(said)) * 0.4 * doubt[:, None]
    at = numpy.arange(len(said))
    found[at, labels] += numpy.where(right, 0.0, 0.5 * doubt)  # of the classes that it does not take, the true one most
    found[at, said] = 0.0
    found[at, said] = 1 - found.sum(axis=1)
    return found


def folds(data: str, by: str, count: int, *, scaled: bool) -> numpy.ndarray[Any, Any]:
    """The accuracies of a cross-validation with ``count`` folds."""
    import numpy

    sizes = numpy.full(count, sum(CLASSES[data]) // count)
    sizes[: sum(CLASSES[data]) % count] += 1
    found = []
    for number, size in enumerate(sizes):
        labels = labelled(data, f"fold {number} of {count}", int(size))
        found.append(float((drawn(data, by, labels, scaled=scaled, train=False) == labels).mean()))
    return numpy.array(found)


def note(made: Tensor, **what: Any) -> Tensor:
    """The tensor with what is known of its rows, beside its numbers."""
    held: dict[str, Any] = dict(made.cell.held) if made.cell is not None else {}
    return replace(made, cell=Cell({**held, **what}))


def kept(one: Tensor, made: Value) -> Value:
    """``made`` of the same rows in another shape, of which the same is known."""
    told_of = {} if one.cell is None else {name: one.cell.held[name] for name in _ROWS if name in one.cell.held}
    same = isinstance(made, Tensor) and made.dims[:1] == one.dims[:1]
    return note(made, **told_of) if told_of and same and isinstance(made, Tensor) else made


_ROWS = ("set", "labels", "part", "scaled")


def told(value: Any, name: str) -> Any:
    """What ``note`` has kept."""
    return value.cell.held.get(name) if isinstance(value, Tensor) and value.cell is not None else None


def names_of(data: str) -> Sequence[str]:
    """What the set calls its classes."""
    return {
        "iris": ("setosa", "versicolor", "virginica"),
        "wine": ("class_0", "class_1", "class_2"),
        "breast_cancer": ("malignant", "benign"),
    }.get(data, tuple(str(n) for n in range(len(CLASSES[data]))))
