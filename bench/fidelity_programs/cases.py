"""The manifest: each program's command line, what it needs, and what is known of its output."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

__all__ = ["HERE", "SCRIPTS", "Case", "load"]

HERE = Path(__file__).parent
SCRIPTS = HERE / "scripts"


@dataclass(frozen=True, slots=True)
class Case:
    """One run of one script.

    ``epochs``: a pattern whose group is a counter, how many lines match it, and the counter's step; ``lines``: lines
    that must be among the output; ``relations``: ``fraction`` (percentages equal their fractions); ``writes``: the
    files that it leaves; ``error``: what the last line on stderr says; ``real``: why real Python cannot run it here.
    """

    id: str
    command: str
    status: int = 0
    epochs: tuple[str, int, int] | None = None
    lines: tuple[str, ...] = ()
    relations: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()
    error: str = ""
    files: Mapping[str, str] = field(default_factory=dict)
    data: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()
    gpus: int = 0
    real: str = ""

    @property
    def script(self) -> str:
        """The script's path below ``scripts``."""
        return next(word for word in self.command.split() if word.endswith(".py"))

    @property
    def argv(self) -> list[str]:
        """The words behind the script."""
        words = self.command.split()
        return words[words.index(self.script) + 1 :]

    @property
    def source(self) -> str:
        """The script's text."""
        return (SCRIPTS / self.script).read_text()

    def beside(self) -> dict[str, str]:
        """Every file that lies around the script at the start: its path and text."""
        folder = (SCRIPTS / self.script).parent
        own = {} if folder == SCRIPTS else {
            str(path.relative_to(SCRIPTS)): path.read_text() for path in sorted(folder.rglob("*.py"))
        }  # fmt: skip
        return {self.script: self.source, **own, **self.files}


def load(path: Path = HERE / "cases.json") -> list[Case]:
    """All cases, in the manifest's order."""
    return [_case(name, given) for name, given in json.loads(path.read_text()).items()]


def _case(name: str, given: dict[str, object]) -> Case:
    made: dict[str, object] = {key: tuple(value) if isinstance(value, list) else value for key, value in given.items()}
    epochs = made.get("epochs")
    if isinstance(epochs, tuple) and len(epochs) == 2:
        made["epochs"] = (*epochs, 1)
    return Case(name, **made)  # type: ignore[arg-type]
