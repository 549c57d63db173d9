"""Bash's tokens: words with all that nests in them, operators, here-documents; each ends where bash ends it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, NoReturn, TypeAlias

__all__ = ["ASSIGNMENT", "Heredoc", "Lexer", "State", "Stop", "quoted", "unquoted"]

State: TypeAlias = Literal["complete", "incomplete", "invalid"]

_DEEPEST = 50  # levels of nesting; beyond it Python's own stack is at risk
_BLANKS = re.compile(r"(?:[ \t]+|\\\n)*")
_PLAIN = re.compile(r"[^ \t\n|&;()<>\"'\\`$]+")
_OPERATOR = re.compile(r";;&|;;|;&|&&|\|\||\|&|&>>|&>|<<<|<<-|<<|<&|<>|>>|>&|>\||[;&|()<>]")
_FD = re.compile(r"(?:\d+|\{[A-Za-z_]\w*\})(?=[<>])", re.ASCII)
ASSIGNMENT = re.compile(r"[A-Za-z_]\w*(?:\[.*\])?\+?=", re.ASCII | re.DOTALL)
_SUBSCRIPT = re.compile(r"[A-Za-z_]\w*\[", re.ASCII)
_IN_DOUBLE = re.compile(r'["\\`$]')
_QUOTES = re.compile(r"(\\)(.)|(['\"])", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Heredoc:
    """A here-document whose body did not end with the text; ``tabs``: leading tabs do not count (``<<-``)."""

    end: str
    tabs: bool
    line: int

    def ends(self, line: str) -> bool:
        """Whether ``line`` (without its newline) is the line that ends this here-document."""
        return (line.lstrip("\t") if self.tabs else line) == self.end


class Stop(Exception):  # noqa: N818 - not a fault: how the recogniser leaves its recursion
    """Reading ended: the text is ``incomplete`` or ``invalid``, for a reason and with bash's message."""

    def __init__(self, state: State, why: str, error: str) -> None:
        super().__init__(why)
        self.state: State = state
        self.why = why
        self.error = error


def quoted(text: str) -> str:
    """``text`` as one word that the shell takes as it stands."""
    return "'" + text.replace("'", "'\\''") + "'"


def unquoted(word: str) -> str:
    """``word`` without its quotes and escapes."""
    return _QUOTES.sub(lambda found: found[2] if found[1] else "", word)


class Lexer:
    """Bash's tokens: a kind ("word", "fd", "op", "newline", "end") and the text; words nest the whole grammar."""

    def __init__(self, text: str, start: int = 0) -> None:
        self.text = text if text.endswith("\n") else text + "\n"
        self.pos = self.start = start
        self.origin = start
        self.kind = self.token = ""  # the token seen and not yet taken; kind "": none
        self.assign = True  # NAME=( opens an array here
        self.deep = 0
        self.inside: list[int] = []  # command substitutions we are in: the line an end of file is told at, or 0
        self.extra = 0  # lines bash counts twice: it reads ((a) again as two subshells
        self.opened: list[tuple[str, int]] = []  # compound commands we are in, and where they begin
        self.pending: list[tuple[str, bool]] = []
        self.missing: list[Heredoc] = []
        self.continued = False

    def line(self, pos: int) -> int:
        return self.text.count("\n", self.origin, pos) + 1

    def peek(self) -> str:
        """The next token's text, where it is an operator or could be a reserved word."""
        if not self.kind:
            self.kind, self.token = self.lex()
        return self.token

    def take(self) -> str:
        token = self.peek()
        self.kind = ""
        return token

    def lex(self) -> tuple[str, str]:
        self.blanks()
        text, begin = self.text, self.pos
        if begin >= len(text):
            return "end", ""
        if text[begin] == "#":
            self.pos = begin = text.index("\n", begin)
        if text[begin] == "\n":
            self.pos += 1
            self.bodies()
            return "newline", "\n"
        if found := _FD.match(text, begin):
            self.pos = found.end()
            return "fd", found[0]
        if (found := _OPERATOR.match(text, begin)) and text[begin : begin + 2] not in ("<(", ">("):
            self.pos = found.end()
            return "op", found[0]
        self.word()
        return "word", text[begin : self.pos]

    def blanks(self) -> None:
        found = _BLANKS.match(self.text, self.pos)
        if found and found.end() > self.pos:
            self.continued = found.end() >= len(self.text) and self.text.endswith("\\\n", 0, found.end())
            self.pos = found.end()

    def bodies(self) -> None:
        """Skip the here-document bodies that begin on this line."""
        for end, tabs in self.pending:
            heredoc = Heredoc(end, tabs, self.line(self.pos - 1))
            while self.pos < len(self.text):
                stop = self.text.index("\n", self.pos)
                line, self.pos = self.text[self.pos : stop], stop + 1
                if heredoc.ends(line):
                    break
            else:
                self.missing.append(heredoc)
        self.pending = []

    def word(self) -> None:
        text = self.text
        begin = self.pos
        if self.assign and (found := _SUBSCRIPT.match(text, begin)):
            self.pos = self.pair("[", "]", found.end())
        while self.pos < len(text):
            char = text[self.pos]
            if found := _PLAIN.match(text, self.pos):
                self.pos = found.end()
            elif char == "(" and self.pos > begin and text[self.pos - 1] in "?*+@!":
                self.pos = self.pair("(", ")", self.pos + 1)
            elif char == "(" and self.assign and ASSIGNMENT.fullmatch(text, begin, self.pos):
                self.array()
            elif text[self.pos : self.pos + 2] in ("<(", ">("):
                self.pos = self.substitution(self.pos + 2)
            elif char in " \t\n|&;()<>":
                return
            else:
                self.pos = self.quoted(self.pos)

    def quoted(self, pos: int) -> int:
        """The offset behind the quote, expansion or escape that begins at ``pos``."""
        text, char = self.text, self.text[pos]
        if char == "\\":
            self.continued = pos + 2 >= len(text)
            return min(pos + 2, len(text))
        if char in "'`" or text.startswith("$'", pos):
            close = "`" if char == "`" else "'"
            return self.until(close, pos + 1 + (char == "$"), escapes=char != "'")
        if char == '"' or text.startswith('$"', pos):
            return self.double(pos + 1 + (char == "$"))
        return self.dollar(pos) if char == "$" else pos + 1

    def until(self, close: str, pos: int, *, escapes: bool) -> int:
        begin = pos
        while (stop := self.text.find(close, pos)) >= 0:
            slash = stop
            while escapes and slash > begin and self.text[slash - 1] == "\\":
                slash -= 1
            if (stop - slash) % 2 == 0:
                return stop + 1
            pos = stop + 1
        return self.unmatched(close, begin)

    def double(self, begin: int) -> int:
        text, pos = self.text, begin
        while found := _IN_DOUBLE.search(text, pos):
            pos = found.start()
            if text[pos] == '"':
                return pos + 1
            pos = self.quoted(pos) if text[pos] != "$" else self.dollar(pos)
        return self.unmatched('"', begin)

    def dollar(self, pos: int) -> int:
        text = self.text
        if text.startswith("$((", pos):
            end = self.pair("(", ")", pos + 3)
            if text.startswith(")", end):
                return end + 1
            return self.substitution(pos + 2, self.line(pos))
        if text.startswith("$(", pos):
            return self.substitution(pos + 2)
        if text.startswith("${", pos):
            return self.pair("{", "}", pos + 2)
        return self.pair("[", "]", pos + 2) if text.startswith("$[", pos) else pos + 1

    def pair(self, opening: str, close: str, begin: int) -> int:
        """The offset behind the ``close`` of the bracket that opened before ``begin``."""
        text, pos, depth = self.text, begin, 1
        special = re.compile(rf"[\\\"'`$\{opening}\{close}]")
        self.deeper(1)
        while found := special.search(text, pos):
            pos = found.start()
            if text[pos] == close:
                depth -= 1
                pos += 1
                if not depth:
                    self.deep -= 1
                    return pos
            elif text[pos] == opening:
                depth += opening != "{"
                pos += 1
            else:
                pos = self.quoted(pos)
        return self.unmatched(close, begin)

    def deeper(self, levels: int) -> None:
        self.deep += levels
        if self.deep > _DEEPEST:
            raise Stop("invalid", "it is nested too deeply", "bash: nested too deeply")

    def array(self) -> None:
        begin = self.pos
        self.pos += 1
        kept, self.assign = self.assign, False
        while True:
            kind, token = self.lex()
            if (kind, token) == ("op", ")"):
                break
            if kind == "end":
                self.unmatched(")", begin)
            if kind in ("op", "fd"):
                self.wrong(token)
        self.assign = kept

    def unmatched(self, close: str, begin: int) -> NoReturn:
        line = self.line(begin)
        error = f"bash: line {line}: unexpected EOF while looking for matching `{close}'"
        raise Stop("incomplete", f"line {line} opens something that a {close} must close", error)

    def wrong(self, token: str) -> NoReturn:
        """Stop at a token that cannot stand here, which ends where we read."""
        at_newline = token.startswith("\n")
        end = self.text.rfind("\n", 0, self.pos) if at_newline else self.pos
        line = self.line(end)
        first = max(self.text.rfind("\n", 0, end) + 1, self.origin)
        said = f"syntax error near unexpected token `{'newline' if at_newline else token}'"
        offending = self.text[first : self.text.index("\n", min(end, len(self.text) - 1))]
        raise Stop("invalid", f"line {line}: {said}", f"bash: line {line}: {said}\nbash: line {line}: `{offending}'")

    def substitution(self, begin: int, line: int = 0) -> int:
        """Read a program up to its ``)``; the grammar says how."""
        raise NotImplementedError
