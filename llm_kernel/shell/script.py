"""A script as the library has to be given it: what it would answer as itself, or from the host, is led to the machine.

Only the words that need it are changed, in their place, so line numbers and everything else stay.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from itertools import pairwise

from tree_sitter import Node

from llm_kernel.shell.asking import at_terminal
from llm_kernel.shell.chance import devices, sized
from llm_kernel.shell.choosing import selects
from llm_kernel.shell.conditions import newer, same, tests_of
from llm_kernel.shell.dating import dates, paged
from llm_kernel.shell.expanding import COUNTED, counted, expanded, list_of, timed_from
from llm_kernel.shell.history import FC, HISTORY
from llm_kernel.shell.lacks import LACKING, WRAPPERS, asks_itself, lacks, refused_option
from llm_kernel.shell.lead import (
    AT,
    ELAPSED,
    FED,
    GONE,
    INNER,
    OVER,
    TTY,
    Edit,
    Lead,
    replaced,
    text_of,
)
from llm_kernel.shell.moments import KINDS, asks, program_at
from llm_kernel.shell.permits import opens, tested, tests, tool
from llm_kernel.shell.redirecting import chanced, exchanged, full, merged, shown, zeroes
from llm_kernel.shell.refusing import refusal
from llm_kernel.shell.signals import TRAPS
from llm_kernel.shell.statement import statement
from llm_kernel.shell.streams import aimed, opened, terminals
from llm_kernel.shell.tracing import HEADED, heads, traces
from llm_kernel.syntax import parse, walk
from llm_kernel.tokens import quoted

__all__ = ["AT", "ELAPSED", "FED", "GONE", "INNER", "OVER", "TTY", "Lead", "aimed", "led"]

_SUSPECT = re.compile(
    r"--version|--help|/|\bselect\s|\$\$|\$\{?(?:EPOCH|BASH|PPID|SECONDS|SRANDOM)|\b(?:SECONDS|EPOCHSECONDS|EPOCHREALTIME|SRANDOM)\b|%[\w.-]*\("
    r"|\b(?:tail|sudo|logout|compgen|history|fc|bash|sh|dash|eval|source|env|nohup|timeout|nice|xargs|kill|trap|wait)\b"
    r"|\bpython[\d.]*(?:\s+-[a-zA-Z]+)*\s*(?:[<;|&)\n]|$)"
    r"|\b(?:pwd|read)\s+-|\bshopt\s"
    r"|(?:^|[\s;&|({])\.\s|\[\[|\[@\][/%#^,]|@[AKk]\}|\\x0|\bnounset\b|\bxtrace\b|2>&[3-9]|\bset\s(?:[-+]\w+\s+)*-\w*[ux]|\b(?:cat|tee|tac|wc|od)\s+-|\bpr\b|\b(?:command|builtin)\s|-(?:ef|nt|ot)\b|\bwc\b[^|;\n]*<"
    r"|\b(?:[mn]?awk|gawk|jq|tr|umask)\b|=always|\bcolumn\s|\bbase(?:32|64)\s+-"
)
_SUSPECT_WORDS = tuple(
    (re.compile(head), re.compile(word))
    for head, word in (
        (r"\b(?:rm|cp|mv|ln)\s", r"-\w*[iI]"),
        (r"\bsort\s", r"(?<!\S)[^\s-]*-\S*R"),
        (r"\bprintf\s", r"\$"),
    )
)
"""Commands that are looked at where such a word follows in them."""
_END = re.compile(r"[\n;|]")
_ZERO = re.compile(r"(?<!\\)\\x0(?:0|(?![0-9A-Fa-f]))")
_PIPES = re.compile(r"(?<!\|)\|(?!\|)\s*[\"\w]")
"""In a program of awk: into a command, or out of one."""

_STRICT = re.compile(r"\bset\s(?:[-+]\w+\s+)*-\w*u|\bnounset\b")

_SHELLS = frozenset(["bash", "sh", "dash"])
_ASKING = frozenset("nohup timeout nice setsid tty stty".split())
"""Programs that are told which of their streams are the terminal."""

_CONFIRMING = frozenset("rm cp mv ln".split())
"""Programs that are told where they ask before they go on."""

_TALKING = re.compile(r"python[\d.]*")

_TAKING = {"sudo": "ugpCDRhrtT", "env": "uCS", "xargs": "aEdIiLlnPs", "stdbuf": "ioe", "time": "fo"}
"""The options of a wrapper that take a word of their own."""
_PLACE = re.compile(r"(?:/usr)?/bin/([\w\[.-]+)")
_SYSTEM = re.compile(r"/(?:usr/|usr/local/)?s?bin/[^/]+|/(?:usr/local/cuda|opt/conda)/bin/[^/]+")

_LN = re.compile(r"\b(?:ln|link|cp)\b")
_MASKS = re.compile(r"\bumask\s+[\w=+-]")

_FEW = 200
"""Parts of a text that are looked at for what cannot be read."""

_OPENING = frozenset(
    """awk gawk mawk nawk base32 base64 bzip2 cat cd cksum cmp column comm cut diff egrep expand fgrep fmt fold grep
    gunzip gzip head hexdump iconv join jq md5sum nl od paste pr pushd rev sed sha1sum sha256sum sha512sum shuf sort
    split strings sum tac tail unexpand uniq unzip wc xxd xz xzcat zcat zgrep zip""".split()
)
"""Programs that open the files they are given, and are asked for none by others."""

_PLAIN = re.compile(r"[A-Za-z_][\w.:,@%+-]*|\[")
_MISSING = {
    "env": "env: ‘{}’: No such file or directory",
    "xargs": "xargs: {}: No such file or directory",
    "find": "find: ‘{}’: No such file or directory",
    "sudo": "sudo: {}: command not found",
    "stdbuf": "stdbuf: failed to run command ‘{}’: No such file or directory",
    "exec": "$0: line %d: exec: {}: not found",
}
"""What a wrapper says of a program that is not there."""

_CONTROL, _OURS = "__llm_kernel_control", "__llm_kernel_"
_CONTROLLED = frozenset(["kill", "wait", "trap"])
"""Words behind which a shell with traps looks for signals, or says what its traps are."""

_AWKS = frozenset(["mawk", "nawk"])
"""Names under which the library does not know its awk."""

_FRONTING = frozenset(["fg", "bg"])
"""Words that a shell without job control refuses."""

_RENAMED = {"logout": "exit", "history": HISTORY, "fc": FC}


def _suspect(script: str) -> bool:
    return bool(_SUSPECT.search(script)) or any(_follows(script, head, word) for head, word in _SUSPECT_WORDS)


def _follows(script: str, head: re.Pattern[str], word: re.Pattern[str]) -> bool:
    """Whether ``word`` comes behind ``head`` in one command; each command is searched once."""
    over = 0
    for found in head.finditer(script):
        if found.end() <= over:
            continue
        end = _END.search(script, found.end())
        over = end.start() if end else len(script)
        if word.search(script, found.end(), over):
            return True
    return False


def led(script: str, lead: Lead) -> str:
    """``script`` with its edits."""
    shared = lead.shared or _LN.search(script) is not None
    if not lead.inner and not lead.guarded and not shared and not _suspect(script):
        return script
    root = parse(script)
    nodes = list(walk(root, errors=False))
    strict, traced = _STRICT.search(script) is not None, traces(script)
    functions = {text_of(name) for node in nodes if (name := _defined(node)) is not None}
    edits: list[Edit] = _guards(nodes, lead, functions) if lead.guarded else []
    for node in nodes:
        if node.type == "command":
            found = [node.child_by_field_name("name"), *node.children_by_field_name("argument")]
            words = [word for word in found if word is not None]
            edits += _Command(words, node, lead, functions).edits()
            edits += same(node, shared) + newer(node, lead) if words and text_of(words[0]) == "test" else []
        elif node.type in HEADED and traced and text_of(node.children[0]) != "select":
            edits += heads(node, lead)
        elif node.type == "for_statement":
            edits += selects(node, f"{INNER} </dev/null {lead.pid}", quiet=lead.asked and at_terminal(node))
        elif node.type == "test_command":
            edits += tests_of(node, shared) + same(node, shared) + newer(node, lead)
        elif node.type == "redirected_statement":
            edits += zeroes(node) + exchanged(node, lead) + (merged(node) if lead.inner else [])
        elif node.type == "subshell":
            edits += _masked(node, lead)
        elif node.type == "file_redirect" and node.parent is not None:
            edits += full(node, lead) or chanced(node, lead) or shown(node, lead)
        elif node.type in ("simple_expansion", "expansion"):
            edits += expanded(node, lead, strict=strict)
        elif node.type == "variable_name" and counted(node):
            edits += [replaced(node, COUNTED[text_of(node)])] if text_of(node) in COUNTED else []
        elif node.type == "variable_assignment":
            edits += timed_from(node) + list_of(node)
    return _edited(script, edits)


def _guards(nodes: Sequence[Node], lead: Lead, functions: Collection[str]) -> list[Edit]:
    """The edits that let a script ask for the files that it opens by itself."""
    asks, edits = f"{INNER} </dev/null {lead.pid}", list[Edit]()
    for node in nodes:
        if node.type == "file_redirect":
            edits += opens(node, asks, lead.builtins)
        elif node.type == "test_command":
            edits += tests(node, asks)
        elif node.type == "command" and (name := node.child_by_field_name("name")) is not None:
            base = text_of(name).rpartition("/")[2]
            if base == "test":
                edits += tested([name, *node.children_by_field_name("argument")], asks)
            elif base in _OPENING and text_of(name) not in functions:
                edits += tool([name, *node.children_by_field_name("argument")], asks)
    return edits


def _edited(script: str, edits: Sequence[Edit]) -> str:
    data = script.encode("utf-8", "replace")
    pieces, behind = [], len(data)
    for start, end, text in sorted(set(edits), reverse=True):
        if end > behind:
            continue  # it lies in what another edit has replaced
        pieces += [data[end:behind], text.encode()]
        behind = start
    pieces.append(data[:behind])
    return b"".join(reversed(pieces)).decode("utf-8", "replace")


def _defined(node: Node) -> Node | None:
    return node.child_by_field_name("name") if node.type == "function_definition" else None


class _Command:
    """One simple command and the edits that it needs."""

    def __init__(self, words: list[Node], node: Node, lead: Lead, functions: set[str]) -> None:
        self._words = words
        self._node = node
        self._lead = lead
        self._functions = functions
        self._forks = False

    def edits(self) -> list[Edit]:
        edits = self._of(self._words, "")
        if self._forks:  # the spaces let it stand before what else is put there
            first, last = self._node.start_byte, self._words[-1].end_byte
            edits += [(first, first, "  { "), (last, last, f"; {self._asks('ended')} $?; }}")]
        return edits + self._looks()

    def _of(self, words: list[Node], wrapper: str) -> list[Edit]:
        """The edits of a command, or of what ``wrapper`` is to run."""
        if not words:
            return []
        name, rest = text_of(words[0]), [text_of(word) for word in words[1:]]
        found = _PLACE.fullmatch(name)
        base = found[1] if found else name
        if base in _AWKS and not self._lead.absent(base):
            base = "awk"
        if base == "echo" and rest in (["--version"], ["--help"]):
            return [replaced(words[0], r"printf '%s\n'")]
        if base == "trap" and rest == ["-l"]:
            return [replaced(words[0], "kill")]
        said = rest[1] if base == _CONTROL and len(rest) > 1 else base
        if said in _FRONTING and self._lead.inner and not wrapper:
            return [
                (
                    words[0].start_byte,
                    words[-1].end_byte,
                    f"{self._asks('!')} 1 {self._says(f'{said}: no job control')}",
                )
            ]
        if not wrapper and said in _CONTROLLED:
            return self._told(words, said)
        if not wrapper and base == _CONTROL:
            return self._placed(words)
        if wrong := refusal(base, rest) if not wrapper else None:
            return [(words[0].start_byte, words[-1].end_byte, f"{self._asks('!')} {wrong[0]} {self._says(*wrong[1:])}")]
        if base == "logout" and self._lead.inner and not wrapper:
            said = self._says("logout: not login shell: use `exit'")
            return [(words[0].start_byte, words[-1].end_byte, f"{self._asks('!')} 1 {said}")]
        if base == "shopt" and len(rest) == 1 and _PLAIN.fullmatch(rest[0]) and not wrapper:
            # the library lists all of them where it does not know one
            return [
                (words[0].start_byte, words[0].start_byte, "{ "),
                (words[-1].end_byte, words[-1].end_byte, f" | grep '^{rest[0]}\\s'; (exit ${{PIPESTATUS[0]}}); }}"),
            ]
        if base in _RENAMED:
            return [replaced(words[0], _RENAMED[base])]
        if base == "printf":
            return self._printed(words) or dates(words) or _zeroes(words)
        if base == "exit" and self._lead.watched:
            return self._left(words)
        if refused := refused_option(base, rest):
            return [(words[0].start_byte, words[-1].end_byte, f"{self._asks('!')} 1 {refused}")]
        if base == "wc" and not wrapper and opened(self._node):
            return [(words[0].start_byte, words[0].start_byte, f"{FED}=1 ")]
        if base in _ASKING or _confirms(base, rest):
            start = words[0].start_byte if wrapper == "time" else self._words[0].start_byte
            return [(start, start, f"{TTY}={terminals(self._node, self._lead.terminal)} ")]
        if base in _SHELLS:
            return self._shell(words, base)
        if not wrapper and base in ("eval", "source", "."):
            return self._builtin(words, base)
        if base == "builtin" and rest and _PLAIN.fullmatch(rest[0]) and rest[0] not in self._lead.builtins:
            said = f"{self._who() if self._lead.inner else 'bash'}': builtin: {rest[0]}: not a shell builtin'"
            return [(words[0].start_byte, words[1].end_byte, f"{self._asks('!')} 1 {said}")]
        if base not in self._lead.tools and base not in WRAPPERS:
            return self._program(words[0], name, wrapper)
        closed = base == "sudo" and (self._lead.guarded or (rest[:1] != [] and rest[0].startswith("-")))
        if closed or asks_itself(base, rest) or (base in LACKING and lacks(base, rest)):
            place = f"/usr/bin/{base}" if base == "compgen" else self._lead.place(base)
            return [] if found else [replaced(words[0], place)]
        edits = [replaced(words[0], base)] if found or base != name else []
        if base == "sudo" and wrapper in ("", "time") and rest and not rest[0].startswith("-"):
            edits.append((words[0].start_byte, words[0].start_byte, 'SUDO_USER="$USER" USER=root LOGNAME=root '))
        if base == "command" and rest and rest[0] in ("-v", "-V"):
            return edits + self._found(words[2:])
        if base == "tail" and rest and re.fullmatch(r"\+\d+", rest[0]):
            edits.append(replaced(words[1], f"-n {rest[0]}"))
        if base == "pr":
            edits += paged(words)
        if base not in ("xargs", "sudo", "env"):
            count = sized([name, *rest])
            edits += [replaced(word, f'"$({self._asks("chance")} {count})"') for word in devices(words[1:])]
        if KINDS.get(base) == "awk":
            pairs = pairwise(words[1:])
            edits += [edit for one, other in pairs if text_of(one) == "-f" for edit in self._asked(other, "progfile")]
        if base in KINDS and (at := program_at(base, rest)) >= 0:
            literal = words[at + 1].type == "raw_string"
            moment = asks(base, rest[at]) or (not literal and "$" in text_of(words[at + 1]).replace("$ENV", ""))
            edits += self._asked(words[at + 1], KINDS[base]) if moment else []
            if KINDS[base] == "awk" and not wrapper and _PIPES.search(rest[at]):
                # behind a pipe that is closed, the library loses what it would show as it comes
                edits.append((words[-1].end_byte, words[-1].end_byte, " 1>&1"))
        if base == "xargs" and not wrapper:
            edits += self._measured(words, rest)
        if base == "find":
            for first, last in _executed(rest):
                edits += self._of(words[first:last], base)
        elif base in WRAPPERS:
            at = _inner_at(base, rest)
            edits += self._of(words[at:], base) if at else []
        return edits

    def _told(self, words: list[Node], name: str) -> list[Edit]:
        """``trap`` says what the traps are from now on, ``wait`` is told which it has to heed."""
        first, last = words[0].start_byte, words[-1].end_byte
        if name == "trap" and self._lead.trapped:
            return [(first, first, "{ "), (last, last, f'; {self._asks("traps")} $? "$(trap -p)"; }}')]
        heeds = [(first, first, f"{TRAPS}={self._traps} ")] if name == "wait" and self._heeds else []
        return heeds + (self._placed(words) if name != "trap" else [])

    def _placed(self, words: list[Node]) -> list[Edit]:
        """A word of job control in an inner shell knows where it stands, for what it complains of."""
        start = words[0].start_byte
        return [(start, start, f"{AT}={self._who()} ")] if self._lead.inner else []

    def _looks(self) -> list[Edit]:
        """Behind a statement in which time may pass the shell looks for signals."""
        whole = statement(self._node) if self._heeds else None
        if whole is None:
            return []
        # the spaces let it stand before what else is put there
        after = f'; eval "$({self._asks("t")} $? {self._traps})"; }}'
        return [(whole.start_byte, whole.start_byte, "   { "), (whole.end_byte, whole.end_byte, after)]

    @property
    def _said(self) -> str:
        names = [*map(text_of, self._words), "", ""]
        return names[2] if names[0] == _CONTROL else names[0]

    @property
    def _heeds(self) -> bool:
        """Whether its shell looks for signals when it is over."""
        name = self._said
        if name == "kill" or (name == "wait" and self._lead.inner):
            return True
        runs = self._forks or name in WRAPPERS or (name not in self._lead.ours and name not in self._functions)
        return self._lead.trapped and (name == "wait" or (runs and not name.startswith(_OURS)))

    @property
    def _traps(self) -> str:
        return '"$(trap -p)"' if self._lead.trapped or self._said == "kill" else "''"

    def _measured(self, words: list[Node], rest: Sequence[str]) -> list[Edit]:
        """``xargs``: what it ends with says how its commands ended."""
        at = _inner_at("xargs", rest)
        name = rest[at - 1] if at else "echo"
        name = name if _PLAIN.fullmatch(name) or ("/" in name and re.fullmatch(r"[\w./-]+", name)) else "command"
        first, last = self._node.start_byte, words[-1].end_byte
        # the space lets it stand before what else is put there
        return [(first, first, " { "), (last, last, f"; {self._asks('xargs')} $? {name}; }}")]

    def _printed(self, words: list[Node]) -> list[Edit]:
        """``printf "$format"`` where formats hold dates: what it is to print is asked for."""
        at = 3 if len(words) > 2 and text_of(words[1]) == "-v" else 1
        if not self._lead.dated or len(words) <= at or "$" not in text_of(words[at]) or words[at].type == "raw_string":
            return []
        first, last = words[0].start_byte, words[-1].end_byte
        return [(first, words[0].end_byte, f'eval "$({self._asks("printf")}'), (last, last, ')"')]

    def _found(self, words: list[Node]) -> list[Edit]:
        """``command -v``: what is registered with the library need not be there."""
        edits: list[Edit] = []
        for word in words:
            name = text_of(word)
            if "$(" in name or "`" in name:
                continue  # it would run twice
            if "$" in name and word.type != "raw_string":
                asked = f'{self._asks("known")} {name} "$(declare -F -- {name})"'
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
                said = f'{AT}="{self._place}: {name}: No such file or directory" '
                return [(word.start_byte, word.start_byte, said)] if self._lead.inner and not wrapper else []
            self._forks = True
            return [(word.start_byte, word.start_byte, f'bash -c "$({self._asks("x")} {name} {self._who()})" ')]
        if not _PLAIN.fullmatch(name) or name in self._lead.ours or name in self._functions:
            return []
        if self._lead.place(name) != name or _misread(self._node):
            return []
        line = self._node.start_point[0] + 1
        if wrapper in _MISSING:
            said = _MISSING[wrapper].replace("%d", str(line)).format(name)
        elif self._lead.inner:
            said = f"{self._place}: {name}: command not found"
        else:
            return []
        start = word.start_byte if wrapper == "time" else self._words[0].start_byte
        return [(start, start, f'{AT}="{said}" ')]

    def _says(self, said: str, usage: str = "") -> str:
        """The words for what a builtin complains of, behind the place where it stands."""
        who = f'"{self._lead.source or ("$0" if self._lead.inner else "bash")}: line {self._node.start_point[0] + 1}: "'
        return f"{who}{quoted(said)} {quoted(usage) if usage else ''}".rstrip()

    def _who(self) -> str:
        return f'"{self._place}"' if self._lead.inner else '"$0"'

    @property
    def _place(self) -> str:
        """Where the command stands, as an inner shell says it."""
        return f"{self._lead.source or '$0'}: line {self._node.start_point[0] + 1}"

    def _asks(self, kind: str) -> str:
        given = "" if kind in ("s", "sx") else " </dev/null"  # the input of a group is not for this
        return f"{INNER}{given} {self._lead.pid} {kind}"

    def _builtin(self, words: list[Node], base: str) -> list[Edit]:
        """``eval`` and ``source``: what they run is asked for first."""
        if len(words) < 2:
            return []
        if base == "eval":
            first, last = words[1].start_byte, words[-1].end_byte
            return [(first, first, f'"$({self._asks("e")} $? '), (last, last, ')"')]
        return self._asked(words[1], ".")

    def _asked(self, word: Node, kind: str) -> list[Edit]:
        return [
            (word.start_byte, word.start_byte, f'"$({self._asks(kind)} '),
            (word.end_byte, word.end_byte, ')"'),
        ]

    def _shell(self, words: list[Node], base: str) -> list[Edit]:
        """``bash`` with what it is given to run: a text, a file, or its input."""
        edits = [replaced(words[0], "sh" if base == "dash" else base)]
        at, text, traced = 1, False, ""
        while at < len(words) and (option := text_of(words[at]))[:1] in ("-", "+") and len(option) > 1:
            if option in ("--version", "--help"):
                return [] if "/" in text_of(words[0]) else [replaced(words[0], self._lead.place(base))]
            at += 1
            if option == "--":
                break
            if not option.startswith("--"):
                text = text or "c" in option
                traced = "x" if option[0] == "-" and "x" in option else traced
                edits += self._letters(words[at - 1], option)
                at += option[-1] in "oO" and at < len(words)
            elif option in ("--rcfile", "--init-file"):
                at += 1
        stdin = any(text_of(word) in ("-s", "-is", "-") for word in words[1:at])
        if at < len(words) and words[at].type in (
            "word",
            "string",
            "raw_string",
            "concatenation",
            "simple_expansion",
            "expansion",
            "ansi_c_string",
            "number",
            "command_substitution",
        ):
            self._forks = True
            if text:
                return [*edits, *self._asked(words[at], f"c{traced}")]
            if not stdin:
                return [*edits, *self._filed(words[at], f"f{traced}")]
        if text or (at < len(words) and not stdin):
            return edits
        self._forks = True
        edits += [replaced(word, "") for word in words[1:at] if text_of(word) == "--"]
        return self._piped(words, at, edits, f"s{traced}")

    def _letters(self, word: Node, option: str) -> list[Edit]:
        """A bundle's letters that the library does not take."""
        kept = "".join(letter for letter in option if letter not in ("lisx" if option[0] == "-" else "lis"))
        return [replaced(word, kept if len(kept) > 1 else "")] if kept != option else []

    def _filed(self, word: Node, kind: str) -> list[Edit]:
        name = text_of(word)
        if "$(" in name or "`" in name:
            return []
        start = word.start_byte
        return [(start, start, f'-c "$({self._asks(kind)} {name})" ')]

    def _piped(self, words: list[Node], at: int, edits: list[Edit], kind: str) -> list[Edit]:
        name = text_of(words[0])
        end = words[at - 1].end_byte
        start = self._node.start_byte
        last = words[-1].end_byte
        return [
            *edits,
            (start, start, "{ "),
            (end, end, f' -c "$({self._asks(kind)})" {name}'),
            (last, last, "; }"),
        ]


def _zeroes(words: list[Node]) -> list[Edit]:
    """``printf '\\x00'``, which the library takes for nothing."""
    written = [word for word in words[1:2] if word.type in ("raw_string", "string") and _ZERO.search(text_of(word))]
    return [replaced(word, _ZERO.sub(r"\\000", text_of(word))) for word in written]


def _confirms(base: str, rest: Sequence[str]) -> bool:
    """Whether a program talks with its person: it confirms what it does, or reads what it is to run."""
    if base in _CONFIRMING:
        return any(re.match(r"-[A-Za-z]*[iI]|--int", arg) for arg in rest)
    return _TALKING.fullmatch(base) is not None and all(arg.startswith("-") and "c" not in arg for arg in rest)


def _inner_at(base: str, rest: Sequence[str]) -> int:
    """Where among the words behind it a wrapper's own command begins; 0 for nowhere."""
    at = 0
    while at < len(rest):
        word = rest[at]
        at += 1
        if word.startswith("-") and len(word) > 1:
            takes = _TAKING.get(base, "")
            at += not word.startswith("--") and word[-1] in takes and len(word) == 2
        elif base in ("env", "sudo") and re.match(r"\w+=", word):
            continue
        else:
            return at
    return 0


def _executed(rest: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Where among the words of ``find`` its commands begin and end."""
    begun = 0
    for at, word in enumerate(rest, 1):
        if begun and word.strip("\\'\"") in (";", "+"):
            yield begun, at
            begun = 0
        elif not begun and word in ("-exec", "-execdir", "-ok"):
            begun = at + 1


def _masked(node: Node, lead: Lead) -> list[Edit]:
    """``( umask 077; ... )``: the mask is the shell's again behind it."""
    if not _MASKS.search(text_of(node)):
        return []
    asks = f"{INNER} </dev/null {lead.pid}"
    return [
        (node.start_byte, node.start_byte, f"{{ {asks} mask; "),
        (node.end_byte, node.end_byte, f"; {asks} unmask $?; }}"),
    ]


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
