"""What C and C++ print: the calls of stdio, and what is sent to ``cout`` and ``cerr``."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from tree_sitter import Node

from llm_kernel.plan.foreign.changes import lent
from llm_kernel.plan.foreign.computed.doubt import Unsure
from llm_kernel.plan.foreign.computed.formats import formatted
from llm_kernel.plan.foreign.computed.kinds import DOUBLE, INT, LONG
from llm_kernel.plan.foreign.constants import Env, Fixed, evaluate, fits
from llm_kernel.plan.foreign.trees import called, every, given, text, unescaped
from llm_kernel.plan.nodes import Choice, Free, Hole, Leave, Line, Literal, Stream
from llm_kernel.plan.nodes import Node as Printed
from llm_kernel.plan.text import parts_of, percent
from llm_kernel.plan.values import Unknown, Value

__all__ = ["C"]

_DISORDER = frozenset(
    """fork vfork pthread_create thread async jthread longjmp setjmp signal sigaction system popen execvp execl execv
    execlp atexit freopen dup2 setvbuf""".split()
)
_UNFORESEEN = frozenset(["vprintf", "vfprintf", "write", "fwrite", "system", "putc_unlocked", "psignal", "err", "warn"])
_STREAMS: dict[str, Stream] = {"stdout": "stdout", "stderr": "stderr"}
_SPEC = re.compile(r"%([-+ #0']*)(\*|\d+)?(?:\.(\*|\d+))?(hh|h|ll|l|q|j|z|t|L)?([diouxXeEfFgGaAcspn%])")
_KINDS = {**dict.fromkeys("diouxX", "int"), **dict.fromkeys("eEfFgG", "float")}
_SENT: dict[str, Stream] = {"cout": "stdout", "cerr": "stderr", "clog": "stderr"}
_SHAPING = frozenset("char hex std::hex oct std::oct showbase std::showbase showpos std::showpos setf width".split())
"""What a number that is sent may look different for: all of its kind behind it, or a letter that it is."""
_MANIPULATORS = re.compile(r"(?:std::)?(?:set\w+\(.*\)|fixed|scientific|hex|dec|oct|left|right|(?:no)?\w*alpha|flush)")


class C:
    """The dialect of C and C++."""

    whole = True

    def __init__(self, root: Node) -> None:
        self._lent = lent(root)
        self._bare = not any(one.type == "char_literal" or text(one) in _SHAPING for one in every(root))

    def printed(self, node: Node, env: Env) -> Sequence[Printed] | None:
        """What a call of stdio, or a chain of ``<<``, prints; ``exit`` leaves."""
        if node.type == "binary_expression":
            return self._sent(node, env)
        if node.type != "call_expression":
            return None
        name, owner = called(node)
        words = given(node)
        if owner is not None:
            return None
        match name:
            case "printf":
                return self._formatted(words, "stdout", env)
            case "fprintf" if words and text(words[0]) in _STREAMS:
                return self._formatted(words[1:], _STREAMS[text(words[0])], env)
            case "puts" | "putchar" if len(words) == 1:
                return [Line(self._text(words[0], env, name == "putchar"), "\n" if name == "puts" else "")]
            case "fputs" | "fputc" | "putc" if len(words) == 2 and text(words[1]) in _STREAMS:
                return [Line(self._text(words[0], env, name != "fputs"), "", _STREAMS[text(words[1])])]
            case "perror" if len(words) == 1:
                return [Line((*self._text(words[0], env), Literal(": "), Hole("str")), "\n", "stderr")]
            case "exit" | "_exit" | "_Exit" | "quick_exit":
                return [Leave("exit")]
            case "abort" | "raise" | "terminate":
                return [Free("stdout", text(node)[:80]), Leave("exit")]
            case "assert":
                return [Choice(((Free("stdout", text(node)[:80]), Leave("exit")), ()))]
            case _ if name in _UNFORESEEN:
                return [Free("stdout", text(node)[:80])]
            case _:
                return None

    def declared(self, node: Node, env: Env) -> Iterable[tuple[str, Fixed | None]]:
        """The variables of a declaration, with the values that their types can hold."""
        kind = text(node).partition("=")[0]
        for one in node.named_children:
            if not one.type.endswith("declarator") and one.type != "identifier":
                continue
            name = _named(one)
            if one.type != "init_declarator":
                yield name, None
                continue
            declarator = text(one.child_by_field_name("declarator"))
            pointed = declarator.startswith(("*", "(")) or "[" in declarator
            value = evaluate(one.child_by_field_name("value"), env, whole=True)
            if (
                (isinstance(value, tuple) and "[" not in declarator)
                or (isinstance(value, str) and (name in self._lent or not (pointed or "string" in kind)))
                or (pointed and not isinstance(value, str | tuple))
            ):
                value = None
            if isinstance(value, tuple):
                held = [fits(kind, part) for part in value]
                value = None if None in held else tuple(part for part in held if part is not None)
            yield name, fits(kind, value)

    def risky(self, node: Node, env: Env, walked: frozenset[str]) -> bool:
        """Whether something is read or written through a pointer, or divided by what may be zero."""
        for one in every(node):
            if one.type == "pointer_expression" and text(one).startswith("*"):
                return True
            if one.type == "field_expression" and "->" in [text(child) for child in one.children]:
                return True
            if one.type == "binary_expression" and _operator(one) in ("/", "%"):
                divisor = evaluate(one.child_by_field_name("right"), env, whole=True)
                if not divisor and not (divisor is None and "." in text(one)):
                    return True
        return False

    def disorderly(self, node: Node) -> bool:
        """Jumps, threads, processes and conditional compilation."""
        if node.type in ("goto_statement", "labeled_statement", "try_statement", "lambda_expression"):
            return True
        if node.type.startswith("preproc_if") or node.type == "preproc_call":
            return any(self.printed(one, {}) is not None for one in every(node))
        return node.type == "call_expression" and called(node)[0] in _DISORDER

    # -- stdio

    def _formatted(self, words: Sequence[Node], stream: Stream, env: Env) -> list[Printed]:
        template = unescaped(words[0]) if words else None
        if template is None:
            return [Free("stdout", text(words[0]) if words else "")]
        values: list[Value] = []
        left = list(words[1:])
        plain, at = "", 0
        for spec in _SPEC.finditer(template):
            flags, width, digits, _, letter = spec.groups(default="")
            plain += template[at : spec.start()]
            at = spec.end()
            if letter == "%":
                plain += "%%"
                continue
            if not left or "*" in (width, digits) or letter in "naA" or "'" in flags:
                return [Free("stdout", text(words[0]))]
            value = self._argument(left.pop(0), letter, env)
            if isinstance(value, int | float):
                value, plain = _told(spec, value), f"{plain}%s"
            elif isinstance(value, Unknown) and _odd(flags, letter, "." in spec[0]):
                value, plain = Unknown("any"), f"{plain}%s"
            else:
                form = "d" if letter in "iu" else letter
                plain += f"%{flags}{width}{'.' + digits if digits else ''}{form}"
            values.append(value)
        plain += template[at:]
        if "%" in re.sub(r"%[-+ #0]*\d*(\.\d+)?[a-zA-Z%]", "", plain):
            return [Free("stdout", text(words[0]))]
        exprs = [text(one)[:60] for one in words[1:]]
        try:
            said = percent(plain, tuple(values), _nobody, exprs)
        except (TypeError, ValueError, OverflowError):
            return [Free("stdout", text(words[0]))]
        return [Line(tuple(Literal(one) if isinstance(one, str) else one for one in parts_of(said)), "", stream)]

    def _argument(self, word: Node, letter: str, env: Env) -> Value:
        """What stands in the place of a conversion."""
        value = evaluate(word, env, whole=True)
        if letter in "sc":
            fine = isinstance(value, str) if letter == "s" else isinstance(value, int) and 0 < value < 128
        elif letter in "di":
            fine = isinstance(value, int)
        else:
            fine = isinstance(value, float) if letter in "eEfFgG" else isinstance(value, int) and value >= 0
        if fine and isinstance(value, int | float | str) and letter != "p":
            return value
        return Unknown(_KINDS.get(letter, "str" if letter == "s" else "any"))

    def _text(self, word: Node, env: Env, letter: bool = False) -> tuple[Literal | Hole, ...]:
        value = evaluate(word, env, whole=True)
        if letter and isinstance(value, int) and 0 < value < 128:
            return (Literal(chr(value)),)
        if not letter and isinstance(value, str):
            return (Literal(value),)
        return (Hole("str", "", text(word)[:60]),)

    # -- streams

    def _sent(self, node: Node, env: Env) -> list[Printed] | None:
        parts: list[Node] = []
        inner: Node | None = node
        while inner is not None and inner.type == "binary_expression" and _operator(inner) == "<<":
            if (right := inner.child_by_field_name("right")) is None:
                return None
            parts.append(right)
            inner = inner.child_by_field_name("left")
        name = text(inner).removeprefix("std::")
        above = node.parent
        if name not in _SENT or (above is not None and above.type == "binary_expression" and _operator(above) == "<<"):
            return [] if name in _SENT else None
        made: list[Literal | Hole] = []
        bare = self._bare
        for part in reversed(parts):
            if text(part) in ("std::endl", "endl"):
                made.append(Literal("\n"))
            elif _MANIPULATORS.fullmatch(text(part)):
                bare = False
            else:
                made.append(_streamed(part, env, bare))
        return [Line(tuple(made), "", _SENT[name])]


def _told(spec: re.Match[str], value: float) -> Value:
    """What a conversion makes of a number that is known."""
    kind = DOUBLE if isinstance(value, float) else LONG if spec[4] in ("l", "ll", "q", "j", "z", "t") else INT
    try:
        return formatted(spec[0].encode(), [(value, kind)]).decode()
    except Unsure:
        return Unknown("any")


def _odd(flags: str, letter: str, exact: bool) -> bool:
    """Whether a conversion's text is of no form that a hole has."""
    signed = "+" in flags and letter in "uxX"
    zeros = "0" in flags and letter in "eEg"
    return letter in "cpoG" or "#" in flags or " " in flags or (exact and letter in "diuxX") or signed or zeros


def _streamed(part: Node, env: Env, bare: bool) -> Literal | Hole:
    value = evaluate(part, env, whole=True)
    if isinstance(value, str):
        return Literal(value)
    if part.type == "char_literal" and isinstance(value, int):
        return Literal(chr(value))
    if isinstance(value, int) and bare and part.type == "number_literal":
        return Literal(str(value))
    if isinstance(value, int) and bare and not isinstance(value, bool) and part.type == "identifier":
        return Literal(str(value))
    return Hole("any", "", text(part)[:60])


def _operator(node: Node) -> str:
    return text(node.child_by_field_name("operator"))


def _named(declarator: Node) -> str:
    """The name that a declarator declares."""
    inner: Node | None = declarator
    while inner is not None and inner.type != "identifier":
        inner = inner.child_by_field_name("declarator") or next(iter(inner.named_children), None)
    return text(inner)


def _nobody(value: object, method: str) -> Value:
    return Unknown()
