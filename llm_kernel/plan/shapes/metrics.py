"""``sklearn.metrics`` and the methods of estimators, where the data is one of scikit-learn's own samples."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias

from llm_kernel.plan.shapes.estimators import CLASSES, chances, drawn, folds, note, told
from llm_kernel.plan.shapes.tensor import Tensor, Vague, given, like, tensor
from llm_kernel.plan.values import Thing, Unknown, Value, known
from llm_kernel.plan.walk import Walk

if TYPE_CHECKING:
    import numpy

__all__ = ["METRICS", "estimated"]

_Pair: TypeAlias = "tuple[numpy.ndarray[Any, Any], numpy.ndarray[Any, Any], str]"
_SCALERS = ("Scaler", "Normalizer", "QuantileTransformer", "PowerTransformer", "PCA")
_WIDEST = 40
_HEADS = ("precision", "recall", "f1-score", "support")


def estimated(w: Walk, path: str, args: list[Value], named: dict[str, Value]) -> Value | None:
    """``model.predict(X)``, ``model.score(X, y)``, ``scaler.transform(X)``; None for everything else."""
    base, _, name = path.rpartition(".")
    rows = args[0] if args else named.get("X")
    data = told(rows, "set")
    if not isinstance(rows, Tensor) or data not in CLASSES:
        return None
    if name in ("transform", "fit_transform") and any(word in base for word in _SCALERS) and "PCA" not in base:
        return note(like(rows, rows.dims), set=data, labels=told(rows, "labels"), part=told(rows, "part"), scaled=True)
    labels = told(rows, "labels")
    if labels is None or name not in ("predict", "score", "predict_proba"):
        return None
    scaled = told(rows, "scaled") is True or "make_pipeline" in base or "Pipeline" in base
    said = drawn(data, _maker(base), labels, scaled=scaled, train=told(rows, "part") == "train")
    w.drawn.add("what the estimator predicts")
    if name == "score":
        return float((said == labels).mean())
    if name == "predict_proba":
        return given(chances(said, labels, len(CLASSES[data])), of="numpy")
    return note(tensor((len(said),), "int64", of="numpy"), set=data, labels=said)


def _maker(base: str) -> str:
    """What an estimator was made by."""
    found = re.findall(r"([A-Z]\w+)\(\)", base)
    return found[0] if found else base


def _pair(args: list[Value], named: dict[str, Value]) -> _Pair:
    """The true classes, the predicted ones, and the name of the set."""
    true, said = (args[n] if len(args) > n else named.get(name) for n, name in enumerate(("y_true", "y_pred")))
    first, second = _classes(true), _classes(said)
    if len(first) != len(second):
        raise Vague
    return first, second, str(told(true, "set"))


def _classes(value: Value) -> Any:
    """The class of each example, where it is known."""
    found = told(value, "labels")
    if found is not None:
        return found
    import numpy

    numbers = value.numbers if isinstance(value, Tensor) else numpy.array(value) if isinstance(value, list) else None
    if numbers is None or numbers.ndim != 1 or numbers.dtype.kind not in "biuf":
        raise Vague
    return numbers.astype("int64")


def _area(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    """``roc_auc_score``: how often an example of a class is given more of it than one that is not."""
    import numpy

    true, said = (args[n] if len(args) > n else named.get(name) for n, name in enumerate(("y_true", "y_score")))
    try:
        labels = _classes(true)
        scores = said.numbers if isinstance(said, Tensor) else None
        if scores is None:
            scores = numpy.array(said, "float64") if isinstance(said, list) and known(said) else _classes(said)
        if scores.ndim == 1:
            return _ranked(labels == labels.max(), scores)
        if named.get("multi_class") not in ("ovr", "ovo") or named.get("average", "macro") != "macro":
            raise Vague
        return sum(_ranked(labels == n, scores[:, n]) for n in range(scores.shape[1])) / int(scores.shape[1])
    except (Vague, ZeroDivisionError, ValueError, TypeError):
        return Unknown("float", "sklearn.metrics.roc_auc_score()")


def _ranked(positive: Any, scores: Any) -> float:
    import numpy

    inside, outside = scores[positive], numpy.sort(scores[~positive])
    below, upto = numpy.searchsorted(outside, inside, "left"), numpy.searchsorted(outside, inside, "right")
    return float((below + upto).sum()) / (2 * len(inside) * len(outside))


def _surprise(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    """``log_loss``."""
    import numpy

    try:
        labels, said = _classes(args[0]), args[1]
        scores = said.numbers if isinstance(said, Tensor) else None
        if scores is None or named:
            raise Vague
        pairs = scores if scores.ndim == 2 else numpy.stack([1 - scores, scores], axis=1)
        taken = pairs[numpy.arange(len(labels)), labels]
        return float(-numpy.log(numpy.clip(taken, 1e-15, 1.0)).mean())
    except (Vague, LookupError):
        return Unknown("float", "sklearn.metrics.log_loss()")


_Handler: TypeAlias = Callable[[Walk, list[Value], dict[str, Value], "ast.AST | None"], Value]


def _of_pair(compute: Callable[[_Pair, dict[str, Value]], Value], kind: str) -> _Handler:
    def handle(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
        try:
            return compute(_pair(args, named), named)
        except Vague:
            return Unknown(kind)

    return handle


def _accuracy(pair: _Pair, named: dict[str, Value]) -> Value:
    true, said, _ = pair
    right = int((true == said).sum())
    return right if named.get("normalize") is False else right / len(true)


def _confusion(pair: _Pair, named: dict[str, Value]) -> Value:
    return given(_matrix(pair), of="numpy")


def _displayed(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    """``ConfusionMatrixDisplay.from_predictions``: it holds the matrix, and draws it."""
    return Thing("namespace", {"confusion_matrix": METRICS["sklearn.metrics.confusion_matrix"](w, args[:2], {}, node),
                               "figure_": Unknown(origin="matplotlib.figure()"),
                               "ax_": Unknown(origin="matplotlib.axes()")})  # fmt: skip


def _matrix(pair: _Pair) -> numpy.ndarray[Any, Any]:
    import numpy

    true, said, _ = pair
    present = sorted({*true.tolist(), *said.tolist()})
    at = {each: n for n, each in enumerate(present)}
    found = numpy.zeros((len(present), len(present)), "int64")
    for one, other in zip(true.tolist(), said.tolist(), strict=True):
        found[at[one], at[other]] += 1
    return found


def _columns(pair: _Pair) -> list[tuple[float, float, float, int]]:
    """Precision, recall, F1 and support of each class."""
    matrix = _matrix(pair)
    rows = []
    for n in range(len(matrix)):
        hit, said, true = int(matrix[n, n]), int(matrix[:, n].sum()), int(matrix[n].sum())
        precision, recall = hit / said if said else 0.0, hit / true if true else 0.0
        both = precision + recall
        rows.append((precision, recall, 2 * precision * recall / both if both else 0.0, true))
    return rows


def _average(rows: list[tuple[float, float, float, int]], at: int, way: Value, said: float) -> Value:
    if way == "micro":
        return said
    if way == "macro":
        return sum(row[at] for row in rows) / len(rows)
    if way == "weighted":
        return sum(row[at] * row[3] for row in rows) / sum(row[3] for row in rows)
    if way == "binary" and len(rows) == 2:
        return rows[1][at]
    raise Vague


def _one(at: int) -> Callable[[_Pair, dict[str, Value]], Value]:
    def compute(pair: _Pair, named: dict[str, Value]) -> Value:
        share = float((pair[0] == pair[1]).mean())
        return _average(_columns(pair), at, named.get("average", "binary"), share)

    return compute


def _report(pair: _Pair, named: dict[str, Value]) -> Value:
    """The table of precision, recall, F1 and support."""
    digits, names = named.get("digits", 2), named.get("target_names")
    if not isinstance(digits, int) or not 0 < digits < 10 or set(named) - {"digits", "target_names", "zero_division"}:
        raise Vague
    rows = _columns(pair)
    present = sorted({*pair[0].tolist(), *pair[1].tolist()})
    if isinstance(names, (list, tuple)) and known(names) and len(names) == len(rows):
        words = [str(each) for each in names]
    elif isinstance(names, Tensor) and names.numbers is not None and names.dims == (len(rows),):
        words = [str(each) for each in names.numbers]
    elif names is None:
        words = [str(each) for each in present]
    else:
        raise Vague
    width = max(*map(len, words), len("weighted avg"), digits)
    if width > _WIDEST:
        raise Vague
    count = len(pair[0])
    text = (
        f"{'':>{width}} " + "".join(f" {name:>9}" for name in ("precision", "recall", "f1-score", "support")) + "\n\n"
    )
    for word, row in zip(words, rows, strict=True):
        text += _line(word, width, digits, row)
    accuracy = float((pair[0] == pair[1]).mean())
    text += f"\n{'accuracy':>{width}} " + f" {'':>9}" * 2 + f" {accuracy:>9.{digits}f} {count:>9}\n"
    for way in ("macro", "weighted"):
        means = [_average(rows, at, way, accuracy) for at in range(3)]
        text += _line(f"{way} avg", width, digits, (*(float(one) for one in means if isinstance(one, float)), count))
    return text


def _line(word: str, width: int, digits: int, row: tuple[float, ...]) -> str:
    return f"{word:>{width}} " + "".join(f" {value:>9.{digits}f}" for value in row[:3]) + f" {row[3]:>9}\n"


def _validated(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    """``cross_val_score(model, X, y, cv=5)``."""
    model, rows, count = args[0] if args else None, args[1] if len(args) > 1 else None, named.get("cv", 5)
    data = told(rows, "set")
    whole = isinstance(rows, Tensor) and data in CLASSES and rows.dims[0] == sum(CLASSES[data])
    plain = not set(named) - {"cv", "n_jobs", "scoring"} and named.get("scoring") in (None, "accuracy")
    plain = plain and isinstance(count, int) and 1 < count <= 50
    if not whole or not plain or not isinstance(model, Unknown) or not isinstance(count, int):
        return Unknown("tensor", "sklearn.model_selection.cross_val_score()")
    w.drawn.add("what the estimator predicts")
    scaled = told(rows, "scaled") is True or "make_pipeline" in model.origin
    return given(folds(data, _maker(model.origin), count, scaled=scaled), of="numpy")


METRICS: dict[str, _Handler] = {
    "sklearn.metrics.accuracy_score": _of_pair(_accuracy, "float"),
    "sklearn.metrics.confusion_matrix": _of_pair(_confusion, "any"),
    "sklearn.metrics.ConfusionMatrixDisplay.from_predictions": _displayed,
    "sklearn.metrics.classification_report": _of_pair(_report, "any"),
    "sklearn.metrics.precision_score": _of_pair(_one(0), "float"),
    "sklearn.metrics.recall_score": _of_pair(_one(1), "float"),
    "sklearn.metrics.f1_score": _of_pair(_one(2), "float"),
    "sklearn.metrics.roc_auc_score": _area,
    "sklearn.metrics.log_loss": _surprise,
    "sklearn.model_selection.cross_val_score": _validated,
}
"""Handlers by full name."""
