"""Facts about the real world that machines are made of, as JSON files beside this module. Read, never written."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Any

__all__ = ["load", "text"]


@cache
def text(name: str) -> str:
    """The catalogue file ``name`` (without ``.json``) as it stands."""
    return files(__name__).joinpath(f"{name}.json").read_text(encoding="utf-8")


def load(name: str) -> Any:
    """The catalogue file ``name`` (without ``.json``) as fresh data that the caller may keep and change."""
    return json.loads(text(name))
