"""How often a script does what an instruction asks once, every few epochs or in so many layers; its source decides."""

from __future__ import annotations

import ast
import re

from llm_kernel.plan import Loop, Plan, counts, plan
from llm_kernel.plan.nodes import walk

__all__ = ["misjudged"]

_ONCE = re.compile(
    r"\b(?:only|just|exactly|print\w*)\b[^.;\n]{0,60}?\bonce\b|\bonce only\b|[只仅][^。；\n]{0,10}一次", re.I
)
_EVERY = re.compile(
    r"\b(?:print|log|report|show|display)\w*\b[^.;\n]{0,60}?\bevery\s+(\d{1,4})[\s-]*epochs?\b"
    r"|\bevery\s+(\d{1,4})[\s-]*epochs?,?\s+(?:print|log|report|show|display)"
    r"|每\s*隔?\s*(\d{1,4})\s*个?\s*(?:epochs?|轮)[^。；\n]{0,20}(?:打印|输出|显示)",
    re.I,
)
_LAYERS = re.compile(r"\b(\d{1,2}|two|three|four|five|six|seven|eight)[\s-]+layers?\b|(\d{1,2})\s*层", re.I)
_HIDDEN = re.compile(r"hidden\s+layer|隐藏层", re.I)
_NUMBERS = {"two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8}
_WEIGHTED = re.compile(r"^(?:Linear|Conv[123]d|ConvTranspose[123]d|LSTM|GRU|RNN|Dense|Conv[123]D)$")


def misjudged(instruction: str, name: str, source: str) -> list[str]:
    """What the script ``name`` does more or less often than the instruction says, a sentence each."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []
    found = []
    if _ONCE.search(instruction) and (times := _times_in_forward(tree, source)) is not None and times > 1:
        found.append(f"{name} prints about {times:,} times in forward, asked: once")
    if every := _EVERY.search(instruction):
        number = int(every[1] or every[2] or every[3])
        if number > 1 and (said := _each_turn(source, number)):
            found.append(f"{name} prints at {said}, asked: every {number} epochs")
    if (layers := _LAYERS.search(instruction)) and not _HIDDEN.search(instruction):
        wanted = _NUMBERS.get((layers[1] or "").lower()) or int(layers[1] or layers[2])
        if (held := _layers(tree)) is not None and held != wanted:
            found.append(f"{name} has {held} layer{'s'[: held != 1]} with weights, asked: {wanted}")
    return found


def _times_in_forward(tree: ast.Module, source: str) -> int | None:
    """How often each print of ``forward`` prints: the lines that the script has more than without them."""
    silenced = _Silenced()
    quiet = ast.unparse(ast.fix_missing_locations(silenced.visit(ast.parse(source))))
    whole, rest = plan(source), plan(quiet)
    if not silenced.prints or whole is None or rest is None:
        return None
    more = counts(whole)["least"] - counts(rest)["least"]
    return more // silenced.prints


class _Silenced(ast.NodeTransformer):
    """Takes the prints out of ``forward``, and counts them."""

    def __init__(self) -> None:
        self.prints = 0
        self._inside = False

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        outer, self._inside = self._inside, self._inside or node.name == "forward"
        self.generic_visit(node)
        self._inside = outer
        return node

    def visit_Expr(self, node: ast.Expr) -> ast.AST:
        call = node.value
        if self._inside and isinstance(call, ast.Call) and getattr(call.func, "id", "") == "print":
            self.prints += 1
            return ast.copy_location(ast.Pass(), node)
        return node


def _each_turn(source: str, every: int) -> str:
    """How often the epochs' loop prints, where that is neither every so many turns nor unknown."""
    loop = _epochs(plan(source))
    if loop is None or loop.count is None or loop.count <= every:
        return ""
    turns = len(loop.turns) or loop.count
    near = loop.count / every
    right = near - 1 <= turns <= near + 2 and turns < loop.count
    return "" if right else f"{turns} of {loop.count} epochs"


def _epochs(planned: Plan | None) -> Loop | None:
    loops = [node for node in walk(planned.nodes) if isinstance(node, Loop)] if planned else []
    return next((loop for loop in loops if "epoch" in loop.var.lower() and (loop.count or 0) > 1), None)


def _layers(tree: ast.Module) -> int | None:
    """The layers with weights that the source makes one by one; None where a loop makes them or nets are several."""
    classes = [node for node in ast.walk(tree) if isinstance(node, ast.ClassDef) and _makes_layers(node)]
    places: list[ast.AST] = list(classes) or [tree]
    if len(places) > 1:
        return None
    made = [node for node in ast.walk(places[0]) if _is_layer(node)]
    repeated = any(
        _is_layer(inner)
        for node in ast.walk(places[0])
        if isinstance(node, ast.For | ast.ListComp | ast.GeneratorExp)
        for inner in ast.walk(node)
    )
    return None if repeated or not made else len(made)


def _makes_layers(node: ast.ClassDef) -> bool:
    return any(_is_layer(each) for each in ast.walk(node))


def _is_layer(node: ast.AST) -> bool:
    if not isinstance(node, ast.Call):
        return False
    return bool(_WEIGHTED.match(getattr(node.func, "attr", getattr(node.func, "id", ""))))
