"""The recorded example: an executed notebook of the package, and the model that its tape names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat

from llm_kernel.errors import StateError
from llm_kernel.model.tape import header_of

__all__ = ["NAME", "Example", "folders", "load"]

NAME = "01_train_mnist.ipynb"


@dataclass(frozen=True, slots=True)
class Example:
    """An executed notebook; ``model`` wrote what no code computed in it."""

    name: str
    model: str
    book: Any


def folders() -> tuple[Path, Path]:
    """Where the examples can be: in the installed package, or beside it in a checkout."""
    package = Path(__file__).resolve().parents[1]
    return package / "examples", package.parent / "examples"


def load(name: str = NAME, places: Sequence[Path] | None = None) -> Example:
    """The recorded example ``name``.

    Raises:
        StateError: when it is not there or is no notebook.
    """
    for folder in folders() if places is None else places:
        path = folder / name
        if path.is_file():
            return _read(path)
    raise StateError(f"The recorded example {name} is not in this installation; install the package again.")


def _read(path: Path) -> Example:
    try:
        book = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]
    except ValueError as error:
        raise StateError(f"{path} is no notebook: {error}") from error
    model = header_of(path.with_suffix(".tape.jsonl")).get("model", "")
    return Example(path.name, str(model) or "a model that its tape does not name", book)
