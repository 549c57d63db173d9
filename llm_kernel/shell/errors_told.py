"""Standard error that does not go where the shell's goes: what the library's tools say there is put in their own words.

What reaches the cell's standard error is mended on its way. Where a command's errors are sent into its output, a filter
follows; where they are sent into a file, the file is mended when the command is over.
"""

from __future__ import annotations

import re

from tree_sitter import Node

from llm_kernel.shell.lead import INNER, Edit, Lead, text_of
from llm_kernel.tokens import quoted

__all__ = ["WORDED", "told_elsewhere", "told_on"]

WORDED = frozenset(
    """sort tr head tail tac paste split fold nl join comm expand unexpand fmt shuf rev uniq strings factor od base64
    base32 basename dirname seq numfmt grep sed""".split()
)
"""Tools whose words are mended."""

_REDIRECT = re.compile(r"(?P<number>\d*)(?P<operator>&>>|&>|>>|>&|>\||>)\s*(?P<place>.+)", re.DOTALL)
_FOLLOWS = re.compile(r"-\w*[fF]|--follow")


def told_elsewhere(node: Node, lead: Lead) -> list[Edit]:
    """The edits of a redirected command of such a tool."""
    body = node.child_by_field_name("body")
    if body is not None and body.type == "negated_command":
        body = body.named_children[0]
    redirects = [child for child in node.children if child.type == "file_redirect"]
    if body is None or not _worded(body) or _defined(node) or len(node.children) != len(redirects) + 1:
        return []
    places = {"1": "", "2": ""}  # empty: the shell's own
    for redirect in redirects:
        found = _REDIRECT.fullmatch(text_of(redirect))
        if found is None:
            if not text_of(redirect).lstrip("0").startswith("<"):
                return []
            continue
        number, place = found["number"] or "1", found["place"]
        if found["operator"].startswith("&"):
            places = {"1": place, "2": place}
        elif found["operator"] == ">&":
            if place not in places or number not in places:
                return []
            places[number] = places[place] or f"&{place}"
        else:
            places[number] = place
    return _mended(node, body, places["2"], lead)


def _mended(node: Node, body: Node, place: str, lead: Lead) -> list[Edit]:
    said = quoted(text_of(body)).replace("\n", "'$'\\n''")  # lines keep their numbers
    start, end = body.start_byte, node.end_byte
    if place == "&1":
        after = f" | {INNER} {lead.pid} mended {said}; {INNER} </dev/null {lead.pid} status ${{PIPESTATUS[0]}}; }}"
    elif not place or place.startswith(("&", "/dev/")) or re.search(r"[`(*?\[{]", place):
        return []
    else:
        after = f"; {INNER} </dev/null {lead.pid} remended $? {place} {said}; }}"
    return [(start, start, " { "), (end, end, after)]  # the space lets it stand before what else is put there


def told_on(node: Node, lead: Lead) -> list[Edit]:
    """The edits of a pipeline in which ``|&`` follows such a tool."""
    edits: list[Edit] = []
    for before, sign in zip(node.children, node.children[1:], strict=False):
        if text_of(sign) == "|&" and _worded(before) and not _defined(node):
            said = quoted(text_of(before))
            edits.append((sign.start_byte, sign.end_byte, f"2>&1 | {INNER} {lead.pid} mended {said} |"))
    return edits


def _worded(node: Node) -> bool:
    """Whether a command is one of such a tool, and ends."""
    name = node.child_by_field_name("name") if node.type == "command" else None
    if name is None or text_of(name) not in WORDED:
        return False
    return text_of(name) != "tail" or not any(
        _FOLLOWS.match(text_of(word)) for word in node.children_by_field_name("argument")
    )


def _defined(node: Node) -> bool:
    """Whether it stands in a function, whose text may be asked for."""
    above = node.parent
    while above is not None:
        if above.type == "function_definition":
            return True
        above = above.parent
    return False
