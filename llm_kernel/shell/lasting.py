"""``exec > log`` of a shell inside the shell: the library's own words would not follow, so each statement is told.

A file is opened once more for every statement behind it, to be added to; what goes to a substituted process goes into
a pipe.
"""

from __future__ import annotations

import re

from tree_sitter import Node

from llm_kernel.shell.lead import Edit, replaced, text_of
from llm_kernel.syntax import judge

__all__ = ["lasting"]

_REDIRECT = re.compile(r"(\d?)(&>>|&>|>>|>&|>\||>)\s*(\S.*)", re.DOTALL)
_PIPED = re.compile(r"exec\s+1?>\s*>\((?P<program>[^()]+)\)(?P<errors>\s+2>&1)?")
_QUIET = frozenset(["comment", "function_definition"])
_PLACE = "__llm_kernel_place_"


def lasting(root: Node) -> list[Edit]:
    """The edits of a script whose streams are sent elsewhere on its way; none where that cannot be followed."""
    if judge(text_of(root)).state != "complete":  # what would be put behind it is not read as its end
        return []
    edits: list[Edit] = []
    leads: dict[str, str] = {"1": "", "2": ""}
    for node in root.named_children:
        if not _turns(node):
            edits += _sent(node, leads) if node.type not in _QUIET else []
            continue
        if piped := _PIPED.fullmatch(text_of(node)):
            errors = piped["errors"] or ""
            tail = f"\n}}{errors} | {piped['program']}; exit ${{PIPESTATUS[0]}}"
            return [*edits, replaced(node, "{ :"), (root.end_byte, root.end_byte, tail)]
        instead = _turned(node, leads)
        if not instead:
            return []
        edits.append(replaced(node, instead))
    return edits


def _turns(node: Node) -> bool:
    """Whether a statement is an ``exec`` that sends an output elsewhere."""
    body = node.child_by_field_name("body") if node.type == "redirected_statement" else None
    found = [_REDIRECT.fullmatch(text_of(one)) for one in node.children[1:]]
    return body is not None and text_of(body) == "exec" and any(one and (one[1] or "1") in "12" for one in found)


def _turned(node: Node, leads: dict[str, str]) -> str:
    """What stands for such an ``exec``, after which the outputs go as ``leads`` says; empty where it is not known."""
    lines: list[str] = []
    for redirect in map(text_of, node.children[1:]):
        found = _REDIRECT.fullmatch(redirect)
        if found is None or "(" in redirect:
            return ""
        number, operator, place = found[1] or "1", found[2], found[3]
        if operator == ">&" and place == "-" and number not in "12":
            lines.append(f"exec {redirect}")
        elif operator == ">&" and place.isdigit():
            if place not in leads or (number not in "12" and leads[place]):
                return ""
            lines += [f"exec {redirect}"] if number not in "12" else []
            leads[number] = leads[place] or (f"&{place}" if place in "12" and place != number else "")
        elif operator == ">&" or number not in "12":
            return ""
        elif place == "/dev/tty":
            leads[number] = ""
        else:
            name = f"{_PLACE}{node.start_byte}_{number}"
            lines.append(f'{name}={place}; : {operator.lstrip("&")}"${name}"')
            leads[number] = f'>"${name}"'
            leads.update({"2": leads["1"]} if operator[0] == "&" else {})
    return f"{{ {'; '.join(lines)}; }}" if lines else ":"


def _sent(node: Node, leads: dict[str, str]) -> list[Edit]:
    """The edits of a statement whose outputs go where ``leads`` says."""
    ways = " ".join(f"{number}>{leads[number]}" for number in "12" if leads[number])
    if not ways:
        return []
    said, end = node.text or b"", node.end_byte
    # behind a here-document the next line begins
    tail = f"\n}} {ways}" if b"<<" in said and b"\n" in said else f"; }} {ways}"
    return [(node.start_byte, node.start_byte, "    { "), (end, end, tail)]
