"""What Keras prints and keeps when it fetches one of its data sets; one that is there is read without a word.

The addresses are those of the library's releases, the sizes those of the published files. From memory of both, not from
a recording. Progress is shown as its last state.
"""

from __future__ import annotations

import posixpath

from llm_kernel.plan.fetching import Fetch
from llm_kernel.plan.nodes import Line, Literal
from llm_kernel.plan.walk import Walk

__all__ = ["fetch"]

_STORE = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/"
_TORONTO = "https://www.cs.toronto.edu/~kriz/"
_FASHION = tuple(
    (_STORE, f"{name}-ubyte.gz", size, "datasets/fashion-mnist")
    for name, size in (("train-labels-idx1", 29_515), ("train-images-idx3", 26_421_880), ("t10k-labels-idx1", 5_148),
                       ("t10k-images-idx3", 4_422_102))
)  # fmt: skip
_FILES: dict[str, tuple[tuple[str, str, int, str], ...]] = {
    "mnist": ((_STORE, "mnist.npz", 11_490_434, "datasets"),),
    "fashion_mnist": _FASHION,
    "cifar10": ((_TORONTO, "cifar-10-python.tar.gz", 170_498_071, "datasets"),),
    "cifar100": ((_TORONTO, "cifar-100-python.tar.gz", 169_001_437, "datasets"),),
    "imdb": ((_STORE, "imdb.npz", 17_464_789, "datasets"),),
    "imdb index": ((_STORE, "imdb_word_index.json", 1_641_221, "datasets"),),
    "reuters": ((_STORE, "reuters.npz", 2_110_848, "datasets"),),
    "reuters index": ((_STORE, "reuters_word_index.json", 550_378, "datasets"),),
    "boston_housing": ((_STORE, "boston_housing.npz", 57_026, "datasets"),),
}
"""Of each data set: where from, the file, its bytes, and its folder below Keras' own."""


def fetch(w: Walk, name: str, release: tuple[int, int]) -> None:
    """Say what comes when data set ``name`` is loaded, and note the files that it leaves."""
    environ, there = w.facts.get("environ"), w.facts.get("exists")
    home = environ.get("HOME") if isinstance(environ, dict) else None
    if not isinstance(home, str) or not callable(there):
        return
    for base, file, size, folder in _FILES.get(name, ()):
        path = posixpath.join(home, ".keras", folder, file)
        lines = (f"Downloading data from {base}{file}", _bar(size, release))
        found = Fetch(lines, (), ((path, size),))
        if found in w.fetched or there(path):
            continue
        w.fetched.append(found)
        for text in lines:
            w.emit(Line((Literal(text),)))


def _bar(size: int, release: tuple[int, int]) -> str:
    if release >= (3, 0):
        return f"{size}/{size} {'━' * 20} 0s 0us/step"
    blocks = size if release >= (2, 9) else -(-size // 8192) * 8192  # older ones count whole blocks
    return f"{blocks}/{size} [{'=' * 30}] - 0s 0us/step"
