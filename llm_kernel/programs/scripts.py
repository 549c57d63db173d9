"""Which Python script a command line runs: by the interpreter, by its own name, or by a launcher of processes."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass, replace

from llm_kernel.python.beside import own_paths
from llm_kernel.shell.call import Call

__all__ = ["Script", "script_of"]

_LAUNCHERS = frozenset(["torchrun", "accelerate", "deepspeed"])
_SILENT = frozenset(["-u", "-B", "-O", "-OO", "-s", "-E", "-I"])
_COUNT = re.compile(r"--(?:nproc[_-]per[_-]node|num[_-]processes|num[_-]gpus)(?:=(\d+))?")


@dataclass(frozen=True, slots=True)
class Script:
    """A script by its ``name`` as written and its ``args``; ``workers`` 0 means one for each GPU.

    ``folders`` are those in which its own modules are looked for.
    """

    name: str
    args: tuple[str, ...] = ()
    workers: int = 1
    folders: tuple[str, ...] = ()


def script_of(call: Call) -> Script | None:
    """The script that ``call`` runs; None where it runs none."""
    found = _module(call) or _script(call)
    if found is None or found.folders:
        return found
    return replace(found, folders=(posixpath.dirname(call.path(found.name)), *own_paths(call.env, call.cwd)))


def _module(call: Call) -> Script | None:
    """The file of ``python -m package.module``, which stands below the working directory."""
    rest = list(call.args) if call.name.rpartition("/")[2].startswith("python") else []
    while rest and rest[0] in _SILENT:
        rest.pop(0)
    if len(rest) < 2 or rest[0] != "-m" or not all(part.isidentifier() for part in rest[1].split(".")):
        return None
    folders = (call.cwd, *own_paths(call.env, call.cwd))
    within = rest[1].replace(".", "/")
    names = [posixpath.join(folder, within + end) for folder in folders for end in ("/__main__.py", ".py")]
    name = next((each for each in names if call.machine.files.exists(each)), None)
    return Script(name, tuple(rest[2:]), 1, folders) if name is not None else None


def _script(call: Call) -> Script | None:
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
