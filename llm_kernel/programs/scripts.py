"""Which Python script a command line runs: by the interpreter, by its own name, or by a launcher of processes."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass, replace

from llm_kernel.programs.python_line import Line
from llm_kernel.python.beside import own_paths
from llm_kernel.shell.call import Call

__all__ = ["Script", "from_input", "script_of"]

_LAUNCHERS = frozenset(["torchrun", "accelerate", "deepspeed"])
_COUNT = re.compile(r"--(?:nproc[_-]per[_-]node|num[_-]processes|num[_-]gpus)(?:=(\d+))?")


@dataclass(frozen=True, slots=True)
class Script:
    """A script by its ``name`` as written and its ``args``; ``workers`` 0 means one for each GPU.

    ``folders`` are those in which its own modules are looked for. ``text`` is the source of one that lies in no file:
    it was written behind ``-c``, or came as standard input.
    """

    name: str
    args: tuple[str, ...] = ()
    workers: int = 1
    folders: tuple[str, ...] = ()
    text: str | None = None

    def path(self, call: Call) -> str:
        """Where it lies; what it is called in tracebacks where it lies nowhere."""
        return self.name if self.text is not None else call.path(self.name)

    @property
    def word(self) -> str:
        """The first of its ``sys.argv``."""
        return self.name if self.text is None else "-c" if self.name == "<string>" else "-"


def script_of(call: Call, typed: str | None = None) -> Script | None:
    """The script that ``call`` runs, if need be from its standard input ``typed``; None where it runs none."""
    found = _module(call) or _script(call) or _written(call, typed)
    if found is None or found.folders:
        return found
    folder = call.cwd if found.text is not None else posixpath.dirname(call.path(found.name))
    return replace(found, folders=(folder, *own_paths(call.env, call.cwd)))


def from_input(call: Call) -> bool:
    """Whether ``call`` is an interpreter that reads its program from standard input."""
    rest = _behind(call)
    return rest is not None and (not rest or rest[0] == "-")


def _behind(call: Call) -> list[str] | None:
    """The words of an interpreter's call behind its options; None where it is none, or starts nothing."""
    if not call.name.rpartition("/")[2].startswith("python"):
        return None
    line = Line.of(call.args)
    return None if line.wrong else list(line.program)


def _written(call: Call, typed: str | None) -> Script | None:
    """The program of ``python -c TEXT`` or of an interpreter's standard input."""
    rest = _behind(call) or []
    if rest[:1] == ["-c"] and len(rest) > 1:
        return Script("<string>", tuple(rest[2:]), text=rest[1])
    return Script("<stdin>", tuple(rest[1:]), text=typed) if typed and from_input(call) else None


def _module(call: Call) -> Script | None:
    """The file of ``python -m package.module``, which stands below the working directory."""
    rest = _behind(call) or []
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
    if base in _LAUNCHERS:
        return _launched(list(call.args))
    rest = _behind(call) or []
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
