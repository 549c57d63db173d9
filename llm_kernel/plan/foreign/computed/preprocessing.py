"""C's preprocessor, as far as a program of one file needs it: macros, and what depends on whether one is defined."""

from __future__ import annotations

import re
from dataclasses import dataclass

from llm_kernel.plan.foreign.computed.doubt import Unsure
from llm_kernel.plan.foreign.headers import HEADERS

__all__ = ["preprocessed"]

_TOKEN = re.compile(
    r"""/\*.*?\*/ | //[^\n]* | "(?:\\.|[^"\\\n])*" | '(?:\\.|[^'\\\n])*' | \w+ | \s+ | \#\# | .""",
    re.VERBOSE | re.DOTALL,
)
_DEFINE = re.compile(r"define\s+(\w+)(\(([^)]*)\))?(?:\s+(.*))?$", re.DOTALL)
_NAME = re.compile(r"[A-Za-z_]\w*")
_MOST = 200_000


@dataclass(frozen=True, slots=True)
class _Macro:
    """What a name stands for; ``parameters`` is None where it is none that is called."""

    body: tuple[str, ...]
    parameters: tuple[str, ...] | None


def preprocessed(source: str) -> str:
    """The source with its macros in their places and without directives; lines keep their numbers.

    Raises:
        Unsure: where a directive is none of those known here.
    """
    macros: dict[str, _Macro] = {}
    made: list[str] = []
    asked: list[bool] = []  # for each condition around: whether its text counts
    pending: list[str] = []
    text = _without_comments(source.replace("\\\n", "\0"))
    for line in text.split("\n"):
        lines = line.count("\0")
        line = line.replace("\0", " ")
        stripped = line.strip()
        if stripped.startswith("#"):
            made += [_expanded(one + "\n", macros) for one in ("\n".join(pending),) if pending]
            pending = []
            _directive(stripped[1:].strip(), macros, asked)
            line = stripped if re.match(r"#\s*include\b", stripped) else ""
        pending.append(line if all(asked) else "")
        pending += [""] * lines
        if sum(map(len, made)) > _MOST:
            raise Unsure("a long source")
    return "".join([*made, _expanded("\n".join(pending), macros)])


def _without_comments(source: str) -> str:
    def plain(found: re.Match[str]) -> str:
        said = found[0]
        return " " + "\n" * said.count("\n") if said.startswith(("/*", "//")) else said

    return _TOKEN.sub(plain, source)


def _directive(said: str, macros: dict[str, _Macro], asked: list[bool]) -> None:
    word, _, rest = said.partition(" ")
    rest = rest.strip()
    if word in ("ifdef", "ifndef") and _NAME.fullmatch(rest) and (rest in macros or not rest.startswith("_")):
        asked.append((rest in macros) == (word == "ifdef"))
    elif word == "if" and rest in ("0", "1"):
        asked.append(rest == "1")
    elif word == "else" and asked:
        asked[-1] = not asked[-1]
    elif word == "endif" and asked:
        asked.pop()
    elif not all(asked) and word not in ("if", "elif"):
        return
    elif word == "undef":
        macros.pop(rest, None)
    elif found := _DEFINE.fullmatch(said):
        name, called, parameters, body = found.groups(default="")
        names = tuple(one.strip() for one in parameters.split(",") if one.strip()) if called else None
        if "#" in body or "..." in parameters or "__" in body:
            raise Unsure("a macro of another kind")
        macro = _Macro(tuple(_TOKEN.findall(body.strip())), names)
        if macros.setdefault(name, macro) != macro:
            raise Unsure("a macro that is another later")
    elif said and not (word == "include" and rest.startswith("<") and rest.strip("<>").removesuffix(".h") in HEADERS):
        raise Unsure("a directive")


def _expanded(text: str, macros: dict[str, _Macro]) -> str:
    return "".join(_replaced(_TOKEN.findall(text), macros, frozenset())) if macros else text


def _replaced(tokens: list[str], macros: dict[str, _Macro], inside: frozenset[str]) -> list[str]:
    """The tokens with every macro replaced, but those that this is ``inside`` of."""
    made: list[str] = []
    at = 0
    while at < len(tokens):
        word = tokens[at]
        at += 1
        macro = macros.get(word) if word not in inside else None
        if macro is None:
            made.append(word)
            continue
        body = list(macro.body)
        if macro.parameters is not None:
            found = _arguments(tokens, at)
            if found is None:
                made.append(word)
                continue
            arguments, at = found
            if len(arguments) != len(macro.parameters) and (macro.parameters or arguments != [[]]):
                raise Unsure("a macro with other arguments")
            given = {
                name: _replaced(one, macros, inside) for name, one in zip(macro.parameters, arguments, strict=False)
            }
            body = [part for one in body for part in given.get(one, [one])]
        made += [" ", *_replaced(body, macros, inside | {word}), " "]
        if len(made) > _MOST:
            raise Unsure("a long source")
    return made


def _arguments(tokens: list[str], at: int) -> tuple[list[list[str]], int] | None:
    """What stands between the brackets behind a macro's name, and where they end; None where there are none."""
    while at < len(tokens) and tokens[at].isspace():
        at += 1
    if at >= len(tokens) or tokens[at] != "(":
        return None
    made: list[list[str]] = [[]]
    depth = 0
    for number in range(at, len(tokens)):
        word = tokens[number]
        depth += (word in "([{") - (word in ")]}") if len(word) == 1 else 0
        if depth == 0:
            return made, number + 1
        if word == "," and depth == 1:
            made.append([])
        elif number > at:
            made[-1].append(word)
    raise Unsure("a macro without an end")
