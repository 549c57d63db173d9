"""Which Python script a command line runs: by the interpreter, by its own name, or by a launcher of processes."""

from __future__ import annotations

import re
from dataclasses import dataclass

from llm_kernel.shell.call import Call

__all__ = ["Script", "script_of"]

_LAUNCHERS = frozenset(["torchrun", "accelerate", "deepspeed"])
_SILENT = frozenset(["-u", "-B", "-O", "-OO", "-s", "-E", "-I"])
_COUNT = re.compile(r"--(?:nproc[_-]per[_-]node|num[_-]processes|num[_-]gpus)(?:=(\d+))?")


@dataclass(frozen=True, slots=True)
class Script:
    """A script by its ``name`` as written and its ``args``; ``workers`` 0 means one for each GPU."""

    name: str
    args: tuple[str, ...] = ()
    workers: int = 1


def script_of(call: Call) -> Script | None:
    """The script that ``call`` runs; None where it runs none."""
    base = call.name.rpartition("/")[2]
    if base.endswith(".py") and "/" in call.name:
        return Script(call.name, call.args)
    rest = list(call.args)
    if base in _LAUNCHERS:
        return _launched(rest)
    if not base.startswith("python"):
        return None
    while rest and rest[0] in _SILENT:
        rest.pop(0)
    if rest[:2] in (["-m", "torch.distributed.launch"], ["-m", "torch.distributed.run"]):
        return _launched(rest[2:])
    return Script(rest[0], tuple(rest[1:])) if rest and rest[0].endswith(".py") else None


def _launched(words: list[str]) -> Script | None:
    workers = 0
    for at, word in enumerate(words):
        if found := _COUNT.fullmatch(word):
            text = found[1] or (words[at + 1] if at + 1 < len(words) else "")
            workers = int(text) if text.isdigit() else 0
        elif word.endswith(".py"):
            return Script(word, tuple(words[at + 1 :]), workers)
    return None
