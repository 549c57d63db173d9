"""The sample data sets of scikit-learn and how it splits them: shapes that the package fixes."""

from __future__ import annotations

import ast
import math
from collections.abc import Callable, Sequence
from typing import Any

from llm_kernel.plan.shapes.estimators import CLASSES, kept, labelled, names_of, note, told
from llm_kernel.plan.shapes.tensor import Tensor, Vague, given, like, tensor
from llm_kernel.plan.values import Thing, Unknown, Value
from llm_kernel.plan.walk import Walk

__all__ = ["SAMPLES", "bunch_attribute"]

_SETS: dict[str, tuple[tuple[int, ...], str]] = {
    "load_iris": ((150, 4), "int64"), "load_digits": ((1797, 64), "int64"), "load_wine": ((178, 13), "int64"),
    "load_breast_cancer": ((569, 30), "int64"), "load_diabetes": ((442, 10), "float64"),
    "fetch_california_housing": ((20640, 8), "float64"),
}  # fmt: skip
"""Shapes of the data, and the type of the targets."""
_SORTED = frozenset({"iris", "wine"})
"""Sets that hold their classes one after the other."""
_FEATURES = {"load_iris": ["sepal length (cm)", "sepal width (cm)", "petal length (cm)", "petal width (cm)"]}


def _load(name: str) -> Callable[[Walk, list[Value], dict[str, Value], ast.AST | None], Value]:
    shape, kind = _SETS[name]

    def load(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
        if named.get("as_frame") is True or "n_class" in named:
            return Unknown(origin=f"sklearn.datasets.{name}()")
        data, target = tensor(shape, "float64", of="numpy"), tensor(shape[:1], kind, of="numpy")
        if (known := name.partition("_")[2]) in CLASSES:
            data, target = _told(data, target, known)
        if named.get("return_X_y") is True:
            return (data, target)
        return Thing("bunch", {"data": data, "target": target, "<name>": name})

    return load


def _told(data: Tensor, target: Tensor, name: str) -> tuple[Tensor, Tensor]:
    """The rows of a set with its classes, whose order is known where the set is sorted by them."""
    import numpy

    ordered = numpy.repeat(numpy.arange(len(CLASSES[name])), CLASSES[name])
    labels = ordered if name in _SORTED else labelled(name, "all", len(ordered))
    target = note(target, set=name, labels=labels, **({"array": ordered} if name in _SORTED else {}))
    return note(data, set=name, labels=labels), target


def bunch_attribute(this: Thing, name: str) -> Value:
    """``data.name`` of a sample data set."""
    if name in ("data", "target"):
        return this.attrs[name]
    loaded = str(this.attrs["<name>"])
    if name == "target_names" and loaded.partition("_")[2] in CLASSES:
        return _names(names_of(loaded.partition("_")[2]), loaded)
    if name == "feature_names" and loaded in _FEATURES:
        return list(_FEATURES[loaded])
    data = this.attrs["data"]
    if name == "images" and loaded == "load_digits":
        return kept(data, tensor((1797, 8, 8), "float64", of="numpy")) if isinstance(data, Tensor) else data
    return Unknown(origin=f"sklearn.datasets.{loaded}().{name}")


def _names(words: Sequence[str], loaded: str) -> Value:
    """Names as the set holds them: an array of texts, of digits one of numbers."""
    import numpy

    return given(numpy.arange(10) if loaded == "load_digits" else numpy.array(words), of="numpy")


def _split(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    """``train_test_split``: the part for test is rounded up."""
    try:
        count = {_length(each) for each in args}
        if len(count) != 1:
            raise Vague
        train, test = _parts(count.pop(), named.get("train_size"), named.get("test_size"))
        order = _order(args[0], train, test, named)
        even = named.get("stratify") is not None
        return [piece for each in args for piece in _pieces(each, (train, test), order, even)]
    except Vague:
        return [Unknown("tensor") for _ in args for _ in range(2)]


def _length(value: Value) -> int:
    if isinstance(value, Tensor) and value.dims:
        return value.dims[0]
    if isinstance(value, list) and all(isinstance(each, (int, float, str)) for each in value):
        return len(value)
    raise Vague


def _order(first: Value, train: int, test: int, named: dict[str, Value]) -> Any:
    """The places of the rows for training and for test, as ``train_test_split`` takes them; None where it is open."""
    import numpy

    seed, count = named.get("random_state"), _length(first)
    if named.get("shuffle") is False:
        return numpy.arange(train), numpy.arange(train, train + test)
    if (
        named.get("stratify") is not None
        or not isinstance(seed, int)
        or isinstance(seed, bool)
        or not 0 <= seed < 2**32
    ):
        return None
    drawn = numpy.random.RandomState(seed).permutation(count)
    return drawn[test : test + train], drawn[:test]


def _pieces(value: Value, sizes: tuple[int, int], order: Any, even: bool) -> list[Value]:
    return [_rows(value, size, order, at, even) for at, size in enumerate(sizes)]


def _rows(value: Value, count: int, order: Any, at: int, even: bool) -> Value:
    if not isinstance(value, Tensor):
        return [Unknown("str" if isinstance(value, list) and value and isinstance(value[0], str) else "float")] * count
    made, name = like(value, (count, *value.dims[1:])), told(value, "set")
    if name is None:
        return made
    part, labels = ("train", "test")[at], told(value, "labels")
    if order is None or labels is None or len(labels) < len(order[0]) + len(order[1]):
        return note(
            made, set=name, part=part, scaled=told(value, "scaled"), labels=labelled(name, part, count, even=even)
        )
    exact = {"array": value.numbers[order[at]]} if value.numbers is not None else {}
    return note(made, set=name, part=part, scaled=told(value, "scaled"), labels=labels[order[at]], **exact)


def _parts(count: int, train: Value, test: Value) -> tuple[int, int]:
    def part(size: Value, up: bool) -> int | None:
        if isinstance(size, float) and 0 < size < 1:
            return math.ceil(size * count) if up else math.floor(size * count)
        if size is not None and not (isinstance(size, int) and 0 < size < count):
            raise Vague
        return size if isinstance(size, int) else None

    taken, rest = part(test, True), part(train, False)
    if taken is None:
        taken = math.ceil(0.25 * count) if rest is None else count - rest
    return (count - taken if rest is None else rest), taken


SAMPLES = {
    **{f"sklearn.datasets.{name}": _load(name) for name in _SETS},
    "sklearn.model_selection.train_test_split": _split,
}
"""Handlers by full name."""
