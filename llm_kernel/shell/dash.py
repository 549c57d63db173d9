"""``sh`` where it is dash: its texts as bash has to be given them, without what only bash knows, and dash's own words.

Dash reads line by line: what stands above the line that it does not take has run when it refuses that one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from tree_sitter import Node

from llm_kernel.shell.lead import Edit, replaced, text_of
from llm_kernel.syntax import judge, parse, walk
from llm_kernel.tokens import quoted

__all__ = ["said", "translated"]

_UNKNOWN = frozenset(
    """bind builtin caller compgen complete compopt declare dirs disown enable function help history let logout mapfile
    popd pushd readarray shopt source suspend typeset""".split()
)
"""Bash's own words that dash looks for among the programs, and does not find."""

_UNSET = frozenset(
    """BASH BASHPID BASH_SOURCE BASH_VERSION BASHOPTS EPOCHREALTIME EPOCHSECONDS EUID FUNCNAME HOSTNAME HOSTTYPE
    MACHTYPE OSTYPE RANDOM SECONDS SHELLOPTS SRANDOM UID""".split()
)
_SUBSTITUTED = re.compile(r"\$\{(?:!\w|\w+(?:\^|,|@[A-Za-z]\}|:[ \d($]|/|\[)|#\w+\[)")
_BAD = "__llm_kernel_bad"
"""The variable that is never set."""

_ADDED = re.compile(r"\w+\+=")
_LISTED = re.compile(r"[^'\"$`\\]*\{[^'\"$`\\]*,[^'\"$`\\]*\}[^'\"$`\\]*")
"""What a list in braces may be, which dash does not know."""

_HOLDERS = frozenset(["program", "list", "do_group", "compound_statement", "subshell", "if_statement", "else_clause"])
_DOUBTFUL = re.compile(r"[\\$`]")
_TOKEN = re.compile(r"syntax error near unexpected token `([^\n]*)'")
_LOOPS = ("while", "until", "for")
_OPEN = {
    "if": "then",
    "elif": "then",
    "then": "fi",
    "else": "fi",
    "do": "done",
    "{": "}",
    **dict.fromkeys(_LOOPS, "do"),
}
"""What a word waits for."""

_CLOSES = {
    "then": ("if", "elif"),
    "else": ("then",),
    "fi": ("then", "else"),
    "do": _LOOPS,
    "done": ("do",),
    "}": ("{",),
}
_WORD = re.compile(r"(?:^|(?<=[\s;&|(]))(?:if|then|elif|else|fi|while|until|for|do|done|\{|\})(?=[\s;]|$)")

_SAYS = tuple(
    (re.compile(found), words)
    for found, words in (
        (rb"__llm_kernel_bad: (Bad substitution)$", rb"\1"),
        (rb"cd: (.*): (?:No such file or directory|Not a directory)$", rb"cd: can't cd to \1"),
        (rb"(.*): command not found$", rb"\1: not found"),
        (rb"(.*): unbound variable$", rb"\1: parameter not set"),
        (rb"(\w+): readonly variable$", rb"\1: is read only"),
        (rb"(\[|test): (.*): integer expression expected$", rb"\1: Illegal number: \2"),
        (rb"printf: (.*): invalid number$", rb"printf: \1: expected numeric value"),
        (rb"(.*): division by 0 \(.*\)$", rb'arithmetic expression: division by zero: "\1"'),
        (rb"(?:source|\.): (.*): No such file or directory$", rb".: cannot open \1: No such file"),
        (rb"(/[^:]*|[\w.][^:/ ]*): No such file or directory$", rb"cannot open \1: No such file"),
        (rb"(export|readonly|unset|local): `(\w+)[^']*': not a valid identifier$", rb"\1: \2: bad variable name"),
        (rb"(exit|shift|return): (.*): numeric argument required$", rb"\1: Illegal number: \2"),
        (rb"read: -(\w): invalid option$", rb"read: Illegal option -\1"),
        (rb"local: can only be used in a function$", rb"local: not in a function"),
    )
)
"""What bash complains of behind the name and the line, and dash's words for it."""


def translated(text: str, name: str, asks: str) -> tuple[str, str]:
    """What of ``text`` runs in a shell that calls itself ``name``, and what is said at its end, if it is refused.

    ``asks`` are the words by which a status and a complaint are given.
    """
    verdict = judge(text)
    refused = ""
    if verdict.state != "complete" and not verdict.runs:
        refused = _worded(text, verdict.error)
        where = text.count("\n", 0, verdict.start) + 1 if _TOKEN.search(verdict.error) else text.count("\n") + 1
        text, refused = text[: verdict.start], f"{name}: {where}: {refused}"
    root = parse(text)
    nodes = list(walk(root, errors=False))
    wrong = min((found for node in nodes if (found := _wrong(node))), key=lambda one: one[0], default=None)
    data = text.encode("utf-8", "replace")
    if wrong is not None:
        at, words = wrong
        refused = f"{name}: {data.count(10, 0, at) + 1}: Syntax error: {words}"
        data = data[: _line(root, at, data)]
    says = _Complaint(name, asks)
    edits = [edit for node in nodes for edit in _edits(node, says) if edit[1] <= len(data)]
    behind = len(data) + 1
    for start, end, instead in sorted(set(edits), reverse=True):
        if end <= behind:
            data, behind = data[:start] + instead.encode() + data[end:], start
    return data.decode("utf-8", "replace"), refused


def _line(root: Node, at: int, data: bytes) -> int:
    """Where the line begins that holds the whole command at ``at``."""
    start = next((child.start_byte for child in root.children if child.end_byte > at), at)
    return data.rfind(b"\n", 0, start) + 1


def _worded(text: str, error: str) -> str:
    """Dash's words for what bash does not parse either."""
    if token := _TOKEN.search(error):
        shown = "newline" if token[1] == "newline" else f'"{token[1]}"'
        return f"Syntax error: {shown} unexpected"
    if "unexpected EOF while looking" in error:
        return f"Syntax error: {'EOF in backquote substitution' if '``' in error else 'Unterminated quoted string'}"
    expected = _expected(text)
    return "Syntax error: end of file unexpected" + (f' (expecting "{expected}")' if expected else "")


def _expected(text: str) -> str:
    """The word that would close what is open at the end of a text."""
    opened: list[str] = []
    for word in _WORD.findall(text):
        if opened and opened[-1] in _CLOSES.get(word, ()):
            opened.pop()
        if word in _OPEN:
            opened.append(word)
    return _OPEN[opened[-1]] if opened else ""


def _wrong(node: Node) -> tuple[int, str] | None:
    """Where a node is that dash does not parse, and what it says of it."""
    start, text = node.start_byte, text_of(node)
    match node.type:
        case "array" | "process_substitution":
            return start, '"(" unexpected'
        case "herestring_redirect":
            return start, "redirection unexpected"
        case "c_style_for_statement":
            return start, "Bad for loop variable"
        case "for_statement" if text.startswith("select"):
            return start, '"do" unexpected'
        case "function_definition" if text.startswith("function"):
            return (
                (start, '"(" unexpected')
                if re.match(r"function\s+\S+\s*\(", text)
                else (node.end_byte - 1, '"}" unexpected')
            )
        case "pipeline" if any(child.type == "|&" for child in node.children):
            return start, '"&" unexpected'
        case "test_command" if text.startswith("[[") and "(" in text:
            return start, '"(" unexpected'
    return None


@dataclass(frozen=True, slots=True)
class _Complaint:
    """How a shell of that name complains, in the place of what it does not do."""

    name: str
    asks: str

    def instead(self, node: Node, status: int, words: str) -> list[Edit]:
        """``words``, quoted, behind the shell's name and the line."""
        place = quoted(f"{self.name}: {node.start_point[0] + 1}: ")
        return [replaced(node, f"{self.asks} ! {status} {place}{words}")]

    def unknown(self, node: Node, word: str) -> list[Edit]:
        """A word that names no program."""
        return self.instead(node, 127, quoted(f"{word}: not found"))


def _edits(node: Node, says: _Complaint) -> list[Edit]:
    """What a node becomes for bash to do with it what dash does."""
    text = text_of(node)
    plain = node.end_byte - len(text.lstrip().encode())  # in a string, the spaces before it are taken for its own
    match node.type:
        case "command":
            return _command(node, says)
        case "declaration_command" if text.split()[0] in _UNKNOWN:
            return says.unknown(node, text.split()[0])
        case "variable_assignment" if _ADDED.match(text) and node.parent is not None and node.parent.type in _HOLDERS:
            return says.unknown(node, text)
        case "word" | "concatenation" if _LISTED.fullmatch(text):
            return [replaced(node, text.replace("{", "\\{"))]
        case "test_command" if text.startswith("[["):
            return says.unknown(node, "[[")
        case "test_command" if text.startswith("["):
            return _compared(node, [one for one in walk(node, tokens=True) if one.type == "=="], "[", says)
        case "compound_statement" if text.startswith("(("):
            return says.unknown(node, (text[2:-2].split() or [""])[0])
        case "expansion" if _SUBSTITUTED.match(text.lstrip()):
            return [(plain, node.end_byte, f"${{{_BAD}?Bad substitution}}")]
        case "simple_expansion" if text.lstrip()[1:] in _UNSET:
            return [(plain, node.end_byte, "")]
        case "ansi_c_string":
            return [(node.start_byte, node.start_byte, "\\")]
        case "brace_expression":
            return [replaced(node, quoted(text))]
        case "file_redirect" if text.startswith("&>"):
            return [(node.start_byte, node.start_byte + 2, "& >")]
    return []


def _command(node: Node, says: _Complaint) -> list[Edit]:
    """A simple command's edits: words that dash does not have, and options that it does not take."""
    name = node.child_by_field_name("name")
    words = node.children_by_field_name("argument")
    rest = [text_of(word) for word in words]
    base = text_of(name) if name is not None else ""
    if base in _UNKNOWN:
        return says.unknown(node, base)
    if base == "echo":
        return _echoed(words)
    if base == "cd" and node.parent is not None and node.parent.type != "redirected_statement":
        return [(node.end_byte, node.end_byte, " || (exit 2)")]
    if base == "test":
        return _compared(node, [word for word in words if text_of(word) == "=="], base, says)
    if base == "set" and "pipefail" in rest:
        refused = says.instead(
            node, 2, quoted(f"set: Illegal option {rest[max(rest.index('pipefail') - 1, 0)]} pipefail")
        )
        return [(start, end, f"{{ {words}; exit 2; }}") for start, end, words in refused]
    if base == "trap" and (bad := [word for word in rest[1:] if word in ("ERR", "DEBUG", "RETURN")]):
        return [replaced(node, f"{says.asks} ! 1 {quoted(f'trap: {bad[0]}: bad trap')}")]
    if base == "read" and any(re.match(r"-[A-Za-z]*a", word) for word in rest):
        return says.instead(node, 2, quoted("read: Illegal option -a"))
    return []


def _compared(node: Node, equals: Sequence[Node], name: str, says: _Complaint) -> list[Edit]:
    """``[ a == b ]``: dash knows one sign for that alone."""
    left = equals[0].prev_sibling if equals else None
    if left is None:
        return []
    return says.instead(node, 2, f"{quoted(f'{name}: ')}{text_of(left).strip()}{quoted(': unexpected operator')}")


def _echoed(words: Sequence[Node]) -> list[Edit]:
    """``echo``: it reads escapes, and knows no option but ``-n``."""
    if not words:
        return []
    first = text_of(words[0])
    silent = first == "-n" and len(words) > 1
    shown = words[1] if silent else words[0]
    edits: list[Edit] = []
    if re.fullmatch(r"-[neE]+", text_of(shown)) and (silent or first != "-n"):
        edits.append((shown.start_byte, shown.start_byte + 1, "'\\055'"))
    if edits or any(_DOUBTFUL.search(text_of(word)) for word in words):
        edits.append((words[0].start_byte, words[0].start_byte, "-e "))
    return edits


def said(data: bytes, names: Collection[str]) -> bytes:
    """What bash complains of in the shells of these names, in dash's words."""
    for name in names:
        data = re.sub(rb"(?m)^" + re.escape(name.encode()) + rb": line (\d+): ([^\n]*)$", _reworded(name), data)
    return data


def _reworded(name: str) -> Callable[[re.Match[bytes]], bytes]:
    def words(found: re.Match[bytes]) -> bytes:
        for pattern, instead in _SAYS:
            if complaint := pattern.match(found[2]):
                return b"%s: %s: %s" % (name.encode(), found[1], complaint.expand(instead))
        return b"%s: %s: %s" % (name.encode(), found[1], found[2])

    return words
