"""The size of the file that ``torch.save`` writes: a zip archive, stored, each member's bytes on a 64-byte boundary."""

from __future__ import annotations

import io
import json
import math
import pickle
import posixpath
from collections import OrderedDict
from collections.abc import Callable
from functools import lru_cache
from typing import Any, ClassVar

from llm_kernel.plan.shapes.module import layer_of, modules
from llm_kernel.plan.shapes.tensor import Tensor, Vague, tensor, wholes
from llm_kernel.plan.values import Value

__all__ = ["STATE", "State", "file_size", "state", "told"]

_ALIGNMENT = 64
_LOCAL, _CENTRAL, _DESCRIPTOR, _END = 30, 46, 16, 98
"""Bytes of a member's header, of its entry in the directory, behind its data, and of the end with its 64-bit form."""
_STORAGES = {"float32": "FloatStorage", "int64": "LongStorage", "float64": "DoubleStorage", "float16": "HalfStorage",
             "bool": "BoolStorage", "int32": "IntStorage"}  # fmt: skip
_MOST = 2000


class State(dict[Any, Value]):
    """A ``state_dict()``, with the version of each module beside it."""

    __slots__ = ("versions",)
    versions: dict[str, int]

    @classmethod
    def of(cls, module: Value, held: dict[str, Value]) -> State:
        """The state of this module."""
        made = cls(held)
        made.versions = {name: _version(each) for name, each in modules(module)}
        return made


STATE = "<state>"
"""The name under which a checkpoint that is nothing but a model's state is remembered."""
_MARK = f"{STATE} "


def told(held: State) -> str | None:
    """A state as a text that a checkpoint remembers; None where not every tensor is known."""
    rows = [[name, each.dtype, *each.dims] for name, each in held.items() if isinstance(each, Tensor)]
    return _MARK + json.dumps(rows, separators=(",", ":")) if len(rows) == len(held) <= _MOST else None


def state(text: object) -> State | None:
    """The state that was told so; None for any other value, which may be anybody's."""
    if not isinstance(text, str) or not text.startswith(_MARK):
        return None
    try:
        rows = json.loads(text.removeprefix(_MARK))
        made = State({str(name): tensor(wholes(dims), str(dtype)) for name, dtype, *dims in rows})
    except (ValueError, TypeError, RecursionError, Vague):
        return None
    made.versions = {}
    return made


def _version(module: Value) -> int:
    layer = layer_of(module)
    return 2 if layer is not None and layer.name.startswith("BatchNorm") else 1


class _Global:
    """A name of torch's, written as pickle writes names."""

    def __init__(self, module: str, name: str) -> None:
        self.module, self.name = module, name

    def __call__(self) -> None:
        """Never called: pickle only wants that it could be."""


_REBUILD = _Global("torch._utils", "_rebuild_tensor_v2")
_KINDS = {dtype: _Global("torch", name) for dtype, name in _STORAGES.items()}


class _Storage:
    """The bytes behind a tensor, named by a number."""

    def __init__(self, key: int, dtype: str, count: int) -> None:
        if dtype not in _KINDS:
            raise Vague
        self.told = ("storage", _KINDS[dtype], str(key), "cpu", count)


class _Held:
    """A tensor as it is pickled."""

    def __init__(self, key: int, dims: tuple[int, ...], dtype: str) -> None:
        strides = tuple(math.prod(dims[n + 1 :]) for n in range(len(dims)))
        storage = _Storage(key, dtype, math.prod(dims))
        hooks: OrderedDict[str, object] = OrderedDict()
        self.args = (storage, 0, dims, strides, False, hooks)

    def __reduce__(self) -> Any:
        return _REBUILD, self.args


class _Pickler(pickle._Pickler):  # the one in Python: names can be written that are not there to be imported
    dispatch: ClassVar[dict[type, Callable[..., Any]]] = dict(pickle._Pickler.dispatch)

    def persistent_id(self, obj: object) -> object:
        """Storages lie in members of their own."""
        return obj.told if isinstance(obj, _Storage) else None

    def name(self, obj: _Global) -> None:
        """``c`` and the two lines of a name."""
        self.write(f"c{obj.module}\n{obj.name}\n".encode())  # type: ignore[attr-defined]
        self.memoize(obj)  # type: ignore[attr-defined]


_Pickler.dispatch[_Global] = _Pickler.name


def file_size(state: Value, path: str) -> int | None:
    """Bytes of the file; None where what is saved is not a whole state of known tensors."""
    if not isinstance(state, State) or len(state) > _MOST:
        return None
    tensors = [each for each in state.values() if isinstance(each, Tensor)]
    if len(tensors) != len(state):
        return None
    try:
        kinds = tuple((str(name), each.dims, each.dtype) for name, each in zip(state, tensors, strict=True))
        sizes = [("data.pkl", _pickled(kinds, tuple(state.versions.items())))]
    except Vague:
        return None
    sizes += [(f"data/{key}", each.count * each.width) for key, each in enumerate(tensors)]
    return _archive(posixpath.splitext(posixpath.basename(path))[0], [*sizes, ("version", 2)])


@lru_cache(maxsize=16)
def _pickled(kinds: tuple[tuple[str, tuple[int, ...], str], ...], versions: tuple[tuple[str, int], ...]) -> int:
    """Bytes of the pickle; a run saves the same state again and again."""
    told: OrderedDict[str, object] = OrderedDict(
        (name, _Held(key, dims, dtype)) for key, (name, dims, dtype) in enumerate(kinds)
    )
    told._metadata = OrderedDict((name, {"version": number}) for name, number in versions)  # type: ignore[attr-defined]
    out = io.BytesIO()
    _Pickler(out, protocol=2).dump(told)
    return len(out.getvalue())


def _archive(stem: str, members: list[tuple[str, int]]) -> int:
    end = directory = 0
    for name, size in members:
        length = len(f"{stem}/{name}".encode())
        start = end + _LOCAL + length + 4
        end = start + -start % _ALIGNMENT + size + _DESCRIPTOR
        directory += _CENTRAL + length
    return end + directory + _END
