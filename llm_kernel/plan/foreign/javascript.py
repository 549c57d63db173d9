"""What JavaScript prints: ``console`` and ``process.stdout``."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tree_sitter import Node

from llm_kernel.plan.foreign.constants import Env, Fixed, evaluate, spelled
from llm_kernel.plan.foreign.throwing import Throwing
from llm_kernel.plan.foreign.trees import called, every, given, text, unescaped
from llm_kernel.plan.nodes import LINES, Choice, Free, Hole, Leave, Line, Literal, Stream
from llm_kernel.plan.nodes import Node as Printed

__all__ = ["MODULES", "JavaScript"]

MODULES = frozenset(
    """assert buffer crypto events fs fs/promises http https net os path process querystring readline stream
    string_decoder timers timers/promises url util v8 vm zlib perf_hooks worker_threads""".split()
)
"""Node's own modules: they print nothing by themselves."""

_CONSOLE: dict[str, Stream] = {
    "log": "stdout", "info": "stdout", "debug": "stdout", "error": "stderr", "warn": "stderr",
}  # fmt: skip
_LATER = frozenset(
    """setTimeout setInterval setImmediate then catch finally nextTick queueMicrotask on once listen createServer
    createInterface readFile writeFile all race allSettled any fetch require.main""".split()
)
_FAILING = frozenset(["readFileSync", "parse", "readdirSync", "statSync", "execSync", "spawnSync", "openSync"])


class JavaScript:
    """The dialect of Node's JavaScript."""

    whole = False

    def __init__(self, root: Node, functions: dict[str, list[Node]]) -> None:
        self._throwing = Throwing(root, functions)

    def printed(self, node: Node, env: Env) -> Sequence[Printed] | None:
        """What a call of ``console`` or ``process`` prints; ``process.exit`` leaves."""
        if node.type != "call_expression":
            return None
        name, owner = called(node)
        whose = text(owner)
        words = given(node)
        if whose == "console" and name in _CONSOLE:
            return [Line(_told(words, env), "\n", _CONSOLE[name])]
        if whose == "console":
            return [Free("stdout", text(node)[:80])]
        if name == "write" and whose in ("process.stdout", "process.stderr") and words:
            return [
                Line(tuple(_parts(words[0], env, whole=False)), "", "stdout" if whose.endswith("out") else "stderr")
            ]
        if whose == "process" and name == "exit":
            return [Leave("exit")]
        if name in _FAILING:
            return [Choice(((Free("stdout", text(node)[:80]), Leave("exit")), ()))]
        return None

    def declared(self, node: Node, env: Env) -> Iterable[tuple[str, Fixed | None]]:
        """The names that get a value; those of a pattern have none that is known."""
        for one in node.named_children:
            named = one.child_by_field_name("name") if one.type == "variable_declarator" else None
            if named is None:
                continue
            if named.type == "identifier":
                yield text(named), evaluate(one.child_by_field_name("value"), env, whole=False)
            else:
                yield from ((text(part), None) for part in every(named) if "identifier" in part.type)

    def risky(self, node: Node, env: Env, walked: frozenset[str]) -> bool:
        """Whether something throws."""
        return self._throwing.may(node, walked)

    def disorderly(self, node: Node) -> bool:
        """What runs later than it stands there, and what may be left in the middle."""
        if node.type in (
            "await_expression",
            "yield_expression",
            "try_statement",
            "labeled_statement",
            "class_static_block",
        ):
            return True
        return node.type == "call_expression" and (called(node)[0] in _LATER or text(called(node)[1]) == "super")


def _told(words: Sequence[Node], env: Env) -> tuple[Literal | Hole, ...]:
    """The arguments of ``console.log``, with blanks between them."""
    if len(words) > 1 and "%" in (unescaped(words[0]) or ("%" if words[0].type == "template_string" else "")):
        return (Hole("any", LINES, text(words[0])[:60]),)
    made: list[Literal | Hole] = []
    for number, word in enumerate(words):
        made += [Literal(" ")] if number else []
        made += _parts(word, env, whole=True)
    return tuple(made)


def _parts(word: Node, env: Env, *, whole: bool) -> list[Literal | Hole]:
    """A value as text; ``whole``: it stands alone, where an object is shown on several lines."""
    value = evaluate(word, env, whole=False)
    said = spelled(value) if value is not None else None
    if said is not None:
        return [Literal(said)]
    if word.type == "template_string":
        return [part for piece in word.named_children for part in _piece(piece, env)]
    if word.type == "parenthesized_expression" and len(word.named_children) == 1:
        return _parts(word.named_children[0], env, whole=whole)
    if word.type == "binary_expression" and text(word.child_by_field_name("operator")) == "+" and _textual(word):
        sides = (word.child_by_field_name("left"), word.child_by_field_name("right"))
        return [part for side in sides if side is not None for part in _parts(side, env, whole=False)]
    if word.type == "call_expression" and called(word)[0] == "toFixed":
        digits = evaluate(next(iter(given(word)), None), env, whole=False)
        if isinstance(digits, int) and 0 <= digits < 20:
            return [Hole("float", f".{digits}f", text(word)[:60])]
    if word.type == "call_expression" and text(called(word)[1]) in ("Math", "Date"):
        whole_number = called(word)[0] in ("floor", "ceil", "round", "trunc", "sign", "now")
        return [Hole("int" if whole_number else "float", "", text(word)[:60])]
    if word.type == "member_expression" and text(word.child_by_field_name("property")) == "length":
        return [Hole("int", "", text(word)[:60])]
    several = whole and word.type not in ("binary_expression", "unary_expression", "update_expression")
    return [Hole("any", LINES if several else "", text(word)[:60])]


def _piece(piece: Node, env: Env) -> list[Literal | Hole]:
    if piece.type == "template_substitution":
        return _parts(piece.named_children[0], env, whole=False) if piece.named_children else []
    if piece.type == "string_fragment":
        return [Literal(text(piece))]
    return [Literal({"\\n": "\n", "\\t": "\t"}.get(text(piece), text(piece)[1:]))]


def _textual(word: Node) -> bool:
    """Whether a sum is one of texts: one of its terms surely is one, and it is none of numbers before."""
    if word.type in ("string", "template_string"):
        return True
    if word.type == "parenthesized_expression" and len(word.named_children) == 1:
        return _textual(word.named_children[0])
    if word.type != "binary_expression" or text(word.child_by_field_name("operator")) != "+":
        return word.type == "call_expression" and called(word)[0] in ("toFixed", "toString", "join", "repeat", "String")
    left, right = word.child_by_field_name("left"), word.child_by_field_name("right")
    return (left is not None and _textual(left)) or (
        right is not None and _textual(right) and left is not None and left.type != "binary_expression"
    )
