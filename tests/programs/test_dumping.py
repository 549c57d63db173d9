"""Tools that an exact program answers: cutting, collapsing, splitting and dumping, as GNU's and Debian's do."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from llm_kernel.programs.table import EXACT
from llm_kernel.shell.call import Call
from tests.programs.recorded import machine


class Streams:
    """Standard input of one piece, and what was written."""

    def __init__(self, data: bytes) -> None:
        self.data, self.said = data, b""

    async def out(self, data: str | bytes) -> None:
        self.said += data.encode() if isinstance(data, str) else data

    err = out

    async def read(self) -> bytes:
        return self.data

    async def chunks(self) -> AsyncIterator[bytes]:
        for at in range(0, len(self.data), 3):
            yield self.data[at : at + 3]


async def said(words: str, data: bytes = b"") -> tuple[str, int]:
    name, *args = words.split("|")
    row, streams = EXACT[name], Streams(data)
    assert row.live is not None
    status = await row.live(Call(name, tuple(args), machine(0.0), "/tmp/cw/work", {"LANG": "C.UTF-8"}), streams)  # type: ignore[arg-type]
    return streams.said.decode(), status


HINT = "Try 'cut --help' for more information.\n"


@pytest.mark.parametrize(
    ("words", "data", "text", "status"),
    [
        ("cut|-d|:|-f|3,1", b"a:b:c\nplain\n", "a:c\nplain\n", 0),
        ("cut|-sd:|-f2-", b"a:b:c\nplain\n", "b:c\n", 0),
        ("cut|-c|2-3|--complement", b"abcd\n", "ad\n", 0),
        ("cut|-c|a", b"", f"cut: invalid byte/character position ‘a’\n{HINT}", 1),
        ("cut|-c|3-1", b"", f"cut: invalid decreasing range\n{HINT}", 1),
        ("cut|-f|0", b"", f"cut: fields are numbered from 1\n{HINT}", 1),
        ("uniq|--group=both", b"a\na\nb\n", "\na\na\n\nb\n\n", 0),
        ("uniq|-c", b"a\na\nb\n", "      2 a\n      1 b\n", 0),
        ("uniq|-D", b"a\na\nb\n", "a\na\n", 0),
        ("xxd|-b", b"hi", "00000000: 01101000 01101001                                      hi\n", 0),
        ("xxd|-i", b"hi", "  0x68, 0x69\n", 0),
        ("xxd|-r|-p", b"6869", "hi", 0),
        ("hexdump|-C", b"hi", "00000000  68 69" + " " * 45 + "|hi|\n00000002\n", 0),
        ('hexdump|-v|-e|1/1 "%02x"', b"hi", "6869", 0),
        ("hd", b"", "", 0),
        ("csplit|nosuch|1", b"", "csplit: cannot open 'nosuch' for reading: No such file or directory\n", 1),
    ],
)
async def test_a_tool_says_what_the_real_one_says(words: str, data: bytes, text: str, status: int) -> None:
    assert await said(words, data) == (text, status)
