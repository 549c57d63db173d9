"""Variables whose values, and expansions whose words, the library does not have: they are led to what has them."""

from __future__ import annotations

import re

from tree_sitter import Node

from llm_kernel.shell.lead import ELAPSED, INNER, Edit, Lead, ended, replaced, text_of
from llm_kernel.shell.replacing import replacement
from llm_kernel.syntax import parse, walk

__all__ = ["COUNTED", "counted", "expanded", "list_of", "ticked", "timed_from"]

_MOMENT = {"EPOCHSECONDS": "$(date +%s)", "EPOCHREALTIME": "$(date +%s.%6N)", "SECONDS": f"$({ELAPSED})"}

_MATCHED = (5, 2)
"""The version of bash from which on ``&`` in what a pattern is replaced by is the text that it matched."""

_TICKED = re.compile(r"\$\{[^}`\n]*`")
_TICKS = re.compile(r"`((?:[^`\\]|\\.)*)`", re.DOTALL)
_TOLD = re.compile(r"\$\{(\w+)(\[[@*]\])?@([AKk])\}")
_ELEMENT = re.compile(r"\$\{(\w+\[(?:\w+|\$\w+)\])\}")
COUNTED = {
    "EPOCHSECONDS": f"$({ELAPSED} now)",
    "SECONDS": f"$({ELAPSED})",
    "SRANDOM": f"$({INNER} </dev/null 0 number)",
}
"""What gives the variables that arithmetic may name without a ``$``."""


def list_of(node: Node) -> list[Edit]:
    """``a=("${b[@]%x}")``, which the library takes for one word."""
    name, value = node.child_by_field_name("name"), node.child_by_field_name("value")
    if name is None or value is None or value.type != "array" or not text_of(node).startswith(f"{text_of(name)}=("):
        return []
    if node.parent is None or node.parent.type not in ("program", "compound_statement", "do_group", "list"):
        return []
    inner = text_of(value)[1:-1].strip()
    if len(value.named_children) != 1 or not re.fullmatch(r'"\$\{\w+\[@\][/%#^,][^"]*\}"', inner):
        return []
    return [replaced(node, f"readarray -t -d '' {text_of(name)} < <(printf '%s\\0' {inner})")]


def ticked(script: str) -> str:
    """``${x:-`command`}`` with the command in brackets: the library leaves it there as a text."""
    data, edits = script.encode("utf-8", "replace"), list[Edit]()
    for node in walk(parse(script), errors=False) if _TICKED.search(script) else ():
        if node.type == "expansion" and (node.parent is None or node.parent.type != "expansion"):
            edits.append(replaced(node, _TICKS.sub(_bracketed, text_of(node))))
    for start, end, text in sorted(edits, reverse=True):
        data = data[:start] + text.encode() + data[end:]
    return data.decode("utf-8", "replace")


def _bracketed(ticks: re.Match[str]) -> str:
    return "$(" + re.sub(r"\\([\\`$])", r"\1", ticks[1]) + ")"


def expanded(node: Node, lead: Lead, *, strict: bool = False) -> list[Edit]:
    """``$name`` where the machine, and not the library, has the value; ``strict``: what is not set is an error."""
    text = text_of(node).lstrip()  # in a string, the spaces before it are taken for its own
    if text in ("$$", "${$}"):
        return [ended(node, text, str(lead.pid))]
    if text in ("$PPID", "${PPID}"):
        return [ended(node, text, str(lead.parent))]
    if text in ("$BASHPID", "${BASHPID}"):
        return [ended(node, text, str(lead.pid + _forks(node)))]
    if (part := re.fullmatch(r"\$(?:BASH_VERSINFO|\{BASH_VERSINFO(?:\[([0-3])\])?\})", text)) and lead.inner:
        return [ended(node, text, re.findall(r"\d+", lead.version)[int(part[1] or 0)])]
    if text in ("$BASH", "${BASH}") and lead.inner:
        return [ended(node, text, "/usr/bin/bash")]
    if text in ("$BASH_SOURCE", "${BASH_SOURCE}", "${BASH_SOURCE[0]}", "${BASH_SOURCE[-1]}") and lead.source:
        return [ended(node, text, lead.source)]
    if text in ("$BASH_VERSION", "${BASH_VERSION}") and lead.inner:
        return [ended(node, text, f"${{0:+{lead.version}}}")]
    if text in ("$BASH_VERSION", "${BASH_VERSION}"):
        return [ended(node, text, f"${{BASH_VERSINFO[0]:+{lead.version}}}")]
    found = re.fullmatch(r"\$(?:(\w+)|\{(\w+)\})", text)
    if found and (found[1] or found[2]) == "SRANDOM":
        return [ended(node, text, f"$({INNER} </dev/null {lead.pid} number)")]
    moment = _MOMENT.get(found[1] or found[2]) if found else _transformed(text, lead, strung=_strung(node))
    if strict and (element := _ELEMENT.fullmatch(text)):
        return [ended(node, text, f"${{{element[1]}?unbound variable}}")]
    return [ended(node, text, moment)] if moment else []


def _transformed(text: str, lead: Lead, *, strung: bool) -> str:
    """``${x@A}``, ``${x@K}`` and ``${x/y/&}``: what gives the value; empty where the library has it."""
    if told := _TOLD.fullmatch(text):
        name, whole, operator = told.groups()
        if operator == "A" and not whole:
            attributes = f"${{{name}@a}}"
            return f'$([[ -v {name} ]] && a={attributes} && printf %s "${{a:+declare -$a }}{name}=${{{name}@Q}}")'
        return f'$({INNER} </dev/null {lead.pid} {operator} "$(declare -p {name})")'
    if _version(lead) < _MATCHED:
        return ""
    return replacement(text, f"{INNER} </dev/null {lead.pid}", strung=strung)


def _version(lead: Lead) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", lead.version)[:2])


def _strung(node: Node) -> bool:
    return node.parent is not None and node.parent.type == "string"


def _forks(node: Node) -> int:
    """How many forks of the shell lie between it and ``node``."""
    count, above = 0, node.parent
    while above is not None:
        count += above.type in ("subshell", "command_substitution", "process_substitution", "pipeline")
        above = above.parent
    return count


def counted(node: Node) -> bool:
    """Whether a bare name stands where arithmetic reads it."""
    above = node.parent
    if above is None or above.type in ("simple_expansion", "expansion", "variable_assignment", "subscript"):
        return False
    while above is not None and above.type in (
        "binary_expression",
        "unary_expression",
        "ternary_expression",
        "parenthesized_expression",
    ):
        above = above.parent
    return above is not None and (
        above.type == "arithmetic_expansion"
        or (above.type in ("compound_statement", "c_style_for_statement") and text_of(above).startswith(("((", "for")))
    )


def timed_from(node: Node) -> list[Edit]:
    """``SECONDS=N``: the time begins anew."""
    name, value = node.child_by_field_name("name"), node.child_by_field_name("value")
    if name is None or value is None or text_of(name) != "SECONDS":
        return []
    return [(value.start_byte, value.start_byte, f"$({ELAPSED} "), (value.end_byte, value.end_byte, ")")]
