"""Questions about shell text that need no shell: is it complete, what is wrong, which commands does it name.

What is wrong is told by our grammar, in bash's words; what is in it, by tree-sitter-bash.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

import tree_sitter_bash
from tree_sitter import Language, Node, Parser

from llm_kernel.grammar import Verdict, coprocess, judge, rests
from llm_kernel.tokens import Heredoc, State, quoted, unquoted

__all__ = [
    "Heredoc",
    "State",
    "Verdict",
    "apart",
    "bash_message",
    "coprocess",
    "ends_with",
    "inside_compound",
    "judge",
    "names",
    "parse",
    "rests",
    "state",
    "unroll",
    "uses",
    "walk",
    "why",
]

_LANGUAGE = Language(tree_sitter_bash.language())

# fmt: off
_WRAPPERS = frozenset([
    "sudo", "doas", "env", "nohup", "timeout", "time", "nice", "ionice", "xargs", "find", "command", "exec",
    "builtin", "watch", "ssh", "su", "setsid", "stdbuf", "chroot", "strace", "parallel", "script", "unbuffer",
    "taskset", "numactl", "torchrun", "srun", "mpirun", "accelerate", "conda", "docker", "flock", "type", "which",
])
# fmt: on
_SHELLS = frozenset(["bash", "sh", "dash", "zsh", "ksh", "eval", "source", ".", "trap"])
_TALKS = _SHELLS | frozenset(["watch", "ssh", "xargs", "su", "sudo", "script", "parallel", "alias", "find", "timeout"])
_COMPOUND = frozenset(
    [
        "for_statement",
        "c_style_for_statement",
        "while_statement",
        "if_statement",
        "case_statement",
        "subshell",
        "compound_statement",
        "function_definition",
        "command_substitution",
        "process_substitution",
        "pipeline",
        "negated_command",
    ]
)
_LITERAL = frozenset(["word", "string", "raw_string", "ansi_c_string", "concatenation", "number"])
_DOCUMENT = re.compile(r"(?<!<)<<(-?)[ \t]*['\"\\]?(\w+)", re.ASCII)
_RANGE = re.compile(r"\{(-?\d+)\.\.(-?\d+)(?:\.\.(-?\d+))?\}")
_SEQ = re.compile(r"(?:\$\(|`)\s*seq((?:\s+-?\d+){1,3})\s*[)`]")
_FIRST = re.compile(r"\s*(\w+)\s*=\s*(-?\d+)\s*")
_WHILE = re.compile(r"\s*(\w+)\s*(<=|<|>=|>|!=)\s*(-?\d+)\s*")
_STEP = re.compile(r"\s*(?:(\w+)\s*(?:(\+\+|--)|([+-])=\s*(\d+))|(\+\+|--)(\w+))\s*")
_SAFE = re.compile(r"[\w./:,@%+=-]+")
_LONGEST = 10_000  # turns that a loop may have
_NAME = re.compile(r"(?:\./|[\w./~+])[\w./+:@~\[\]-]*")
_PIECE = re.compile(r"[^\s{},;|&()<>\"'`$=]+")


def state(text: str) -> State:
    """Whether ``text`` is a complete shell program, one that goes on, or one that bash refuses."""
    return judge(text).state


def why(text: str) -> str:
    """What is open or wrong in ``text``, in words for a person; empty where it is complete."""
    return judge(text).why


def bash_message(text: str, error: str = "") -> str:
    """What bash prints (with the last newline) for the syntax error in ``text``; its status is 2.

    ``error`` is what another reader of the text complained of, for the case that bash would not.
    """
    verdict = judge(text)
    if verdict.error and not verdict.runs:
        return verdict.error + "\n"
    said = re.sub(r"(?i)^(parse|syntax)[ _]error:?\s*", "", error.strip().split("\n")[0])
    return f"bash: line 1: syntax error: {said}\n" if said else "bash: line 1: syntax error\n"


def parse(text: str) -> Node:
    """The root of tree-sitter's tree for ``text``; it has one for every text."""
    read = _unended(text) if "<<" in text else text
    return Parser(_LANGUAGE).parse(read.encode("utf-8", "replace")).root_node


def _unended(text: str) -> str:
    """``text`` whose here-documents have no line that only begins like their end: tree-sitter would end them there."""
    lines, end, tabs = text.split("\n"), "", ""
    for number, line in enumerate(lines):
        bare = line.lstrip("\t") if tabs else line
        if not end:
            found = _DOCUMENT.search(line)
            tabs, end = (found[1], found[2]) if found else ("", "")
        elif bare == end:
            end = ""
        elif bare.startswith(end):
            lines[number] = line.replace(end[0], "x" if end[0] == "_" else "_", 1)
    return "\n".join(lines) if not end else text


def walk(root: Node, *, tokens: bool = False, errors: bool = True) -> Iterator[Node]:
    """``root`` and all below it as the text has them: its operators too, or without what the parser could not read."""
    todo = [root]
    while todo:
        node = todo.pop()
        if errors or node.type != "ERROR":
            yield node
            todo.extend(reversed(node.children if tokens else node.named_children))


def names(text: str, *, every: bool = False) -> set[str]:
    """Every word that could be a command's name when ``text`` runs, and some more.

    ``every``: all literal words, as is done by itself where a command's name is only known at run time (``"$@"``).
    """
    found: set[str] = set()
    _collect(text, found, every, 0)
    return found


def uses(text: str, word: str) -> bool:
    """Whether ``text`` may run ``word`` as a command, here or in a wrapper or a string it gives to a shell."""
    found: set[str] = set()
    if word in text:
        _collect(text, found, False, 0, values=False)
    return word in found


def inside_compound(text: str, word: str) -> bool:
    """Whether ``text`` runs ``word`` where its shell is not at rest: in a loop, a group, a pipeline, ..."""
    if word not in text:
        return False
    root = parse(text)
    for node in walk(root):
        if node.type == "command" and word in _command_names(node):
            above: Node | None = node.parent
            while above is not None and above.id != root.id:
                if above.type in _COMPOUND:
                    return True
                above = above.parent
            first = _name(node)
            if first != word and (first in _TALKS or first in _WRAPPERS):
                return True
    return False


def ends_with(act: str) -> Literal["", "exit", "read"]:
    """Whether ``act`` surely ends a reply: an ``exit``, or a ``read`` from the terminal, that stands in no compound."""
    children = parse(act).children
    for node, after in zip(children, [*children[1:], None], strict=True):
        if node.type != "command" or (after is not None and after.type == "&"):
            continue
        name = _name(node)
        if name == "exit":
            return "exit"
        if name == "read" and not any(child.type == "herestring_redirect" for child in node.children):
            return "read"
    return ""


def unroll(act: str) -> list[str] | None:
    """The turns of an act with a top-level ``for`` over a list or a range: one shell text a value, in order.

    What stands before or behind the loop is a turn of its own. None where there is no such loop, or where taking it
    apart would change its meaning.
    """
    root = parse(act)
    if root.has_error or any(node.type == "heredoc_redirect" for node in walk(root)):
        return None
    turns: list[str] = []
    loops = 0
    for node, text in _commands(root):
        loop = None if text.endswith(" &") else _loop(node)
        turns += loop or [text]
        loops += loop is not None
        if len(turns) > _LONGEST:
            return None
    return turns if loops else None


def apart(text: str) -> list[str]:
    """The commands that ``text`` runs one behind the other; all of it where it cannot be taken apart."""
    root = parse(text)
    if root.has_error or any(node.type == "heredoc_redirect" for node in walk(root)):
        return [text]
    return [command for _, command in _commands(root)] or [text]


def _commands(root: Node) -> Iterator[tuple[Node, str]]:
    """Each command at the top of a text, as it is written."""
    children = root.children
    for index, node in enumerate(children):
        if node.is_named and node.type != "comment":
            behind = index + 1 < len(children) and _text(children[index + 1]) == "&"
            yield node, _text(node) + (" &" if behind else "")


def _loop(node: Node) -> list[str] | None:
    body = node.child_by_field_name("body")
    if body is None or node.type not in ("for_statement", "c_style_for_statement"):
        return None
    if any(each.type == "command" and _name(each) in ("break", "continue") for each in walk(body)):
        return None
    text = _text(body).removeprefix("do").removesuffix("done").removeprefix("{").removesuffix("}").strip()
    text = text.removesuffix(";").rstrip()
    if node.type == "for_statement":
        name, values = _listed(node)
    else:
        name, values = _counted(node)
        if re.search(rf"\b{name}\s*(?:[-+*/%]?=|\+\+|--)|\b(?:read|unset|let)\b", text):
            return None  # the body moves the counter itself
    if values is None or not text:
        return None
    return [f"{name}={value}; {text}" for value in values]


def _listed(node: Node) -> tuple[str, list[str] | None]:
    variable = node.child_by_field_name("variable")
    if variable is None or _text(node.children[0]) != "for":
        return "", None
    values: list[str] = []
    for word in node.children_by_field_name("value"):
        some = _values(word)
        if some is None:
            return "", None
        values += some
    return _text(variable), values or None


def _values(node: Node) -> list[str] | None:
    """The shell words that one word of a ``for`` list stands for, where that is known without a shell."""
    text = _text(node)
    if found := _RANGE.fullmatch(text):
        width = max(len(found[1]), len(found[2])) if re.search(r"\{-?0\d|\.-?0\d", text) else 0
        first, last, by = int(found[1]), int(found[2]), abs(int(found[3] or 1)) or 1
        return _numbers(first, last, by if first <= last else -by, width)
    if found := _SEQ.fullmatch(text):
        parts = [int(each) for each in found[1].split()]
        first, by, last = [(1, 1, parts[0]), (parts[0], 1, parts[-1]), tuple(parts)][len(parts) - 1]
        return _numbers(first, last, by) if by else None
    inner = text[1:-1]
    if node.type == "raw_string" or (node.type == "string" and not re.search(r"[$`\\!]", inner)):
        return [quoted(inner)]
    return [text] if _SAFE.fullmatch(text) else None


def _numbers(first: int, last: int, by: int, width: int = 0) -> list[str] | None:
    span = range(first, last + (1 if by > 0 else -1), by)
    return [f"{value:0{width}d}" for value in span] if len(span) <= _LONGEST else None


def _counted(node: Node) -> tuple[str, list[str] | None]:
    """The counter and its values in ``for ((e=1; e<=10; e++))``."""
    head = re.match(r"for\s*\(\((.*?);(.*?);(.*?)\)\)", _text(node), re.DOTALL)
    if head is None:
        return "", None
    start, stop, step = _FIRST.fullmatch(head[1]), _WHILE.fullmatch(head[2]), _STEP.fullmatch(head[3])
    if start is None or stop is None or step is None or not start[1] == stop[1] == (step[1] or step[6]):
        return "", None
    by = int(step[4] or 1) * (-1 if "-" in (step[2] or step[3] or step[5]) else 1)
    first, last = int(start[2]), int(stop[3])
    goes_on = {"<=": by > 0, "<": by > 0, ">=": by < 0, ">": by < 0, "!=": by in (1, -1) and (last - first) * by >= 0}
    if not by or not goes_on[stop[2]]:
        return "", None
    end = last + (1 if by > 0 else -1) * (stop[2] in ("<=", ">="))
    span = range(first, end, by)
    return (start[1], [str(value) for value in span]) if len(span) <= _LONGEST else ("", None)


def _text(node: Node) -> str:
    return (node.text or b"").decode("utf-8", "replace")


def _name(command: Node) -> str:
    node = command.child_by_field_name("name")
    return unquoted(_text(node)) if node is not None else ""


def _collect(text: str, found: set[str], every: bool, depth: int, *, values: bool = True) -> None:
    root = parse(text)
    commands = [node for node in walk(root) if node.type == "command"]
    said = [_name(node) for node in commands]
    bare = {name.rsplit("/", 1)[-1] for name in said}
    every = every or root.has_error or any("$" in name or "`" in name for name in said)
    told = every or bool(bare & _TALKS)
    for node, name in zip(commands, said, strict=True):
        found.update(_command_names(node, name))
    for node in walk(root):
        kind = node.type
        if (values and kind in ("variable_assignment", "array")) or (every and kind == "word"):
            found.update(word for each in _PIECE.findall(_text(node)) if (word := _word(each)))
        elif told and depth < 4 and kind in ("string", "raw_string", "heredoc_body", "ansi_c_string"):
            inner = _text(node) if kind == "heredoc_body" else unquoted(_text(node))
            _collect(inner, found, every, depth + 1, values=values)


def _command_names(command: Node, name: str | None = None) -> set[str]:
    """The names of one command: its own and, for a wrapper, all words that follow."""
    name = _name(command) if name is None else name
    bare = name.rsplit("/", 1)[-1]
    pieces = _PIECE.findall(name) if "{" in name else [name]
    found = {word for each in pieces if (word := _word(each))}
    if bare in _WRAPPERS or bare in _TALKS:
        for node in command.children_by_field_name("argument"):
            if node.type in _LITERAL:
                found.update(word for each in unquoted(_text(node)).split() if (word := _word(each)))
    return found


def _word(text: str) -> str:
    """``text`` as a command's name, or nothing where it cannot be one."""
    text = unquoted(text).rpartition("=")[2].strip(";&|()")
    return text if _NAME.fullmatch(text) and not text.isdigit() else ""
