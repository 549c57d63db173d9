"""Whether a script may read ``/proc`` with the library's own tools, which cannot be told to wait for it.

Programs of ours look through ``Files``, which brings ``/proc`` up to date by itself. Here everything counts as a look
that is not certainly none: an expansion, a pattern, a text that is run later, a link that leads there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from typing import Protocol

from llm_kernel.machine.files import Files

__all__ = ["Sight"]

_UNSEEN = re.compile(r"[`*?\[{~\\]|\$[^?#!_]|<<|proc|\$$")
"""What can spell a path in another way; ``$?`` and its like are numbers."""

_COUNTS = re.compile(r"\bfor\s+\w+\s+in\s+\{-?\d{1,9}\.\.-?\d{1,9}\}")
"""The head of a loop over numbers: they spell no path but through its variable."""

_PIDS = re.compile(r"\$\((?:jobs -p|(?:pgrep|pidof)(?: -[fnox]+)? [\w.]+)\)")
"""Substitutions that give numbers of processes."""

_LASTS = re.compile(r"\b(?:trap|eval|source)\b|(?:^|[;&|({\n])[ \t]*\.[ \t]")
"""What may leave a trap or functions behind that no script shows."""

_BREAKS = re.compile(r"[\s;|&<>()'\"=:,]+")
_QUOTED = re.compile(r"'([^']*)'|\"([^\"]*)\"")
_RUNS = frozenset(
    """. alias bash cd chroot dash declare dirs env eval exec find flock fc local mapfile nice nohup parallel popd pushd
    readonly select set setsid sh shopt source ssh stdbuf su sudo
    time timeout trap typeset unalias watch xargs""".split()
)
"""Words that run what the script does not show, or move to another directory."""


class _Where(Protocol):
    """What a shell says of itself between two runs."""

    @property
    def cwd(self) -> str: ...

    @property
    def aliases(self) -> Mapping[str, str]: ...


class Sight:
    """What is remembered from one run of a shell to the next; ``tools`` are the programs of the library.

    ``blind``: it has functions or traps that were never seen, so that any word may run anything.
    """

    def __init__(self, files: Files, tools: Collection[str], *, blind: bool = False) -> None:
        self._files = files
        self._tools = tools
        self._cwd = ""
        self._aliases: frozenset[str] = frozenset()
        self._trapped = blind

    def reaches(self, script: str, state: Callable[[], _Where], functions: Collection[str]) -> bool:
        """Whether the library may look into ``/proc`` while ``script`` runs; ``state`` asks the shell."""
        self._trapped = self._trapped or bool(_LASTS.search(script))
        if self._trapped or _UNSEEN.search(_PIDS.sub(" ", _COUNTS.sub("for", script))):
            return self._unsure()
        words = set(_BREAKS.split(script))
        if not words.isdisjoint(_RUNS) or not words.isdisjoint(functions):
            return self._unsure()
        if not self._cwd:
            here = state()
            self._cwd, self._aliases = here.cwd, frozenset(here.aliases)
        if self._cwd == "/" or self._cwd.startswith("/proc") or not words.isdisjoint(self._aliases):
            return True
        if words.isdisjoint(self._tools) and "<" not in script:
            return False
        words.update(single or double for single, double in _QUOTED.findall(script))
        return any(self._leads(word) for word in words if word)

    def lose(self) -> None:
        """Forget where the shell is: what runs now may go elsewhere."""
        self._cwd = ""

    def _unsure(self) -> bool:
        self.lose()
        return True

    def _leads(self, word: str) -> bool:
        path = self._files.absolute(word, self._cwd)
        try:
            place = self._files.resolve(path)
        except OSError:
            return False
        return place == "/" or place.startswith("/proc")
