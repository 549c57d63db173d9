"""A command as bash prints it where it lists jobs: compounds over several lines, words one space apart."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tree_sitter import Node

__all__ = ["printed"]

_STEP = "    "
_PLAIN = frozenset(["command", "declaration_command", "unset_command", "variable_assignments"])
_VERBATIM = frozenset(["test_command", "function_definition", "variable_assignment"])
_DEEPEST = 100


class _UnprintedError(Exception):
    """What is not known how bash prints."""


def printed(node: Node) -> str | None:
    """``node`` in bash's own layout; None where that is not known."""
    try:
        return _statement(node.children[-1] if node.type == "negated_command" else node, 0)
    except _UnprintedError:
        return None


def _statement(node: Node, level: int) -> str:
    if node.type == "command" and any(child.type == "heredoc_redirect" for child in node.children):
        raise _UnprintedError
    if node.type in _PLAIN:
        return " ".join(map(_word, node.children))
    if node.type in _VERBATIM:
        return _text(node)
    lay = _LAYOUTS.get(node.type)
    if lay is None or level > _DEEPEST:
        raise _UnprintedError
    return lay(node, level)


def _sequence(nodes: Sequence[Node], level: int, *, closed: bool) -> str:
    """Statements in one line; ``closed``: with what ends the last one."""
    pieces: list[str] = []
    for node in nodes:
        if not node.is_named or node.type == "comment":
            continue
        if node.type == "heredoc_body" or node.type == "ERROR":
            raise _UnprintedError
        after = node.next_sibling
        pieces.append(_statement(node, level) + (" &" if after is not None and after.type == "&" else ";"))
    text = " ".join(pieces)
    return text if closed or text.endswith("&") else text.removesuffix(";")


def _block(nodes: Sequence[Node], level: int) -> str:
    return f"{_STEP * (level + 1)}{_sequence(nodes, level + 1, closed=True)}\n"


def _while(node: Node, level: int) -> str:
    at = next(at for at, child in enumerate(node.children) if child.type == "do_group")
    word, test, body = _text(node.children[0]), node.children[1:at], node.children[at]
    return f"{word} {_sequence(test, level, closed=True)} {_done(body, level)}"


def _done(group: Node, level: int) -> str:
    return f"do\n{_block(group.children[1:-1], level)}{_STEP * level}done"


def _for(node: Node, level: int) -> str:
    body = node.children[-1]
    if body.type != "do_group":
        raise _UnprintedError
    words = [_text(child) for child in node.children_by_field_name("value")]
    if not any(child.type == "in" for child in node.children):
        words = ['"$@"']
    name = _text(node.child_by_field_name("variable"))
    return f"{_text(node.children[0])} {name} in {' '.join(words)};\n{_STEP * level}{_done(body, level)}"


def _counted(node: Node, level: int) -> str:
    body = node.children[-1]
    if body.type != "do_group":
        raise _UnprintedError
    parts = [_text(node.child_by_field_name(name)) for name in ("initializer", "condition", "update")]
    return f"for (({parts[0]}; {parts[1]}; {parts[2]}))\n{_STEP * level}{_done(body, level)}"


def _if(node: Node, level: int) -> str:
    return f"if {_branches(list(node.children[1:-1]), level)}{_STEP * level}fi"


def _branches(children: list[Node], level: int) -> str:
    """A test with what it decides; what comes after ``elif`` is an ``if`` of its own within ``else``."""
    then = next(at for at, child in enumerate(children) if child.type == "then")
    ends = [at for at, child in enumerate(children) if child.type in ("elif_clause", "else_clause")]
    first = ends[0] if ends else len(children)
    text = f"{_sequence(children[:then], level, closed=True)} then\n{_block(children[then + 1 : first], level)}"
    if not ends:
        return text
    clause, pad = children[first], _STEP * level
    if clause.type == "else_clause":
        return f"{text}{pad}else\n{_block(clause.children[1:], level)}"
    inner = _branches([*clause.children[1:], *children[first + 1 :]], level + 1)
    return f"{text}{pad}else\n{pad}{_STEP}if {inner}{pad}{_STEP}fi;\n"


def _case(node: Node, level: int) -> str:
    pad, rows = _STEP * level, ""
    for item in node.children:
        if item.type != "case_item":
            continue
        close = next(at for at, child in enumerate(item.children) if child.type == ")")
        tests = " | ".join(_text(child) for child in item.children[:close] if child.is_named)
        body = item.children[close + 1 :]
        ends = next((_text(child) for child in body if child.type in (";;", ";&", ";;&")), ";;")
        said = _sequence(body, level + 2, closed=False)
        rows += f"{pad}{_STEP}{tests})\n{pad}{_STEP * 2 if said else ''}{said}\n{pad}{_STEP}{ends}\n"
    return f"case {_text(node.child_by_field_name('value'))} in \n{rows}{pad}esac"


def _subshell(node: Node, level: int) -> str:
    return f"( {_sequence(node.children[1:-1], level, closed=False)} )"


def _group(node: Node, level: int) -> str:
    if _text(node).startswith("(("):
        return _text(node)
    return f"{{ {_sequence(node.children[1:-1], level, closed=True)} }}"


def _list(node: Node, level: int) -> str:
    left, operator, right = node.children[0], node.children[1], node.children[-1]
    if operator.type not in ("&&", "||"):
        raise _UnprintedError
    return f"{_statement(left, level)} {operator.type} {_statement(right, level)}"


def _pipeline(node: Node, level: int) -> str:
    parts = []
    for child in node.children:
        if child.type == "|&":
            parts.append("2>&1 |")
        else:
            parts.append(_statement(child, level) if child.is_named else _text(child))
    return " ".join(parts)


def _redirected(node: Node, level: int) -> str:
    body, *rest = node.children
    return " ".join([_statement(body, level), *map(_redirect, rest)])


def _negated(node: Node, level: int) -> str:
    return f"! {_statement(node.children[-1], level)}"


def _word(node: Node) -> str:
    return _redirect(node) if node.type.endswith("redirect") else _text(node)


def _redirect(node: Node) -> str:
    """A redirection: its operator, then the file; a copy of a stream names both."""
    if node.type not in ("file_redirect", "herestring_redirect"):
        raise _UnprintedError
    parts = [_text(child) for child in node.children]
    number = parts.pop(0) if node.children[0].type == "file_descriptor" else ""
    operator, to = parts[0], " ".join(parts[1:])
    if operator in (">&", "<&") and (to.isdigit() or to == "-"):
        return f"{number or ('1' if operator == '>&' else '0')}{operator}{to}"
    return f"{number}{operator} {to}"


def _text(node: Node | None) -> str:
    return (node.text or b"").decode("utf-8", "replace") if node is not None else ""


_LAYOUTS: dict[str, Callable[[Node, int], str]] = {
    "while_statement": _while,
    "for_statement": _for,
    "c_style_for_statement": _counted,
    "if_statement": _if,
    "case_statement": _case,
    "subshell": _subshell,
    "compound_statement": _group,
    "list": _list,
    "pipeline": _pipeline,
    "redirected_statement": _redirected,
    "negated_command": _negated,
}
