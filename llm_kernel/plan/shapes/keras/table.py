"""Keras' names, as ``keras`` and as ``tensorflow.keras``, and what its models answer."""

from __future__ import annotations

import ast
from collections.abc import Callable
from functools import partial
from typing import TypeAlias, cast

from llm_kernel.plan.nodes import Free
from llm_kernel.plan.shapes.keras import graph, training
from llm_kernel.plan.shapes.keras.callbacks import CALLBACKS, OPTIMIZERS
from llm_kernel.plan.shapes.keras.fetching import fetch
from llm_kernel.plan.shapes.keras.graph import LAYER, MODEL, SYMBOL, built_of, layers_of, major, weights
from llm_kernel.plan.shapes.keras.layers import KINDS, snake
from llm_kernel.plan.shapes.keras.summary import summary
from llm_kernel.plan.shapes.keras.tensors import TENSORS
from llm_kernel.plan.shapes.tensor import Tensor, Vague, tensor, whole
from llm_kernel.plan.values import Bound, Instance, Lib, Thing, Unknown, Value
from llm_kernel.plan.walk import Walk

__all__ = ["KERAS", "KERAS_THINGS", "keras_attribute", "own_model"]

Handler: TypeAlias = Callable[[Walk, list[Value], dict[str, Value], "ast.AST | None"], Value]
_UNSURE = (Vague, TypeError, ValueError, LookupError, AttributeError)
_DATA: dict[str, tuple[tuple[int, ...], tuple[int, ...], int, str]] = {
    "mnist": ((60000, 28, 28), (60000,), 10000, "uint8"),
    "fashion_mnist": ((60000, 28, 28), (60000,), 10000, "uint8"),
    "cifar10": ((50000, 32, 32, 3), (50000, 1), 10000, "uint8"),
    "cifar100": ((50000, 32, 32, 3), (50000, 1), 10000, "uint8"),
    "boston_housing": ((404, 13), (404,), 102, "float64"),
    "california_housing": ((16512, 8), (16512,), 4128, "float32"),
}
"""Data sets of the library: shapes for training, and how many examples there are for test."""
_TEXTS = {"imdb": (25000, 25000), "reuters": (8982, 2246)}
"""Texts for training and for test."""


def _layer(cls: str) -> Handler:
    def handle(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
        try:
            return graph.made(w, cls, args, named, node)
        except _UNSURE:
            return Unknown(origin=f"keras.layers.{cls}()")

    return handle


def _wrapper(cls: str) -> Handler:
    return lambda w, args, named, node: graph.wrapper(w, cls, args, named)


def _model(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    try:
        return graph.functional(w, args, named, node)
    except _UNSURE:
        own = named.get("name")
        return graph.opaque("Functional", own if isinstance(own, str) else "model")


def _input(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    try:
        return graph.new_input(w, args, named, node)
    except _UNSURE:
        return Unknown("tensor")


def _data(name: str) -> Handler:
    images, labels, tested, dtype = _DATA[name]

    def handle(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
        fetch(w, name, major(w))
        kind = dtype if dtype != "uint8" else "int64" if name == "cifar100" else "uint8"
        pairs = ((images[0], images), (tested, (tested, *images[1:])))
        return tuple(
            (tensor(shape, dtype, of="numpy"), tensor((count, *labels[1:]), kind, of="numpy")) for count, shape in pairs
        )

    return handle


def _text_data(name: str) -> Handler:
    """Texts as lists of word numbers."""
    counts = _TEXTS[name]

    def handle(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
        fetch(w, name, major(w))
        return tuple((tensor((n,), "object", of="numpy"), tensor((n,), "int64", of="numpy")) for n in counts)

    return handle


def _words(name: str) -> Handler:
    """``get_word_index``."""

    def handle(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
        fetch(w, f"{name} index", major(w))
        return Unknown(origin=f"keras.datasets.{name}.get_word_index()")

    return handle


def _padded(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    data, length = args[0], named.get("maxlen", args[1] if len(args) > 1 else None)
    if isinstance(data, Tensor) and data.dims and isinstance(length, int):
        return tensor((data.dims[0], length), "int32", of="numpy")
    return Unknown("tensor")


def _categorical(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    data, count = args[0] if args else None, named.get("num_classes", args[1] if len(args) > 1 else None)
    if not isinstance(data, Tensor) or not isinstance(count, int):
        return Unknown("tensor")
    dims = data.dims[:-1] if data.dims[-1:] == (1,) else data.dims
    return tensor((*dims, whole(count)), "float64" if major(w) >= (3, 0) else "float32", of="numpy")


_PLAIN: dict[str, Handler] = {
    **{f"layers.{name}": _layer(name) for name in KINDS},
    **{f"layers.{name}": _wrapper(name) for name in ("Bidirectional", "TimeDistributed")},
    **dict.fromkeys(("Sequential", "models.Sequential"), graph.sequential),
    **dict.fromkeys(("Input", "layers.Input", "layers.InputLayer"), _input),
    **dict.fromkeys(("Model", "models.Model", "Functional"), _model),
    **{f"datasets.{name}.load_data": _data(name) for name in _DATA},
    **{f"datasets.{name}.load_data": _text_data(name) for name in _TEXTS},
    **{f"datasets.{name}.get_word_index": _words(name) for name in _TEXTS},
    **dict.fromkeys(("preprocessing.sequence.pad_sequences", "utils.pad_sequences"), _padded),
    "utils.to_categorical": _categorical, **CALLBACKS, **OPTIMIZERS,
}  # fmt: skip
_HEADS = ("keras.", "tensorflow.keras.", "tensorflow.python.keras.")
KERAS: dict[str, Handler] = {f"{head}{name}": each for head in _HEADS for name, each in _PLAIN.items()}
KERAS |= TENSORS
"""Handlers by the full name of what is called."""


def own_model(w: Walk, this: Instance, base: str, name: str) -> Value | None:
    """``this.name`` of an object whose class descends from Keras' model, where the class leaves that to Keras."""
    if name not in _OWN or base not in KERAS or base.rsplit(".", 1)[-1] != "Model":
        return None
    if any(word in cls.attrs for cls in this.cls.line() for word in _INSTEAD):
        return None
    inner = this.attrs.get(_INNER)
    if not isinstance(inner, Thing):
        inner = graph.opaque("Functional", snake(this.cls.name))
        w.state.put(this.attrs, _INNER, inner)
    return keras_attribute(inner, name)


_INNER = "<keras model>"
_OWN = frozenset({"compile", "fit", "evaluate", "predict", "save", "save_weights"})
_INSTEAD = ("train_step", "test_step", "predict_step", "compile", "metrics")
"""Methods by which a class trains in its own way."""


def _summary(w: Walk, this: Thing, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    try:
        if named or args:
            raise Vague
        learned, _ = weights(this)
        w.say(summary(this, major(w), training.extra_weights(this, learned)), end="")
    except _UNSURE:
        w.emit(Free(expr=w.source(node)))
    return None


def _count(w: Walk, this: Thing, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    return sum(weights(this)) if this.kind == MODEL else sum((built_of(this) or _none())[1:])


def _none() -> tuple[object, int, int]:
    raise Vague


def _add(w: Walk, this: Thing, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    graph.add(w, this, args[0] if args else named.get("layer"))
    return None


def _pop(w: Walk, this: Thing, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    w.state.put(this.attrs, "built", "?")
    return None


def _build(w: Walk, this: Thing, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    shape = args[0] if args else named.get("input_shape")
    if this.kind == MODEL and this.attrs["class"] == "Sequential" and isinstance(shape, tuple):
        layers = layers_of(this)
        for name, value in (("layers", ()), ("input", shape), ("shape", shape)):
            w.state.put(this.attrs, name, value)
        for each in layers:
            graph.add(w, this, each)
    return None


def _compile(w: Walk, this: Thing, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    return training.compiled(w, this, args, named)


def _layer_by_name(w: Walk, this: Thing, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    wanted = args[0] if args else named.get("name")
    found = next((each for each in layers_of(this) if each.attrs["name"] == wanted), None)
    return found if found is not None else Unknown()


Method: TypeAlias = Callable[[Walk, Thing, list[Value], dict[str, Value], "ast.AST | None"], Value]
_METHODS: dict[str, Method] = {
    "summary": _summary, "count_params": _count, "add": _add, "pop": _pop, "build": _build, "compile": _compile,
    "fit": training.fit, "evaluate": training.evaluate, "predict": training.predict, "get_layer": _layer_by_name,
    "save": training.save, "save_weights": training.save,
}  # fmt: skip


def _asked(name: str, w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    this, *rest = args
    try:
        return _METHODS[name](w, cast(Thing, this), rest, named, node)
    except _UNSURE:
        return Unknown(origin=f"keras.Model().{name}()")


KERAS |= {f"keras.<{name}>": partial(_asked, name) for name in _METHODS}


def keras_attribute(this: Thing, name: str) -> Value:
    """``this.name`` of a layer, a model or a symbol."""
    if this.kind == SYMBOL:
        return this.attrs["shape"] if name == "shape" else Unknown("tensor")
    if name in _METHODS and (this.kind == MODEL or name == "count_params"):
        return Bound(Lib(f"keras.<{name}>"), this)
    if name in ("name", "trainable"):
        return this.attrs[name]
    if name == "layers" and this.kind == MODEL:
        return list(layers_of(this))
    if name in ("output_shape", "output", "input_shape"):
        return _shapes(this, name)
    return Unknown(origin=f"keras.Model().{name}")


def _shapes(this: Thing, name: str) -> Value:
    if this.kind == MODEL:
        found = this.attrs["input" if name == "input_shape" else "shape"]
    else:
        built = this.attrs["built"]
        found = built[0] if isinstance(built, tuple) and name != "input_shape" else None
    if found is None:
        return Unknown()
    return found if name != "output" else Thing(SYMBOL, {"shape": found, "layer": this, "call": 0})


KERAS_THINGS: dict[str, Method] = {LAYER: graph.called, MODEL: graph.called}
"""What a layer or a model does when it is called."""
