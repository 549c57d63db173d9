"""A shell at rest as text: what bash itself prints of its variables, functions, aliases, options and traps.

Nothing of the library's own form is kept, so another version of it, or another library, can take it over.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from itertools import count
from typing import Any, Protocol

from llm_kernel.errors import StateError
from llm_kernel.shell.order import Sink

__all__ = ["Kept", "give", "keep"]

MOST = 20_000_000
"""The most characters of a kept shell."""

_NAME = re.compile(r"(?m)^declare -[\w-]+ ([A-Za-z_]\w*)")
_OWN = re.compile(
    r"(?m)^declare -[\w-]+ (?:BASH\w*|EUID|UID|PPID|SHELLOPTS|FUNCNAME|PIPESTATUS|OPTIND|_|GROUPS|DIRSTACK|RANDOM"
    r"|SRANDOM|SECONDS|EPOCHSECONDS|EPOCHREALTIME|LINENO|HISTCMD|COMP_WORDBREAKS|LLM_KERNEL_\w+)(?:=.*)?\n"
)
_FIXED = ("expand_aliases", "hashall", "interactive-comments", "braceexpand", "history", "monitor")
_LISTS = (
    "declare -p",
    "declare -f",
    "alias -p",
    "set +o; shopt -p",
    "trap -p",
    "dirs -l -p",
    '[ $# = 0 ] || printf "%q " "$@"; echo',
)


@dataclass(frozen=True, slots=True)
class Kept:
    """What a shell is between two runs; ``since`` is the machine's time from which ``$SECONDS`` counts."""

    cwd: str
    variables: str = ""
    functions: str = ""
    aliases: str = ""
    options: str = ""
    traps: str = ""
    folders: str = ""
    words: str = ""
    status: int = 0
    since: float = 0.0
    history: tuple[str, ...] = field(default=())

    def to_state(self) -> dict[str, Any]:
        """The shell as JSON-able data."""
        return {**asdict(self), "history": list(self.history)}

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Kept:
        """The shell back.

        Raises:
            StateError: when a field is missing, of another type or endless.
        """
        try:
            kept = cls(**{**state, "history": tuple(state["history"])})
        except (KeyError, TypeError) as err:
            raise StateError(f"the stored shell is damaged: {err!r}") from err
        wanted = {"status": int, "since": (int, float), "history": tuple}
        for one in fields(cls):
            value = getattr(kept, one.name)
            if not isinstance(value, wanted.get(one.name, str)):  # type: ignore[arg-type]
                raise StateError(f"the stored shell is damaged: {one.name} is {type(value).__name__}")
            if isinstance(value, str) and len(value) > MOST:
                raise StateError(f"the stored shell is damaged: {one.name} has {len(value)} characters")
        if not all(isinstance(line, str) for line in kept.history) or "\0" in kept.cwd:
            raise StateError("the stored shell is damaged: its history or its directory is no text")
        return kept


class Rests(Protocol):
    """A shell that is asked between two runs."""

    status: int

    async def capture(self, script: str) -> str: ...

    async def begin(self, state: str) -> None: ...

    async def run(self, script: str, out: Sink, err: Sink) -> int: ...


async def keep(shell: Rests, cwd: str, since: float, history: tuple[str, ...]) -> Kept:
    """What ``shell`` is now, in its own words; the rest of it is given."""
    for number in count():
        edge = f"__llm_kernel_edge_{number}"
        said = await shell.capture(f"; printf '%s\\n' {edge}; ".join(_LISTS))
        parts = said.split(f"{edge}\n")
        if len(parts) == len(_LISTS):  # else a value of the user's holds the edge
            variables, functions, aliases, options, traps, folders, words = parts
            texts = _OWN.sub("", variables), functions, aliases, _chosen(options), traps, folders, words.strip()
            return Kept(cwd, *texts, status=shell.status, since=since, history=history)
    raise AssertionError


async def give(shell: Rests, kept: Kept, given: Mapping[str, str]) -> None:
    """Let a new ``shell``, which began with the variables ``given``, be what ``kept`` says."""
    gone = given.keys() - set(_NAME.findall(kept.variables)) - {"UID", "EUID", "SHLVL", "PWD"}
    lines = [f"unset {' '.join(sorted(gone))}"] if gone else []
    there = f"cd -- {_quoted(kept.cwd)} 2>/dev/null"
    await shell.begin("\n".join([there, *lines, "unalias -a", kept.variables, kept.aliases]))
    folders = kept.folders.splitlines()[1:]
    script = [kept.functions, *(f"pushd -n -- {_quoted(folder)} >/dev/null" for folder in reversed(folders))]
    if kept.words:
        script.append(f"set -- {kept.words}")
    script += [kept.traps, kept.options]
    if text := "\n".join(part for part in script if part.strip()):
        await shell.run(text, _drop, _drop)
    shell.status = kept.status


def _chosen(options: str) -> str:
    """The options that are not as a new shell has them."""
    wanted = [line for line in options.splitlines() if line.startswith(("set -o", "shopt -s"))]
    return "\n".join(line for line in wanted if not any(word in line for word in _FIXED))


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"


async def _drop(data: bytes) -> None:
    """What bash says while it takes a state over."""
