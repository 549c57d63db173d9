"""What training gives: well-known pairs of data and model, what a script does to them, and the curve that follows."""

from __future__ import annotations

from llm_kernel.plan.curves.causes import Regime, regime
from llm_kernel.plan.curves.course import Course, course
from llm_kernel.plan.curves.pairs import Pair, pair_for
from llm_kernel.plan.curves.recipe import Recipe, recipe
from llm_kernel.plan.curves.values import Values

__all__ = ["Course", "Pair", "Recipe", "Regime", "Values", "course", "pair_for", "recipe", "regime"]
