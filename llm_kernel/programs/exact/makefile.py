"""A makefile: its variables and rules, read as GNU make reads them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from llm_kernel.programs.exact.make_variables import Stop, Variables
from llm_kernel.programs.table import NotExact

__all__ = ["Makefile", "Rule", "stem_of"]

_CONDITION = re.compile(r"(ifeq|ifneq)\s*(?:\((.*),(.*)\)|\"(.*)\"\s+\"(.*)\"|'(.*)'\s+'(.*)')\s*$")
_STRANGE = re.compile(r"(?:define|endef|vpath|unexport|private|load)\b")

_OPEN = 100  # makefiles that include one another, as a limit on open files ends them

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


class Makefile:
    """The rules of a makefile, with its ``variables``; ``read`` gives the text of a file, None where there is none."""

    def __init__(self, variables: Variables, read: Callable[[str], str | None]) -> None:
        self.variables, self._read = variables, read
        self.rules: dict[str, Rule] = {}
        self.patterns: list[Rule] = []
        self.phony: set[str] = set()
        self.silent = False
        self.goal = ""
        self._open = 0

    def builtin(self) -> None:
        """Add the rules that make brings itself."""
        self.patterns += [Rule(target, list(needs), recipe=[recipe]) for target, needs, recipe in _COMPILES]

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
                if self.variables.take(plain):
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
            name = self.variables.expanded(rest.strip())
            asked.append((name in self.variables) == (word == "ifdef"))
        elif found := _CONDITION.match(line):
            sides = [one for one in found.groups()[1:] if one is not None]
            one, two = (self.variables.expanded(side.strip()) for side in sides)
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

    def _include(self, words: str, quiet: bool, number: int) -> None:
        for name in self.variables.expanded(words).split():
            source = self._read(name)
            if source is None and not quiet:
                raise Stop(f"{name}: No such file or directory", number)
            if source is None:
                continue
            self._open += 1
            if self._open > _OPEN:
                raise Stop("Too many open files.  Stop.", number)
            self.take(source)
            self._open -= 1

    def _rules(self, line: str, number: int) -> list[Rule]:
        """The rules of a line; the lines behind it are their recipe."""
        head, semicolon, command = line.partition(";")
        said = self.variables.expanded(head)
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
