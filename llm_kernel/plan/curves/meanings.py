"""What the names of a training script are made of, and of how many losses a number that it adds up and divides."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from typing import Literal, TypeAlias

from llm_kernel.plan.curves.constants import last_name
from llm_kernel.plan.curves.kinds import kind_of

__all__ = ["Many", "definitions", "losses", "meaning", "since_start"]

Many: TypeAlias = Literal["", "batch", "batches", "examples"]
"""How many: one, as many as a batch has examples, as the data has batches, as it has examples."""
_LONGEST = 160
_CLOCKS = frozenset({"time", "perf_counter", "monotonic", "default_timer"})
_EPOCHS = re.compile(r"epoch", re.IGNORECASE)
_STEPS = 4
_SUM = re.compile(r"""reduction=['"]sum['"]|size_average=False|\.sum\(\)|torch\.sum\([^,]*\)$""")
_MEAN = re.compile(r"""mean\(|reduction=['"]mean['"]|/ ?(?:len|\w+\.size\(0|\w+\.shape\[0|\w*batch_?size)""")
_EACH = re.compile(r"\* *(?:len\(|\w+\.size\(|\w+\.shape|\w*batch_?size)")
_OF_EXAMPLES = re.compile(
    r"\.dataset\b|len\(\w*(?:dataset|data_?set|_set|_ds|[xX]_?(?:train|test|val)\w*|(?:train|test|val)(?:set|_?data))\)"
    r"|^(?:total|seen|n_?samples|num_?samples|n_?examples|num_?examples)$"
)
_OF_BATCHES = re.compile(
    r"len\((?:\w+\.)*\w*(?:loader|_dl|batches|iterator)\w*\)|^(?:n|num)_?(?:batches|steps|iters)$"
    r"|\b(?:idx|batch_idx|i) \+ 1"
)
_OF_BATCH = re.compile(r"^len\(\w+\)$|batch_?size|\.size\(0\)|\.shape\[0\]")


def definitions(source: str) -> dict[str, str]:
    """What each name of the source is assigned first that says something: its expression as text.

    Under ``+name`` stands how many losses are added up in it (nothing where nobody can tell), under ``/name`` what
    that is divided by later; under ``name()`` what a function of the source gives, if that is a sum over its examples;
    under ``@name`` that a clock was read into it before the epochs.
    """
    held: dict[str, str] = {}
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return held
    added: dict[str, set[str]] = {}
    for node in ast.walk(tree):
        match node:
            case ast.AugAssign(target=ast.Name(id=name), op=ast.Add(), value=value):
                added.setdefault(name, set()).add(ast.unparse(value))
            case ast.AugAssign(target=ast.Name(id=name), op=ast.Div(), value=value):
                held.setdefault(f"/{name}", ast.unparse(value)[:_LONGEST])
            case ast.Assign(
                targets=[ast.Name(id=name)], value=ast.BinOp(op=ast.Div(), left=ast.Name(id=other), right=value)
            ) if name == other:
                held.setdefault(name, ast.unparse(node.value)[:_LONGEST])
                held.setdefault(f"/{name}", ast.unparse(value)[:_LONGEST])
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if not isinstance(value, ast.Constant):
                held.setdefault(name, ast.unparse(value)[:_LONGEST])
            case ast.Assign(targets=[ast.Tuple(elts=names)], value=ast.Tuple(elts=values)) if len(names) == len(values):
                for one, value in zip(names, values, strict=True):
                    if isinstance(one, ast.Name) and not isinstance(value, ast.Constant):
                        held.setdefault(one.id, ast.unparse(value)[:_LONGEST])
            case ast.FunctionDef(name=name) if _adds(node):
                held[f"{name}()"] = "sum"
    held |= {f"@{name}": "run" for name in _started(tree)}
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr="backward")):
                if kind_of(f"{name} {held.get(name, '')}") != "loss":
                    held[name] = f"loss({held.get(name, '')})"
    for name, texts in added.items():
        held.setdefault(name, min(texts)[:_LONGEST])
        counts = {count for text in texts if (count := _added(name, text, held))}
        held[f"+{name}"] = counts.pop() if len(counts) == 1 else ""
    return held


def _started(tree: ast.Module) -> Iterator[str]:
    """The names that take the time before the loop over epochs, of the module or of the function around that loop."""
    blocks = [tree.body, *(node.body for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))]
    for block in blocks:
        loops = [at for at, node in enumerate(block) if isinstance(node, ast.For) and _EPOCHS.search(_head(node))]
        for node in block[: loops[0]] if loops else []:
            match node:
                case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call(func=func)) if last_name(func) in _CLOCKS:
                    yield name


def _head(loop: ast.For) -> str:
    return f"{ast.unparse(loop.target)} {ast.unparse(loop.iter)}"


def since_start(expr: str, meanings: Mapping[str, str]) -> bool:
    """Whether a time is counted from before the epochs on."""
    _, deep = meaning(expr, meanings)
    return any(f"@{name}" in meanings for name in re.findall(r"[A-Za-z_]\w*", f"{expr} {deep}"))


def meaning(expr: str, meanings: Mapping[str, str]) -> tuple[str, str]:
    """What the names of ``expr`` are made of, one step deep, and that with another."""
    first = " ".join(meanings[name] for name in re.findall(r"[A-Za-z_]\w*", expr) if name in meanings)
    second = " ".join(meanings[name] for name in re.findall(r"[A-Za-z_]\w*", first) if name in meanings)
    return first, f"{first} {second}".strip()


def losses(expr: str, meanings: Mapping[str, str]) -> tuple[Many, Many]:
    """Of how many examples' losses an expression is the sum, and by how many that is divided."""
    try:
        return _made(ast.parse(expr.strip(), mode="eval").body, meanings, _STEPS)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return "", ""


def _made(node: ast.expr, meanings: Mapping[str, str], depth: int) -> tuple[Many, Many]:
    match node:
        case ast.BinOp(left=left, op=ast.Div(), right=right):
            over, _ = _made(left, meanings, depth)
            by = _divisor(ast.unparse(right), over, meanings) if over else ""
            return (over, by) if by else ("", "")
        case ast.Call(func=ast.Attribute(value=inner, attr="item" | "mean")):
            return _made(inner, meanings, depth)
        case ast.Call(func=ast.Name(id="float" | "round" | "sqrt"), args=[inner, *_]):
            return _made(inner, meanings, depth)
        case ast.Name(id=name) if f"+{name}" in meanings:
            over = _many(meanings[f"+{name}"])
            if f"/{name}" not in meanings:
                return over, ""
            by = _divisor(meanings[f"/{name}"], over, meanings) if over else ""
            return (over, by) if by else ("", "")
        case ast.Name(id=name) if name in meanings and depth:
            return _made(ast.parse(meanings[name], mode="eval").body, meanings, depth - 1)
    return ("batch", "") if _sums(ast.unparse(node), meanings) else ("", "")


def _many(text: str) -> Many:
    return "examples" if text == "examples" else "batches" if text == "batches" else ""


def _divisor(text: str, over: Many, meanings: Mapping[str, str]) -> Many:
    """How many a divisor is; nothing where nobody can tell."""
    counted = meanings.get(f"+{text}", "")
    if _OF_EXAMPLES.search(text) or counted == "examples":
        return "examples"
    if _OF_BATCHES.search(text) or counted == "batches":
        return "batches"
    if over == "batch" and _OF_BATCH.search(text):
        return "batch"
    return _divisor(meanings[text], over, {}) if text in meanings else ""


def _added(name: str, value: str, meanings: Mapping[str, str]) -> str:
    """What a name counts or adds up with each ``value``: batches, or examples; nothing where it is neither."""
    if value == "1":
        return "batches"
    if re.fullmatch(r"len\(\w+\)|\w+\.size\(0\)|\w+\.shape\[0\]|\w*batch_?size", value):
        return "examples"
    if kind_of(name) != "loss" and kind_of(value) != "loss":
        return ""
    return "examples" if _EACH.search(value) or _sums(value, meanings) else "batches"


def _sums(text: str, meanings: Mapping[str, str]) -> bool:
    """Whether an expression adds the losses of a batch's examples up."""
    named = list(re.findall(r"[A-Za-z_]\w*", text))
    texts = [text, *(meanings[name] for name in named if name in meanings)]
    parts = (name for one in texts[1:] if "(" not in one for name in re.findall(r"[A-Za-z_]\w*", one))
    texts += [meanings[name] for name in parts if name in meanings]
    if any(_MEAN.search(one) for one in texts):
        return False
    called = (name for one in texts for name in re.findall(r"([A-Za-z_]\w*)\(", one))
    return any(_SUM.search(one) for one in texts) or any(f"{name}()" in meanings for name in called)


def _adds(function: ast.FunctionDef) -> bool:
    """Whether a function gives a loss that is summed over the examples."""
    returned = [node.value for node in ast.walk(function) if isinstance(node, ast.Return) and node.value is not None]
    text = ast.unparse(function)
    return bool(returned) and "loss" in function.name.lower() and any(_summing(function)) and not _MEAN.search(text)


def _summing(function: ast.FunctionDef) -> Iterator[bool]:
    for node in ast.walk(function):
        if isinstance(node, ast.Call):
            yield bool(_SUM.search(ast.unparse(node))) or (last_name(node.func) == "sum" and len(node.args) <= 1)
