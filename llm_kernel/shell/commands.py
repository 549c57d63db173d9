"""One simple command as the library has to be given it: its name, its options, its arguments."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from itertools import pairwise

from tree_sitter import Node

from llm_kernel.shell.background import CONTROL
from llm_kernel.shell.chance import devices, sized
from llm_kernel.shell.dating import dates, paged
from llm_kernel.shell.heeding import Heeding
from llm_kernel.shell.history import FC, HISTORY
from llm_kernel.shell.lacks import LACKING, WRAPPERS, asks_itself, lacks, refused_option
from llm_kernel.shell.lead import AT, FED, GONE, OVER, TTY, Edit, Lead, replaced, text_of
from llm_kernel.shell.mapping import mapped
from llm_kernel.shell.moments import KINDS, asks, program_at
from llm_kernel.shell.refusing import refusal
from llm_kernel.shell.shells import SHELLS, builtin, called
from llm_kernel.shell.spot import Spot
from llm_kernel.shell.streams import opened, terminals
from llm_kernel.shell.words import PLACED
from llm_kernel.shell.wrapped import inner_at
from llm_kernel.syntax import walk

__all__ = ["Command"]

_ZERO = re.compile(r"(?<!\\)\\x0(?:0|(?![0-9A-Fa-f]))")
_PIPES = re.compile(r"(?<!\|)\|(?!\|)\s*[\"\w]")
"""In a program of awk: into a command, or out of one."""

_ASKING = frozenset("nohup timeout nice setsid tty stty".split())
"""Programs that are told which of their streams are the terminal."""

_CONFIRMING = frozenset("rm cp mv ln".split())
"""Programs that are told where they ask before they go on."""

_TALKING = re.compile(r"python[\d.]*")

_PLACE = re.compile(r"(?:/usr)?/bin/([\w\[.-]+)")
_SYSTEM = re.compile(r"/(?:usr/|usr/local/)?s?bin/[^/]+|/(?:usr/local/cuda|opt/conda)/bin/[^/]+")

_FEW = 200
"""Parts of a text that are looked at for what cannot be read."""

_PLAIN = re.compile(r"[A-Za-z_][\w.:,@%+-]*|\[")
_MISSING = {
    "env": "env: ‘{}’: No such file or directory",
    "xargs": "xargs: {}: No such file or directory",
    "sudo": "sudo: {}: command not found",
    "stdbuf": "stdbuf: failed to run command ‘{}’: No such file or directory",
    "exec": "$0: line %d: exec: {}: not found",
}
"""What a wrapper says of a program that is not there."""

_CONTROLLED = frozenset(["kill", "wait", "trap"])
"""Words behind which a shell with traps looks for signals, or says what its traps are."""

_FRONTING = frozenset(["fg", "bg"])
"""Words that a shell without job control refuses."""

_REMEMBERING = frozenset(["history", "fc"])
"""Words that know nothing in a shell at which nobody sits."""

_RENAMED = {"logout": "exit", "history": HISTORY, "fc": FC}


class Command:
    """A command of ``words`` in a script that defines ``functions``, and the edits that it needs."""

    def __init__(self, words: list[Node], node: Node, lead: Lead, functions: Collection[str]) -> None:
        self._words = words
        self._lead = lead
        self._spot = Spot(node, lead)
        self._functions = functions
        self._heeding = Heeding(words, self._spot, functions)

    def edits(self) -> list[Edit]:
        """Where what is replaced, or added."""
        edits = self._of(self._words, "")
        if self._heeding.forks:  # the spaces let it stand before what else is put there
            first, last = self._spot.node.start_byte, self._words[-1].end_byte
            edits += [(first, first, "  { "), (last, last, f"; {self._spot.asks('ended')} $?; }}")]
        return edits + self._heeding.looks()

    def _of(self, words: list[Node], wrapper: str) -> list[Edit]:
        """The edits of a command, or of what ``wrapper`` is to run."""
        if not words:
            return []
        name, rest = text_of(words[0]), [text_of(word) for word in words[1:]]
        found = _PLACE.fullmatch(name)
        base = found[1] if found else name
        if base == "awk" and self._lead.place("mawk") == "mawk":
            base = "gawk"
        edits = self._bare(words, base, rest) if not wrapper else None
        if edits is None:
            edits = self._either(words, base, rest, wrapper)
        if edits is not None:
            return edits
        if base not in self._lead.tools and base not in WRAPPERS:
            return self._program(words[0], name, wrapper)
        closed = base == "sudo" and (self._lead.guarded or (rest[:1] != [] and rest[0].startswith("-")))
        if closed or asks_itself(base, rest) or (base in LACKING and lacks(base, rest)):
            place = f"/usr/bin/{base}" if base == "compgen" else self._lead.place(base)
            return [] if found else [replaced(words[0], place)]
        return ([replaced(words[0], base)] if base != name else []) + self._tool(words, base, rest, wrapper)

    def _bare(self, words: list[Node], base: str, rest: Sequence[str]) -> list[Edit] | None:
        """The edits of a word of bash's own that no wrapper runs; None for another."""
        first, last = words[0], words[-1]
        said = rest[1] if base == CONTROL and len(rest) > 1 else base
        if base == "trap" and list(rest) == ["-l"]:
            return [replaced(first, "kill")]
        if said in _FRONTING and self._lead.inner:
            return self._spot.refuses(first, last, 1, self._spot.says(f"{said}: no job control"))
        if base in PLACED:
            return self._heeding.placed(words)
        if said in _CONTROLLED:
            return self._heeding.told(words, said)
        if base == CONTROL:
            return self._heeding.placed(words)
        if wrong := refusal(base, rest):
            return self._spot.refuses(first, last, wrong[0], self._spot.says(*wrong[1:]))
        if base in ("mapfile", "readarray") and (edits := mapped(words, self._spot.node)):
            return edits
        if base in _REMEMBERING and self._lead.inner:
            return [replaced(first, ":")]  # nobody types there
        if base == "logout" and self._lead.inner:
            return self._spot.refuses(first, last, 1, self._spot.says("logout: not login shell: use `exit'"))
        if base == "shopt" and len(rest) == 1 and _PLAIN.fullmatch(rest[0]):
            # the library lists all of them where it does not know one
            return [
                (first.start_byte, first.start_byte, "{ "),
                (last.end_byte, last.end_byte, f" | grep '^{rest[0]}\\s'; (exit ${{PIPESTATUS[0]}}); }}"),
            ]
        if base == "wc" and opened(self._spot.node):
            return [(first.start_byte, first.start_byte, f"{FED}=1 ")]
        if base in ("eval", "source", "."):
            return builtin(words, base, self._spot)
        return None

    def _either(self, words: list[Node], base: str, rest: Sequence[str], wrapper: str) -> list[Edit] | None:
        """The edits of a word that is edited alike behind a wrapper, and of no other; None where it is not such."""
        first, last = words[0], words[-1]
        if base == "echo" and list(rest) in (["--version"], ["--help"]):
            return [replaced(first, r"printf '%s\n'")]
        if base in _RENAMED:
            return [replaced(first, _RENAMED[base])]
        if base == "printf":
            return self._printed(words) or dates(words) or _zeroes(words)
        if base == "exit" and self._lead.watched:
            return self._left(words)
        if refused := refused_option(base, rest):
            return self._spot.refuses(first, last, 1, refused)
        if base in _ASKING or _confirms(base, rest):
            start = first.start_byte if wrapper == "time" else self._words[0].start_byte
            return [(start, start, f"{TTY}={terminals(self._spot.node, self._lead.terminal)} ")]
        if base in SHELLS:
            edits, forks = called(words, base, self._spot)
            self._heeding.forks = self._heeding.forks or forks
            return edits
        if base == "builtin" and rest and _PLAIN.fullmatch(rest[0]) and rest[0] not in self._lead.builtins:
            said = f"{self._spot.who if self._lead.inner else 'bash'}': builtin: {rest[0]}: not a shell builtin'"
            return self._spot.refuses(first, words[1], 1, said)
        return None

    def _tool(self, words: list[Node], base: str, rest: Sequence[str], wrapper: str) -> list[Edit]:
        """The edits of a program of the library's, or of a wrapper and what it runs."""
        edits: list[Edit] = []
        start, end = words[0].start_byte, words[-1].end_byte
        if base == "sudo" and wrapper in ("", "time") and rest and not rest[0].startswith("-"):
            edits.append((start, start, 'SUDO_USER="$USER" USER=root LOGNAME=root '))
        if base == "command" and rest and rest[0] in ("-v", "-V"):
            return edits + self._found(words[2:])
        if base == "tail" and rest and re.fullmatch(r"\+\d+", rest[0]):
            edits.append(replaced(words[1], f"-n {rest[0]}"))
        if base == "pr":
            edits += paged(words)
        if base not in ("xargs", "sudo", "env"):
            count = sized([text_of(words[0]), *rest])
            edits += [replaced(word, f'"$({self._spot.asks("chance")} {count})"') for word in devices(words[1:])]
        if base in KINDS:
            edits += self._programmed(words, base, rest)
            if KINDS[base] == "awk" and not wrapper and (at := program_at(base, rest)) >= 0 and _PIPES.search(rest[at]):
                # behind a pipe that is closed, the library loses what it would show as it comes
                edits.append((end, end, " 1>&1"))
        if base == "xargs" and not wrapper:
            edits += self._measured(words, rest)
        if base in WRAPPERS and base != "find" and (at := inner_at(base, rest)):
            edits += self._of(words[at:], base)
        return edits

    def _programmed(self, words: list[Node], base: str, rest: Sequence[str]) -> list[Edit]:
        """The text that ``awk`` or ``jq`` runs is asked for where it may ask for the time."""
        edits: list[Edit] = []
        if KINDS[base] == "awk":
            pairs = pairwise(words[1:])
            edits += [edit for one, two in pairs if text_of(one) == "-f" for edit in self._spot.asked(two, "progfile")]
        if (at := program_at(base, rest)) >= 0:
            literal = words[at + 1].type == "raw_string"
            moment = asks(base, rest[at]) or (not literal and "$" in text_of(words[at + 1]).replace("$ENV", ""))
            edits += self._spot.asked(words[at + 1], KINDS[base]) if moment else []
        return edits

    def _measured(self, words: list[Node], rest: Sequence[str]) -> list[Edit]:
        """``xargs``: what it ends with says how its commands ended."""
        at = inner_at("xargs", rest)
        name = rest[at - 1] if at else "echo"
        name = name if _PLAIN.fullmatch(name) or ("/" in name and re.fullmatch(r"[\w./-]+", name)) else "command"
        first, last = self._spot.node.start_byte, words[-1].end_byte
        # the space lets it stand before what else is put there
        return [(first, first, " { "), (last, last, f"; {self._spot.asks('xargs')} $? {name}; }}")]

    def _printed(self, words: list[Node]) -> list[Edit]:
        """``printf "$format"`` where formats hold dates: what it is to print is asked for."""
        at = 3 if len(words) > 2 and text_of(words[1]) == "-v" else 1
        if not self._lead.dated or len(words) <= at or "$" not in text_of(words[at]) or words[at].type == "raw_string":
            return []
        first, last = words[0].start_byte, words[-1].end_byte
        return [(first, words[0].end_byte, f'eval "$({self._spot.asks("printf")}'), (last, last, ')"')]

    def _found(self, words: list[Node]) -> list[Edit]:
        """``command -v``: what is registered with the library need not be there."""
        edits: list[Edit] = []
        for word in words:
            name = text_of(word)
            if "$(" in name or "`" in name:
                continue  # it would run twice
            if "$" in name and word.type != "raw_string":
                asked = f'{self._spot.asks("known")} {name} "$(declare -F -- {name})"'
                edits.append(replaced(word, f'"$({asked})"' if word.type == "string" else f"$({asked})"))
            elif (
                _PLAIN.fullmatch(name := name.strip("\"'")) and name not in self._functions and self._lead.absent(name)
            ):
                edits.append(replaced(word, f"{GONE}{name}"))
        return edits

    def _left(self, words: list[Node]) -> list[Edit]:
        """``exit``: the shell ends because it was told to."""
        edits = [
            (words[0].start_byte, words[0].start_byte, f"{{ {OVER}=$?; "),
            (words[-1].end_byte, words[-1].end_byte, "; }" if len(words) > 1 else f" ${OVER}; }}"),
        ]
        inner = [node for word in words[1:] for node in walk(word, errors=False) if text_of(node) in ("$?", "${?}")]
        return edits + [replaced(node, f"${OVER}") for node in inner if node.type.endswith("expansion")]

    def _program(self, word: Node, name: str, wrapper: str) -> list[Edit]:
        """A word that no tool is: a file of the user's, or a program that may not be there."""
        if "/" in name:
            if "$(" in name or "`" in name or word.type == "ERROR":
                return []
            if _SYSTEM.fullmatch(name):
                said = f'{AT}="{self._spot.place}: {name}: No such file or directory" '
                return [(word.start_byte, word.start_byte, said)] if self._lead.inner and not wrapper else []
            self._heeding.forks = True
            return [(word.start_byte, word.start_byte, f'bash -c "$({self._spot.asks("x")} {name} {self._spot.who})" ')]
        if not _PLAIN.fullmatch(name) or name in self._lead.ours or name in self._functions:
            return []
        if (self._lead.place(name) != name and not self._lead.pathed) or _misread(self._spot.node):
            return []
        line = self._spot.node.start_point[0] + 1
        if wrapper in _MISSING:
            said = _MISSING[wrapper].replace("%d", str(line)).format(name)
        elif self._lead.inner:
            said = f"{self._spot.place}: {name}: command not found"
        else:
            return []
        start = word.start_byte if wrapper == "time" else self._words[0].start_byte
        return [(start, start, f'{AT}="{said}" ')]


def _zeroes(words: list[Node]) -> list[Edit]:
    """``printf '\\x00'``, which the library takes for nothing."""
    written = [word for word in words[1:2] if word.type in ("raw_string", "string") and _ZERO.search(text_of(word))]
    return [replaced(word, _ZERO.sub(r"\\000", text_of(word))) for word in written]


def _confirms(base: str, rest: Sequence[str]) -> bool:
    """Whether a program talks with its person: it confirms what it does, or reads what it is to run."""
    if base in _CONFIRMING:
        return any(re.match(r"-[A-Za-z]*[iI]|--int", arg) for arg in rest)
    return _TALKING.fullmatch(base) is not None and all(arg.startswith("-") and "c" not in arg for arg in rest)


def _misread(node: Node) -> bool:
    """Whether what is taken for a command is rather part of a pattern, or of arithmetic."""
    above = node.parent
    while above is not None:
        if above.type in ("command_substitution", "subshell") and text_of(above).removeprefix("$").startswith("(("):
            return True
        if above.has_error and any(child.type == "ERROR" for child in above.children[:_FEW]):
            return True
        above = above.parent
    return False
