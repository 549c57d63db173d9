"""What the text of a hole can look like: alternatives of runs of characters, for the grammar and for the checker."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

from llm_kernel.plan.nodes import Hole


@dataclass(frozen=True, slots=True)
class Run:
    """Between ``low`` and ``high`` characters of a bracket class; ``loose`` is what a checker allows instead."""

    chars: str
    low: int
    high: int
    loose: int = 0


_DIGITS = {"Y": (4, 4), "f": (6, 6), "L": (3, 3), "j": (1, 3), "s": (9, 11), "w": (1, 1)} | dict.fromkeys(
    "mdHIMSyUW", (1, 2)
)
Atom: TypeAlias = str | Run
Pattern: TypeAlias = tuple[tuple[Atom, ...], ...]

_SPEC = re.compile(r"(?:(?P<fill>.)?(?P<align>[<>=^]))?(?P<sign>[-+ ])?[z#]*(?P<zero>0)?(?P<width>\d+)?"
                   r"(?P<group>[,_])?(?:\.(?P<digits>\d+))?(?P<type>[a-zA-Z%])?$")  # fmt: skip
_LETTERS = dict.fromkeys("dnbo", "int") | dict.fromkeys("feEgGF%", "float") | dict.fromkeys("xX", "hex") | {"s": "str"}


@lru_cache(maxsize=1024)
def pattern(hole: Hole) -> Pattern:
    """All that can stand in a hole."""
    if hole.among and not hole.format:
        return tuple((text,) for text in hole.among)
    if "%" in hole.format[:-1]:
        return (_date(hole.format),)
    spec = _SPEC.match(hole.format)
    if spec is None:
        return ((Run("[^\\n]", 0, 120, 2000),),)
    letter = spec["type"] or ""
    kind = _LETTERS.get(letter, hole.kind)
    return tuple(_padded(body, spec) for body in _bodies(kind, letter, spec))


def _date(form: str) -> tuple[Atom, ...]:
    """A date as ``strftime`` writes it; ``%L`` are milliseconds."""
    atoms: list[Atom] = []
    for text, letter in re.findall(r"([^%]+)|%-?(.)", form):
        if text:
            atoms.append(text)
        elif letter == "%":
            atoms.append("%")
        else:
            low, high = _DIGITS.get(letter, (0, 0))
            atoms.append(Run("[0-9]", low, high) if high else Run("[^\\n]", 0, 30))
    return tuple(atoms)


def _bodies(kind: str, letter: str, spec: re.Match[str]) -> list[tuple[Atom, ...]]:
    sign: Atom = Run("[+-]" if spec["sign"] == "+" else "[ -]" if spec["sign"] == " " else "[-]",
                     0 if spec["sign"] not in ("+", " ") else 1, 1)  # fmt: skip
    whole = Run(f"[0-9{spec['group'] or ''}]", 1, 9, 400)
    if kind == "int":
        return [(sign, whole)]
    if kind == "hex":
        return [(sign, Run("[0-9a-fA-Fx]", 1, 10, 400))]
    if kind in ("float", "time") and (letter or spec["digits"]):
        return _fixed(sign, letter, spec)
    if kind in ("float", "time"):
        short = Run(f"[0-9{spec['group'] or ''}]", 1, 10 if kind == "time" else 5, 400)
        tail: tuple[Atom, ...] = (sign, short, ".", Run("[0-9]", 1, 20, 25))
        power: tuple[Atom, ...] = (sign, Run("[0-9]", 1, 1), ".", Run("[0-9]", 1, 20, 25), "e-0", Run("[4-9]", 1, 1))
        wide: tuple[Atom, ...] = (sign, Run("[0-9.]", 1, 18), Run("[e]", 1, 1), Run("[-+]", 1, 1), Run("[0-9]", 2, 3))
        return [tail, power, ("nan",), (sign, "inf"), wide] if kind == "float" else [tail]
    if kind == "shape":
        return [("torch.Size([", Run("[0-9, ]", 0, 30, 200), "])"), ("(", Run("[0-9, ]", 0, 30, 200), ")")]
    if kind == "str":
        width = int(spec["digits"] or 0)
        return [(Run("[^\\n]", 1, width or 80, width or 2000),)]
    return [(Run("[^\\n]", 0, 120, 4000),)]


def _fixed(sign: Atom, letter: str, spec: re.Match[str]) -> list[tuple[Atom, ...]]:
    digits = int(spec["digits"] or 6)
    nan: list[tuple[Atom, ...]] = [("nan",), (sign, "inf")]
    if letter in ("e", "E"):
        point: tuple[Atom, ...] = (".", Run("[0-9]", digits, digits)) if digits else ()
        return [(sign, Run("[0-9]", 1, 1), *point, letter, Run("[-+]", 1, 1), Run("[0-9]", 2, 3)), *nan]
    if letter in ("", "g", "G"):
        plain = (sign, Run("[0-9]", 1, min(max(digits, 1), 6), 40))
        return [plain, (*plain, ".", Run("[0-9]", 1, max(digits, 1), digits + 5)),
                (sign, Run("[0-9.]", 1, digits + 1), "e", Run("[-+]", 1, 1), Run("[0-9]", 2, 3)), *nan]  # fmt: skip
    whole = Run(f"[0-9{spec['group'] or ''}]", 1, 3 if letter == "%" else 4, 400)
    fraction: tuple[Atom, ...] = (".", Run("[0-9]", digits, digits)) if digits else ()
    percent: tuple[Atom, ...] = ("%",) if letter == "%" else ()
    return [(sign, whole, *fraction, *percent), *((*each, *percent) for each in nan)]


def _padded(body: tuple[Atom, ...], spec: re.Match[str]) -> tuple[Atom, ...]:
    width = int(spec["width"] or 0)
    if width == 0 or width > 400:
        return body
    if spec["zero"] and not spec["align"]:
        return body
    fill = re.escape(spec["fill"] or " ") if (spec["fill"] or " ") not in "-^]\\" else "\\" + str(spec["fill"])
    pad = Run(f"[{fill.replace(chr(92) + ' ', ' ')}]", 0, width - 1)
    align = spec["align"] or ("<" if isinstance(body[0], Run) and body[0].chars == "[^\\n]" else ">")
    if align == "<":
        return (*body, pad)
    return (pad, *body, pad) if align == "^" else (pad, *body)


@lru_cache(maxsize=256)
def _class(chars: str) -> re.Pattern[str]:
    return re.compile(chars)


def ends(hole: Hole, line: str, start: int) -> set[int]:
    """Every place in the line where the text of a hole that starts here may end."""
    found: set[int] = set()
    for sequence in pattern(hole):
        places = {start}
        for atom in sequence:
            places = _after(atom, line, places)
            if not places:
                break
        found |= places
    return found


def _after(atom: Atom, line: str, places: set[int]) -> set[int]:
    if isinstance(atom, str):
        return {at + len(atom) for at in places if line.startswith(atom, at)}
    reached: set[int] = set()
    matches, most = _class(atom.chars).match, atom.loose or atom.high
    for at in places:
        if atom.low == 0:
            reached.add(at)
        end = at
        while end < len(line) and end - at < most and matches(line, end):
            end += 1
            if end - at >= atom.low:
                reached.add(end)
    return reached
