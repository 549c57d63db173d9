"""Data sets of the hub: the well-known ones with their parts, and what parts are made of them."""

from __future__ import annotations

import ast
import math
import re

from llm_kernel.plan.known import Handler, len_
from llm_kernel.plan.values import Bound, Function, Lib, Thing, Unknown, Value
from llm_kernel.plan.walk import Walk

__all__ = ["HUB", "HUB_DATA", "hub_attribute"]

HUB_DATA = "hub data"
"""The kind of things that stand for such a data set: its parts by name, or one of them with its size."""
_ROOT = "datasets.Dataset"
_SETS: dict[str, dict[str, int]] = {
    "imdb": {"train": 25_000, "test": 25_000, "unsupervised": 50_000},
    "rotten_tomatoes": {"train": 8_530, "validation": 1_066, "test": 1_066},
    "ag_news": {"train": 120_000, "test": 7_600},
    "yelp_review_full": {"train": 650_000, "test": 50_000},
    "yelp_polarity": {"train": 560_000, "test": 38_000},
    "amazon_polarity": {"train": 3_600_000, "test": 400_000},
    "dbpedia_14": {"train": 560_000, "test": 70_000},
    "emotion": {"train": 16_000, "validation": 2_000, "test": 2_000},
    "tweet_eval/sentiment": {"train": 45_615, "test": 12_284, "validation": 2_000},
    "tweet_eval/emotion": {"train": 3_257, "test": 1_421, "validation": 374},
    "glue/cola": {"train": 8_551, "validation": 1_043, "test": 1_063},
    "glue/sst2": {"train": 67_349, "validation": 872, "test": 1_821},
    "glue/mrpc": {"train": 3_668, "validation": 408, "test": 1_725},
    "glue/stsb": {"train": 5_749, "validation": 1_500, "test": 1_379},
    "glue/qqp": {"train": 363_846, "validation": 40_430, "test": 390_965},
    "glue/qnli": {"train": 104_743, "validation": 5_463, "test": 5_463},
    "glue/rte": {"train": 2_490, "validation": 277, "test": 3_000},
    "glue/wnli": {"train": 635, "validation": 71, "test": 146},
    "squad": {"train": 87_599, "validation": 10_570},
    "squad_v2": {"train": 130_319, "validation": 11_873},
    "conll2003": {"train": 14_041, "validation": 3_250, "test": 3_453},
    "wnut_17": {"train": 3_394, "validation": 1_009, "test": 1_287},
    "swag/regular": {"train": 73_546, "validation": 20_006, "test": 20_005},
    "xsum": {"train": 204_045, "validation": 11_332, "test": 11_334},
    "cnn_dailymail/3.0.0": {"train": 287_113, "validation": 13_368, "test": 11_490},
    "samsum": {"train": 14_732, "test": 819, "validation": 818},
    "billsum": {"train": 18_949, "test": 3_269, "ca_test": 1_237},
    "opus_books/en-fr": {"train": 127_085},
    "wikitext/wikitext-2-raw-v1": {"test": 4_358, "train": 36_718, "validation": 3_760},
    "wikitext/wikitext-103-raw-v1": {"test": 4_358, "train": 1_801_350, "validation": 3_760},
    "mnist": {"train": 60_000, "test": 10_000},
    "fashion_mnist": {"train": 60_000, "test": 10_000},
    "cifar10": {"train": 50_000, "test": 10_000},
    "cifar100": {"train": 50_000, "test": 10_000},
    "food101": {"train": 75_750, "validation": 25_250},
    "beans": {"train": 1_034, "validation": 133, "test": 128},
}
_HOMES = ("stanfordnlp", "nyu-mll", "fancyzhx", "dair-ai", "rajpurkar", "cornell-movie-review-data", "Salesforce",
          "ylecun", "zalando-datasets", "uoft-cs", "ethz", "allenai", "EdinburghNLP", "Yelp", "cardiffnlp")  # fmt: skip
_PART = re.compile(r"(\w+)(?:\[(\d*)(%?):(\d*)(%?)\])?")
_REGROUPS = re.compile(r"overflow|range\(|sum\(|chain|concat|block|chunk|extend\(|append\(")
"""Words of functions that make other batches of batches."""
_SAME = frozenset(
    "map shuffle remove_columns rename_column rename_columns with_format with_transform cast_column cast add_column "
    "select_columns sort class_encode_column flatten".split()
)
"""What makes another data set of as many examples; ``map`` only where it does not make several of each."""


def _loaded(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    """``load_dataset(path, name, split=...)``."""
    given = {**dict(zip(("path", "name"), args, strict=False)), **named}
    parts = _SETS.get(_name(given))
    split = given.get("split")
    if parts is None or set(given) - {"path", "name", "split", "cache_dir", "trust_remote_code", "token"}:
        return Unknown(origin="datasets.load_dataset()")
    if split is None:
        return _parted({name: _data(size) for name, size in parts.items()})
    if isinstance(split, list):
        return [_data(_taken(parts, each)) for each in split]
    return _data(_taken(parts, split))


def _name(given: dict[str, Value]) -> str:
    path, name = given.get("path"), given.get("name")
    home, _, last = path.rpartition("/") if isinstance(path, str) else ("", "", "")
    base = last if not home or home in _HOMES else ""
    return f"{base}/{name}" if isinstance(name, str) and name != "plain_text" else base


def _data(size: int | None) -> Thing:
    return Thing(HUB_DATA, {"size": size})


def _parted(parts: dict[str, Thing]) -> Thing:
    return Thing(HUB_DATA, {"<parts>": parts, "size": len(parts)})


def _taken(parts: dict[str, int], split: Value) -> int | None:
    """The examples of ``train[:10%]+test``."""
    whole = 0
    for each in split.split("+") if isinstance(split, str) else [""]:
        found = _PART.fullmatch(each.strip())
        size = parts.get(found[1]) if found is not None else None
        if found is None or size is None:
            return None
        ends = [round(size * int(number) / 100) if unit else int(number)
                for number, unit in ((found[2] or "0", found[3]), (found[4] or str(size), found[5]))]  # fmt: skip
        whole += max(min(ends[1], size) - min(ends[0], size), 0)
    return whole


def hub_attribute(this: Thing, name: str) -> Value:
    """``data.name``."""
    parts = this.attrs.get("<parts>")
    if isinstance(parts, dict) and name == "num_rows":
        return {part: each.attrs["size"] for part, each in parts.items()}
    if name == "num_rows":
        return Unknown("int") if this.attrs["size"] is None else this.attrs["size"]
    if f"{_ROOT}.<{name}>" in HUB:
        return Bound(Lib(f"{_ROOT}.<{name}>"), this)
    if name in _SAME or name == "filter":
        return Bound(Lib(f"{_ROOT}.<{'filter' if name == 'filter' else 'map'}>"), this)
    return Unknown(origin=f"datasets.load_dataset().{name}")


def _item(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    """``data[key]``: one of its parts, or what its examples hold."""
    this, key = args
    parts = this.attrs.get("<parts>") if isinstance(this, Thing) else None
    found = parts.get(key) if isinstance(parts, dict) and isinstance(key, str) else None
    return Unknown(origin="datasets.load_dataset()[]") if found is None else found


def _mapped(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    """Another data set of as many examples, unless batches may be made into other batches."""
    this, function = args[0], args[1] if len(args) > 1 else named.get("function")
    assert isinstance(this, Thing)
    sure = named.get("batched", False) is False or _keeps(function)
    return _each(this, lambda size: size if sure else None)


def _keeps(function: Value) -> bool:
    """Whether a function of batches surely gives as many examples as it is given: it neither cuts nor joins them."""
    return isinstance(function, Function) and _REGROUPS.search(ast.unparse(function.node)) is None


def _filtered(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    assert isinstance(args[0], Thing)
    return _each(args[0], lambda size: None)


def _each(this: Thing, size: object) -> Thing:
    assert callable(size)
    parts = this.attrs.get("<parts>")
    if isinstance(parts, dict):
        return _parted({name: _data(size(each.attrs["size"])) for name, each in parts.items()})
    return _data(size(this.attrs["size"]))


def _selected(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    """``data.select(range(1000))``."""
    chosen = len_(w, [args[1]], {}, None) if len(args) > 1 else named.get("indices")
    return _data(chosen if isinstance(chosen, int) else None)


def _split(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    """``data.train_test_split(test_size=0.2)``: the test part is rounded up."""
    this = args[0]
    share = named.get("test_size", args[1] if len(args) > 1 else 0.25)
    size = this.attrs["size"] if isinstance(this, Thing) else None
    sure = isinstance(size, int) and isinstance(share, (int, float)) and named.get("train_size") is None
    if not sure or not isinstance(size, int) or not isinstance(share, (int, float)):
        return _parted({"train": _data(None), "test": _data(None)})
    test = share if isinstance(share, int) else math.ceil(size * share)
    return _parted({"train": _data(size - test), "test": _data(test)})


HUB: dict[str, Handler] = {
    "datasets.load_dataset": _loaded,
    f"{_ROOT}.<__getitem__>": _item, f"{_ROOT}.<map>": _mapped, f"{_ROOT}.<filter>": _filtered,
    f"{_ROOT}.<select>": _selected, f"{_ROOT}.<train_test_split>": _split,
}  # fmt: skip
"""Handlers by full name."""
