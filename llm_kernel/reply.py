"""A model's reply, read as it arrives: plain text is what the program prints, a line behind ``@ `` is an act.

The reader is fed in any chunking and says the same; plain text leaves it as soon as it cannot be anything else.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum, auto
from typing import Literal, TypeAlias

from llm_kernel.syntax import Heredoc, ends_with, judge, rests

__all__ = ["Act", "Bad", "ReplyReader", "Say", "Turn", "apology", "joined", "meta_script", "repeats"]

_FENCE = re.compile(r"(?:```|~~~)[ \t]*[\w+.-]*[ \t]*\r?")
_OPENING = re.compile(r"^(```|~~~)[ \t]*([\w+.-]*)[ \t]*$", re.MULTILINE)
_SHELLS = frozenset(["", "bash", "sh", "shell", "console", "shell-script", "shellscript", "zsh"])
_APOLOGY = re.compile(
    r"""\s*(?:
        (?:I\ am|I['’]m|We['’]re|we\ are)\ (?:very\ |really\ |so\ |truly\ )?sorry\b
      | (?:my\ )?(?:sincere\ )?apologies\b | I\ apologi[sz]e\b | sorry,\ (?:but|I)\b | unfortunately,\ I\b
      | as\ an?\ (?:AI|artificial|large\ )?\s*(?:language\ model|AI|assistant)\b
      | I\ (?:can(?:no|['’])t|can\ not|cannot|am\ (?:not\ able|unable)|['’]m\ (?:not\ able|unable)|do\ not|don['’]t
          |won['’]t|will\ not)\ (?:be\ able\ to\ )?(?:to\ )?
          (?:assist|help|comply|do\ that|provide|fulfill?|execute|run|access|simulate|have\ (?:the\ ability|access))\b
      | I['’]m\ (?:not\ able|unable)\ to\b
      | (?:非常|很)?(?:抱歉|对不起|不好意思) | 作为一?个?(?:AI|人工智能|大?语言模型) | 我(?:无法|不能|没办法)
      | 很遗憾
    )""",
    re.IGNORECASE | re.VERBOSE,
)
_SHORT = 600  # a longer text that begins so is a program's output


@dataclass(frozen=True, slots=True)
class Say:
    """A piece of what the program prints, as it came; the pieces of a reply end in a newline."""

    text: str


@dataclass(frozen=True, slots=True)
class Act:
    """A complete shell text that the machine runs for the program: the line, and its here-documents."""

    text: str


@dataclass(frozen=True, slots=True)
class Bad:
    """An act that is not one: ``reason`` says what is open or wrong."""

    text: str
    reason: str


Turn: TypeAlias = Say | Act | Bad


class _At(Enum):
    START = auto()  # the beginning of a line, not yet known for what it is
    PLAIN = auto()  # inside a plain line
    ACT = auto()  # inside an act's line
    BODY = auto()  # inside an act's here-documents


class ReplyReader:
    """Turns a stream of text into what is said and what is to be done; ``command``: what the program was called by."""

    def __init__(self, command: str = "") -> None:
        self._prompt = f"$ {command.strip()}" if command.strip() and "\n" not in command.strip() else ""
        self._at = _At.START
        self._line: list[str] = []  # the pieces of a line that is not finished
        self._head = ""  # its first characters, as far as needed to know it
        self._first = True  # nothing but fence and prompt has been seen
        self._fenced = ""
        self._held = ""  # a closing fence and blank lines that may be the last
        self._act: list[str] = []
        self._heredocs: list[Heredoc] = []
        self._ended: Literal["", "exit", "read"] = ""
        self._done = False

    @property
    def closed(self) -> bool:
        """Whether the reply is over and everything that follows is dropped."""
        return self._done

    @property
    def ended(self) -> Literal["", "exit", "read"]:
        """The act that ended the reply, if one did."""
        return self._ended

    def feed(self, chunk: str) -> list[Turn]:
        """What is certain after ``chunk``."""
        out: list[Turn] = []
        begin = 0
        while begin < len(chunk) and not self._done:
            stop = chunk.find("\n", begin) + 1
            self._piece(chunk[begin : stop or len(chunk)], bool(stop), out)
            begin = stop or len(chunk)
        return joined(out)

    def close(self) -> list[Turn]:
        """What is left when the reply is over; an act that is still open is bad."""
        out: list[Turn] = []
        if not self._done and (self._line or self._at is _At.PLAIN):
            self._piece("\n", True, out)
        if not self._done and self._at is _At.BODY:
            out.append(Bad("".join(self._act), f"its here-document has no line {self._heredocs[0].end}"))
        self._done = True
        return joined(out)

    def _piece(self, piece: str, whole: bool, out: list[Turn]) -> None:
        """Take a piece of one line; ``whole``: the piece ends it."""
        if self._at is _At.PLAIN:
            out.append(Say(piece))
            self._at = _At.START if whole else _At.PLAIN
            return
        self._line.append(piece)
        if self._at is _At.START and len(self._head) < max(len(self._prompt), 3) + 1:
            self._head = "".join(self._line)
        if whole:
            line, self._line, self._head = "".join(self._line), [], ""
            self._whole(line, out)
        elif self._at is _At.START and not self._undecided(self._head):
            self._plain("".join(self._line), out)
            self._line, self._head, self._at = [], "", _At.PLAIN

    def _undecided(self, head: str) -> bool:
        """Whether a line that begins with ``head`` may still be more than plain text."""
        if "@ ".startswith(head[:2]) or "@@ ".startswith(head[:3]):
            return True
        if self._first and self._opens(head):
            return True
        if self._first and self._prompt and (self._prompt.startswith(head) or head.rstrip() == self._prompt):
            return True
        if not head.strip():
            return bool(self._held)
        return bool(self._fenced) and self._fenced.startswith(head.rstrip())

    def _opens(self, head: str) -> bool:
        return not self._fenced and ("```".startswith(head) or "~~~".startswith(head) or bool(_FENCE.fullmatch(head)))

    def _whole(self, line: str, out: list[Turn]) -> None:
        if self._at is _At.BODY:
            self._body(line, out)
        elif line.startswith("@ "):
            self._first = False
            self._begin(line[2:].rstrip("\r\n"), out)
        elif line.startswith("@@ "):
            self._plain(line[1:], out)
        elif self._first and not self._fenced and _FENCE.fullmatch(line[:-1]):
            self._fenced = line[:3]
        elif self._first and self._prompt and line.rstrip() == self._prompt:
            self._first = False
        elif self._fenced and line.rstrip() == self._fenced:
            self._plain("", out)
            self._held = line
        elif self._held and not line.strip():
            self._held += line
        else:
            self._plain(line, out)

    def _plain(self, text: str, out: list[Turn]) -> None:
        self._first = False
        if self._held or text:
            out.append(Say(self._held + text))
        self._held = ""

    def _begin(self, line: str, out: list[Turn]) -> None:
        """Judge an act's line; with here-documents it waits for them."""
        verdict = judge(line)
        if verdict.heredocs and verdict.runs:
            self._act, self._heredocs, self._at = [line + "\n"], list(verdict.heredocs), _At.BODY
        else:
            self._finish(line, verdict.state == "complete", verdict.why, out)

    def _body(self, line: str, out: list[Turn]) -> None:
        self._act.append(line)
        if self._heredocs[0].ends(line.removesuffix("\n")):
            del self._heredocs[0]
        if not self._heredocs:
            self._at = _At.START
            self._finish("".join(self._act), True, "", out)

    def _finish(self, text: str, complete: bool, why: str, out: list[Turn]) -> None:
        if not complete:
            out.append(Bad(text, why))
        elif text.strip() and not text.lstrip().startswith("#"):
            out.append(Act(text))
            self._ended = ends_with(text)
            self._done = bool(self._ended)


def joined(turns: list[Turn]) -> list[Turn]:
    """The same turns, each run of sayings as one."""
    out: list[Turn] = []
    pieces: list[str] = []
    for turn in turns:
        if isinstance(turn, Say):
            pieces.append(turn.text)
            continue
        if pieces:
            out.append(Say("".join(pieces)))
            pieces = []
        out.append(turn)
    return [*out, Say("".join(pieces))] if pieces else out


def meta_script(reply: str) -> str:
    """The bash script in a meta reply: without the fence around it, and without the prose around its only fence."""
    text = reply.replace("\r\n", "\n").strip("\n")
    scripts = [body for language, body in _blocks(text) if language.lower() in _SHELLS]
    return _ended(scripts[0] if len(scripts) == 1 else text)


def _blocks(text: str) -> list[tuple[str, str]]:
    """The fenced blocks of ``text``, each with its language; a fence inside a here-document is that one's text."""
    blocks: list[tuple[str, str]] = []
    pos = 0
    while found := _OPENING.search(text, pos):
        if judge(text[pos : found.start()]).heredocs:
            return blocks  # what follows is a script's own text
        begin = _line_end(text, found.start())
        stop = _fence_end(text, begin, found[1])
        blocks.append((found[2], text[begin:stop]))
        pos = _line_end(text, stop)
    return blocks


def _line_end(text: str, pos: int) -> int:
    return text.find("\n", pos) + 1 or len(text)


def _fence_end(text: str, begin: int, fence: str) -> int:
    """Where the block's closing fence begins: the first that is no shell text, or the end of a reply cut off."""
    closing = re.compile(rf"^{fence}[ \t]*$", re.MULTILINE)
    for start in rests(text, begin):
        if closing.match(text, start):
            return start
    if judge(text[begin:]).state == "complete":
        return len(text)
    found = closing.search(text, begin)
    return found.start() if found else len(text)


def _ended(text: str) -> str:
    return text if not text or text.endswith("\n") else text + "\n"


def apology(reply: str) -> bool:
    """Whether a reply is no answer but a refusal or an excuse: it begins so, and is short."""
    return len(reply.strip()) <= _SHORT and bool(_APOLOGY.match(reply))


def repeats(text: str, times: int = 30) -> bool:
    """Whether ``text`` ends in more than ``times`` equal lines that are not empty, as a model that is stuck writes."""
    lines = text.rstrip("\n").rsplit("\n", times + 1)[-(times + 1) :]
    return len(lines) > times and bool(lines[-1].strip()) and len(set(lines)) == 1
