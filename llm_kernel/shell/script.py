"""A script as the library has to be given it: what it would answer as itself, or from the host, is led to the machine.

Only the words that need it are changed, in their place, so line numbers and everything else stay.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence

from tree_sitter import Node

from llm_kernel.shell.history import FC, HISTORY
from llm_kernel.syntax import parse

__all__ = ["led"]

_SUSPECT = re.compile(
    r"--version|--help|/bin/|\$\$|\$\{?EPOCH|%[\w.-]*\(|\btail\b|\bsudo\b|\blogout\b|\bcompgen\b|\bhistory\b|\bfc\b|BASH_VERSION"
)
_WRAPPERS = frozenset("sudo env nohup timeout time nice xargs command exec setsid stdbuf".split())
_PLACE = re.compile(r"(?:/usr)?/bin/([\w\[.-]+)")
_DATE = re.compile(r"%-?\d*\(([^)]*)\)T")
_CONVERSION = re.compile(r"%(?:%|[-+ #0]*(?:\d+|\*)?(?:\.(?:\d+|\*)?)?(?:\([^)]*\)T|[a-zA-Z]))")
_MOMENT = {"EPOCHSECONDS": "$(date +%s)", "EPOCHREALTIME": "$(date +%s.%6N)"}

_RENAMED = {"logout": "exit", "history": HISTORY, "fc": FC}

_LITERAL = frozenset(["echo", "printf", "test", "[", "true", "false", "pwd", "kill"])
"""Builtins of bash, to which ``--version`` is a word like any other, or a mistake."""

Edit = tuple[int, int, str]


def led(script: str, *, pid: int, version: str, tools: Collection[str], place: Callable[[str], str]) -> str:
    """``script`` with its edits; ``tools`` are the library's programs, ``place`` gives the path of one."""
    if not _SUSPECT.search(script):
        return script
    root = parse(script)
    if root.has_error:
        return script
    edits: list[Edit] = []
    for node in _walk(root):
        if node.type == "command":
            words = [node.child_by_field_name("name"), *node.children_by_field_name("argument")]
            edits += _command([word for word in words if word is not None], tools, place)
        elif node.type in ("simple_expansion", "expansion"):
            edits += _expansion(node, pid, version)
    return _edited(script, edits)


def _edited(script: str, edits: Sequence[Edit]) -> str:
    data = script.encode("utf-8", "replace")
    for start, end, text in sorted(set(edits), reverse=True):
        data = data[:start] + text.encode() + data[end:]
    return data.decode("utf-8", "replace")


def _walk(root: Node) -> list[Node]:
    found, todo = [], [root]
    while todo:
        node = todo.pop()
        found.append(node)
        todo.extend(node.named_children)
    return found


def _text(node: Node) -> str:
    return (node.text or b"").decode("utf-8", "replace")


def _command(words: list[Node], tools: Collection[str], place: Callable[[str], str]) -> list[Edit]:
    name, rest = _text(words[0]), [_text(word) for word in words[1:]]
    found = _PLACE.fullmatch(name)
    base = found[1] if found else name
    if base == "echo" and rest in (["--version"], ["--help"]):
        return [_replaced(words[0], r"printf '%s\n'")]
    if base in _RENAMED:
        return [_replaced(words[0], _RENAMED[base])]
    if base == "printf":
        return _dates(words)
    if base not in tools:
        return []
    if _asks_itself(base, rest):
        return [] if found else [_replaced(words[0], f"/usr/bin/{base}" if base == "compgen" else place(base))]
    edits = [_replaced(words[0], base)] if found else []
    if base in _WRAPPERS:
        inner = next((at for at, word in enumerate(rest, 1) if _PLACE.sub(r"\1", word) in tools), 0)
        edits += _command(words[inner:], tools, place) if inner else []
    return edits


def _asks_itself(base: str, args: Sequence[str]) -> bool:
    """Whether the program is asked what it is, or for what the library's does not have."""
    about = {"--version", "--help"}
    if base in _WRAPPERS or base in ("bash", "sh"):
        own = about | ({"-l", "-V", "-v", "-k", "-i", "-s", "--list"} if base == "sudo" else set())
        return bool(args) and args[0] in own
    if base == "compgen":
        return bool({"-b", "-c", "builtin", "command"} & set(args))
    if base == "tail" and any(re.fullmatch(r"-\d*[fF]|--follow.*|-n?\d*f", arg) for arg in args):
        return True
    return base not in _LITERAL and bool(about & set(args))


def _replaced(node: Node, text: str) -> Edit:
    return node.start_byte, node.end_byte, text


def _expansion(node: Node, pid: int, version: str) -> list[Edit]:
    text = _text(node)
    if text in ("$$", "${$}"):
        return [_replaced(node, str(pid))]
    if text in ("$BASH_VERSION", "${BASH_VERSION}"):
        return [_replaced(node, f"${{BASH_VERSINFO[0]:+{version}}}")]
    found = re.fullmatch(r"\$(?:(\w+)|\{(\w+)\})", text)
    moment = _MOMENT.get(found[1] or found[2]) if found else None
    return [_replaced(node, moment)] if moment else []


def _dates(words: list[Node]) -> list[Edit]:
    """``printf '%(FORMAT)T' WHEN`` by the machine's ``date``; only where the format is a literal."""
    args = words[1:]
    at = 2 if args and _text(args[0]) == "-v" else 0
    if len(args) <= at or args[at].type not in ("raw_string", "string", "word") or "(" not in _text(args[at]):
        return []
    style, values = args[at], args[at + 1 :]
    kinds = [one for one in _CONVERSION.findall(_text(style)) if one != "%%"]
    edits = [_replaced(style, _DATE.sub("%s", _text(style)))]
    missing = ""
    for number, kind in enumerate(kinds):
        date = _DATE.fullmatch(kind)
        if date and number < len(values):
            edits.append(_replaced(values[number], _date(date[1], _text(values[number]))))
        elif date:
            missing += f" {_date(date[1], '-1')}"
    end = words[-1].end_byte
    if missing and len(values) == 0:
        edits[0] = (style.start_byte, end, _DATE.sub("%s", _text(style)) + missing)
    return edits


def _date(style: str, when: str) -> str:
    moment = "" if when in ("-1", "-2") else f" -d @{when}"
    return f"\"$(date{moment} '+{style or '%X'}')\""
