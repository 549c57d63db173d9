"""What gives examples: well-known data sets with the lines of their download, parts of them, loaders."""

from __future__ import annotations

import ast
import math

from llm_kernel.plan.data import DATASETS
from llm_kernel.plan.fetching import fetch
from llm_kernel.plan.known import Handler, len_
from llm_kernel.plan.nodes import Choice, Hole, Line, Literal, Loop
from llm_kernel.plan.shapes.batches import example, item_of, stored
from llm_kernel.plan.shapes.chance import lose
from llm_kernel.plan.shapes.release import release
from llm_kernel.plan.shapes.tensor import Tensor, tensor
from llm_kernel.plan.shapes.versions import version_of
from llm_kernel.plan.values import Thing, Unknown, Value, value_size
from llm_kernel.plan.walk import Walk

__all__ = ["DATA_SETS", "LOADERS"]


def _dataset(name: str, sizes: tuple[int, int]) -> Handler:
    """A well-known data set of torchvision; its download speaks."""

    def make(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
        train = named.get("train", args[1] if len(args) > 1 else True)
        wanted = named.get("download", args[4] if len(args) > 4 else False)
        root = named.get("root", args[0] if args else None)
        if wanted is not False:
            _fetch(w, name, root if wanted is True else None)
        size = sizes[0] if train is True else sizes[1] if train is False else None
        shape = example(name, named.get("transform", args[2] if len(args) > 2 else None))
        item = (tensor(shape), tensor((), "int64")) if shape is not None else None
        return Thing("dataset", {"size": size, "item": item, **stored(name, size)})

    return make


def _fetch(w: Walk, name: str, root: Value) -> None:
    """Say what the download of data set ``name`` into ``root`` prints, where it is known whether it is there."""
    exists = w.facts.get("exists")
    known = fetch(name, root) if isinstance(root, str) and callable(exists) else None
    if known is None or not callable(exists):
        w.emit(_DOWNLOAD)
        return
    there = known in w.fetched or exists(known.files[0][0])
    if not there:
        w.fetched.append(known)
    told = release(w.facts, "torchvision")
    if told is not None and told >= _QUIET:
        if not there and version_of(w.facts, "tqdm") is None:
            for _ in (name for name, _ in known.files if name.endswith(".gz")):
                w.emit(Line((Literal("\r100.0%"),), "\n", "stderr"))
        return
    for text in known.found if there else known.lines:
        w.emit(_line(text)[0])


_QUIET = (0, 21)
"""The release of torchvision from which on a download only draws its bar, without tqdm one of percent."""


def _line(*parts: str | Hole) -> tuple[Line]:
    return (Line(tuple(Literal(part) if isinstance(part, str) else part for part in parts)),)


_FETCHED = (
    _line("Files already downloaded and verified"),
    _line("Downloading ", Hole("str", "", "url")),
    _line("Extracting ", Hole("str", "", "path")),
    _line(),
)

_DOWNLOAD = Loop(None, "", (), (Choice(_FETCHED),), (), True)


def _loader(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    data = args[0] if args else named.get("dataset")
    batch = named.get("batch_size", args[1] if len(args) > 1 else 1)
    size = len_(w, [data], {}, None) if data is not None else None
    count: int | None = None
    if (sampler := named.get("sampler")) is not None:
        size = value_size(sampler)
    if isinstance(size, int) and isinstance(batch, int) and batch > 0 and "batch_sampler" not in named:
        count = size // batch if named.get("drop_last") is True else -(-size // batch)
    plain = named.get("collate_fn") is None
    return Thing("loader", {"size": count, "data": data, "dataset": data, "batch_size": batch, "rows": size,
                            "drop_last": named.get("drop_last", False), "item": item_of(w, data) if plain else None,
                            "plain": plain, "sampler": sampler})  # fmt: skip


def _split(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    lengths = args[1] if len(args) > 1 else named.get("lengths")
    size = len_(w, [args[0]], {}, None)
    if not isinstance(lengths, (list, tuple)):
        return Unknown()
    lose(w)
    parts: list[Value] = list(lengths)
    if all(isinstance(each, float) for each in parts) and isinstance(size, int):
        whole = [math.floor(size * each) for each in parts if isinstance(each, float)]
        for n in range(size - sum(whole)):
            whole[n % len(whole)] += 1
        parts = list(whole)
    item = item_of(w, args[0])
    return [Thing("dataset", {"size": each if isinstance(each, int) else None, "item": item}) for each in parts]


def _subset(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    size = len_(w, [args[1]], {}, None) if len(args) > 1 else None
    return Thing("dataset", {"size": size if isinstance(size, int) else None, "item": item_of(w, args[0])})


def _tensors(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    size = len_(w, [args[0]], {}, None) if args else None
    held = [each for each in args if isinstance(each, Tensor) and each.dims]
    item = tuple(tensor(each.dims[1:], each.dtype) for each in held) if len(held) == len(args) else None
    return Thing("dataset", {"size": size if isinstance(size, int) else None, "item": item})


DATA_SETS: dict[str, Handler] = {name: _dataset(name, sizes) for name, sizes in DATASETS.items()}
"""Makers of the well-known data sets, by the name of their class."""
LOADERS: dict[str, Handler] = {
    "torch.utils.data.DataLoader": _loader, "torch.utils.data.dataloader.DataLoader": _loader,
    "torch.utils.data.random_split": _split, "torch.utils.data.dataset.random_split": _split,
    "torch.utils.data.Subset": _subset, "torch.utils.data.TensorDataset": _tensors,
}  # fmt: skip
"""Handlers by full name."""
