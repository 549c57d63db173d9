"""The tables of the image models' layers, as the papers give them."""

from __future__ import annotations

import json
from importlib import resources
from typing import Any

__all__ = ["TABLES"]

TABLES: dict[str, Any] = json.loads(
    (resources.files("llm_kernel.plan.shapes.vision") / "tables.json").read_text("utf-8")
)
