"""``look``: the lines of a sorted file that begin with a word."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import dropwhile, takewhile

from llm_kernel.programs.feeding import lines
from llm_kernel.programs.options import Options
from llm_kernel.programs.table import exact
from llm_kernel.shell.call import Answer, Call

__all__ = ["look"]

_LOOK = Options(
    "a,alternative b d,alphanum f,ignore-case t,terminate=",
    usage="[options] <string> [<file>...]",
    about="Display lines beginning with a specified string.",
    package="util-linux 2.38.1",
)
_WORDS = "/usr/share/dict/words"


@exact("look")
def look(call: Call) -> Answer:
    """Print what begins with the word; status 1 where nothing does."""
    parsed = _LOOK.parse(call)
    if isinstance(parsed, Answer):
        return parsed
    if not parsed.operands:
        return Answer(stderr="look: bad usage\nTry 'look --help' for more information.\n", status=1)
    word, *files = parsed.operands
    folds, plain = "ignore-case" in parsed or not files, "alphanum" in parsed or not files
    if end := parsed.value("terminate"):
        word = word[: word.find(end[0]) + 1] if end[0] in word else word
    path = call.path(files[0] if files else _WORDS)
    try:
        data = call.machine.files.head(path)
    except OSError as err:
        return Answer(stderr=f"look: {files[0] if files else _WORDS}: {err.strerror}\n", status=1)
    bare = _compared(folds=folds, plain=plain)
    wanted = bare(word.encode("utf-8", "surrogateescape"))
    found = list(takewhile(lambda line: bare(line).startswith(wanted), _from(data, wanted, bare)))
    return Answer(b"".join(line + b"\n" for line in found), status=int(not found))


def _from(data: bytes, wanted: bytes, bare: Callable[[bytes], bytes]) -> Iterator[bytes]:
    """The lines that do not come before ``wanted``, found by halves: of a file that is not sorted, just some."""
    front, back = 0, len(data)
    while (at := _line_after(data, (front + back) // 2, back)) < back and back > front:
        if bare(data[at:].partition(b"\n")[0]) < wanted:
            front = at
        else:
            back = at
    return dropwhile(lambda line: bare(line) < wanted, lines(data[front:]))


def _line_after(data: bytes, at: int, back: int) -> int:
    end = data.find(b"\n", at, back)
    return end + 1 if end >= 0 else back


def _compared(*, folds: bool, plain: bool) -> Callable[[bytes], bytes]:
    """What of a line is compared."""

    def bare(line: bytes) -> bytes:
        line = bytes(byte for byte in line if byte in b" \t" or chr(byte).isalnum()) if plain else line
        return line.lower() if folds else line

    return bare
