"""What a script starts in the background, taken out of it: the library would join such jobs before it returns.

``CMD &`` becomes a call of one of our words that carries what fork() would give a child: the variables, functions and
options of that moment, as text that bash itself prints.
"""

from __future__ import annotations

import re
from collections.abc import MutableMapping
from dataclasses import dataclass, replace

from tree_sitter import Node

from llm_kernel.shell.printed import printed
from llm_kernel.syntax import parse, walk
from llm_kernel.tokens import unquoted

__all__ = ["CONTROL", "JOB", "LAST", "STATE", "Order", "copies", "detached", "routes", "shown"]

JOB = "__llm_kernel_job"
LAST = "__llm_kernel_last"
CONTROL = "__llm_kernel_control"

_MAY = re.compile(r"(?<![&>|<])&(?![&>])|\$\{?!")
_WAITS = re.compile(r"\b(?:jobs|fg|bg|wait|disown|kill)\b")
_PICKS = re.compile(r"\bwait\s+(?:-\w+\s+)*-\w*p")
"""``wait -p``, which sets a variable."""
STATE = '"$(builtin declare -p; declare -f; alias -p)" "$(set +o; shopt -p)"'
_CALL = re.compile(rf'(?:{CONTROL} [\d.]+ )?{JOB} (\d+) {re.escape(STATE)} \d[^\n]*? "\$@";?')
_HOLDERS = frozenset(["program", "do_group", "compound_statement", "subshell", "if_statement", "else_clause"])
_MORE = frozenset(["elif_clause", "case_item", "list"])
_ROUTE = re.compile(r"(\d?)\s*(&>>|&>|>>|>&|>\||>)")
_CAPTURED = frozenset(["command_substitution", "process_substitution", "pipeline", "string"])


@dataclass(frozen=True, slots=True)
class Order:
    """One command for the background: its ``text``, the words of its process, and the files that it writes to.

    ``simple``: one command, whose program is the child itself, as after exec. ``body`` is what the child runs, with
    ``routes`` for its output, (descriptor, operator, destination): the library keeps what a compound writes to a file
    back until it ends, and a log is read before.
    """

    text: str
    words: tuple[str, ...]
    simple: bool
    files: tuple[str, ...]
    body: str = ""
    routes: tuple[tuple[int, str, str], ...] = ()


def detached(script: str, orders: MutableMapping[int, Order], pid: int = 0) -> str:
    """``script`` with its background commands taken out and put into ``orders``.

    ``pid``: it is run by a shell inside the shell, with jobs of its own, and this is its process.
    """
    if not _MAY.search(script) and not (pid and _WAITS.search(script)) and not _PICKS.search(script):
        return script
    data = script.encode("utf-8", "replace")
    edits: list[tuple[int, int, str]] = []
    for node in walk(parse(script)):
        said = (node.text or b"").lstrip()  # in a string, the spaces before it are taken for its own
        if node.type in ("simple_expansion", "expansion") and said in (b"$!", b"${!}"):
            edits.append((node.end_byte - len(said), node.end_byte, f"$({_whose(node, pid)}{LAST})"))
        elif node.type == "command_name" and _WAITS.fullmatch(said.decode("utf-8", "replace")):
            edits += _named(node, _whose(node, pid))
        span = _span(node)
        if span is None or _captured(node):
            continue
        own = _whose(node, pid)
        start, end, cut = span
        text = (data[start : cut[0]] + data[cut[1] : end]).decode("utf-8", "replace").rstrip()
        order = _order(node, text)
        order = replace(order, routes=(*_muted(node), *order.routes))
        number = next((key for key, one in orders.items() if one == order), len(orders) + 1)
        orders[number] = order
        names = [_whole(to) for _, operator, to in order.routes if not copies(operator, to)]
        call = " ".join([f"{own}{JOB} {number} {STATE} {len(names)}", *names, '"$@"'])
        lines = data[start:end].count(b"\n")  # what follows keeps its line numbers
        edits.append((start, end, f"{call};{chr(10) * lines}" if cut[1] == end else call))
    return _edited(data, edits)


def shown(text: bytes, orders: MutableMapping[int, Order]) -> bytes:
    """``text`` as a listing of a function should read: with the command instead of our word for it."""
    if JOB.encode() not in text:
        return text

    def order(found: re.Match[str]) -> str:
        one = orders.get(int(found[1]))
        return f"{one.text} &" if one else ""

    return _CALL.sub(order, text.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")


def _span(node: Node) -> tuple[int, int, tuple[int, int]] | None:
    """Where a background command begins and ends with its ``&``, and where the ``&`` stands."""
    holder = node.parent
    if holder is None or holder.type not in _HOLDERS | _MORE or not node.is_named or node.type == "comment":
        return None
    after = node.next_sibling
    if after is not None and after.type == "&":
        return node.start_byte, after.end_byte, (after.start_byte, after.end_byte)
    for redirect in node.children:
        if redirect.type == "heredoc_redirect":
            for child in redirect.children:
                if child.type == "ERROR" and (child.text or b"").strip() == b"&":
                    return node.start_byte, node.end_byte, (child.start_byte, child.end_byte)
    return None


def _whose(node: Node, pid: int) -> str:
    """The words before a word of job control in a shell inside the shell, or in a subshell that has jobs of its own."""
    above = node.parent
    while above is not None and above.type != "subshell":
        above = above.parent
    if above is not None and any(_span(inner) for inner in walk(above)):
        return f"{CONTROL} {pid}.{above.start_byte} "
    return f"{CONTROL} {pid} " if pid else ""


def _named(word: Node, own: str) -> list[tuple[int, int, str]]:
    """A word of job control behind the words of its shell; ``wait -p`` is followed by what sets its variable."""
    command = word.parent
    if command is None or not _PICKS.match((command.text or b"").decode("utf-8", "replace")):
        return [(word.start_byte, word.start_byte, own)]
    after = f'; eval "$({own}{LAST} $?)"; }}'
    return [(word.start_byte, word.start_byte, f"{{ {own}"), (command.end_byte, command.end_byte, after)]


def _captured(node: Node) -> bool:
    """Whether its output goes where the shell library must read it at once: a substitution, a pipe, a file."""
    above = node.parent
    while above is not None:
        if above.type in _CAPTURED or (above.type == "redirected_statement" and not _mutes(above)):
            return True
        above = above.parent
    return False


def _mutes(statement: Node) -> bool:
    """Whether what a statement writes stays where it went, or goes nowhere."""
    written = [(operator, to) for _, operator, to in routes(statement)]
    return all(to == "/dev/null" or copies(operator, to) for operator, to in written) and (
        not written or written[0][1] == "/dev/null"
    )


def _muted(node: Node) -> tuple[tuple[int, str, str], ...]:
    """What the compounds around ``node`` send nowhere, the outermost first."""
    found: tuple[tuple[int, str, str], ...] = ()
    above = node.parent
    while above is not None:
        found = (*routes(above), *found) if above.type == "redirected_statement" else found
        above = above.parent
    return found


def routes(node: Node) -> tuple[tuple[int, str, str], ...]:
    """Where the output of a redirected statement is sent, in order: descriptor, operator and destination."""
    found = []
    for child in node.children:
        said = _ROUTE.match((child.text or b"").decode("utf-8", "replace")) if _writes(child) else None
        to = child.child_by_field_name("destination")
        if said and to is not None:
            found.append((int(said[1] or 1), said[2], (to.text or b"").decode("utf-8", "replace")))
    return tuple(found)


def copies(operator: str, to: str) -> bool:
    """Whether a stream is sent where another one goes, and to no file."""
    return operator == ">&" and to.isdigit()


def _whole(word: str) -> str:
    """A file's name as one word of a command: a redirection splits it as little as quotes would."""
    return f'"{word}"' if "$" in word and not set(word) & set("'\"`~") else word


def _reads(redirect: Node) -> bool:
    return redirect.type == "file_redirect" and (redirect.text or b"").lstrip(b"0123456789").startswith(b"<")


def _writes(redirect: Node) -> bool:
    return redirect.type == "file_redirect" and (redirect.text or b"").lstrip(b"0123456789&").startswith(b">")


def _order(node: Node, text: str) -> Order:
    body = node.child_by_field_name("body") if node.type == "redirected_statement" else node
    sent = routes(node)
    files = tuple(unquoted(to) for _, operator, to in sent if ">" in operator and not operator.endswith(">&"))
    plain = (
        body is not None
        and body is not node
        and all(child.type in ("file_redirect", body.type) and not _reads(child) for child in node.children)
    )
    inner, ways = ((body.text or b"").decode("utf-8", "replace"), sent) if plain and body is not None else (text, ())
    if body is None or body.type != "command":
        return Order(printed(node) or text, (), False, files, inner, ways)
    words = [child for child in body.children if child.is_named and child.type != "variable_assignment"]
    spoken = tuple(unquoted((word.text or b"").decode("utf-8", "replace")) for word in words)
    return Order(printed(node) or text, spoken, bool(spoken), files, inner, ways)


def _edited(data: bytes, edits: list[tuple[int, int, str]]) -> str:
    """The edits made, without those that stand inside another."""
    end = 0
    pieces = []
    for start, stop, text in sorted(edits, key=lambda edit: (edit[0], -edit[1])):
        if start < end:
            continue
        pieces += [data[end:start], text.encode()]
        end = stop
    return b"".join([*pieces, data[end:]]).decode("utf-8", "replace")
