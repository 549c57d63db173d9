"""``make``: what is older than what it is made of is made anew, by the rules of a makefile and those it brings."""

from __future__ import annotations

import posixpath
import re
import shlex
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from llm_kernel.machine.signals import said_of
from llm_kernel.programs.exact.make_variables import Stop, Variables, Wants
from llm_kernel.programs.exact.makefile import Makefile, Rule, stem_of
from llm_kernel.programs.table import NotExact, live
from llm_kernel.shell.call import Call, Io
from llm_kernel.shell.lead import AT
from llm_kernel.shell.words import BUILTINS

__all__ = ["make"]

_NAMES = ("GNUmakefile", "makefile", "Makefile")
_SHELLS = 40
_META = re.compile(r"""[#;"*?\[\]&|<>(){}$`^~!\\'\n=%]""")
_DEEP = 60
_LEVELS = 20  # makes that run one another, as a limit on processes ends them


@dataclass(slots=True)
class _Options:
    """What make is asked to do."""

    goals: list[str] = field(default_factory=list)
    given: dict[str, str] = field(default_factory=dict)
    file: str = ""
    folder: str = ""
    silent: bool = False
    dry: bool = False
    every: bool = False
    ignore: bool = False


def _options(call: Call) -> _Options:
    made, words = _Options(), list(call.args)
    flags = {"-s": "silent", "--silent": "silent", "--quiet": "silent", "-n": "dry", "--dry-run": "dry",
             "--just-print": "dry", "-B": "every", "--always-make": "every", "-i": "ignore"}  # fmt: skip
    while words:
        word = words.pop(0)
        if found := re.match(r"([A-Za-z_][\w.]*):?=(.*)", word, re.DOTALL):
            made.given[found[1]] = found[2]
        elif word in flags:
            setattr(made, flags[word], True)
        elif word[:2] in ("-f", "-C") and (word[2:] or words):
            value = word[2:] or words.pop(0)
            made.file, made.folder = (value, made.folder) if word[1] == "f" else (made.file, value)
        elif re.fullmatch(r"-j\d*|--jobs(=\d+)?|--no-print-directory", word):
            if word == "-j" and words and words[0].isdecimal():
                words.pop(0)
        elif word.startswith("-"):
            raise NotExact(call.name)
        else:
            made.goals.append(word)
    return made


@live("make", "gmake", needs="package:make")
async def make(call: Call, io: Io) -> int:
    """Make the goals, and say what is done for them."""
    if call.run is None:
        raise NotExact(call.name)
    options = _options(call)
    level = int(call.env.get("MAKELEVEL", "0") or 0)
    cwd = call.path(options.folder) if options.folder else call.cwd
    own = f"make[{level}]" if level else "make"
    if level > _LEVELS:
        await io.err(f"make[{level - 1}]: {call.name}: Resource temporarily unavailable\n")
        return 127
    if not call.machine.files.is_dir(cwd):
        await io.err(f"{own}: *** {options.folder}: No such file or directory.  Stop.\n")
        return 2
    run = _Run(call, io, options, own, level, cwd)
    told = bool(options.folder or level) and "--no-print-directory" not in call.args and not options.silent
    source = run.source()
    book = await run.book(source)  # nothing is said yet where it is not known
    if told:
        await io.out(f"{own}: Entering directory '{cwd}'\n")
    status = await run.whole(book, source is not None)
    if told:
        await io.out(f"{own}: Leaving directory '{cwd}'\n")
    return status


class _Failed(Exception):  # noqa: N818
    """A goal cannot be made; what there is to say of it."""

    def __init__(self, said: str = "") -> None:
        super().__init__(said)
        self.said = said


class _Run:
    """One run of make."""

    def __init__(self, call: Call, io: Io, options: _Options, own: str, level: int, cwd: str) -> None:
        self._call, self._io, self._options, self._own, self._level, self._cwd = call, io, options, own, level, cwd
        self._files = call.machine.files
        self._shells: dict[str, str] = {}
        self._name = options.file
        self._done: dict[str, bool] = {}
        self._started = 0
        self._book = self._empty()

    # -- the makefile

    def source(self) -> str | None:
        """The text of the makefile; None where there is none."""
        for name in [self._name] if self._name else _NAMES:
            if (text := self._read(name)) is not None:
                self._name = name
                return text
        return None

    def _read(self, name: str) -> str | None:
        path = posixpath.join(self._cwd, name)
        try:
            return self._files.read(path).decode("utf-8", "replace")
        except OSError:
            return None

    def _listed(self) -> list[str]:
        """The files of the folder and of those in it, as a makefile names them."""
        found = []
        for name in self._files.listdir(self._cwd):
            found.append(name)
            if self._files.is_dir(posixpath.join(self._cwd, name)):
                found += [f"{name}/{one}" for one in self._files.listdir(posixpath.join(self._cwd, name))]
        return found

    def _empty(self) -> Makefile:
        given = dict(self._options.given)
        environment = {name: text for name, text in self._call.env.items() if not name.startswith("__")}
        variables = Variables(environment, given, names=self._listed, shells=self._shells)
        variables.put("CURDIR", self._cwd)
        variables.put("MAKEFILE_LIST", f" {self._name}")
        variables.put("MAKELEVEL", str(self._level))
        return Makefile(variables, self._read)

    async def book(self, source: str | None) -> Makefile | Stop:
        """The makefile as it is read, or why it cannot be."""
        for _ in range(_SHELLS):
            self._book = self._empty()
            try:
                self._book.take(source or "")
                self._book.builtin()
                return self._book
            except Wants as wants:
                await self._learn(wants.command)
            except Stop as stop:
                return stop
        raise NotExact("make")

    async def _learn(self, command: str) -> None:
        said = bytearray()

        async def keep(data: bytes) -> None:
            said.extend(data)

        await self._shell(f"/bin/sh -c {shlex.quote(command)}", out=keep)
        self._shells[command] = said.decode("utf-8", "replace").rstrip("\n").replace("\n", " ")

    async def _expanded(self, text: str, own: Mapping[str, str]) -> str:
        for _ in range(_SHELLS):
            try:
                return self._book.variables.expanded(text, own)
            except Wants as wants:
                await self._learn(wants.command)
        raise NotExact("make")

    # -- goals

    async def whole(self, book: Makefile | Stop, there: bool) -> int:
        """Make every goal; the exit status."""
        if isinstance(book, Stop):
            lost = "No such file" in book.said
            await self._io.err(f"{self._name}:{book.line}: {'' if lost else '*** '}{book.said}\n")
            if lost:
                name = book.said.partition(":")[0]
                await self._io.err(f"{self._own}: *** No rule to make target '{name}'.  Stop.\n")
            return 2
        if self._options.file and not there:
            await self._io.err(f"{self._own}: {self._name}: No such file or directory\n")
            await self._io.err(f"{self._own}: *** No rule to make target '{self._name}'.  Stop.\n")
            return 2
        goals = self._options.goals or [book.variables.value(".DEFAULT_GOAL") or book.goal]
        if goals == [""]:
            why = "No targets" if there else "No targets specified and no makefile found"
            await self._io.err(f"{self._own}: *** {why}.  Stop.\n")
            return 2
        for goal in dict.fromkeys(goals):
            before = self._started
            try:
                await self._make(goal, "", 0)
            except _Failed as failed:
                await self._io.err(failed.said)
                return 2
            if self._started == before and not self._options.silent:
                await self._io.out(f"{self._own}: {self._idle(goal)}\n")
        return 0

    def _idle(self, goal: str) -> str:
        rule = self._rule(goal)
        if goal in self._book.phony or rule is None or not rule.recipe:
            return f"Nothing to be done for '{goal}'."
        return f"'{goal}' is up to date."

    def _rule(self, target: str, depth: int = 0) -> Rule | None:
        """How a target is made: by a rule of its own, or by a pattern whose needs are there or can be made."""
        rule = self._book.rules.get(target)
        if rule is not None and (rule.recipe or target in self._book.phony):
            return rule
        for deeper in (False, True) if depth < 3 else ():
            for pattern in self._book.patterns:
                stem = stem_of(pattern.target, target)
                if stem is None or (pattern.target == "%" and depth and not pattern.line):
                    continue
                needs = [one.replace("%", stem, 1) for one in pattern.needs]
                if all(self._known(one) or (deeper and self._rule(one, depth + 1)) for one in needs):
                    more = [one for one in (rule.needs if rule else []) if one not in needs]
                    ordered = [*pattern.ordered, *(rule.ordered if rule else [])]
                    return Rule(target, [*needs, *more], ordered, pattern.recipe, pattern.line, stem)
        return rule

    def _known(self, target: str) -> bool:
        return self._there(target) or target in self._book.rules

    def _there(self, target: str) -> bool:
        return self._files.exists(posixpath.join(self._cwd, target))

    def _time(self, target: str) -> float:
        return self._files.stat(posixpath.join(self._cwd, target)).mtime

    async def _make(self, target: str, above: str, depth: int) -> bool:
        """Make a target where it is old; whether it is new now."""
        if target in self._done:
            return self._done[target]
        if depth > _DEEP:
            raise NotExact("make")
        rule = self._rule(target)
        if rule is None:
            if not self._there(target):
                wanted = f", needed by '{above}'" if above else ""
                raise _Failed(f"{self._own}: *** No rule to make target '{target}'{wanted}.  Stop.\n")
            self._done[target] = False
            return False
        self._done[target] = False  # a circle ends here
        fresh = [one for one in rule.needs if await self._make(one, target, depth + 1)]
        for one in rule.ordered:
            await self._make(one, target, depth + 1)
        missing = target in self._book.phony or not self._there(target)
        newer = [
            one for one in rule.needs
            if missing or one in fresh or (self._there(one) and self._time(one) > self._time(target))
        ]  # fmt: skip
        if not (missing or newer or self._options.every):
            return False
        if rule.recipe:
            await self._recipe(rule, newer)
        self._done[target] = missing or bool(rule.recipe) or bool(fresh)
        return self._done[target]

    # -- recipes

    async def _recipe(self, rule: Rule, newer: list[str]) -> None:
        needs = list(dict.fromkeys(rule.needs))
        own = {"@": rule.target, "<": next(iter(needs), ""), "^": " ".join(needs), "+": " ".join(rule.needs),
               "?": " ".join(dict.fromkeys(newer)), "*": rule.stem, "|": " ".join(rule.ordered)}  # fmt: skip
        for number, line in enumerate(rule.recipe or []):
            said = (await self._expanded(line, own)).strip(" \t")
            lead = re.match(r"[-@+\s]*", said)
            flags = lead[0] if lead else ""
            said = said[len(flags) :]
            if not said:
                continue
            self._started += 1
            quiet = "@" in flags or self._options.silent or self._book.silent
            if self._options.dry or not quiet:
                await self._io.out(f"{said}\n")
            if self._options.dry and "+" not in flags and "$(MAKE)" not in line:
                continue
            status = await self._command(said)
            if status:
                await self._fails(rule, rule.line + number, status, ignored="-" in flags or self._options.ignore)

    async def _command(self, line: str) -> int:
        """Run a line of a recipe: a simple one without a shell, as make does."""
        word = next(iter(line.split()), "")
        if _META.search(line) or word in BUILTINS:
            return await self._shell(f"/bin/sh -c {shlex.quote(line)}")
        missing = f"{self._own}: {word}: No such file or directory"
        return await self._shell(f"{AT}={shlex.quote(missing)} {line}")

    async def _shell(self, line: str, *, out: Callable[[bytes], Awaitable[None]] | None = None) -> int:
        run = self._call.run
        assert run is not None
        book, names = self._book.variables, {"MAKELEVEL": str(self._level + 1)} | self._options.given
        for name in book.exported - {"*"}:
            names[name] = book.value(name)
        for name in self._call.env.keys() & book.changed():
            names[name] = book.value(name)
        lead = " ".join(f"{name}={shlex.quote(text)}" for name, text in names.items())
        command = f"cd {shlex.quote(self._cwd)}; export {lead}; {line}"
        return await run(command, out or self._io.out, self._io.err, parent=self._call.pid)

    async def _fails(self, rule: Rule, number: int, status: int, *, ignored: bool) -> None:
        """What is said of a line that went wrong; it is the end where that is not to be ignored."""
        said = f"{said_of(status - 128)} (core dumped)" if status in (132, 134, 136, 139) else f"Error {status}"
        place = f"{self._name}:{number}: {rule.target}" if rule.line else f"<builtin>: {rule.target}"
        before = ""
        package = self._call.machine.packages.find("apt", "make")
        if package is not None and package.version.startswith("4.1"):
            before = f"{self._name}:{number}: recipe for target '{rule.target}' failed\n" if rule.line else (
                f"<builtin>: recipe for target '{rule.target}' failed\n")  # fmt: skip
            place = rule.target
        if ignored and self._options.silent:
            return
        if ignored:
            await self._io.err(f"{before}{self._own}: [{place}] {said} (ignored)\n")
            return
        raise _Failed(f"{before}{self._own}: *** [{place}] {said}\n")
