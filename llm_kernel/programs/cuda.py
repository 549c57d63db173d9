"""CUDA's out-of-memory error, as PyTorch reports it: where in the source, and with which figures."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from llm_kernel.machine import Machine

__all__ = ["out_of_memory", "too_large"]

_CONTEXT = 434
"""MiB that the driver needs for a process before its first tensor, on a card of Ampere."""

_LATER = (
    "\nCUDA kernel errors might be asynchronously reported at some other API call, so the stacktrace below might be "
    "incorrect.\nFor debugging consider passing CUDA_LAUNCH_BLOCKING=1."
)


def out_of_memory(machine: Machine, index: int, shown: int, want: int, script: str, source: str) -> str:
    """The traceback of a program that asks GPU ``index`` (``shown`` to it as another) for ``want`` MiB too many."""
    total = machine.devices.gpus[index].card.total(machine.devices.driver)
    others = [(one.pid, one.gpu[index].mem) for one in machine.processes.using(index)]
    free = max(0, total - sum(mem for _, mem in others))
    frames = "".join(
        f'  File "{script}", line {line}, in {where}\n    {text}\n' for line, where, text in _frames(source)
    )
    return f"Traceback (most recent call last):\n{frames}{_said(_version(machine), shown, total, free, want, others)}\n"


def too_large(machine: Machine, size: int) -> tuple[str, str] | None:
    """The exception of a tensor of ``size`` bytes that the first GPU has no room for: its name and text."""
    gpu = next((index for index, one in enumerate(machine.devices.gpus) if not one.lost), None)
    if gpu is None:
        return None
    total = machine.devices.gpus[gpu].card.total(machine.devices.driver)
    free = total - _CONTEXT - sum(one.gpu[gpu].mem for one in machine.processes.using(gpu))
    want = size / 2**20
    if want <= free:
        return None
    version, asked = _version(machine), _size(-(-size // 2**20))
    name = "RuntimeError" if version < (1, 13) else "torch.OutOfMemoryError"
    name = name if version >= (2, 5) or version < (1, 13) else "torch.cuda.OutOfMemoryError"
    head = f"CUDA out of memory. Tried to allocate {asked}"
    if version >= (2, 2):
        return name, (
            f"{head}. GPU 0 has a total capacity of {_size(total)} of which {_size(max(free, 0))} is free. Including "
            f"non-PyTorch memory, this process has {_size(_CONTEXT)} memory in use. Of the allocated memory 0 bytes is "
            "allocated by PyTorch, and 0 bytes is reserved by PyTorch but unallocated."
        )
    return name, (
        f"{head} (GPU 0; {_size(total)} total capacity; 0 bytes already allocated; {_size(max(free, 0))} free; "
        "0 bytes reserved in total by PyTorch)"
    )


def _version(machine: Machine) -> tuple[int, ...]:
    found = machine.packages.find("pip", "torch") or machine.packages.find("conda", "pytorch")
    parts = (found.version if found else "2.0").split("+")[0].split(".")[:2]
    return tuple(int(part) for part in parts if part.isdigit())


def _said(
    version: tuple[int, ...], shown: int, total: int, free: int, want: int, others: Sequence[tuple[int, int]]
) -> str:
    """The last line: the process has filled what was free, and its next piece does not fit."""
    left = 3 + want % 14
    mine = free - left
    reserved = mine - _CONTEXT
    if reserved < 20:  # not even the driver's own part found room
        return f"RuntimeError: CUDA error: out of memory{_LATER if version >= (1, 9) else ''}"
    kind = "RuntimeError" if version < (1, 13) else "torch.cuda.OutOfMemoryError"
    kind = "torch.OutOfMemoryError" if version >= (2, 5) else kind
    piece = next(size for size in (20, 32, 64, 98, 128, 256) if size > left and (size > want % 200 or size == 256))
    allocated = reserved - reserved // 40
    head = f"{kind}: CUDA out of memory. Tried to allocate {_size(piece)}"
    if version >= (2, 2):
        rest = "".join(f"Process {pid} has {_size(mem)} memory in use. " for pid, mem in others)
        return (
            f"{head}. GPU {shown} has a total capacity of {_size(total)} of which {_size(left)} is free. {rest}"
            f"Including non-PyTorch memory, this process has {_size(mine)} memory in use. Of the allocated memory "
            f"{_size(allocated)} is allocated by PyTorch, and {_size(reserved - allocated)} is reserved by PyTorch "
            f"but unallocated."
        )
    return (
        f"{head} (GPU {shown}; {_size(total)} total capacity; {_size(allocated)} already allocated; "
        f"{_size(left)} free; {_size(reserved)} reserved in total by PyTorch)"
    )


def _size(mib: int) -> str:
    return f"{mib / 1024:.2f} GiB" if mib >= 1024 else f"{mib}.00 MiB"


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
