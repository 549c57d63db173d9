"""A command line of Python: the options before the program, and the program behind them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

__all__ = ["Line"]

_LETTERS = "bBdEhiIOPqRsStuvVx?"
_VALUED = "WX"
_ENDS = "cm"
"""Options behind which all words are the program and its arguments."""

_TELLING = ("--help", "--help-all", "--help-env", "--help-xoptions", "--version")
_QUIET = frozenset("BdEIOqRstu")
"""Options that change nothing of what a program prints, but as the properties of a line say."""

_ALIKE = ("utf8", "faulthandler")
"""Settings of ``-X`` that change nothing of what a program prints."""

_USAGE = "[option] ... [-c cmd | -m mod | file | -] [arg] ...\nTry `python -h' for more information.\n"


@dataclass(frozen=True, slots=True)
class Line:
    """``letters`` has each option as often as it was given, ``valued`` pairs of an option and its value.

    ``program`` is what stands behind them: nothing, ``-``, a file, ``-c TEXT`` or ``-m NAME``, and arguments.
    ``wrong`` is what Python complains of first.
    """

    letters: str = ""
    valued: tuple[tuple[str, str], ...] = ()
    program: tuple[str, ...] = ()
    wrong: str = ""

    @classmethod
    def of(cls, args: Sequence[str]) -> Line:
        """The line of these arguments."""
        rest, letters, valued = list(args), "", list[tuple[str, str]]()
        while rest and rest[0].startswith("-") and rest[0] != "-":
            word = rest.pop(0)
            if word == "--":
                break
            if word.startswith("--"):
                known = word in _TELLING
                return cls(letters + "h" * known, tuple(valued), wrong="" if known else f"unknown option {word}")
            taken = word[1:].lstrip(_LETTERS)
            letters += word[1 : len(word) - len(taken)]
            if not taken:
                continue
            option, value = taken[0], taken[1:]
            if option not in _VALUED + _ENDS:
                return cls(letters, tuple(valued), wrong=f"Unknown option: -{option}")
            if not value and not rest:
                return cls(letters, tuple(valued), wrong=f"Argument expected for the -{option} option")
            value = value or rest.pop(0)
            if option in _ENDS:
                return cls(letters, tuple(valued), (f"-{option}", value, *rest))
            valued.append((option, value))
        return cls(letters, tuple(valued), tuple(rest))

    def complaint(self, name: str, version: tuple[int, int]) -> str:
        """What the interpreter called ``name`` says of what is wrong."""
        wrong = self.wrong
        if wrong.startswith("unknown option --") and version < (3, 8):
            wrong = "Unknown option: --"
        return f"{wrong}\nusage: {name} {_USAGE}"

    @property
    def plain(self) -> bool:
        """Whether what the options do is known here."""
        alike = all(option == "X" and value.partition("=")[0] in _ALIKE for option, value in self.valued)
        return set(self.letters) <= _QUIET and alike and not self.wrong

    @property
    def alone(self) -> bool:
        """Whether the program's folder is not searched for modules."""
        return "I" in self.letters

    def heeded(self, env: Mapping[str, str]) -> dict[str, str]:
        """The variables of ``env`` that the interpreter heeds."""
        deaf = set(self.letters) & {"E", "I"}
        return {name: value for name, value in env.items() if value and name.startswith("PYTHON") and not deaf}

    def optimized(self, env: Mapping[str, str]) -> int:
        """How much of a program is left out: 1 its assertions, 2 its documentation too."""
        asked = self.heeded(env).get("PYTHONOPTIMIZE", "0")
        return min(2, max(self.letters.count("O"), int(asked) if asked.isdigit() else 1))
