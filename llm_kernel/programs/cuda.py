"""CUDA's out-of-memory error, as PyTorch reports it: where in the source, and with which figures."""

from __future__ import annotations

import ast

from llm_kernel.machine import Machine

__all__ = ["out_of_memory"]


def out_of_memory(machine: Machine, index: int, shown: int, want: int, script: str, source: str) -> str:
    """The traceback of a program that asks GPU ``index`` (``shown`` to it as another) for ``want`` MiB too many."""
    gpu = machine.devices.gpus[index]
    total = gpu.card.total(machine.devices.driver)
    used = sum(one.gpu[index].mem for one in machine.processes.using(index))
    free = max(0, total - used)
    found = machine.packages.find("pip", "torch")
    version = tuple(
        int(part) for part in (found.version if found else "2.0").split("+")[0].split(".")[:2] if part.isdigit()
    )
    asked = f"{max(20, min(want, 2048) // 2 * 2)}.00 MiB"
    kind = (
        "RuntimeError"
        if version < (1, 13)
        else "torch.cuda.OutOfMemoryError"
        if version < (2, 5)
        else ("torch.OutOfMemoryError")
    )
    capacity = f"{total / 1024:.2f} GiB"
    if version >= (2, 2):
        said = (
            f"CUDA out of memory. Tried to allocate {asked}. GPU {shown} has a total capacity of {capacity} of which "
            f"{free}.00 MiB is free. Including non-PyTorch memory, this process has 0 bytes memory in use. "
            "Of the allocated memory 0 bytes is allocated by PyTorch, and 0 bytes is reserved by PyTorch but "
            "unallocated."
        )
    else:
        said = (
            f"CUDA out of memory. Tried to allocate {asked} (GPU {shown}; {capacity} total capacity; "
            f"0 bytes already allocated; {free}.00 MiB free; 0 bytes reserved in total by PyTorch)"
        )
    frames = "".join(
        f'  File "{script}", line {line}, in {where}\n    {text}\n' for line, where, text in _frames(source)
    )
    return f"Traceback (most recent call last):\n{frames}{kind}: {said}\n"


def _frames(source: str) -> list[tuple[int, str, str]]:
    """(line, function, text) from the module down to the first call that moves a tensor to the GPU."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError):
        return []
    lines = source.splitlines()
    place = next((node for node in ast.walk(tree) if isinstance(node, ast.Call) and _moves(node)), None)
    if place is None:
        return []
    holder = next(
        (
            node
            for node in ast.walk(tree)
            if isinstance(node, ast.FunctionDef) and node.lineno <= place.lineno <= (node.end_lineno or 0)
        ),
        None,
    )
    frames = [(place.lineno, holder.name if holder else "<module>", lines[place.lineno - 1].strip())]
    if holder is not None:
        calls = [
            node
            for node in ast.walk(tree)
            if isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id == holder.name
            and not holder.lineno <= node.lineno <= (holder.end_lineno or 0)
        ]
        if calls:
            frames.insert(0, (calls[-1].lineno, "<module>", lines[calls[-1].lineno - 1].strip()))
    return frames


def _moves(call: ast.Call) -> bool:
    if not isinstance(call.func, ast.Attribute):
        return False
    if call.func.attr == "cuda":
        return not (isinstance(call.func.value, ast.Name) and call.func.value.id == "torch")
    return (
        call.func.attr == "to"
        and bool(call.args)
        and any(word in ast.unparse(call.args[0]).lower() for word in ("dev", "cuda", "rank"))
    )
