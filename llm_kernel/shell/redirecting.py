"""Redirections that the library cannot follow: devices, descriptors that change places, the terminal."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

from tree_sitter import Node

from llm_kernel.shell.chance import devices, sized
from llm_kernel.shell.lead import INNER, Edit, Lead, alone, replaced, text_of

__all__ = ["chanced", "exchanged", "full", "saved", "shown", "zeroes"]

_TERMINAL, _ELSEWHERE = re.compile(r">>?\s*/dev/tty"), re.compile(r"1?>&\s*([3-9])")
_SAVED = re.compile(r"(?<!\S)([3-9])>&1(?!\S)")
_EXCHANGE = re.compile(r"(\d)>&1 1>&2 2>&\1(?: \1>&-)?")


def full(node: Node, lead: Lead) -> list[Edit]:
    """``> /dev/full``: what a command writes there does not fit."""
    found = re.fullmatch(r">>?\s*/dev/full", text_of(node))
    body = node.parent.child_by_field_name("body") if node.parent else None
    if found is None or body is None or body.type != "command":
        return []
    name = text_of(body.child_by_field_name("name") or body)
    line = node.start_point[0] + 1
    who = f"$0: line {line}: {name}" if name in lead.builtins and lead.inner else name
    who = f"bash: {name}" if name in lead.builtins and not lead.inner else who
    return [replaced(node, f'| {INNER} {lead.pid} full "{who}: write error: No space left on device"')]


def chanced(node: Node, lead: Lead) -> list[Edit]:
    """``< /dev/urandom``: bytes of the machine's chance."""
    found = devices(node.named_children) if text_of(node).lstrip("0").startswith("<") else []
    return [replaced(word, f'"$({INNER} </dev/null {lead.pid} chance {sized([text_of(word)])})"') for word in found]


def zeroes(node: Node) -> list[Edit]:
    """``head -c 10G /dev/zero > x``: so many zeroes are a size, not bytes."""
    found = re.fullmatch(r"head\s+(?:-c\s*|--bytes=)(\d+[MGT]B?)\s+/dev/zero\s*>\s*([\w./-]+)", text_of(node))
    return [replaced(node, f": > {found[2]}; truncate -s {found[1]} {found[2]}")] if found and alone(node) else []


def saved(nodes: Iterable[Node]) -> frozenset[str]:
    """The descriptors in which a script keeps its own output, by ``exec 3>&1`` in no pipe, subshell or function."""
    found = [node for node in nodes if node.type == "redirected_statement" and "exec " in text_of(node)]
    return frozenset(number for node in found if _plain(node) for number in _SAVED.findall(text_of(node)))


def _plain(node: Node) -> bool:
    """Whether a statement is the script's own."""
    above = node.parent
    while above is not None and above.type in ("list", "compound_statement"):
        above = above.parent
    return above is not None and above.type == "program"


def _kept(node: Node, numbers: Collection[str]) -> re.Match[str] | None:
    """Whether a redirection in a substitution leads to such a descriptor."""
    found = _ELSEWHERE.fullmatch(text_of(node))
    above = node.parent
    while found and above is not None and above.type != "command_substitution":
        above = above.parent
    return found if found and found[1] in numbers and above is not None else None


def shown(node: Node, lead: Lead, numbers: Collection[str] = ()) -> list[Edit]:
    """``> /dev/tty``: the terminal is the cell, wherever the output of what is around goes; ``numbers`` lead there."""
    found = _TERMINAL.fullmatch(text_of(node)) or _kept(node, numbers)
    body = node.parent.child_by_field_name("body") if node.parent else None
    if found is None or body is None or body.type not in ("command", "compound_statement", "subshell"):
        return []
    if lead.inner and text_of(body) == "exec":  # every statement behind it is told
        return []
    piped = node.parent is not None and node.parent.parent is not None and node.parent.parent.type == "pipeline"
    beside = sum(child.type == "file_redirect" for child in node.parent.children) > 1 if node.parent else False
    if found.re is not _TERMINAL and (piped or (beside and body.type != "command")):
        return []
    if body.type != "command" or piped:  # the library loses what these write to a substituted process
        return [replaced(node, f"| {INNER} {lead.pid} tty")]
    return [replaced(node, f"> >({INNER} {lead.pid} tty)")]


def exchanged(node: Node, lead: Lead) -> list[Edit]:
    """``3>&1 1>&2 2>&3``: the two streams change places; errors wait in a file until the command is over."""
    redirects = [child for child in node.children if child.type == "file_redirect"]
    body = node.child_by_field_name("body")
    if body is None or len(node.children) != len(redirects) + 1:
        return []
    if not _EXCHANGE.fullmatch(" ".join(text_of(one).replace(" ", "") for one in redirects)):
        return []
    asks = f"{INNER} </dev/null {lead.pid}"
    return [
        (body.start_byte, body.start_byte, "{ "),
        (redirects[0].start_byte, redirects[-1].end_byte, f'1>&2 2>"$({asks} exchange)"; {asks} exchanged $?; }}'),
    ]
