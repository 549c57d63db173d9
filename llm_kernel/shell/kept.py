"""A shell at rest as text: what bash itself prints of its variables, functions, aliases, options and traps.

Nothing of the library's own form is kept, so another version of it, or another library, can take it over.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Protocol

from llm_kernel.errors import StateError
from llm_kernel.shell.declared import declares, defines
from llm_kernel.shell.opened import reopening
from llm_kernel.shell.order import Sink
from llm_kernel.tokens import quoted

__all__ = ["Kept", "chosen", "give", "keep", "owned"]

MOST = 20_000_000
"""The most characters of a kept shell."""

_LAST = 0x110000

_NAME = re.compile(r"(?m)^declare -[\w-]+ ([A-Za-z_]\w*)")
_OWN = re.compile(
    r"(?m)^declare -[\w-]+ (?:BASH\w*|EUID|UID|PPID|SHELLOPTS|FUNCNAME|PIPESTATUS|_|GROUPS|DIRSTACK|RANDOM"
    r"|SRANDOM|SECONDS|EPOCHSECONDS|EPOCHREALTIME|LINENO|HISTCMD|COMP_WORDBREAKS|LLM_KERNEL_\w+)(?:=.*)?\n"
)
_ON = frozenset(
    """braceexpand checkwinsize cmdhist complete_fullquote expand_aliases extquote force_fignore globasciiranges
    globskipdots hashall hostcomplete interactive-comments interactive_comments patsub_replacement progcomp promptvars
    sourcepath""".split()
)
"""The options that a new shell has."""

_APART = frozenset(["history", "monitor"])
"""Options that we answer for."""

_LIMIT = re.compile(r"(?m)^.*-([a-z])\) (\w+)$")
_HASHED = re.compile(r"(?m)^(?:builtin )?hash -p (\S+) (\S+)$")
_BUILTIN = re.compile(r"(?m)^builtin (?!hash -p )")
_LISTED = re.compile(r"(?m)^declare -\w*[aA]\w* .*$")
_TEXT = re.compile(r'"(?:[^"\\]|\\.)*"|\$\'((?:[^\'\\]|\\.)*)\'')
_ESCAPE = re.compile(r"\\(?:([0-7]{1,3})|x([0-9A-Fa-f]{1,2})|u([0-9A-Fa-f]{1,4})|U([0-9A-Fa-f]{1,8})|(.))", re.DOTALL)
_LETTERS = {"a": "\a", "b": "\b", "e": "\x1b", "E": "\x1b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_LISTS = (
    "builtin declare -p",
    "builtin declare -f",
    "builtin alias -p",
    "builtin set +o; builtin shopt -p; builtin ulimit -a; builtin hash -l",
    "builtin trap -p",
    "builtin dirs -l -p",
    "builtin complete -p",
    '[ $# = 0 ] || builtin printf "%q " "$@"; builtin printf .',
)
_OPEN = (
    "for LLM_KERNEL_fd in {3..12}; do { builtin : >&$LLM_KERNEL_fd; } 2>/dev/null && builtin echo $LLM_KERNEL_fd; done"
)
"""What ``exec`` opened: 3 to 9 by their numbers, ``{name}`` from 10 on."""

_BEFORE = re.compile(r"(?m)^declare -[\w-]+ OLDPWD\b.*")
_SAID = "LLM_KERNEL_SAID"
_FUNCTION = re.compile(r"(?m)^(?=\S+ \(\) $)")
_TRIES = 3
_UNALIASED = "shopt -u expand_aliases"


@dataclass(frozen=True, slots=True)
class Kept:
    """What a shell is between two runs; ``since`` is the machine's time from which ``$SECONDS`` counts.

    ``descriptors`` are those that are open in it, with what they lead to where that is known; the others are closed
    in the shell that takes it over.
    """

    cwd: str
    variables: str = ""
    functions: str = ""
    aliases: str = ""
    options: str = ""
    traps: str = ""
    folders: str = ""
    words: str = ""
    completions: str = ""
    descriptors: str = ""
    status: int = 0
    since: float = 0.0
    history: tuple[str, ...] = field(default=())

    def to_state(self) -> dict[str, Any]:
        """The shell as JSON-able data."""
        return {**{name: getattr(self, name) for name in self.__slots__}, "history": list(self.history)}

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Kept:
        """The shell back.

        Raises:
            StateError: when a field is missing, of another type or endless.
        """
        try:
            kept = cls(**{**state, "history": tuple(state["history"])})
        except (KeyError, TypeError) as err:
            raise StateError(f"the stored shell is damaged: {err!r}") from err
        wanted = {"status": int, "since": (int, float), "history": tuple}
        for one in fields(cls):
            value = getattr(kept, one.name)
            if not isinstance(value, wanted.get(one.name, str)):  # type: ignore[arg-type]
                raise StateError(f"the stored shell is damaged: {one.name} is {type(value).__name__}")
            if isinstance(value, str) and len(value) > MOST:
                raise StateError(f"the stored shell is damaged: {one.name} has {len(value)} characters")
        if not all(isinstance(line, str) for line in kept.history) or "\0" in kept.cwd:
            raise StateError("the stored shell is damaged: its history or its directory is no text")
        if not kept.inert:
            raise StateError(
                "the stored shell would run something when it is taken over; it was not made by this kernel"
            )
        return kept

    @property
    def inert(self) -> bool:
        """Whether taking it over runs nothing, whoever wrote it."""
        texts = (
            (self.variables, ["declare"]),
            (self.aliases, ["alias"]),
            (self.options, ["set", "shopt", "ulimit", "hash", "builtin"]),
            (self.traps, ["trap"]),
            (self.completions, ["complete"]),
            (f"set -- {self.words}", ["set"]),
        )
        plain = all(declares(text, heads) for text, heads in texts) and "\n" not in self.words
        return plain and defines(self.functions) and _BUILTIN.search(self.options) is None


class Rests(Protocol):
    """A shell that is asked between two runs."""

    status: int

    def value(self, name: str) -> str: ...

    async def capture(self, script: str) -> str: ...

    async def begin(self, state: str) -> None: ...

    async def run(self, script: str, out: Sink, err: Sink) -> int: ...


async def keep(shell: Rests, cwd: str, since: float, history: tuple[str, ...], *, opens: bool = True) -> Kept:
    """What ``shell`` is now, in its own words; the rest of it is given. ``opens``: it may have descriptors open.

    Raises:
        StateError: for a shell that does not say it.
    """
    questions = [_OPEN if opens else "builtin :", *_LISTS]
    for number in range(_TRIES):
        edge = f"{_SAID}_edge_{number}"
        # a substitution, for what the shell prints may go to a file of the user's
        lists = f"; builtin printf '%s\\n' {edge}; ".join(questions)
        await shell.capture(f"{_SAID}=$({lists})")
        parts = shell.value(_SAID).split(f"{edge}\n")
        await shell.capture(f"builtin unset {_SAID}")
        if len(parts) == len(questions):  # else a value of the user's holds the edge
            descriptors, variables, functions, aliases, options, traps, folders, completions, words = parts
            own = _LISTED.sub(_plainly, owned(variables))
            texts = own, _told(functions), aliases, chosen(options), traps, folders, words[:-1].strip(), completions
            opened = " ".join(descriptors.split())
            return Kept(cwd, *texts, opened, status=shell.status, since=since, history=history)
    raise StateError("the shell does not say what it is: its own words mean something else in it")


async def give(shell: Rests, kept: Kept, given: Mapping[str, str]) -> None:
    """Let a new ``shell``, which began with the variables ``given``, be what ``kept`` says."""
    gone = given.keys() - set(_NAME.findall(kept.variables)) - {"UID", "EUID", "SHLVL", "PWD"}
    lines = [f"unset OLDPWD {' '.join(sorted(gone))}"]
    there = f"cd -- {quoted(kept.cwd)} 2>/dev/null"
    await shell.begin("\n".join([there, *lines, "unalias -a", kept.variables]))
    folders, script = kept.folders.splitlines()[1:], []
    if folders:
        script += [f"cd -- {quoted(folders[-1])}", *(f"pushd {quoted(folder)}" for folder in reversed(folders[:-1]))]
        script += [f"pushd {quoted(kept.cwd)}", "unset OLDPWD", *_BEFORE.findall(kept.variables)]
    if kept.words:
        script.append(f"set -- {kept.words}")
    # the user's own words come last, for they may be called as ours are; and none stands for another in a function
    script += [kept.traps, kept.completions, kept.options, kept.aliases, _UNALIASED if kept.functions else ""]
    await _run(shell, *script)
    await _run(shell, kept.functions)
    if kept.functions and _UNALIASED not in kept.options.splitlines():
        await _run(shell, "builtin shopt -s expand_aliases")
    await _run(shell, reopening(kept.descriptors))
    shell.status = kept.status


def _told(functions: str) -> str:
    """The functions whose text surely is nothing but that: another one would make the whole shell untakeable."""
    if not functions or defines(functions):
        return functions
    return "".join(one for one in _FUNCTION.split(functions) if defines(one))


async def _run(shell: Rests, *texts: str) -> None:
    if text := "\n".join(text for text in texts if text.strip()):
        await shell.run(text, _drop, _drop)


def owned(variables: str) -> str:
    """The declarations of ``variables`` without those that every shell makes for itself."""
    return _OWN.sub("", variables)


def chosen(options: str) -> str:
    """What is not as a new shell has it: options, limits, and programs that are not where their names say."""
    found = []
    for line in options.splitlines():
        words = line.split(" ")
        if words[0] in ("set", "shopt") and len(words) == 3 and words[2] not in _APART:
            on = words[:2] in (["set", "-o"], ["shopt", "-s"])
            found += [line] if on != (words[2] in _ON) else []
    found += [f"ulimit -{letter} {value}" for letter, value in _LIMIT.findall(options) if letter not in "cep"]
    return "\n".join([*found, *(one[0] for one in _HASHED.finditer(options))])


def _plainly(line: re.Match[str]) -> str:
    """A list with its ``$'...'`` in double quotes: the library takes no others from there."""
    return _TEXT.sub(lambda text: text[0] if text[1] is None else _doubled(_spelled(text[1])), line[0])


def _spelled(text: str) -> str:
    """What stands in ``$'...'``; several escapes may be the bytes of one character."""
    data, at = bytearray(), 0
    for escape in _ESCAPE.finditer(text):
        data += text[at : escape.start()].encode()
        octal, byte, short, long, letter = escape.groups()
        if letter is not None:
            data += _LETTERS.get(letter, letter).encode()
        elif octal or byte:
            data.append(int(octal, 8) & 0xFF if octal else int(byte, 16))
        elif (code := int(short or long, 16)) < _LAST:
            data += chr(code).encode("utf-8", "replace")
        at = escape.end()
    return (data + text[at:].encode()).decode("utf-8", "replace")


def _doubled(text: str) -> str:
    return '"' + re.sub(r'([\\"$`])', r"\\\1", text) + '"'


async def _drop(data: bytes) -> None:
    """What bash says while it takes a state over."""
