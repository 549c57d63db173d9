"""A script as the library has to be given it: what it would answer as itself, or from the host, is led to the machine.

Only the words that need it are changed, in their place, so line numbers and everything else stay.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from tree_sitter import Node

from llm_kernel.shell.asking import at_terminal
from llm_kernel.shell.choosing import selects
from llm_kernel.shell.commanded import commanded
from llm_kernel.shell.commands import Command
from llm_kernel.shell.conditions import newer, same, tests_of
from llm_kernel.shell.deep import deepened
from llm_kernel.shell.errors_told import told_elsewhere, told_on
from llm_kernel.shell.expanding import COUNTED, counted, expanded, list_of, ticked, timed_from
from llm_kernel.shell.failing import failing
from llm_kernel.shell.guarding import guards
from llm_kernel.shell.keying import keyed, keys_of
from llm_kernel.shell.lasting import lasting
from llm_kernel.shell.lead import INNER, Edit, Lead, replaced, text_of
from llm_kernel.shell.listing import LISTS, listing, named
from llm_kernel.shell.ranges import RANGED, parted
from llm_kernel.shell.redirecting import chanced, exchanged, full, saved, shown, zeroes
from llm_kernel.shell.suspecting import suspect
from llm_kernel.shell.tracing import HEADED, heads, traces
from llm_kernel.syntax import parse, walk

__all__ = ["led"]

_STRICT = re.compile(r"\bset\s(?:[-+]\w+\s+)*-\w*u|\bnounset\b")

_LN = re.compile(r"\b(?:ln|link|cp)\b")
_MASKS = re.compile(r"\bumask\s+[\w=+-]")


def led(script: str, lead: Lead) -> str:
    """``script`` with its edits."""
    shared = lead.shared or _LN.search(script) is not None
    if not lead.inner and not lead.guarded and not shared and not suspect(script):
        return script
    script = ticked(script)
    root = parse(script)
    nodes = list(walk(root, errors=False))
    strict, traced = _STRICT.search(script) is not None, traces(script)
    numbers = saved(nodes) if "exec " in script else frozenset[str]()
    functions = {text_of(name) for node in nodes if (name := _defined(node)) is not None}
    edits: list[Edit] = guards(nodes, lead, functions) if lead.guarded else []
    edits += deepened(nodes) if functions else []
    edits += lasting(root) if "exec" in script and lead.inner and lead.pid != lead.parent else []
    edits += keyed(nodes) + (failing(nodes, script) if "ERR" in script else [])
    edits += commanded(nodes) if "BASH_COMMAND" in script else []
    for node in nodes:
        if node.type in LISTS:
            edits += listing(node)
        if node.type == "command":
            found = [node.child_by_field_name("name"), *node.children_by_field_name("argument")]
            words = [word for word in found if word is not None]
            edits += Command(words, node, lead, functions).edits()
            edits += same(node, shared) + newer(node, lead) if words and text_of(words[0]) == "test" else []
        elif node.type in HEADED and traced and text_of(node.children[0]) != "select":
            edits += heads(node, lead)
        elif node.type == "for_statement":
            edits += selects(node, f"{INNER} </dev/null {lead.pid}", quiet=lead.asked and at_terminal(node))
        elif node.type == "test_command":
            edits += tests_of(node, shared) + same(node, shared) + newer(node, lead)
        elif node.type == "redirected_statement":
            edits += zeroes(node) + exchanged(node, lead) + told_elsewhere(node, lead)
        elif node.type == "pipeline" and "|&" in script:
            edits += told_on(node, lead)
        elif node.type == "subshell":
            edits += _masked(node, lead)
        elif node.type == "file_redirect" and node.parent is not None:
            edits += full(node, lead) or chanced(node, lead) or shown(node, lead, numbers)
        elif node.type in ("simple_expansion", "expansion"):
            edits += named(node) or expanded(node, lead, strict=strict)
        elif node.type == "variable_name" and counted(node):
            edits += [replaced(node, COUNTED[text_of(node)])] if text_of(node) in COUNTED else []
        elif node.type == "array":
            edits += keys_of(node)
        elif node.type in RANGED:
            edits += parted(node)
        elif node.type == "variable_assignment":
            edits += timed_from(node) + list_of(node)
    return _edited(script, edits)


def _edited(script: str, edits: Sequence[Edit]) -> str:
    data = script.encode("utf-8", "replace")
    pieces, behind = [], len(data)
    for start, end, text in sorted(set(edits), reverse=True):
        if end > behind:
            continue  # it lies in what another edit has replaced
        pieces += [data[end:behind], text.encode()]
        behind = start
    pieces.append(data[:behind])
    return b"".join(reversed(pieces)).decode("utf-8", "replace")


def _defined(node: Node) -> Node | None:
    return node.child_by_field_name("name") if node.type == "function_definition" else None


def _masked(node: Node, lead: Lead) -> list[Edit]:
    """``( umask 077; ... )``: the mask is the shell's again behind it."""
    if not _MASKS.search(text_of(node)):
        return []
    asks = f"{INNER} </dev/null {lead.pid}"
    return [
        (node.start_byte, node.start_byte, f"{{ {asks} mask; "),
        (node.end_byte, node.end_byte, f"; {asks} unmask $?; }}"),
    ]
