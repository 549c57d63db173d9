"""What torchvision prints and leaves when a script downloads a well-known data set, or finds it there.

Lines as torchvision prints them (``torchvision/datasets/mnist.py``, ``cifar.py``, ``utils.py`` of its releases from 0.9
to 0.20), sizes in bytes as published with the data sets. From memory of both, not from a recording.
"""

from __future__ import annotations

import posixpath
from dataclasses import dataclass

__all__ = ["FETCHES", "Fetch", "fetch"]

_MNIST = "http://yann.lecun.com/exdb/mnist/"
_FASHION = "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/"
_IDX = (
    ("train-images-idx3-ubyte", 47_040_016, 9_912_422),
    ("train-labels-idx1-ubyte", 60_008, 28_881),
    ("t10k-images-idx3-ubyte", 7_840_016, 1_648_877),
    ("t10k-labels-idx1-ubyte", 10_008, 4_542),
)
_FASHION_GZ = (26_421_880, 29_515, 4_422_102, 5_148)
_CIFAR10 = (
    ("data_batch_1", 31_035_704),
    ("data_batch_2", 31_035_320),
    ("data_batch_3", 31_035_999),
    ("data_batch_4", 31_035_696),
    ("data_batch_5", 31_035_623),
    ("test_batch", 31_035_526),
    ("batches.meta", 158),
    ("readme.html", 88),
)
_CIFAR100 = (("train", 155_249_918), ("test", 31_049_918), ("meta", 1_167), ("file.txt~", 1))


@dataclass(frozen=True, slots=True)
class Fetch:
    """One data set in one folder: ``lines`` while it is fetched, ``found`` when it is there, and its ``files``."""

    lines: tuple[str, ...]
    found: tuple[str, ...]
    files: tuple[tuple[str, int], ...]


def _idx(root: str, name: str, base: str, packed: tuple[int, ...]) -> Fetch:
    folder = posixpath.join(root, name, "raw")
    lines: list[str] = []
    files: list[tuple[str, int]] = []
    for (file, size, _), gz in zip(_IDX, packed, strict=True):
        path, url = posixpath.join(folder, f"{file}.gz"), f"{base}{file}.gz"
        lines += [f"Downloading {url}", f"Downloading {url} to {path}", f"Extracting {path} to {folder}", ""]
        files += [(posixpath.join(folder, file), size), (path, gz)]
    return Fetch(tuple(lines), (), tuple(files))


def _cifar(root: str, archive: str, size: int, folder: str, members: tuple[tuple[str, int], ...]) -> Fetch:
    path = posixpath.join(root, archive)
    url = f"https://www.cs.toronto.edu/~kriz/{archive}"
    files = ((path, size), *((posixpath.join(root, folder, name), bytes_) for name, bytes_ in members))
    return Fetch(
        (f"Downloading {url} to {path}", f"Extracting {path} to {root}"),
        ("Files already downloaded and verified",),
        files,
    )


FETCHES = frozenset({"MNIST", "FashionMNIST", "CIFAR10", "CIFAR100"})


def fetch(name: str, root: str) -> Fetch | None:
    """How data set ``name`` comes into the folder ``root``; None for one that is not known."""
    match name:
        case "MNIST":
            return _idx(root, name, _MNIST, tuple(gz for _, _, gz in _IDX))
        case "FashionMNIST":
            return _idx(root, name, _FASHION, _FASHION_GZ)
        case "CIFAR10":
            return _cifar(root, "cifar-10-python.tar.gz", 170_498_071, "cifar-10-batches-py", _CIFAR10)
        case "CIFAR100":
            return _cifar(root, "cifar-100-python.tar.gz", 169_001_437, "cifar-100-python", _CIFAR100)
    return None
