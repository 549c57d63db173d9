"""``select``: the library reads the choice but shows no menu, so it becomes a loop that shows, reads and names."""

from __future__ import annotations

from collections.abc import Sequence

from tree_sitter import Node

__all__ = ["menu", "selects"]

_TAB = 8
_MARK = ") "


def selects(node: Node, asks: str, *, quiet: bool) -> list[tuple[int, int, str]]:
    """The edits that make a loop of a ``select``; ``asks`` are the words that ask for what it shows.

    ``quiet``: its prompt is that of the question which the terminal is asked.
    """
    first, name, body = node.children[0], node.child_by_field_name("variable"), node.child_by_field_name("body")
    if first.type != "select" or name is None or body is None or not body.children or body.children[0].type != "do":
        return []
    words = node.children_by_field_name("value")
    given = "" if any(child.type == "in" for child in node.children) else '"$@"'
    chosen = (name.text or b"").decode()
    items, ended = f"__llm_kernel_items_{node.start_byte}", f"__llm_kernel_ended_{node.start_byte}"
    every = f'"${{{items}[@]}}"'
    shown = f'{asks} menu "${{COLUMNS-}}" {every}'
    behind = words[-1].end_byte if words else body.start_byte
    prompt = '"${PS3-#? }"'
    start = f"); {shown}; {ended}=; while {':' if quiet else f'{asks} prompt {prompt}'}; do "
    turn = (
        f" if ! read -r -p {prompt} REPLY; then echo; {ended}=1; break; fi;"
        f' if [ -z "$REPLY" ]; then {shown}; continue; fi;'
        f' {chosen}="$({asks} chosen "$REPLY" {every})";'
    )
    return [
        (first.start_byte, words[0].start_byte if words else behind, f"{{ {items}=({given}"),
        (behind, body.start_byte, start),
        (body.start_byte, body.children[0].end_byte, turn),
        (body.end_byte, body.end_byte, f'; [ -z "${ended}" ]; }}'),
    ]


def menu(words: Sequence[str], columns: str) -> str:
    """The numbered ``words`` in as many columns as a terminal of ``columns`` holds, down and then across."""
    if not words:
        return ""
    digits = len(str(len(words)))
    widest = max(map(len, words)) + digits + len(_MARK) + 2
    across = max((int(columns) if columns.isdigit() and int(columns) else 80) // widest, 1)
    rows = -(-len(words) // across)
    across = -(-len(words) // rows)
    if rows == 1:
        rows, across = across, 1
    lines = []
    for row in range(rows):
        line, at = "", 0
        for number in range(row, len(words), rows):
            width = len(str(rows)) if number == row else digits
            line += f"{number + 1:{width}d}{_MARK}{words[number]}"
            if number + rows < len(words):
                line += _gap(at + width + len(_MARK) + len(words[number]), at + widest)
                at += widest
        lines.append(f"{line}\n")
    return "".join(lines)


def _gap(start: int, end: int) -> str:
    """What leads from one column of the terminal to another: tabs where they fit."""
    gap = ""
    while start < end:
        tabbed = end // _TAB > start // _TAB
        gap += "\t" if tabbed else " "
        start += _TAB - start % _TAB if tabbed else 1
    return gap
