"""Layers and models of Keras as values of the walk: how they are made, named, called and built."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import cast

from llm_kernel.plan.shapes.keras.layers import KINDS, Built, Dims, snake
from llm_kernel.plan.shapes.tensor import Tensor, Vague, tensor
from llm_kernel.plan.shapes.versions import version_of
from llm_kernel.plan.values import Thing, Unknown, Value, known
from llm_kernel.plan.walk import Walk

__all__ = ["LAYER", "MODEL", "SYMBOL", "add", "built_of", "called", "functional", "inputs_of", "layers_of", "made",
           "major", "new_input", "opaque", "sequential", "weights"]  # fmt: skip

LAYER, MODEL, SYMBOL = "keras layer", "keras model", "keras symbol"
"""The kinds of things."""
_NAMES = "<keras>"


def major(w: Walk) -> tuple[int, int]:
    """The version of Keras on the machine; 2.15 where TensorFlow's says so, 3 where nothing is known."""
    for name in ("keras", "tensorflow"):
        words = (version_of(w.facts, name) or "").split(".")
        if len(words) > 1 and words[0].isdigit() and words[1].isdigit():
            first, second = int(words[0]), int(words[1])
            return (3, 0) if name == "tensorflow" and (first, second) >= (2, 16) else (first, second)
    return (3, 0)


def fresh(w: Walk, base: str, first: int = 0) -> str:
    """The next free name: ``dense``, ``dense_1`` ..."""
    names = w.globals.names.get(_NAMES)
    counts = dict(names) if isinstance(names, dict) else {}
    n = counts.get(base, first)
    counts[base] = n + 1
    w.state.put(w.globals.names, _NAMES, counts)
    return f"{base}_{n}" if n else base


def made(w: Walk, cls: str, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    """A layer of class ``cls``."""
    given = {**dict(zip(KINDS[cls].names, args, strict=False)), **named}
    own = given.get("name")
    name = own if isinstance(own, str) else fresh(w, snake(cls))
    shape = given.pop("input_shape", None)
    if shape is None and given.get("input_dim") is not None and cls != "Embedding":
        shape = (given["input_dim"],)
    if cls == "Embedding" and given.get("input_length") is not None:
        shape = (given["input_length"],)
    first = _dims(shape) if shape is not None else None
    return Thing(LAYER, {"class": cls, "name": name, "given": given, "first": first, "built": None, "calls": (),
                         "trainable": given.get("trainable", True)})  # fmt: skip


def wrapper(w: Walk, cls: str, args: list[Value], named: dict[str, Value]) -> Value:
    """``Bidirectional`` and ``TimeDistributed``: a layer around a layer."""
    inner = args[0] if args else named.get("layer")
    own = named.get("name")
    name = own if isinstance(own, str) else fresh(w, snake(cls))
    first = inner.attrs.get("first") if isinstance(inner, Thing) else None
    given = {"merge_mode": named.get("merge_mode", "concat"), "layer": inner}
    return Thing(LAYER, {"class": cls, "name": name, "given": given, "first": first, "built": None, "calls": (),
                         "trainable": True})  # fmt: skip


def _dims(shape: Value, batch: Value = None) -> Dims:
    if isinstance(shape, int):
        shape = (shape,)
    if not isinstance(shape, (tuple, list)) or not all(each is None or isinstance(each, int) for each in shape):
        raise Vague
    return (cast("int | None", batch), *cast("Sequence[int | None]", shape))


def new_input(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    """``Input(shape)``, a symbol, with the layer that stands for it."""
    shape = _dims(args[0] if args else named.get("shape"), named.get("batch_size"))
    new = major(w) >= (3, 0)
    own = named.get("name")
    name = own if isinstance(own, str) else fresh(w, "input_layer") if new else fresh(w, "input", 1)
    layer = Thing(LAYER, {"class": "InputLayer", "name": name, "given": {}, "first": shape, "built": Built(shape),
                          "calls": (), "trainable": True})  # fmt: skip
    return _symbol(layer, shape, 0)


def _symbol(layer: Thing, shape: Dims, call: int) -> Thing:
    return Thing(SYMBOL, {"shape": shape, "layer": layer, "call": call})


def inputs_of(value: Value) -> list[Thing]:
    """The symbols that are given to a layer."""
    many = value if isinstance(value, (list, tuple)) else [value]
    if not many or not all(isinstance(each, Thing) and each.kind == SYMBOL for each in many):
        raise Vague
    return cast("list[Thing]", list(many))


def called(w: Walk, this: Thing, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    """``layer(x)`` while a model is being put together."""
    given = args[0] if args else named.get("inputs")
    if this.kind == MODEL and isinstance(given, Tensor) and given.dims:
        return _output(w, this, given)
    try:
        inputs = inputs_of(given)
        found = build(w, this, [cast(Dims, each.attrs["shape"]) for each in inputs])
    except (Vague, TypeError, ValueError, LookupError):
        w.state.put(this.attrs, "built", "?")
        return Unknown("tensor")
    calls = cast("tuple[list[Thing], ...]", this.attrs["calls"])
    w.state.put(this.attrs, "calls", (*calls, inputs))
    return _symbol(this, found.shape, len(calls))


def _output(w: Walk, this: Thing, given: Tensor) -> Value:
    """What a model makes of an array; a chain that nobody has told its input learns it from the first."""
    if this.attrs["class"] == "Sequential" and this.attrs["shape"] is None and this.attrs["built"] is None:
        layers = layers_of(this)
        for name, value in (("layers", ()), ("input", (None, *given.dims[1:])), ("shape", (None, *given.dims[1:]))):
            w.state.put(this.attrs, name, value)
        for each in layers:
            add(w, this, each, whole=False)
    shape = this.attrs["shape"]
    if not isinstance(shape, tuple) or None in shape[1:] or this.attrs["built"] == "?":
        return Unknown("tensor")
    return tensor((given.dims[0], *shape[1:]), of="numpy")


def opaque(cls: str, name: str) -> Thing:
    """A model whose layers nobody can follow: it trains and speaks as others do."""
    return Thing(MODEL, {"class": cls, "name": name, "layers": (), "input": None, "shape": None, "trainable": True,
                         "calls": (), "built": "?"})  # fmt: skip


def build(w: Walk, this: Thing, shapes: Sequence[Dims]) -> Built:
    """Give a layer its weights for inputs of these shapes."""
    found = _built(w, this, shapes)
    w.state.put(this.attrs, "built", found)
    return found


def _built(w: Walk, this: Thing, shapes: Sequence[Dims]) -> Built:
    if this.kind == MODEL:
        learned, kept = weights(this)
        return Built(cast(Dims, this.attrs["shape"]), learned, kept)
    cls = str(this.attrs["class"])
    given = cast("dict[str, Value]", this.attrs["given"])
    if cls in ("Bidirectional", "TimeDistributed"):
        return _wrapped(w, cls, given, shapes)
    if cls == "InputLayer":
        return cast(Built, this.attrs["built"])
    if not all(known(each) for name, each in given.items() if name in KINDS[cls].names and name != "activation"):
        raise Vague
    return KINDS[cls].rule(given, shapes)


def _wrapped(w: Walk, cls: str, given: dict[str, Value], shapes: Sequence[Dims]) -> Built:
    inner = given["layer"]
    if not isinstance(inner, Thing) or inner.kind != LAYER:
        raise Vague
    if cls == "TimeDistributed":
        batch, steps, *rest = shapes[0]
        found = build(w, inner, [(batch, *rest)])
        return found._replace(shape=(batch, steps, *found.shape[1:]))
    found = build(w, inner, shapes)
    if given["merge_mode"] not in ("concat", "sum", "ave", "mul"):
        raise Vague
    wide = (found.shape[-1] or 0) * (2 if given["merge_mode"] == "concat" else 1)
    return Built((*found.shape[:-1], wide), 2 * found.learned, 2 * found.kept)


def sequential(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    """``Sequential([...])``."""
    own = named.get("name", args[1] if len(args) > 1 else None)
    name = own if isinstance(own, str) else fresh(w, "sequential")
    this = Thing(MODEL, {"class": "Sequential", "name": name, "layers": (), "input": None, "shape": None,
                         "trainable": True, "calls": (), "built": None})  # fmt: skip
    given = args[0] if args else named.get("layers")
    for each in given if isinstance(given, (list, tuple)) else ():
        add(w, this, each, whole=False)
    _named_inside(w, this)
    return this


def _named_inside(w: Walk, this: Thing) -> None:
    """Keras 3 keeps a graph inside a chain whose input is known, and gives it the next name of a graph."""
    if this.attrs["input"] is not None and layers_of(this) and major(w) >= (3, 0):
        fresh(w, "functional")


def add(w: Walk, this: Thing, layer: Value, *, whole: bool = True) -> None:
    """``model.add(layer)``; ``whole``: no further one follows at once."""
    if isinstance(layer, Thing) and layer.kind == SYMBOL:
        layer = layer.attrs["layer"]
    if not isinstance(layer, Thing) or layer.kind not in (LAYER, MODEL):
        w.state.put(this.attrs, "built", "?")
        return
    if layer.attrs.get("class") == "InputLayer":
        shape = layer.attrs["first"]
        w.state.put(this.attrs, "input", shape)
        w.state.put(this.attrs, "shape", shape)
        return
    layers = layers_of(this)
    if not layers and (layer.attrs.get("first") or layer.attrs.get("input")) is not None:
        first = layer.attrs.get("first") or layer.attrs.get("input")
        w.state.put(this.attrs, "input", first)
        w.state.put(this.attrs, "shape", first)
        if layer.kind == LAYER and major(w) >= (3, 0):
            fresh(w, "input_layer")
    w.state.put(this.attrs, "layers", (*layers, layer))
    shape = this.attrs["shape"]
    if shape is not None:
        try:
            found = build(w, layer, [cast(Dims, shape)])
            w.state.put(this.attrs, "shape", found.shape)
            if whole:
                _named_inside(w, this)
        except (Vague, TypeError, ValueError, LookupError):
            w.state.put(this.attrs, "built", "?")


def functional(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    """``Model(inputs, outputs)``: its layers from the inputs on, the farthest from the outputs first."""
    inputs = inputs_of(args[0] if args else named.get("inputs", named.get("input")))
    outputs = inputs_of(args[1] if len(args) > 1 else named.get("outputs", named.get("output")))
    own = named.get("name")
    base = "functional" if major(w) >= (3, 0) else "model"
    name = own if isinstance(own, str) else fresh(w, base)
    seen: dict[int, Thing] = {}
    behind: list[Thing] = []
    for each in outputs:
        _visit(each.attrs["layer"], seen, behind, 0)
    depths = dict.fromkeys(seen, 0)
    for layer in reversed(behind):
        for inner in _needs(layer):
            depths[id(inner)] = max(depths[id(inner)], depths[id(layer)] + 1)
    order = list(seen.values())
    layers = tuple(sorted(order, key=lambda layer: -depths[id(layer)]))
    shape = outputs[0].attrs["shape"] if len(outputs) == 1 else None
    return Thing(MODEL, {"class": "Functional", "name": name, "layers": layers, "input": inputs[0].attrs["shape"],
                         "shape": shape, "trainable": True, "calls": (), "built": None, "depths": depths,
                         "outputs": len(outputs), "inputs": len(inputs)})  # fmt: skip


def _visit(layer: Value, seen: dict[int, Thing], behind: list[Thing], steps: int) -> None:
    """Collect a layer and those before it: ``seen`` as they are met, ``behind`` each after all that it needs."""
    if not isinstance(layer, Thing) or steps > 300 or len(seen) > 2000:
        raise Vague
    if id(layer) in seen:
        return
    seen[id(layer)] = layer
    for inner in _needs(layer):
        _visit(inner, seen, behind, steps + 1)
    behind.append(layer)


def _needs(layer: Thing) -> list[Value]:
    calls = cast("tuple[list[Thing], ...]", layer.attrs["calls"])
    if len(calls) > 1:
        raise Vague
    return [each.attrs["layer"] for each in calls[0]] if calls else []


def layers_of(this: Thing) -> tuple[Thing, ...]:
    """The layers of a model."""
    return cast("tuple[Thing, ...]", this.attrs["layers"])


def built_of(layer: Thing) -> Built | None:
    """What a layer became when its input was known."""
    found = layer.attrs["built"]
    if layer.kind == MODEL and layer.attrs["shape"] is not None and found != "?":
        learned, kept = weights(layer)
        return Built(cast(Dims, layer.attrs["shape"]), learned, kept)
    if found == "?":
        raise Vague
    return found if isinstance(found, Built) else None


def weights(this: Thing) -> tuple[int, int]:
    """How many weights learn, and how many do not, of a model or layer."""
    if this.kind == MODEL:
        if this.attrs["built"] == "?":
            raise Vague
        pairs = [weights(each) for each in layers_of(this)]
        learned, kept = sum(a for a, _ in pairs), sum(b for _, b in pairs)
    else:
        found = built_of(this)
        learned, kept = (found.learned, found.kept) if found else (0, 0)
    return (learned, kept) if this.attrs.get("trainable", True) is not False else (0, learned + kept)
