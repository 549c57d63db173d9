"""Which source in another language than Python a command line runs: by Node, by its own name, or compiled before."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from llm_kernel.plan import Plan
from llm_kernel.plan.foreign import Tongue, foreign, tongue_of
from llm_kernel.programs.compiled import units
from llm_kernel.shell.call import Call

__all__ = ["Source", "source_of"]

_NODE = frozenset(["node", "nodejs"])
_LONGEST = 4_000_000


@dataclass(frozen=True, slots=True)
class Source:
    """A program whose ``text`` is known, called with ``argv``, of which the first is its own name."""

    path: str
    text: str
    tongue: Tongue
    argv: tuple[str, ...]

    def plan(self) -> Plan | None:
        """What it can print; None where that cannot be said."""
        return foreign(self.text, self.tongue, self.argv)


def source_of(call: Call, witness: Callable[[str, Callable[[], str]], object]) -> Source | None:
    """The program that ``call`` runs, where its source is known; ``witness`` keeps what was read for a later life."""
    base = call.name.rpartition("/")[2]
    if base in _NODE and len(call.args) > 1 and call.args[0] in ("-e", "--eval"):
        return Source("[eval]", call.args[1], "javascript", call.args[2:])
    script = next(iter(call.args), "") if base in _NODE else call.name if "/" in call.name else ""
    if not script or script.startswith("-"):
        return None
    path = call.path(script)
    name, text = str(witness(f"source of {path}", lambda: "\n".join(_read(call, path)))).split("\n", 1)
    tongue = tongue_of(name)
    if tongue is None or (base in _NODE and tongue != "javascript"):
        return None
    said = path if tongue == "javascript" else call.name
    argv = (said, *(call.args[1:] if base in _NODE else call.args))
    return Source(path, text, tongue, argv)


def _read(call: Call, path: str) -> tuple[str, str]:
    """The name of a source and its text, both empty where there is none: a script's own, or a binary's."""
    files = call.machine.files
    try:
        if files.is_sized(path) or files.stat(path).size > _LONGEST:
            return "", ""
        data = files.read(path)
    except OSError:
        return "", ""
    made_of = units(data)
    if len(made_of) == 1 or (made_of and all(one.tongue == "c" for one in made_of)):
        return made_of[0].name, "\n".join(one.text for one in made_of)
    text = "" if made_of or b"\0" in data else data.decode("utf-8", "replace")
    first = text.partition("\n")[0]
    if first.startswith("#!") and "node" in first:
        return "main.js", "//" + text[2:]
    return (path.replace("\n", " "), text) if tongue_of(path) == "javascript" else ("", "")
