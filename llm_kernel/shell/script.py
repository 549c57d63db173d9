"""A script as the library has to be given it: what it would answer as itself, or from the host, is led to the machine.

Only the words that need it are changed, in their place, so line numbers and everything else stay.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from tree_sitter import Node

from llm_kernel.shell.asking import at_terminal
from llm_kernel.shell.chance import devices, sized
from llm_kernel.shell.choosing import selects
from llm_kernel.shell.history import FC, HISTORY
from llm_kernel.shell.moments import KINDS, asks, program_at
from llm_kernel.shell.permits import opens, tested, tests, tool
from llm_kernel.shell.refusing import refusal
from llm_kernel.shell.signals import TRAPS
from llm_kernel.shell.statement import statement
from llm_kernel.syntax import judge, parse, walk
from llm_kernel.tokens import quoted

__all__ = ["AT", "ELAPSED", "FED", "GONE", "INNER", "OVER", "TTY", "Lead", "aimed", "led"]

INNER = "__llm_kernel_inner"
"""The word under which a script asks how a text that it is about to run has to be given to the library."""

ELAPSED = "__llm_kernel_elapsed"
"""The word that gives ``$SECONDS``, or sets it."""

TTY = "__llm_kernel_tty"
"""The variable that says, to a program which asks, which of its streams 0, 1 and 2 are the terminal."""

FED = "__llm_kernel_fed"
"""The variable that says, to a program which asks, that it reads a file."""

GONE = "__llm_kernel_no_"
"""What stands before a name that must not be found."""

OVER = "__llm_kernel_over"
"""The variable that is set where a watched script ends by its own will."""

AT = "__llm_kernel_at"
"""The variable that says, to a program which is not there, what the shell says of it."""

_SUSPECT = re.compile(
    r"--version|--help|/|\bselect\s|\$\$|\$\{?(?:EPOCH|BASH|PPID|SECONDS|SRANDOM)|\b(?:SECONDS|EPOCHSECONDS|EPOCHREALTIME|SRANDOM)\b|%[\w.-]*\("
    r"|\b(?:tail|sudo|logout|compgen|history|fc|bash|sh|dash|eval|source|env|nohup|timeout|nice|xargs|kill|trap|wait)\b"
    r"|\bpython[\d.]*(?:\s+-[a-zA-Z]+)*\s*(?:[<;|&)\n]|$)"
    r"|\b(?:pwd|read)\s+-|\bshopt\s"
    r"|(?:^|[\s;&|({])\.\s|\[\[|\[@\][/%#^,]|\b(?:cat|tee|tac|wc|od)\s+-|\bpr\b|\b(?:command|builtin)\s|-(?:ef|nt|ot)\b|\bwc\b[^|;\n]*<"
    r"|\b(?:awk|gawk|jq|tr|umask)\b|=always|\bcolumn\s|\bbase(?:32|64)\s+-"
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
_LACKING = frozenset("base32 base64 column od sort grep egrep fgrep tr".split())
"""Tools of the library that lack options which ours have."""

_WRAPPERS = frozenset("sudo env time xargs command exec stdbuf find".split())
_SHELLS = frozenset(["bash", "sh", "dash"])
_ASKING = frozenset("nohup timeout nice setsid tty stty".split())
"""Programs that are told which of their streams are the terminal."""

_CONFIRMING = frozenset("rm cp mv ln".split())
"""Programs that are told where they ask before they go on."""

_TALKING = re.compile(r"python[\d.]*")

_AIMED = re.compile(r"(\d?)\s*(&>>|&>|>>|>&|<&|>\||<>|<|>)\s*(\S*)")
_TAKING = {"sudo": "ugpCDRhrtT", "env": "uCS", "xargs": "aEdIiLlnPs", "stdbuf": "ioe", "time": "fo"}
"""The options of a wrapper that take a word of their own."""
_PLACE = re.compile(r"(?:/usr)?/bin/([\w\[.-]+)")
_SYSTEM = re.compile(r"/(?:usr/|usr/local/)?s?bin/[^/]+|/(?:usr/local/cuda|opt/conda)/bin/[^/]+")
_DATE = re.compile(r"%-?\d*\(([^)]*)\)T")
_CONVERSION = re.compile(r"%(?:%|[-+ #0]*(?:[1-9]\d*|\*)?(?:\.(?:\d+|\*)?)?(?:\([^)]*\)T|[a-zA-Z]))")
_MOMENT = {"EPOCHSECONDS": "$(date +%s)", "EPOCHREALTIME": "$(date +%s.%6N)", "SECONDS": f"$({ELAPSED})"}
_LETTERS = {
    "cat": "AbeEnstTuv",
    "tee": "aip",
    "tac": "brs",
    "wc": "clmwL",
    "od": "AjNStvwabcdDeEfFhHiIlLoOsxX0123456789nkmuzC",
}
"""The options of tools whose refusal the library ends with another status, and below their names."""

_NAMES = {
    "cat": "show-all number-nonblank show-ends number squeeze-blank show-tabs show-nonprinting help version".split(),
    "tee": "append ignore-interrupts output-error help version".split(),
    "tac": "before regex separator help version".split(),
    "wc": "bytes chars lines max-line-length words files0-from total debug help version".split(),
    "od": "address-radix endian skip-bytes read-bytes strings format output-duplicates width traditional help "
    "version".split(),
}
_WORDS = frozenset(
    "word string raw_string simple_expansion expansion concatenation command_substitution test_operator number".split()
)
_LN = re.compile(r"\b(?:ln|link|cp)\b")
_MASKS = re.compile(r"\bumask\s+[\w=+-]")
_PAGED = frozenset(["-D", "-h", "-l", "-o", "-w", "-W", "-N", "--date-format", "--header"])
"""The options of ``pr`` that take a word of their own."""

_FEW = 200
"""Parts of a text that are looked at for what cannot be read."""

_OPENING = frozenset(
    """awk gawk base32 base64 bzip2 cat cd cksum cmp column comm cut diff egrep expand fgrep fmt fold grep gunzip gzip
    head hexdump iconv join jq md5sum nl od paste pr pushd rev sed sha1sum sha256sum sha512sum shuf sort split strings
    sum tac tail tar tee unexpand uniq unzip wc xxd xz xzcat zcat zgrep zip""".split()
)
"""Programs that open the files they are given, and are asked for none by others."""

_COUNTED = {
    "EPOCHSECONDS": f"$({ELAPSED} now)",
    "SECONDS": f"$({ELAPSED})",
    "SRANDOM": f"$({INNER} </dev/null 0 number)",
}
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
_CASES = {"lower", "upper"}
_CLASSES = _CASES | set("alnum alpha blank cntrl digit graph print punct space xdigit".split())
"""What ``tr`` knows of letters, and may translate to."""

_RENAMED = {"logout": "exit", "history": HISTORY, "fc": FC}
_LITERAL = frozenset(["echo", "printf", "test", "[", "true", "false", "pwd", "kill"])
"""Builtins of bash, to which ``--version`` is a word like any other, or a mistake."""

Edit = tuple[int, int, str]


@dataclass(frozen=True, slots=True)
class Lead:
    """What scripts are led by.

    ``tools`` are the library's programs, ``place`` gives the path of one, ``ours`` every word that is no program of the
    machine's, ``builtins`` those of bash's own; ``absent``: a word that would be taken for a program
    and is none. ``inner``: the script is run by a shell that is not the login shell;
    ``watched``: how it ends is looked at; ``source``: its file, if any; ``shared``: files have several names, which
    are links to the library. ``terminal``: its streams that are the terminal.
    ``trapped``: it waits for signals that others send.
    ``guarded``: files may be closed to it, or disks full. ``dated``: a variable may hold a format with a date.
    ``asked``: what it reads from the terminal is asked for.
    """

    pid: int
    parent: int
    version: str
    tools: Collection[str]
    ours: Collection[str]
    builtins: Collection[str]
    place: Callable[[str], str]
    absent: Callable[[str], bool]
    inner: bool = False
    watched: bool = False
    source: str = ""
    shared: bool = False
    terminal: str = "012"
    trapped: bool = False
    guarded: bool = False
    dated: bool = False
    asked: bool = False


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
    functions = {_text(name) for node in nodes if (name := _defined(node)) is not None}
    edits: list[Edit] = _guards(nodes, lead, functions) if lead.guarded else []
    for node in nodes:
        if node.type == "command":
            found = [node.child_by_field_name("name"), *node.children_by_field_name("argument")]
            words = [word for word in found if word is not None]
            edits += _Command(words, node, lead, functions).edits()
            edits += _same(node, shared) + _newer(node, lead) if words and _text(words[0]) == "test" else []
        elif node.type == "for_statement":
            edits += selects(node, f"{INNER} </dev/null {lead.pid}", quiet=lead.asked and at_terminal(node))
        elif node.type == "test_command":
            edits += _tests(node, shared) + _same(node, shared) + _newer(node, lead)
        elif node.type == "redirected_statement":
            edits += _zeroes(node) + (_merged(node) if lead.inner else [])
        elif node.type == "subshell":
            edits += _masked(node, lead)
        elif node.type == "file_redirect" and node.parent is not None:
            edits += _full(node, lead) or _chanced(node, lead)
        elif node.type in ("simple_expansion", "expansion"):
            edits += _expansion(node, lead)
        elif node.type == "variable_name" and _counted(node):
            edits += [_replaced(node, _COUNTED[_text(node)])] if _text(node) in _COUNTED else []
        elif node.type == "variable_assignment":
            edits += _timer(node) + _list(node)
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
            base = _text(name).rpartition("/")[2]
            if base == "test":
                edits += tested([name, *node.children_by_field_name("argument")], asks)
            elif base in _OPENING and _text(name) not in functions:
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


def _text(node: Node) -> str:
    return (node.text or b"").decode("utf-8", "replace")


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
        name, rest = _text(words[0]), [_text(word) for word in words[1:]]
        found = _PLACE.fullmatch(name)
        base = found[1] if found else name
        if base == "echo" and rest in (["--version"], ["--help"]):
            return [_replaced(words[0], r"printf '%s\n'")]
        if base == "trap" and rest == ["-l"]:
            return [_replaced(words[0], "kill")]
        said = rest[1] if base == _CONTROL and len(rest) > 1 else base
        if not wrapper and said in _CONTROLLED:
            return self._told(words, said)
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
            return [_replaced(words[0], _RENAMED[base])]
        if base == "printf":
            return self._printed(words) or _dates(words)
        if base == "exit" and self._lead.watched:
            return self._left(words)
        if refused := _refused(base, rest):
            return [(words[0].start_byte, words[-1].end_byte, f"{self._asks('!')} 1 {refused}")]
        if base == "wc" and not wrapper and _opened(self._node):
            return [(words[0].start_byte, words[0].start_byte, f"{FED}=1 ")]
        if base in _ASKING or _confirms(base, rest):
            start = words[0].start_byte if wrapper == "time" else self._words[0].start_byte
            return [(start, start, f"{TTY}={_terminals(self._node, self._lead.terminal)} ")]
        if base in _SHELLS:
            return self._shell(words, base)
        if not wrapper and base in ("eval", "source", "."):
            return self._builtin(words, base)
        if base == "builtin" and rest and _PLAIN.fullmatch(rest[0]) and rest[0] not in self._lead.builtins:
            said = f"{self._who() if self._lead.inner else 'bash'}': builtin: {rest[0]}: not a shell builtin'"
            return [(words[0].start_byte, words[1].end_byte, f"{self._asks('!')} 1 {said}")]
        if base not in self._lead.tools and base not in _WRAPPERS:
            return self._program(words[0], name, wrapper)
        closed = base == "sudo" and (self._lead.guarded or (rest[:1] != [] and rest[0].startswith("-")))
        if closed or _asks_itself(base, rest) or (base in _LACKING and _lacks(base, rest)):
            place = f"/usr/bin/{base}" if base == "compgen" else self._lead.place(base)
            return [] if found else [_replaced(words[0], place)]
        edits = [_replaced(words[0], base)] if found else []
        if base == "sudo" and wrapper in ("", "time") and rest and not rest[0].startswith("-"):
            edits.append((words[0].start_byte, words[0].start_byte, 'SUDO_USER="$USER" USER=root LOGNAME=root '))
        if base == "command" and rest and rest[0] in ("-v", "-V"):
            return edits + self._found(words[2:])
        if base == "pr":
            edits += _paged(words)
        if base not in ("xargs", "sudo", "env"):
            count = sized([name, *rest])
            edits += [_replaced(word, f'"$({self._asks("chance")} {count})"') for word in devices(words[1:])]
        if KINDS.get(base) == "awk":
            pairs = pairwise(words[1:])
            edits += [edit for one, other in pairs if _text(one) == "-f" for edit in self._asked(other, "progfile")]
        if base in KINDS and (at := program_at(base, rest)) >= 0:
            literal = words[at + 1].type == "raw_string"
            moment = asks(base, rest[at]) or (not literal and "$" in _text(words[at + 1]).replace("$ENV", ""))
            edits += self._asked(words[at + 1], KINDS[base]) if moment else []
        if base == "xargs" and not wrapper:
            edits += self._measured(words, rest)
        if base == "find":
            for first, last in _executed(rest):
                edits += self._of(words[first:last], base)
        elif base in _WRAPPERS:
            at = _inner_at(base, rest)
            edits += self._of(words[at:], base) if at else []
        return edits

    def _told(self, words: list[Node], name: str) -> list[Edit]:
        """``trap`` says what the traps are from now on, ``wait`` is told which it has to heed."""
        first, last = words[0].start_byte, words[-1].end_byte
        if name == "trap" and self._lead.trapped:
            return [(first, first, "{ "), (last, last, f'; {self._asks("traps")} $? "$(trap -p)"; }}')]
        return [(first, first, f"{TRAPS}={self._traps} ")] if name == "wait" and self._heeds else []

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
        names = [*map(_text, self._words), "", ""]
        return names[2] if names[0] == _CONTROL else names[0]

    @property
    def _heeds(self) -> bool:
        """Whether its shell looks for signals when it is over."""
        name = self._said
        if name == "kill" or (name == "wait" and self._lead.inner):
            return True
        runs = self._forks or name in _WRAPPERS or (name not in self._lead.ours and name not in self._functions)
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
        at = 3 if len(words) > 2 and _text(words[1]) == "-v" else 1
        if not self._lead.dated or len(words) <= at or "$" not in _text(words[at]) or words[at].type == "raw_string":
            return []
        first, last = words[0].start_byte, words[-1].end_byte
        return [(first, words[0].end_byte, f'eval "$({self._asks("printf")}'), (last, last, ')"')]

    def _found(self, words: list[Node]) -> list[Edit]:
        """``command -v``: what is registered with the library need not be there."""
        edits: list[Edit] = []
        for word in words:
            name = _text(word)
            if "$(" in name or "`" in name:
                continue  # it would run twice
            if "$" in name and word.type != "raw_string":
                asked = f'{self._asks("known")} {name} "$(declare -F -- {name})"'
                edits.append(_replaced(word, f'"$({asked})"' if word.type == "string" else f"$({asked})"))
            elif (
                _PLAIN.fullmatch(name := name.strip("\"'")) and name not in self._functions and self._lead.absent(name)
            ):
                edits.append(_replaced(word, f"{GONE}{name}"))
        return edits

    def _left(self, words: list[Node]) -> list[Edit]:
        """``exit``: the shell ends because it was told to."""
        edits = [
            (words[0].start_byte, words[0].start_byte, f"{{ {OVER}=$?; "),
            (words[-1].end_byte, words[-1].end_byte, "; }" if len(words) > 1 else f" ${OVER}; }}"),
        ]
        inner = [node for word in words[1:] for node in walk(word, errors=False) if _text(node) in ("$?", "${?}")]
        return edits + [_replaced(node, f"${OVER}") for node in inner if node.type.endswith("expansion")]

    def _program(self, word: Node, name: str, wrapper: str) -> list[Edit]:
        """A word that no tool is: a file of the user's, or a program that may not be there."""
        if "/" in name:
            if _SYSTEM.fullmatch(name) or "$(" in name or "`" in name or word.type == "ERROR":
                return []
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
            said = f"{self._lead.source or '$0'}: line {line}: {name}: command not found"
        else:
            return []
        start = word.start_byte if wrapper == "time" else self._words[0].start_byte
        return [(start, start, f'{AT}="{said}" ')]

    def _says(self, said: str, usage: str = "") -> str:
        """The words for what a builtin complains of, behind the place where it stands."""
        who = f'"{self._lead.source or ("$0" if self._lead.inner else "bash")}: line {self._node.start_point[0] + 1}: "'
        return f"{who}{quoted(said)} {quoted(usage) if usage else ''}".rstrip()

    def _who(self) -> str:
        return f'"{self._lead.source or "$0"}: line {self._node.start_point[0] + 1}"' if self._lead.inner else '"$0"'

    def _asks(self, kind: str) -> str:
        given = "" if kind == "s" else " </dev/null"  # the input of a group is not for this
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
        edits = [_replaced(words[0], "sh" if base == "dash" else base)]
        at, text = 1, False
        while at < len(words) and (option := _text(words[at]))[:1] in ("-", "+") and len(option) > 1:
            if option in ("--version", "--help"):
                return [] if "/" in _text(words[0]) else [_replaced(words[0], self._lead.place(base))]
            at += 1
            if option == "--":
                break
            if not option.startswith("--"):
                text = text or "c" in option
                edits += self._letters(words[at - 1], option)
                at += option[-1] in "oO" and at < len(words)
            elif option in ("--rcfile", "--init-file"):
                at += 1
        stdin = any(_text(word) in ("-s", "-is", "-") for word in words[1:at])
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
                return [*edits, *self._asked(words[at], "c")]
            if not stdin:
                return [*edits, *self._filed(words[at])]
        if text or (at < len(words) and not stdin):
            return edits
        self._forks = True
        edits += [_replaced(word, "") for word in words[1:at] if _text(word) == "--"]
        return self._piped(words, at, edits)

    def _letters(self, word: Node, option: str) -> list[Edit]:
        """A bundle's letters that the library does not take."""
        kept = "".join(letter for letter in option if letter not in "lis")
        return [_replaced(word, kept if len(kept) > 1 else "")] if kept != option else []

    def _filed(self, word: Node) -> list[Edit]:
        name = _text(word)
        if "$(" in name or "`" in name:
            return []
        start = word.start_byte
        return [(start, start, f'-c "$({self._asks("f")} {name})" ')]

    def _piped(self, words: list[Node], at: int, edits: list[Edit]) -> list[Edit]:
        name = _text(words[0])
        end = words[at - 1].end_byte
        start = self._node.start_byte
        last = words[-1].end_byte
        return [
            *edits,
            (start, start, "{ "),
            (end, end, f' -c "$({self._asks("s")})" {name}'),
            (last, last, "; }"),
        ]


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


def _paged(words: list[Node]) -> list[Edit]:
    """``pr``: its heading's date is the file's on the machine, or the machine's own."""
    rest = [_text(word) for word in words[1:]]
    pairs = zip(["", *rest], rest, strict=False)
    files = [word for before, word in pairs if not re.match(r"[-+]", word) and before not in _PAGED]
    own = next((at for at, word in enumerate(rest) if word in ("-D", "--date-format")), None)
    given = own is not None and own + 1 < len(rest)
    style = _text(words[own + 2]).strip("\"'") if own is not None and given else "%F %R"
    file = f" -r {files[0]}" if files else ""
    date = f"\"$(date{file} '+{style}' 2>/dev/null || date '+{style}')\""
    if own is not None and given:
        return [_replaced(words[own + 2], date)]
    return [(words[0].end_byte, words[0].end_byte, f" -D {date}")]


def _refused(tool: str, args: Sequence[str]) -> str:
    """What a tool of the library's says of an option that it does not know, where the library has the wrong status."""
    for arg in args if tool in _LETTERS else ():
        if arg == "--":
            break
        if found := re.fullmatch(r"-([A-Za-z0-9]+|[@%+=:,./^_!#]).*", arg):
            given = found[1] if found[1] == arg[1:] else found[1][0]  # behind a letter may stand its value
            wrong = next((letter for letter in given if letter not in _LETTERS[tool]), "")
            if wrong:
                return f"\"{tool}: invalid option -- '{wrong}'\" \"Try '{tool} --help' for more information.\""
        elif re.fullmatch(r"--[a-z][a-z-]*", arg) and not any(f"--{name}".startswith(arg) for name in _NAMES[tool]):
            return f"\"{tool}: unrecognized option '{arg}'\" \"Try '{tool} --help' for more information.\""
    return ""


def _tests(node: Node, shared: bool) -> list[Edit]:
    """``[[ -L x ]]`` and ``[[ -o x ]]``, which the library finds true of everything, by way of ``[``."""
    edits: list[Edit] = []
    for inner in walk(node, errors=False) if _text(node).startswith("[[") else ():
        if inner.type != "unary_expression" or len(inner.named_children) != 2:
            continue
        operator, operand = inner.named_children
        if _text(operator) in ("-L", "-h", "-o"):
            word = _text(operand)
            shown = word if word[:1] in "'\"$" and word[-1:] in "'\"" else f'"{word}"'
            asked = f"[ {_text(operator)} {shown} ] && echo 1"
            edits.append(
                _replaced(inner, f'-n "$(readlink -- {shown})"' if shared and asked[3] != "o" else f"-n $({asked})")
            )
    return edits


def _same(node: Node, shared: bool) -> list[Edit]:
    """``[ -L x ]`` where names of one file are links below, and ``-ef``, which the library follows no links for."""
    edits: list[Edit] = []
    for word in _words(node):
        if _text(word) not in ("-L", "-h", "-ef"):
            continue
        before, after = _beside(node, word)
        if _text(word) != "-ef" and shared and after and not _text(node).startswith("[["):
            edits += [_replaced(word, "-n"), _replaced(after, f'"$(readlink -- {_text(after)})"')]
        if _text(word) == "-ef" and before and after:
            for side, missing in ((before, "none"), (after, "neither")):
                shown = f'"$(stat -L -c %d:%i -- {_text(side)} 2>/dev/null || echo {missing})"'
                edits.append(_replaced(side, shown))
            edits.append(_replaced(word, "="))
    return edits


def _newer(node: Node, lead: Lead) -> list[Edit]:
    """``-nt`` and ``-ot``: the machine knows when its files were changed, the library when it wrote them."""
    edits: list[Edit] = []
    for word in _words(node):
        before, after = _beside(node, word) if _text(word) in ("-nt", "-ot") else (None, None)
        if before and after:
            one, other = (_whole(side, node) for side in (before, after))
            asked = f"{INNER} </dev/null {lead.pid} newer {one} {_text(word)} {other}"
            edits += [_replaced(before, f'"$({asked})"'), _replaced(word, "="), _replaced(after, "1")]
    return edits


def _whole(word: Node, test: Node) -> str:
    """A word of a test as a command takes it: between double brackets it is never parted."""
    parted = word.type in ("simple_expansion", "expansion", "command_substitution")
    return f'"{_text(word)}"' if parted and _text(test).startswith("[[") else _text(word)


def _words(node: Node) -> list[Node]:
    return [inner for inner in walk(node, errors=False) if inner.type in _WORDS]


def _beside(node: Node, word: Node) -> tuple[Node | None, Node | None]:
    """The whole words before and after one in a test."""
    words = _words(node)
    before = [one for one in words if one.end_byte < word.start_byte]
    after = [one for one in words if one.start_byte > word.end_byte]
    return (
        max(before, key=lambda one: (one.end_byte, -one.start_byte), default=None),
        min(after, key=lambda one: (one.start_byte, -one.end_byte), default=None),
    )


def _masked(node: Node, lead: Lead) -> list[Edit]:
    """``( umask 077; ... )``: the mask is the shell's again behind it."""
    if not _MASKS.search(_text(node)):
        return []
    asks = f"{INNER} </dev/null {lead.pid}"
    return [
        (node.start_byte, node.start_byte, f"{{ {asks} mask; "),
        (node.end_byte, node.end_byte, f"; {asks} unmask $?; }}"),
    ]


def _full(node: Node, lead: Lead) -> list[Edit]:
    """``> /dev/full``: what a command writes there does not fit."""
    found = re.fullmatch(r">>?\s*/dev/full", _text(node))
    body = node.parent.child_by_field_name("body") if node.parent else None
    if found is None or body is None or body.type != "command":
        return []
    name = _text(body.child_by_field_name("name") or body)
    line = node.start_point[0] + 1
    who = f"$0: line {line}: {name}" if name in lead.builtins and lead.inner else name
    who = f"bash: {name}" if name in lead.builtins and not lead.inner else who
    return [_replaced(node, f'| {INNER} {lead.pid} full "{who}: write error: No space left on device"')]


def _chanced(node: Node, lead: Lead) -> list[Edit]:
    """``< /dev/urandom``: bytes of the machine's chance."""
    found = devices(node.named_children) if _text(node).lstrip("0").startswith("<") else []
    return [_replaced(word, f'"$({INNER} </dev/null {lead.pid} chance {sized([_text(word)])})"') for word in found]


def _zeroes(node: Node) -> list[Edit]:
    """``head -c 10G /dev/zero > x``: so many zeroes are a size, not bytes."""
    found = re.fullmatch(r"head\s+(?:-c\s*|--bytes=)(\d+[MGT]B?)\s+/dev/zero\s*>\s*([\w./-]+)", _text(node))
    return [_replaced(node, f": > {found[2]}; truncate -s {found[1]} {found[2]}")] if found and _alone(node) else []


def _merged(node: Node) -> list[Edit]:
    """``exec 2>&1`` of an inner shell, whose builtins the library would then not hear: the rest of it is a group."""
    if node.parent is None or node.parent.type != "program" or _text(node).split() != ["exec", "2>&1"]:
        return []
    if judge(_text(node.parent)).state != "complete":  # what would be put behind it is not read as its end
        return []
    end = node.parent.end_byte
    return [_replaced(node, "{ :"), (end, end, "\n} 2>&1")]


def _alone(node: Node) -> bool:
    """Whether a statement stands for itself, so that two may stand in its place."""
    return node.parent is not None and node.parent.type in ("program", "compound_statement", "do_group")


def _list(node: Node) -> list[Edit]:
    """``a=("${b[@]%x}")``, which the library takes for one word."""
    name, value = node.child_by_field_name("name"), node.child_by_field_name("value")
    if name is None or value is None or value.type != "array" or not _text(node).startswith(f"{_text(name)}=("):
        return []
    if node.parent is None or node.parent.type not in ("program", "compound_statement", "do_group", "list"):
        return []
    inner = _text(value)[1:-1].strip()
    if len(value.named_children) != 1 or not re.fullmatch(r'"\$\{\w+\[@\][/%#^,][^"]*\}"', inner):
        return []
    return [_replaced(node, f"readarray -t -d '' {_text(name)} < <(printf '%s\\0' {inner})")]


def _misread(node: Node) -> bool:
    """Whether what is taken for a command is rather part of a pattern, or of arithmetic."""
    above = node.parent
    while above is not None:
        if above.type in ("command_substitution", "subshell") and _text(above).removeprefix("$").startswith("(("):
            return True
        if above.has_error and any(child.type == "ERROR" for child in above.children[:_FEW]):
            return True
        above = above.parent
    return False


def _lacks(base: str, args: Sequence[str]) -> bool:
    """Whether ``od`` is to read numbers with a point, ``sort`` by chance, ``grep`` to colour, and the like."""
    if base in ("base32", "base64"):
        return any(re.match(r"-[a-z]*[di]|--[di]", arg) for arg in args)
    if base == "tr":
        return _refuses(args)
    if base == "column":
        return any(re.match(r"-[txeL]*[cxJ]|--(?:output-w|fillr|json)", arg) for arg in args)
    if "grep" in base:
        letters = [arg for arg in args if re.fullmatch(r"-[A-Za-z0-9].*", arg)]
        colored = any(re.fullmatch(r"--colou?r=always", arg) for arg in args)
        return colored and all(re.fullmatch(r"-[ivnHhrRowxclsqEFGPa]*(?:[em].*)?", one) for one in letters)
    if base == "sort":
        return any(re.match(r"-[a-zA-Z]*R|--random-so", arg) for arg in args)
    pairs = [f"{one}{other}" if one == "-t" else one for one, other in zip(args, [*args[1:], ""], strict=False)]
    return any(re.fullmatch(r"-[a-zA-Z]*[feF]|-[a-zA-Z]*t\w*f.*|--format=\w*f.*", arg) for arg in pairs)


def _refuses(args: Sequence[str]) -> bool:
    """Whether ``tr`` is given sets that are wrong, or repeat a letter; the library takes any."""
    options = [arg for arg in args if re.fullmatch(r"-[a-zA-Z]+|--[a-z-]+[1]?", arg)]
    sets = args[len(options) :]
    letters = "".join(arg[1:] for arg in options if not arg.startswith("--"))
    deletes, squeezes = "d" in letters or "--delete" in options, "s" in letters or "--squeeze-repeats" in options
    least, most = 1 if deletes != squeezes else 2, 1 if deletes and not squeezes else 2
    odd = any(re.search(r"\*\d*\]|\[=", one) or not one.isascii() for one in sets)
    odd = odd or ("[:" in "".join(sets[1:]) and "[:" not in sets[0])
    classes = [set(re.findall(r"\[:(\w+):", one)) for one in sets]
    kinds = any(found - _CLASSES for found in classes) or (not deletes and any(classes[1:]) and classes[1] - _CASES)
    return odd or bool(kinds) or not least <= len(sets) <= most or (not deletes and sets[1:] in (["''"], ['""']))


def _asks_itself(base: str, args: Sequence[str]) -> bool:
    """Whether the program is asked what it is, or for what the library's does not have."""
    about = {"--version", "--help"}
    if base in _WRAPPERS and base != "find":
        own = about | ({"-l", "-V", "-v", "-k", "-i", "-s", "--list"} if base == "sudo" else set())
        return bool(args) and args[0] in own
    if base == "compgen":
        return bool({"-b", "-c", "builtin", "command"} & set(args))
    if base == "tail" and any(re.fullmatch(r"-\d*[fF]|--follow.*|-n?\d*f", arg) for arg in args):
        return True
    return base not in _LITERAL and bool(about & set(args))


def _opened(node: Node) -> bool:
    """Whether what a command reads is a file that its script opened."""
    above = node.parent
    while above is not None and above.type in ("redirected_statement", "compound_statement", "subshell", "list"):
        for redirect in above.children if above.type == "redirected_statement" else ():
            found = _AIMED.match(_text(redirect)) if redirect.type == "file_redirect" else None
            if found and found[2] == "<" and found[1] in ("", "0"):
                return not found[3].startswith(("<", "/dev/"))
            if redirect.type in ("herestring_redirect", "heredoc_redirect"):
                return False
        above = above.parent
    return False


def _terminals(node: Node, terminal: str) -> str:
    """Which streams of a command are the terminal, where its script's are ``terminal``."""
    found = set(terminal)
    below, above = node, node.parent
    while above is not None:
        if above.type == "redirected_statement":
            for redirect in above.children:
                _aim(redirect, found)
        elif above.type == "pipeline":
            parts = above.named_children
            found -= {"0"} if parts[0].id != below.id else set()
            found -= {"1"} if parts[-1].id != below.id else set()
        elif above.type in ("command_substitution", "process_substitution"):
            found -= {"1"}
        below, above = above, above.parent
    return "".join(sorted(found))


def aimed(terminal: str, text: str) -> str:
    """Which streams of a whole command are the terminal, where its shell's are ``terminal``."""
    found = set(terminal)
    for node in parse(text).named_children[:1]:
        for redirect in node.children if node.type == "redirected_statement" else ():
            _aim(redirect, found)
    return "".join(sorted(found))


def _aim(redirect: Node, found: set[str]) -> None:
    """Take from ``found`` what a redirection leads away from the terminal."""
    if redirect.type in ("herestring_redirect", "heredoc_redirect"):
        found.discard("0")
    aimed = _AIMED.match(_text(redirect)) if redirect.type == "file_redirect" else None
    if aimed is None:
        return
    stream, operator, target = aimed.groups()
    stream = stream or ("0" if operator.startswith("<") else "1")
    if operator in (">&", "<&") and target in ("0", "1", "2"):
        (found.add if target in found else found.discard)(stream)
    else:
        found -= {"1", "2"} if "&" in operator and not target.isdigit() else {stream}


def _replaced(node: Node, text: str) -> Edit:
    return node.start_byte, node.end_byte, text


def _expansion(node: Node, lead: Lead) -> list[Edit]:
    text = _text(node).lstrip()  # in a string, the spaces before it are taken for its own
    if text in ("$$", "${$}"):
        return [_ended(node, text, str(lead.pid))]
    if text in ("$PPID", "${PPID}"):
        return [_ended(node, text, str(lead.parent))]
    if text in ("$BASHPID", "${BASHPID}"):
        return [_ended(node, text, str(lead.pid + _forks(node)))]
    if (part := re.fullmatch(r"\$(?:BASH_VERSINFO|\{BASH_VERSINFO(?:\[([0-3])\])?\})", text)) and lead.inner:
        return [_ended(node, text, re.findall(r"\d+", lead.version)[int(part[1] or 0)])]
    if text in ("$BASH", "${BASH}") and lead.inner:
        return [_ended(node, text, "/usr/bin/bash")]
    if text in ("$BASH_SOURCE", "${BASH_SOURCE}", "${BASH_SOURCE[0]}", "${BASH_SOURCE[-1]}") and lead.source:
        return [_ended(node, text, lead.source)]
    if text in ("$BASH_VERSION", "${BASH_VERSION}"):
        return [_ended(node, text, f"${{BASH_VERSINFO[0]:+{lead.version}}}")]
    found = re.fullmatch(r"\$(?:(\w+)|\{(\w+)\})", text)
    if found and (found[1] or found[2]) == "SRANDOM":
        return [_ended(node, text, f"$({INNER} </dev/null {lead.pid} number)")]
    moment = _MOMENT.get(found[1] or found[2]) if found else None
    return [_ended(node, text, moment)] if moment else []


def _ended(node: Node, text: str, instead: str) -> Edit:
    """``instead`` for the ``text`` that a node ends with."""
    return node.end_byte - len(text.encode()), node.end_byte, instead


def _forks(node: Node) -> int:
    """How many forks of the shell lie between it and ``node``."""
    count, above = 0, node.parent
    while above is not None:
        count += above.type in ("subshell", "command_substitution", "process_substitution", "pipeline")
        above = above.parent
    return count


def _counted(node: Node) -> bool:
    """Whether a bare name stands where arithmetic reads it."""
    above = node.parent
    if above is None or above.type in ("simple_expansion", "expansion", "variable_assignment", "subscript"):
        return False
    while above is not None and above.type in (
        "binary_expression",
        "unary_expression",
        "ternary_expression",
        "parenthesized_expression",
    ):
        above = above.parent
    return above is not None and (
        above.type == "arithmetic_expansion"
        or (above.type in ("compound_statement", "c_style_for_statement") and _text(above).startswith(("((", "for")))
    )


def _timer(node: Node) -> list[Edit]:
    """``SECONDS=N``: the time begins anew."""
    name, value = node.child_by_field_name("name"), node.child_by_field_name("value")
    if name is None or value is None or _text(name) != "SECONDS":
        return []
    return [(value.start_byte, value.start_byte, f"$({ELAPSED} "), (value.end_byte, value.end_byte, ")")]


def _dates(words: list[Node]) -> list[Edit]:
    """``printf '%(FORMAT)T' WHEN`` by the machine's ``date``; only where the format is a literal."""
    args = words[1:]
    at = 2 if args and _text(args[0]) == "-v" else 0
    if len(args) <= at or args[at].type not in ("raw_string", "string", "word") or "(" not in _text(args[at]):
        return []
    style, values = args[at], args[at + 1 :]
    kinds = [one for one in _CONVERSION.findall(_text(style)) if one != "%%"]
    shown = _DATE.sub("%s", _text(style))
    edits = [_replaced(style, shown)]
    lacking: list[str] = []
    for number, kind in enumerate(kinds):
        date = _DATE.fullmatch(kind)
        if date and number < len(values):
            edits.append(_replaced(values[number], _date(date[1], _text(values[number]))))
        elif number >= len(values):
            lacking.append(_date(date[1], "-1") if date else "''")
    if any(word != "''" for word in lacking):
        more = f" {' '.join(lacking)}"
        last = edits.pop() if edits[-1][1] == words[-1].end_byte else (words[-1].end_byte, words[-1].end_byte, "")
        edits.append((last[0], last[1], last[2] + more))
    return edits


def _date(style: str, when: str) -> str:
    moment = "" if when in ("-1", "-2") else f" -d @{when}"
    return f"\"$(date{moment} '+{style or '%X'}')\""
