"""Where a shell's descriptors lead: the library keeps it to itself, so each ``exec`` that only redirects says it to us.

A file that is written can be opened again and added to; where a shell stood in one that it reads is known to nobody.
"""

from __future__ import annotations

import posixpath
import re
import shlex
from collections.abc import Iterable

from tree_sitter import Node

from llm_kernel.syntax import parse, walk
from llm_kernel.tokens import quoted

__all__ = ["OPENED", "Opened", "closed", "reopening", "telling"]

OPENED = "__llm_kernel_opened"
"""The word that says where an ``exec`` led: how deep the shell is, then a descriptor, an operator and a place each."""

_PLAIN = frozenset(["file_redirect", "herestring_redirect"])
_UNSURE = "unsure"
_SUBSTITUTED = re.compile(r"[`(=]")
"""What may be another thing when it is expanded a second time."""

_REDIRECT = re.compile(r"(\d{0,2})(&>>|&>|>>|>&|<&|>\||<>|<|>)\s*(-|\S.*)", re.DOTALL)
_FILE, _DOUBLE = re.compile(r"(\d{1,2})>>(/.+)", re.DOTALL), re.compile(r"(\d{1,2})>&([12])")
_STREAMS = re.compile(r"/dev/(?:std|fd/|tty|pts/)")
_TERMINAL = {1: "&1", 2: "&2"}
"""Where the streams lead that are the notebook's."""


def telling(script: str) -> str:
    """``script`` with our word behind each ``exec`` that only redirects; those in functions are left as they are.

    Of both outputs at once, which the library does not redirect for good, one follows the other.
    """
    if "exec" not in script:
        return script
    data = script.encode("utf-8", "replace")
    found = [(start, node) for node in walk(parse(script)) if (start := _begins(node)) >= 0]
    for start, node in sorted(found, key=lambda one: one[0], reverse=True):
        redirects = [(one.text or b"").decode("utf-8", "replace") for one in node.children[1:]]
        parted = " ".join(map(_parted, redirects))
        text = f"{{ exec {parted} && {OPENED} $BASH_SUBSHELL {_told(node, redirects)}; }}"
        data = data[:start] + text.encode() + data[node.end_byte :]
    return data.decode("utf-8", "replace")


def _parted(redirect: str) -> str:
    found = _REDIRECT.fullmatch(redirect)
    if found is None or not _both(found[1] or "1", found[2], found[3]):
        return redirect
    return f"{'>>' if found[2] == '&>>' else '>'}{found[3]} 2>&1"


def _begins(node: Node) -> int:
    """Where the ``exec`` begins that only redirects, and ends with ``node``; -1 where there is none."""
    body = node.child_by_field_name("body") if node.type == "redirected_statement" else None
    while body is not None and body.type == "list":  # the last of several has the redirections of all
        body = body.children[-1]
    if body is None or body.text != b"exec" or _in_function(node):
        return -1
    return body.start_byte if all(one.type in _PLAIN for one in node.children[1:]) else -1


def _told(node: Node, redirects: list[str]) -> str:
    """What our word says of an ``exec``."""
    found = [_REDIRECT.fullmatch(one) for one in redirects]
    words = [
        f"{one[1] or ('0' if one[2][0] == '<' else '1')} '{one[2]}' {one[3]}"
        for one in found
        if one and not _SUBSTITUTED.search(one[3])
    ]
    whole = len(words) == len(redirects) and all(one.named_child_count < 3 for one in node.children[1:])
    return " ".join(words) if whole and not node.has_error else _UNSURE


def _in_function(node: Node) -> bool:
    above = node.parent
    while above is not None and above.type != "function_definition":
        above = above.parent
    return above is not None


class Opened:
    """What the descriptors of one shell lead to, as far as it said so: a file's path, or a stream of the notebook's."""

    def __init__(self) -> None:
        self._leads: dict[int, str] = {}

    def note(self, words: Iterable[str], cwd: str) -> None:
        """Take in what our word was given."""
        depth, *rows = words
        if depth != "0":  # a subshell's descriptors are its own
            return
        if rows == [_UNSURE]:
            self._leads.clear()
        for number, operator, place in zip(*[iter(rows)] * 3, strict=False):
            for one in (1, 2) if _both(number, operator, place) else (int(number),):
                self._lead(one, self._target(operator, place, cwd))

    def _target(self, operator: str, place: str, cwd: str) -> str:
        """Where a redirection leads; nowhere that can be told: empty."""
        if operator in (">&", "<&") and place.isdigit():
            return self._leads.get(int(place), _TERMINAL.get(int(place), ""))
        path = posixpath.normpath(posixpath.join(cwd, place))
        return "" if place == "-" or operator[0] == "<" or _STREAMS.match(path) else path

    def _lead(self, number: int, target: str) -> None:
        if target and target != _TERMINAL.get(number):
            self._leads[number] = target
        else:
            self._leads.pop(number, None)

    def told(self, numbers: str) -> str:
        """Descriptors as shell words: ``3`` is open, ``3>>/root/log`` leads to a file, ``3>&1`` to the notebook.

        ``numbers`` are those from 3 on that are open.
        """
        words = []
        for number in sorted({*map(int, numbers.split()), *(self._leads.keys() & {1, 2})}):
            lead = self._leads.get(number, "")
            words.append(f"{number}>{lead if lead[:1] == '&' else f'>{lead}'}" if lead else str(number))
        return shlex.join(words)


def _both(number: str, operator: str, place: str) -> bool:
    """Whether a redirection is one of both outputs."""
    return operator[:2] == "&>" or (operator == ">&" and number == "1" and place != "-" and not place.isdigit())


def closed(told: str) -> list[str]:
    """The numbers of those descriptors in ``told`` that cannot be opened again."""
    return [word for word in _words(told) if word.isdigit()]


def reopening(told: str) -> str:
    """The script that opens the others again; a file that is gone is not made anew. It can do nothing else."""
    doubles = [f"exec {found[0]}" for word in _words(told) if (found := _DOUBLE.fullmatch(word))]
    files = [(found[1], quoted(found[2])) for word in _words(told) if (found := _FILE.fullmatch(word))]
    return "\n".join([*doubles, *(f"[ ! -e {path} ] || exec {number}>>{path}" for number, path in files)])


def _words(told: str) -> list[str]:
    try:
        return shlex.split(told)
    except ValueError:  # somebody's own text
        return []
