"""A makefile: its variables and rules, read as GNU make reads them."""

from __future__ import annotations

import fnmatch
import posixpath
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from llm_kernel.programs.exact.make_functions import FUNCTIONS, substituted
from llm_kernel.programs.table import NotExact

__all__ = ["Makefile", "Rule", "Stop", "Wants", "stem_of"]

_ASSIGNED = re.compile(r"(?:(export|override)\s+)?([^\s:=+?!#$()]+)\s*(::=|:=|\?=|\+=|!=|=)\s*(.*)$", re.DOTALL)
_CONDITION = re.compile(r"(ifeq|ifneq)\s*(?:\((.*),(.*)\)|\"(.*)\"\s+\"(.*)\"|'(.*)'\s+'(.*)')\s*$")
_STRANGE = re.compile(r"(?:define|endef|vpath|unexport|private|load)\b")
_MOST = 100_000
_DEEP = 40
Origin: TypeAlias = Literal["default", "environment", "file", "command line"]

_BUILT_IN = {
    "CC": "cc", "CXX": "g++", "AR": "ar", "ARFLAGS": "-rv", "RM": "rm -f", "AS": "as", "LD": "ld", "CPP": "$(CC) -E",
    "MAKE": "make", "SHELL": "/bin/sh", "FC": "f77", "YACC": "yacc", "LEX": "lex", "MAKE_COMMAND": "make",
    "OUTPUT_OPTION": "-o $@",
    "COMPILE.c": "$(CC) $(CFLAGS) $(CPPFLAGS) $(TARGET_ARCH) -c",
    "COMPILE.cc": "$(CXX) $(CXXFLAGS) $(CPPFLAGS) $(TARGET_ARCH) -c", "COMPILE.cpp": "$(COMPILE.cc)",
    "LINK.o": "$(CC) $(LDFLAGS) $(TARGET_ARCH)",
    "LINK.c": "$(CC) $(CFLAGS) $(CPPFLAGS) $(LDFLAGS) $(TARGET_ARCH)",
    "LINK.cc": "$(CXX) $(CXXFLAGS) $(CPPFLAGS) $(LDFLAGS) $(TARGET_ARCH)", "LINK.cpp": "$(LINK.cc)",
}  # fmt: skip
_COMPILES = [
    ("%", ["%.o"], "$(LINK.o) $^ $(LOADLIBES) $(LDLIBS) -o $@"),
    *(
        row
        for end in ("c", "cc", "cpp")
        for row in (
            ("%", [f"%.{end}"], f"$(LINK.{end}) $^ $(LOADLIBES) $(LDLIBS) -o $@"),
            ("%.o", [f"%.{end}"], f"$(COMPILE.{end}) $(OUTPUT_OPTION) $<"),
        )
    ),
]


class Stop(Exception):  # noqa: N818
    """The makefile is wrong: what is said of it, and at which line."""

    def __init__(self, said: str, line: int = 0) -> None:
        super().__init__(said)
        self.said, self.line = said, line


class Wants(Exception):  # noqa: N818
    """A ``$(shell ...)`` whose command nobody has run yet."""

    def __init__(self, command: str) -> None:
        super().__init__(command)
        self.command = command


@dataclass(slots=True)
class Rule:
    """How ``target`` is made: of what, by which lines; ``line`` is where the first of them stands.

    ``target`` of a pattern rule holds a ``%``. ``ordered`` are made before it, and do not make it old.
    """

    target: str
    needs: list[str] = field(default_factory=list)
    ordered: list[str] = field(default_factory=list)
    recipe: list[str] | None = None
    line: int = 0
    stem: str = ""


@dataclass(frozen=True, slots=True)
class _Variable:
    text: str
    later: bool
    origin: Origin


class Makefile:
    """``names`` are files of the machine by pattern, ``shells`` what the commands of ``$(shell ...)`` said.

    ``given`` are the variables of the command line, ``environment`` those of the process.
    """

    def __init__(
        self,
        environment: Mapping[str, str],
        given: Mapping[str, str],
        *,
        names: Callable[[], Sequence[str]],
        shells: Mapping[str, str],
        read: Callable[[str], str | None],
    ) -> None:
        self._names, self._shells, self._read = names, shells, read
        self._variables = {name: _Variable(text, True, "default") for name, text in _BUILT_IN.items()}
        self._variables |= {
            name: _Variable(text.replace("$", "$$"), True, "environment")
            for name, text in environment.items()
            if name not in ("SHELL", "MAKE")
        }
        self._variables |= {name: _Variable(text, True, "command line") for name, text in given.items()}
        self.rules: dict[str, Rule] = {}
        self.patterns: list[Rule] = []
        self.phony: set[str] = set()
        self.exported: set[str] = set()
        self.silent = False
        self.goal = ""
        self._work = _MOST

    def builtin(self) -> None:
        """Add the rules that make brings itself."""
        self.patterns += [Rule(target, list(needs), recipe=[recipe]) for target, needs, recipe in _COMPILES]

    def value(self, name: str, own: Mapping[str, str] | None = None) -> str:
        """A variable with all that it names in its place."""
        return self.expanded(f"$({name})", own)

    # -- reading

    def take(self, source: str) -> None:
        """Read a makefile.

        Raises:
            Stop: where it is wrong.
            Wants: where a command has to be run first.
            NotExact: where it holds what is not known here.
        """
        asked: list[bool] = []
        current: list[Rule] = []
        begun = False
        for number, line in _logical(source):
            if line.startswith("\t") and begun:
                if all(asked):
                    _more(current, line[1:], number)
                continue
            plain = _uncommented(line.replace("\\\n", "\0")).replace("\0", " ")
            plain = re.sub(r" +", " ", plain).strip() if "\\\n" in line else plain.strip()
            if not plain or self._conditional(plain, asked) or not all(asked):
                continue
            try:
                if _STRANGE.match(plain):
                    raise NotExact("make")
                if self._set(plain):
                    begun = begun and line.startswith("\t")
                elif found := re.match(r"-?include\s+(.*)", plain):
                    self._include(found[1], plain.startswith("-"), number)
                    begun = False
                else:
                    current, begun = self._rules(plain, number), True
            except Stop as stop:
                stop.line = stop.line or number
                raise
        if asked:
            raise Stop("missing 'endif'.  Stop.", source.count("\n"))

    def _conditional(self, line: str, asked: list[bool]) -> bool:
        word, _, rest = line.partition(" ")
        if word in ("ifdef", "ifndef"):
            name = self.expanded(rest.strip())
            held = name in self._variables and bool(self._variables[name].text)
            asked.append(held == (word == "ifdef"))
        elif found := _CONDITION.match(line):
            sides = [one for one in found.groups()[1:] if one is not None]
            one, two = (self.expanded(side.strip()) for side in sides)
            asked.append(not all(asked) or (one == two) == (found[1] == "ifeq"))
        elif word == "else" and asked and not rest.strip():
            asked[-1] = not asked[-1]
        elif word == "endif" and asked:
            asked.pop()
        elif word == "else" and asked:
            raise NotExact("make")
        else:
            return False
        return True

    def _set(self, line: str) -> bool:
        """Take an assignment."""
        if found := re.fullmatch(r"export(?:\s+([\w\s.-]*))?", line):
            self.exported.update((found[1] or "*").split())
            return True
        found = _ASSIGNED.match(line)
        if found is None:
            return False
        lead, name, sign, text = found.groups()
        if lead == "export":
            self.exported.add(name)
        old = self._variables.get(name)
        if old and (sign == "?=" or (old.origin == "command line" and lead != "override")):
            return True
        if sign == "+=" and old and old.origin != "default":
            text = self.expanded(text) if not old.later else text
            return self._put(name, f"{old.text} {text}".strip() if old.text else text, later=old.later)
        if sign == "!=":
            text = f"$(shell {text})"
        now = sign in (":=", "::=", "!=")
        return self._put(name, self.expanded(text) if now else text, later=not now)

    def put(self, name: str, text: str) -> None:
        """Set a variable as make itself does."""
        self._variables[name] = _Variable(text, False, "default")

    def changed(self) -> set[str]:
        """The names to which the makefile gives a value."""
        return {name for name, held in self._variables.items() if held.origin == "file"}

    def _put(self, name: str, text: str, *, later: bool) -> bool:
        self._variables[name] = _Variable(text, later, "file")
        return True

    def _include(self, words: str, quiet: bool, number: int) -> None:
        for name in self.expanded(words).split():
            source = self._read(name)
            if source is None and not quiet:
                raise Stop(f"{name}: No such file or directory", number)
            if source is not None:
                self.take(source)

    def _rules(self, line: str, number: int) -> list[Rule]:
        """The rules of a line; the lines behind it are their recipe."""
        head, semicolon, command = line.partition(";")
        said = self.expanded(head)
        if ":" not in said:
            raise Stop("missing separator.  Stop.", number)
        targets, _, rest = said.partition(":")
        if rest.startswith(":") or "=" in rest or "&" in targets.split():
            raise NotExact("make")
        pattern, colon, inner = rest.partition(":")
        needs, _, ordered = (inner if colon else rest).partition("|")
        made = []
        for target in targets.split():
            rule = Rule(target, needs.split(), ordered.split(), line=number)
            if colon:
                stem = stem_of(pattern.strip(), target)
                rule.stem = stem or ""
                rule.needs = [one.replace("%", rule.stem, 1) for one in rule.needs]
            made.append(self._add(rule))
        if semicolon:
            _more(made, command.strip(), number)
        return made

    def _add(self, rule: Rule) -> Rule:
        if rule.target in (".PHONY", ".SILENT", ".SUFFIXES", ".DEFAULT_GOAL", ".PRECIOUS", ".SECONDARY"):
            self.phony.update(rule.needs if rule.target == ".PHONY" else [])
            self.silent = self.silent or (rule.target == ".SILENT" and not rule.needs)
            return rule
        if found := re.fullmatch(r"(\.\w+)(\.\w+)", rule.target):
            if rule.needs:
                raise NotExact("make")
            rule.target, rule.needs = f"%{found[2]}", [f"%{found[1]}"]
        elif rule.target.startswith(".") and "/" not in rule.target:
            raise NotExact("make")
        if "%" in rule.target:
            self.patterns.insert(sum(1 for one in self.patterns if one.line), rule)
            return rule
        self.goal = self.goal or rule.target
        old = self.rules.get(rule.target)
        if old is None:
            self.rules[rule.target] = rule
            return rule
        old.needs += [one for one in rule.needs if one not in old.needs]
        old.ordered += rule.ordered
        old.stem = old.stem or rule.stem
        return old

    # -- expanding

    def expanded(self, text: str, own: Mapping[str, str] | None = None, depth: int = 0) -> str:
        """A text with its variables and functions in their places; ``own`` are those of a recipe (``@``, ``<``)."""
        self._work -= 1
        if depth > _DEEP or self._work < 0:
            raise NotExact("make")
        made, at = "", 0
        while (start := text.find("$", at)) >= 0 and start + 1 < len(text):
            made += text[at:start]
            sign = text[start + 1]
            if sign == "$":
                made, at = made + "$", start + 2
            elif sign in "({":
                end = _closing(text, start + 1)
                made += self._named(text[start + 2 : end], own, depth)
                at = end + 1
            else:
                made, at = made + self._named(sign, own, depth), start + 2
        made += text[at:]
        if len(made) > _MOST:
            raise NotExact("make")
        return made

    def _named(self, said: str, own: Mapping[str, str] | None, depth: int) -> str:
        def expand(text: str, more: Mapping[str, str] | None = None) -> str:
            return self.expanded(text, {**(own or {}), **(more or {})}, depth + 1)

        word, _, rest = said.partition(" ")
        if rest and word == "shell":
            command = expand(rest)
            if command not in self._shells:
                raise Wants(command)
            return self._shells[command]
        if rest and word == "wildcard":
            return " ".join(name for one in expand(rest).split() for name in self._matching(one))
        if rest and word == "call":
            name, *arguments = _commas(rest)
            given = {str(at): expand(one) for at, one in enumerate(arguments, 1)}
            held = self._variables.get(expand(name).strip())
            return expand(held.text, given) if held else ""
        if rest and word in FUNCTIONS:
            return FUNCTIONS[word](_commas(rest), expand)
        if rest and word in ("error", "warning", "info", "eval", "origin", "value", "file", "flavor", "guile"):
            raise NotExact("make")
        name = expand(said) if "$" in said else said
        if found := re.fullmatch(r"([^:\s]+):([^=]*)=(.*)", name):
            old, new = (one if "%" in one else f"%{one}" for one in (found[2], found[3]))
            return substituted(old, new, self._named(found[1], own, depth))
        if own and name in own:
            return own[name]
        if own and len(name) == 2 and name[1] in "DF" and name[0] in own:
            parts = [posixpath.split(one) for one in own[name[0]].split()]
            return " ".join((folder or ".") if name[1] == "D" else base for folder, base in parts)
        held = self._variables.get(name)
        if held is None:
            return ""
        return expand(held.text) if held.later else held.text

    def _matching(self, pattern: str) -> list[str]:
        if not re.search(r"[*?\[]", pattern):
            return [pattern] if pattern in self._names() or self._read(pattern) is not None else []
        return sorted(
            name
            for name in self._names()
            if fnmatch.fnmatchcase(name, pattern)
            and name.count("/") == pattern.count("/")
            and not (name.rpartition("/")[2].startswith(".") and not pattern.rpartition("/")[2].startswith("."))
        )


def _more(rules: Sequence[Rule], line: str, number: int) -> None:
    """Add a line to a recipe."""
    for rule in rules:
        if rule.recipe is None:
            rule.recipe, rule.line = [], number
        rule.recipe.append(line)


def stem_of(pattern: str, name: str) -> str | None:
    """What stands for the ``%`` of a pattern in a name that fits it; None where it does not."""
    before, sign, after = pattern.partition("%")
    fits = sign and name.startswith(before) and name.endswith(after) and len(name) > len(before) + len(after)
    return name[len(before) : len(name) - len(after)] if fits else None


def _logical(source: str) -> Iterator[tuple[int, str]]:
    """The lines of a makefile with those that they go on in, each with the number of its first."""
    held, first = "", 0
    for number, line in enumerate(source.split("\n"), 1):
        first = first if held else number
        held += line
        if re.search(r"(?<!\\)(?:\\\\)*\\$", line):
            held += "\n"
            continue
        yield first, held
        held = ""
    if held:
        yield first, held.rstrip("\n")


def _uncommented(line: str) -> str:
    return re.sub(r"(?<!\\)#.*", "", line, flags=re.DOTALL).replace("\\#", "#")


def _closing(text: str, at: int) -> int:
    """Where the bracket at ``at`` closes."""
    opening = text[at]
    closing = ")" if opening == "(" else "}"
    depth = 0
    for number in range(at, len(text)):
        depth += (text[number] == opening) - (text[number] == closing)
        if depth == 0:
            return number
    raise Stop("unterminated variable reference.  Stop.")


def _commas(text: str) -> list[str]:
    """The arguments of a function."""
    parts, depth, start = [], 0, 0
    for at, letter in enumerate(text):
        depth += (letter in "({") - (letter in ")}")
        if letter == "," and depth == 0:
            parts.append(text[start:at])
            start = at + 1
    return [*parts, text[start:]]
