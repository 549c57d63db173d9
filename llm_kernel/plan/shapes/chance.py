"""Seeded random numbers of numpy and torch: their streams are fixed, so a seed in the source fixes the numbers."""

from __future__ import annotations

import ast
import math
from collections.abc import Callable
from typing import Any

from llm_kernel.plan.shapes.arrays import MOST, outcome, plain
from llm_kernel.plan.shapes.creation import MAKERS
from llm_kernel.plan.shapes.gradients import begin_tape
from llm_kernel.plan.shapes.numpys import write
from llm_kernel.plan.shapes.tensor import Tensor, Vague, given, tensor, wholes
from llm_kernel.plan.shapes.twister import Twister, seeded
from llm_kernel.plan.values import Bound, Instance, Lib, Thing, Unknown, Value
from llm_kernel.plan.walk import Raised, Walk

__all__ = ["CHANCE", "begin_chance", "built", "drawn_into", "generator_attribute", "lose", "lose_all"]

_NUMPY = "<numpy.random>"
_TORCH = "<torch.random>"
_FREE = "<torch's own seed>"
"""Whether nobody has seeded torch: then all numbers are right, and layers need not be followed as they draw."""
_SIZED = ("rand", "randn", "random", "random_sample", "normal", "uniform", "randint", "choice", "permutation",
          "exponential", "poisson", "binomial", "beta", "gamma", "standard_normal")  # fmt: skip
_POSITION = {"rand": None, "randn": None, "random": 0, "random_sample": 0, "standard_normal": 0, "normal": 2,
             "uniform": 2, "randint": 2, "choice": 1, "permutation": None, "exponential": 1, "poisson": 1,
             "binomial": 2, "beta": 2, "gamma": 2, "integers": 2}  # fmt: skip
_GENERATED = ("random", "standard_normal", "normal", "uniform", "integers", "choice", "permutation", "exponential",
              "poisson", "binomial", "beta", "gamma")  # fmt: skip
_WHOLE = ("randint", "integers", "permutation", "poisson", "binomial")
_UNSURE = (Vague, TypeError, ValueError, IndexError)


def begin_chance(w: Walk) -> None:
    """Let the streams begin where the chance of this run says, until the program seeds them."""
    chance = w.facts.get("chance")
    if isinstance(chance, int):
        w.globals.names |= {_NUMPY: chance, _TORCH: chance, _FREE: True}


def _state(place: dict[str, Value], key: str) -> Any:
    """Where a stream stands; None where nobody knows."""
    state = place.get(key)
    if isinstance(state, int):
        return _begun(key, state)
    return None if _open(state) else state


def _open(state: Any) -> bool:
    """Whether nobody knows some of a state: it differs between two ways that the program may have gone."""
    inner = state.values() if isinstance(state, dict) else state if isinstance(state, (tuple, list)) else ()
    return isinstance(state, Unknown) or any(_open(each) for each in inner)


def _begun(key: str, seed: int) -> Any:
    """The state that a seed gives."""
    import numpy

    return seeded(seed) if key == _TORCH else numpy.random.RandomState(seed).get_state()


def _lost(w: Walk, key: str) -> None:
    if w.globals.names.get(key) is not None:
        w.state.put(w.globals.names, key, None)


def lose(w: Walk) -> None:
    """The stream of torch's random numbers has moved, nobody knows how far; without a seed nobody can tell."""
    if not _free(w):
        _lost(w, _TORCH)


def _free(w: Walk) -> bool:
    return w.globals.names.get(_FREE) is True


def lose_all(w: Walk) -> None:
    """The streams of torch and of numpy may have moved."""
    lose(w)
    _lost(w, _NUMPY)


def _small(value: Value) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**32


def _seed(key: str) -> Callable[..., Value]:
    def seed(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
        value: Any = args[0] if args else named.get("seed")
        w.state.put(w.globals.names, key, _begun(key, value) if _small(value) else None)
        if key == _TORCH:
            w.state.put(w.globals.names, _FREE, False)
        return Unknown("any", "torch.manual_seed()") if key == _TORCH else None

    return seed


def _shape(name: str, args: list[Value], named: dict[str, Value]) -> tuple[int, ...]:
    """The shape that is asked for; empty for a single number."""
    if name in ("rand", "randn"):
        return wholes(list(args))
    place = _POSITION[name]
    size = named.get("size", args[place] if place is not None and len(args) > place else None)
    if name == "permutation":
        first = args[0]
        return wholes(first) if isinstance(first, int) else first.dims if isinstance(first, Tensor) else (len(first),)  # type: ignore[arg-type]
    return () if size is None else wholes(size)


def _draw(name: str) -> Callable[..., Value]:
    """A function of ``numpy.random``, which all share one stream."""

    def draw(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
        return _drawn(w, name, w.globals.names, _NUMPY, args, named)

    return draw


def _generated(name: str) -> Callable[..., Value]:
    """A method of a generator of numpy, which has a stream of its own."""

    def draw(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
        this, *rest = args
        assert isinstance(this, Thing)
        return _drawn(w, name, this.attrs, "stream", rest, named)

    return draw


def _drawn(w: Walk, name: str, place: dict[str, Value], key: str, args: list[Value], named: dict[str, Value]) -> Value:
    state: Any = _state(place, key)
    try:
        shape = _shape(name, args, named)
    except (Vague, TypeError, IndexError):
        w.state.put(place, key, None)
        return Unknown("tensor")
    try:
        if state is None or math.prod(shape) > MOST:
            raise Vague
        source = _source(state)
        found = getattr(source, name)(*(plain(each) for each in args), **{k: plain(v) for k, v in named.items()})
        w.state.put(place, key, _kept(source))
    except (Vague, TypeError, AttributeError):
        w.state.put(place, key, None)
        return _symbolic(name, shape)
    except ValueError as err:
        raise Raised("ValueError", str(err)) from None
    try:
        return _outcome(found)
    except Vague:
        return _symbolic(name, shape)


def _source(state: Any) -> Any:
    """A stream of numpy's that goes on from this state."""
    import numpy

    if isinstance(state, dict):
        bits: Any = numpy.random.PCG64()
        bits.state = state
        return numpy.random.Generator(bits)
    source = numpy.random.RandomState()
    source.set_state(state)
    return source


def _kept(source: Any) -> Any:
    return source.bit_generator.state if hasattr(source, "bit_generator") else source.get_state()


def _outcome(found: Any) -> Value:
    import numpy

    return outcome(numpy.int64(found) if type(found) is int else found)


def _symbolic(name: str, shape: tuple[int, ...]) -> Value:
    whole = name in _WHOLE
    if not shape:
        return Unknown("int" if whole else "any" if name == "choice" else "float")
    return tensor(shape, "int64" if whole else "float64", of="numpy") if name != "choice" else Unknown("tensor")


def _shuffle(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    """Shuffle in place: an array of known numbers with a known stream is known afterwards, too."""
    return _shuffled(w, w.globals.names, _NUMPY, args)


def _generator_shuffle(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    this, *rest = args
    assert isinstance(this, Thing)
    return _shuffled(w, this.attrs, "stream", rest)


def _shuffled(w: Walk, place: dict[str, Value], key: str, args: list[Value]) -> Value:
    state: Any = _state(place, key)
    known = [each for each in args if isinstance(each, Tensor) and each.numbers is not None]
    w.state.put(place, key, None)
    for each in args:
        if isinstance(each, Tensor) and each.cell is not None:
            changed = None
            if state is not None and len(known) == len(args) == 1 and each.numbers is not None:
                source, changed = _source(state), each.numbers.copy()
                source.shuffle(changed)
                w.state.put(place, key, _kept(source))
            write(w, each, changed)
        elif isinstance(each, list):
            w.state.touch(each)
            each[:] = [Unknown()] * len(each)
    return None


def _default_rng(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    import numpy

    value: Any = args[0] if args else named.get("seed")
    chance = w.facts.get("chance")
    if value is None and isinstance(chance, int):
        state: Any = numpy.random.default_rng([chance, w.calls]).bit_generator.state
    else:
        state = numpy.random.default_rng(value).bit_generator.state if _small(value) else None
    return Thing("generator", {"stream": state})


def generator_attribute(this: Thing, name: str) -> Value:
    """``rng.name`` of a generator of numpy."""
    path = f"numpy.random.Generator.{name}"
    return Bound(Lib(path), this) if path in CHANCE else Unknown(origin=f"{path}()")


def _torch(name: str) -> Callable[..., Value]:
    """A maker of torch's whose numbers come from its stream on the processor."""
    make = MAKERS[f"torch.{name}"]

    def draw(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
        own = named.get("generator") is not None
        rest = {key: each for key, each in named.items() if key != "generator"}
        try:
            made = make(*args, **rest)
        except _UNSURE:
            lose(w)
            return Unknown("tensor")
        return made if own or not isinstance(made, Tensor) else _filled(w, made, name, args, rest)

    return draw


def _filled(w: Walk, made: Tensor, name: str, args: list[Value], named: dict[str, Value]) -> Value:
    """A new tensor with the numbers that come next."""
    apart = made.device != "cpu" and not _free(w)
    state = None if apart or made.count > MOST else _state(w.globals.names, _TORCH)
    if state is None:
        lose(w)
        return made
    stream = Twister(state)
    array = _next(stream, made, name, args, named)
    if array is None:
        lose(w)
        return made
    w.state.put(w.globals.names, _TORCH, stream.state)
    found = given(array.reshape(made.dims).astype(made.dtype), of="torch", device=made.device)
    if found.cell is not None and not _free(w) and name.startswith(("randn", "normal")) and made.count >= Twister.SMALL:
        found.cell.held["rough"] = True
    if found.cell is not None and made.grad:
        w.state.made(found.cell.held)
        found.cell.held["grad"] = True
        begin_tape(w, found)
    return found


def _next(stream: Twister, made: Tensor, name: str, args: list[Value], named: dict[str, Value]) -> Any:
    single = made.dtype == "float32"
    match name:
        case "rand" | "rand_like":
            return stream.uniform(made.count) if single else None
        case "randn" | "randn_like":
            return stream.normal(made.count) if single else None
        case "normal":
            mean, spread = [*args, *((0.0, 1.0)[len(args) :])][:2]
            mean, spread = named.get("mean", mean), named.get("std", spread)
            told = isinstance(mean, (int, float)) and isinstance(spread, (int, float))
            return stream.normal(made.count, float(mean), float(spread)) if single and told else None  # type: ignore[arg-type]
        case "randperm":
            return stream.permutation(made.count) if made.dtype == "int64" else None
        case "randint":
            low, high = _range(args, named)
            return stream.whole(made.count, low, high) if made.dtype == "int64" else None
    return None


def _range(args: list[Value], named: dict[str, Value]) -> tuple[int, int]:
    """The bounds of ``torch.randint``."""
    given_ = [each for each in args if isinstance(each, int)]
    low = named.get("low", given_[0] if len(given_) > 1 else 0)
    high = named.get("high", given_[-1] if given_ else None)
    if not isinstance(low, int) or not isinstance(high, int):
        return 0, 0
    return low, high


def _alike(name: str) -> Callable[..., Value]:
    """``torch.rand_like`` and ``torch.randn_like``."""
    make = MAKERS["torch.rand"]

    def draw(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
        first = args[0] if args else named.get("input")
        if not isinstance(first, Tensor):
            lose(w)
            return Unknown("tensor")
        try:
            made = make(*first.dims, **{"dtype": f"torch.{first.dtype}", "device": first.device, **named})
        except _UNSURE:
            lose(w)
            return Unknown("tensor")
        return _filled(w, made, name, [], {}) if isinstance(made, Tensor) else made

    return draw


def drawn_into(w: Walk, this: Tensor, name: str, args: list[Value], named: dict[str, Value]) -> Any:
    """The numbers that ``uniform_`` and ``normal_`` put into a tensor, where they are known."""
    low, high = [*args, *(0.0, 1.0)[len(args) :]][:2]
    low = named.get("from", named.get("a", named.get("mean", low)))
    high = named.get("to", named.get("b", named.get("std", high)))
    known = isinstance(low, (int, float)) and isinstance(high, (int, float)) and name in ("uniform_", "normal_")
    most = MOST if _free(w) else _DRAWN  # without a seed what follows need not be reached
    followed = known and this.dtype == "float32" and this.device == "cpu" and this.count <= most
    state = _state(w.globals.names, _TORCH) if followed else None
    if state is None:
        lose(w)
        return None
    stream = Twister(state)
    draw = stream.uniform if name == "uniform_" else stream.normal
    array = draw(this.count, float(low), float(high)).reshape(this.dims)  # type: ignore[arg-type]
    w.state.put(w.globals.names, _TORCH, stream.state)
    return array if this.count <= MOST else None


def _spends(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    """Anything else that draws from torch's stream."""
    lose(w)
    first = args[0] if args else None
    return tensor(first.dims, first.dtype) if isinstance(first, Tensor) else Unknown("tensor")


_UNIFORM = ("Linear", "Conv1d", "Conv2d", "Conv3d", "ConvTranspose1d", "ConvTranspose2d", "ConvTranspose3d", "RNN",
            "LSTM", "GRU", "RNNCell", "LSTMCell", "GRUCell")  # fmt: skip
_NORMAL = ("Embedding",)
_QUIET = ("BatchNorm", "LayerNorm", "GroupNorm", "InstanceNorm", "SyncBatchNorm", "Dropout", "AlphaDropout", "Flatten",
          "Unflatten", "Identity", "MaxPool", "AvgPool", "Adaptive", "PReLU", "Softmax", "LogSoftmax")  # fmt: skip
_DRAWN = 20_000_000
"""Numbers that a model's layers may draw before nobody follows the stream any more."""


def built(w: Walk, name: str, made: Value) -> None:
    """A layer was made: its parameters have drawn their first numbers."""
    if _free(w) or not isinstance(made, (Thing, Instance)):
        return
    state = _state(w.globals.names, _TORCH)
    if state is None:
        return
    own = [each for each in made.attrs.values() if isinstance(each, Tensor) and each.role == "param"]
    if not own or name.startswith(_QUIET):
        return
    count = sum(each.count for each in own)
    if name not in (*_UNIFORM, *_NORMAL) or count > _DRAWN:
        lose(w)
        return
    stream = Twister(state)
    for each in own:
        (stream.uniform if name in _UNIFORM else stream.normal)(each.count)
    w.state.put(w.globals.names, _TORCH, stream.state)


CHANCE = {
    "numpy.random.seed": _seed(_NUMPY), "torch.manual_seed": _seed(_TORCH), "torch.random.manual_seed": _seed(_TORCH),
    **{f"numpy.random.{name}": _draw(name) for name in _SIZED}, "numpy.random.shuffle": _shuffle,
    "numpy.random.default_rng": _default_rng,
    **{f"numpy.random.Generator.{name}": _generated(name) for name in _GENERATED},
    "numpy.random.Generator.shuffle": _generator_shuffle,
    **{f"torch.{name}": _torch(name) for name in ("rand", "randn", "randint", "randperm", "normal")},
    **{f"torch.{name}": _alike(name) for name in ("rand_like", "randn_like")},
    **dict.fromkeys(("torch.bernoulli", "torch.randint_like"), _spends),
}  # fmt: skip
"""Handlers by full name."""
