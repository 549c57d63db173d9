"""Bash's grammar: whether a text is a complete program, still open, or wrong, and what bash would say of it.

A recogniser, not an interpreter: it reads by bash's rules and stops where bash would stop, because tree-sitter, which
answers the other questions about shell text, mends what is wrong instead of naming it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NoReturn

from llm_kernel.tokens import ASSIGNMENT, Heredoc, Lexer, State, Stop, unquoted

__all__ = ["Verdict", "coprocess", "judge", "rests"]

_UNARY = re.compile(r"-[a-hknoprstuvwxzGLNORS]")
_BINARY = re.compile(r"==?|!=|=~|-(?:eq|ne|lt|le|gt|ge|nt|ot|ef)")
_REDIRECTS = frozenset(["<", ">", ">>", ">|", "<<", "<<-", "<<<", "<&", ">&", "<>", "&>", "&>>"])
_COMPOUND = frozenset(["if", "for", "while", "until", "case", "select", "{", "[["])
_STRAY = frozenset(["then", "do", "done", "fi", "elif", "else", "esac", "in", "}", "]]", "!"])
_DECLARING = frozenset(["declare", "typeset", "local", "export", "readonly", "alias", "let", "eval"])
_CLAUSE_ENDS = frozenset([";;", ";&", ";;&"])


@dataclass(frozen=True, slots=True)
class Verdict:
    """What bash makes of a text.

    ``error`` is what bash prints (lines without the last newline); ``start`` the offset of the first line that did not
    come to its end, so that what stands before it would run; ``heredocs`` those without an end. ``runs``: at the end of
    its input bash would run the text nevertheless (an open here-document, a last backslash).
    """

    state: State
    why: str = ""
    error: str = ""
    start: int = 0
    heredocs: tuple[Heredoc, ...] = ()
    runs: bool = True


def judge(text: str) -> Verdict:
    """Whether ``text`` is a complete shell program, and if not, why."""
    reader = _Reader(text)
    try:
        for _ in reader.lines():
            pass
    except Stop as stop:
        return Verdict(stop.state, stop.why, stop.error, reader.start, tuple(reader.missing), runs=False)
    except RecursionError:
        return Verdict("invalid", "it is nested too deeply", "bash: nested too deeply", reader.start, runs=False)
    if reader.missing:
        last = reader.missing[-1]
        ends = text.count("\n") + (not text.endswith("\n"))
        error = (
            f"bash: line {ends}: warning: here-document at line {last.line}"
            f" delimited by end-of-file (wanted `{last.end}')"
        )
        why = f"the here-document on line {last.line} waits for a line {last.end}"
        return Verdict("incomplete", why, error, reader.start, tuple(reader.missing))
    if reader.continued:
        return Verdict("incomplete", "the last line ends in a backslash", start=reader.start)
    return Verdict("complete", start=len(text))


def coprocess(text: str) -> int:
    """The offset of the first line with a coprocess, or -1."""
    reader = _Reader(text)
    try:
        for _ in reader.lines():
            pass
    except (Stop, RecursionError):
        pass
    return reader.coprocess


def rests(text: str, start: int = 0) -> Iterator[int]:
    """The offsets, from ``start`` on, of the lines before which every command is complete."""
    reader = _Reader(text, start)
    try:
        yield from reader.lines()
    except (Stop, RecursionError):
        return


class _Reader(Lexer):
    """Bash's grammar by recursive descent: each method reads one construct, or stops at the token that is wrong."""

    coprocess = -1

    def lines(self) -> Iterator[int]:
        """Read line by line (a line: up to the newline after which nothing is open); yield where each begins."""
        while True:
            self.start = self.pos
            if self.pos >= len(self.text):
                return
            yield self.pos
            if self.peek() != "\n" and self.kind != "end":
                self.simple_list()
            if self.kind not in ("newline", "end", ""):
                self.stop()
            self.kind = ""

    def simple_list(self) -> None:
        self.and_or()
        while self.peek() in (";", "&") and self.kind == "op":
            self.take()
            if self.peek() == "\n" or self.kind == "end":
                return
            self.and_or()

    def stop(self) -> NoReturn:
        """Stop at the token just seen: at the end of the text something is open, elsewhere it is wrong."""
        if self.kind != "end":
            self.wrong(self.token)
        line = (self.inside and self.inside[-1]) or self.line(len(self.text)) + self.extra
        said = (
            "unexpected EOF while looking for matching `)'" if self.inside else "syntax error: unexpected end of file"
        )
        why = "the last line goes on"
        if self.opened:
            word, begin = self.opened[-1]
            why = f"`{word}' on line {self.line(begin)} has no end yet"
        raise Stop("incomplete", why, f"bash: line {line}: {said}")

    def at(self, *words: str) -> bool:
        return self.peek() in words and self.kind in ("word", "op")

    def expect(self, *words: str) -> str:
        if not self.at(*words):
            self.stop()
        return self.take()

    def newlines(self) -> None:
        while self.peek() == "\n":
            self.take()

    def name(self) -> str:
        self.peek()
        if self.kind != "word":
            self.stop()
        return self.take()

    def substitution(self, begin: int, line: int = 0) -> int:
        """Read the program of ``$(`` or ``<(``; its here-documents end with it."""
        kept = (self.kind, self.token, self.assign, self.pending)
        self.pos, self.kind, self.assign, self.pending = begin, "", True, []
        self.deeper(2)
        self.inside.append(line)
        self.newlines()
        if not self.at(")"):
            self.compound_list()
        self.expect(")")
        self.inside.pop()
        self.deep -= 2
        self.kind, self.token, self.assign, self.pending = kept
        return self.pos

    def compound_list(self) -> None:
        self.newlines()
        self.and_or()
        while self.at(";", "&") or self.peek() == "\n":
            self.take()
            self.newlines()
            ends = self.kind == "end" or (self.kind == "op" and self.token not in _REDIRECTS | {"("})
            if ends or (self.kind == "word" and self.token in _STRAY - {"!"}):
                return
            self.and_or()

    def and_or(self) -> None:
        self.pipeline()
        while self.at("&&", "||"):
            self.take()
            self.newlines()
            self.pipeline()

    def pipeline(self) -> None:
        while self.at("!", "time"):
            if self.take() == "time":
                while self.at("-p", "--"):
                    self.take()
            if self.at(";") or self.peek() == "\n" or self.kind == "end":
                return
        self.command()
        while self.at("|", "|&"):
            self.take()
            self.newlines()
            self.command()

    def command(self) -> None:
        self.assign = True
        if self.at("function"):
            self.function()
        elif self.at("coproc"):
            self.coproc()
        elif self.at("(", *_COMPOUND):
            self.compound()
        elif self.at(*_REDIRECTS) or (self.kind in ("word", "fd") and not self.at(*_STRAY)):
            self.simple()
        else:
            self.stop()
        self.assign = True

    def simple(self, words: int = 0) -> None:
        """Read words and redirections; one word and ``()`` is a function."""
        named = words > 0
        others = 0
        while True:
            token = self.peek()
            if self.kind == "word":
                self.take()
                words += 1
                if not named and not ASSIGNMENT.match(token):
                    named = True
                    self.assign = token in _DECLARING
                elif not named:
                    others += 1
            elif self.redirect():
                others += 1
            elif self.at("(") and words == 1 and not others:
                self.take()
                self.expect(")")
                self.body()
                return
            else:
                return

    def redirect(self) -> bool:
        self.peek()
        if self.kind == "fd":
            self.take()
        if not self.at(*_REDIRECTS):
            return False
        operator = self.take()
        word = self.name()
        if operator in ("<<", "<<-"):
            self.pending.append((unquoted(word), operator == "<<-"))
        return True

    def function(self) -> None:
        self.take()
        self.name()
        if self.at("("):
            self.take()
            self.expect(")")
        self.body()

    def body(self) -> None:
        self.assign = True
        self.newlines()
        if not self.at("(", *_COMPOUND):
            self.stop()
        self.compound()

    def coproc(self) -> None:
        self.coprocess = self.start if self.coprocess < 0 else self.coprocess
        self.take()
        if self.at("(", *_COMPOUND):
            self.compound()
            return
        if self.at("function", *_STRAY):
            self.stop()
        self.name()
        if self.at("(", *_COMPOUND):
            self.compound()
        else:
            self.assign = False
            self.simple(words=2)

    def compound(self) -> None:
        """Read a compound command and its redirections."""
        self.deeper(1)
        self.peek()
        self.opened.append((self.token, self.pos - 1))
        word = self.take()
        match word:
            case "(":
                self.parenthesis()
            case "{":
                self.compound_list()
                self.expect("}")
            case "if":
                self.condition()
            case "while" | "until":
                self.compound_list()
                self.do_group("do")
            case "case":
                self.case()
            case "[[":
                self.test()
            case _:
                self.loop()
        self.opened.pop()
        self.deep -= 1
        while self.redirect():
            pass

    def parenthesis(self) -> None:
        if self.text.startswith("(", self.pos):
            if self.arithmetic():
                return
            self.extra += 1
        self.compound_list()
        self.expect(")")

    def arithmetic(self) -> bool:
        """Read the rest of ``((...))`` behind its first parenthesis, if it is one."""
        end = self.pair("(", ")", self.pos + 1)
        if self.text.startswith(")", end):
            self.pos = end + 1
            return True
        return False

    def condition(self) -> None:
        self.compound_list()
        self.expect("then")
        self.compound_list()
        while self.at("elif"):
            self.take()
            self.compound_list()
            self.expect("then")
            self.compound_list()
        if self.at("else"):
            self.take()
            self.compound_list()
        self.expect("fi")

    def do_group(self, *openings: str) -> None:
        close = "}" if self.expect(*openings) == "{" else "done"
        self.compound_list()
        self.expect(close)

    def loop(self) -> None:
        """Read what follows ``for`` or ``select``."""
        if self.at("(") and self.text.startswith("(", self.pos):
            self.take()
            begin = self.pos - 1
            if not self.arithmetic():
                self.wrong("(")
            if (parts := self.text.count(";", begin, self.pos)) != 2:
                self.arithmetic_parts(begin, parts)
            if self.at(";"):
                self.take()
            self.newlines()
            self.do_group("do", "{")
            return
        self.name()
        direct = not self.at(";") and self.peek() != "\n"
        if self.at(";"):
            self.take()
        self.newlines()
        if self.at("in"):
            direct = False
            self.take()
            self.assign = False
            while self.peek() and self.kind == "word":
                self.take()
            self.assign = True
            if not self.at(";") and self.peek() != "\n":
                self.stop()
            self.take()
            self.newlines()
        self.do_group(*(("do",) if direct else ("do", "{")))

    def case(self) -> None:
        self.assign = False
        self.name()
        self.assign = True
        self.newlines()
        self.expect("in")
        while True:
            self.newlines()
            if self.at("esac"):
                self.take()
                return
            if self.at("("):
                self.take()
            self.name()
            while self.at("|"):
                self.take()
                self.name()
            self.expect(")")
            self.newlines()
            if not self.at("esac", *_CLAUSE_ENDS):
                self.compound_list()
            if self.at(*_CLAUSE_ENDS):
                self.take()
            else:
                self.expect("esac")
                return

    def arithmetic_parts(self, begin: int, parts: int) -> NoReturn:
        line = self.line(self.pos)
        said = "arithmetic expression required" if parts < 2 else "`;' unexpected"
        error = (
            f"bash: line {line}: syntax error: {said}\nbash: line {line}: syntax error: `{self.text[begin : self.pos]}'"
        )
        raise Stop("invalid", f"line {line}: {said}", error)

    def test(self) -> None:
        """Read ``[[`` to its ``]]``."""
        self.assign = False
        self.alternatives()
        if self.at("]]"):
            self.take()
        elif self.peek() and self.kind == "word":
            self.complain("syntax error in conditional expression")
        elif self.kind == "end":
            self.complain("unexpected EOF while looking for `]]'")
        else:
            self.complain(f"syntax error in conditional expression: unexpected token `{self.seen()}'")

    def alternatives(self) -> None:
        self.term()
        self.newlines()
        while self.at("&&", "||"):
            self.take()
            self.term()
            self.newlines()

    def term(self) -> None:
        self.newlines()
        if self.at("("):
            self.take()
            self.deeper(1)
            self.alternatives()
            if not self.at(")"):
                self.complain(f"unexpected token `{self.seen()}', expected `)'")
            self.take()
            self.deep -= 1
        elif self.at("!"):
            self.take()
            self.term()
        elif self.peek() and self.kind == "word" and not self.at("]]"):
            self.comparison(self.take())
        else:
            self.complain("" if self.at("]]") else f"unexpected token `{self.seen()}' in conditional command")

    def comparison(self, first: str) -> None:
        if _UNARY.fullmatch(first):
            self.operand("unary")
        elif self.at("<", ">") or (self.peek() and self.kind == "word" and _BINARY.fullmatch(self.token)):
            if self.take() == "=~":
                self.blanks()
                self.pattern()
            else:
                self.operand("binary")
        elif not self.at("]]", "&&", "||", ")"):
            said = "conditional binary operator expected"
            self.complain(said if self.kind == "word" else f"unexpected token `{self.seen()}', {said}")

    def operand(self, arity: str) -> None:
        self.peek()
        if self.kind == "fd":
            self.kind = "word"
        if self.kind != "word" or self.at("]]"):
            self.complain(f"unexpected argument `{self.seen()}' to conditional {arity} operator")
        self.take()

    def seen(self) -> str:
        self.peek()
        return {"end": "EOF", "newline": "newline"}.get(self.kind, self.token)

    def complain(self, said: str) -> NoReturn:
        """Stop inside ``[[``; what ends with the text may yet go on."""
        token, at_end = self.seen(), self.pos >= len(self.text) and self.kind in ("end", "newline")
        end = self.pos - (self.kind in ("end", "newline"))
        line = self.line(end) + said.startswith("unexpected token `EOF' in")
        error = [said] if said else []
        if not at_end:
            first = max(self.text.rfind("\n", 0, end) + 1, self.origin)
            offending = self.text[first : self.text.index("\n", end)]
            error += [f"syntax error near `{token}'", f"`{offending}'"]
        why = "`[[' has no end yet" if at_end else f"line {line}: {error[0]}"
        message = "\n".join(f"bash: line {line}: {each}" for each in error)
        raise Stop("incomplete" if at_end else "invalid", why, message)

    def pattern(self) -> None:
        """Skip a regular expression, where parentheses and bars are letters."""
        text = self.text
        while self.pos < len(text) and text[self.pos] not in " \t\n":
            if text[self.pos] == "(":
                self.pos = self.pair("(", ")", self.pos + 1)
            else:
                self.pos = self.quoted(self.pos)
