"""Functions that call themselves deeper than the library lets them: from there on a shell of its own has the call.

That shell is given what the first one is at this moment, as a fork is, and what it has changed is given back.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Protocol

from tree_sitter import Node

from llm_kernel.shell.background import STATE
from llm_kernel.shell.call import Call
from llm_kernel.shell.channel import Streams
from llm_kernel.shell.kept import owned
from llm_kernel.shell.lead import DEEP, Edit, text_of
from llm_kernel.shell.limits import State
from llm_kernel.shell.order import Sink
from llm_kernel.syntax import walk
from llm_kernel.tokens import quoted

__all__ = ["Deep", "Grown", "bare", "deepened"]

_NATIVE = 15
"""Calls within calls that the library carries out."""

_SHELLS = 16
"""Shells within shells for one call."""

_RETURNED = "__llm_kernel_returned"
_GUARDED = re.compile(rb"(?m)^ *case \$\{FUNCNAME\[\d+\]-\} in *\n(?: .*\n)*? *esac;?\n")
_DECLARED = re.compile(r"(?m)^(?=declare -[\w-]+ [A-Za-z_]\w*(?:=|$))")
_VARIABLE = re.compile(r"declare -([\w-]+) (\w+)(?:=(.*))?\n?", re.DOTALL)


def deepened(nodes: Sequence[Node]) -> list[Edit]:
    """The edits of functions that may call themselves, and of what these call."""
    bodies = {text_of(name): body for node in nodes if (name := _part(node, "name")) and (body := _part(node, "body"))}
    calls = {name: _called(body) & bodies.keys() for name, body in bodies.items()}
    reached = {name: _reached(name, calls) for name in bodies}
    deep = set().union(*({*reached[name]} for name in bodies if name in reached[name]))
    return [
        (bodies[name].start_byte + 1, bodies[name].start_byte + 1, f" {_guard(name)}")
        for name in deep
        if text_of(bodies[name])[:1] in ("{", "(") and not text_of(bodies[name]).startswith("((")
    ]


def bare(listing: bytes) -> bytes:
    """A listing of functions without these edits."""
    return _GUARDED.sub(b"", listing) if DEEP.encode() in listing else listing


def _part(node: Node, field: str) -> Node | None:
    return node.child_by_field_name(field) if node.type == "function_definition" else None


def _called(body: Node) -> set[str]:
    return {text_of(node) for node in walk(body, errors=False) if node.type == "command_name"}


def _reached(name: str, calls: dict[str, set[str]]) -> set[str]:
    """The functions that a call of ``name`` may lead to."""
    found, left = set[str](), [name]
    while left:
        news = calls[left.pop()] - found
        found |= news
        left += news
    return found


def _guard(name: str) -> str:
    call = f'{DEEP} {quoted(name)} {STATE} "$@"; eval "$({DEEP} {quoted(name)})"'
    return f"case ${{FUNCNAME[{_NATIVE - 1}]-}} in ?*) {call};; esac;"


class Grown(Protocol):
    """The shell that has a call."""

    deep: Deep

    def state(self) -> State: ...

    def value(self, name: str) -> str: ...

    async def capture(self, script: str) -> str: ...

    async def run(self, script: str, out: Sink, err: Sink) -> int: ...


class Deep:
    """The calls that one shell gives away by ``grow``; it is itself the ``level``-th that has one."""

    def __init__(self, grow: Callable[[Call], Awaitable[Grown]]) -> None:
        self._grow = grow
        self._answers: dict[str, list[str]] = {}
        self.level = 0

    async def answer(self, call: Call, streams: Streams, context: Any) -> int:
        """Carry a call out; asked for it a second time, say what the shell that gave it away has to do then."""
        name, *given = call.args
        if not given:
            await context.stdout.write(self._answers[name].pop().encode())
            return 0
        answer = await self._carried(name, given[0], call, streams)
        self._answers.setdefault(name, []).append(answer)
        return 0

    async def _carried(self, name: str, state: str, call: Call, streams: Streams) -> str:
        if self.level >= _SHELLS:
            await streams.err("bash: maximum function nesting level exceeded\n")
            return "exit 1"
        child = await self._grow(call)
        child.deep.level = self.level + 1
        status = await child.run(f'{quoted(name)} "$@"; {_RETURNED}=$?', streams.out, streams.err)
        returned = child.value(_RETURNED)
        changes = _changes(state, await child.capture("declare -p"))
        return f"{changes}cd -- {quoted(child.state().cwd)}; {f'return {returned}' if returned else f'exit {status}'}"


def _changes(before: str, after: str) -> str:
    """What makes the variables of ``before`` those of ``after``, as ``declare -p`` lists both."""
    known = _values(before)
    lines = []
    for name, (flags, value) in _values(after).items():
        if known.get(name) == (flags, value) or name == _RETURNED or value is None:
            continue
        new = f"declare -g{flags.strip('-') and ' -' + flags} " if name not in known else ""
        lines.append(f"{new}{name}={value}; ")
    return "".join(lines)


def _values(listing: str) -> dict[str, tuple[str, str | None]]:
    """A listing's variables: the letters of what each is, and its value as it is written there."""
    found = (_VARIABLE.fullmatch(part.rstrip("\n")) for part in _DECLARED.split(owned(listing)))
    return {one[2]: (one[1], one[3]) for one in found if one and "r" not in one[1] and one[2] not in ("_", "PWD")}
