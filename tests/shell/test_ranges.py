"""Long ranges in braces."""

from __future__ import annotations

from llm_kernel.events import Text
from tests.notebook import Notebook, out


async def test_a_long_range_is_what_bash_makes_of_it() -> None:
    notebook = Notebook()
    script = """\
echo {1..20000} | wc -w
for i in {1..20001..2}; do :; done; echo $i
set -- f{00001..10001}.txt; echo $# $1 ${10001}
a=({30000..1..-2}); echo ${#a[@]} ${a[-1]}
echo "{1..20000}"; x={1..20000}; echo $x
"""
    said = "20000\n20001\n10001 f00001.txt f10001.txt\n15000 2\n{1..20000}\n{1..20000}\n"
    assert await notebook(script) == out(said)


async def test_a_range_that_no_memory_holds_is_refused() -> None:
    events = await Notebook()("echo {1..1000000}")
    assert [event.text for event in events if isinstance(event, Text)] == [
        "bash: brace expansion: failed to allocate memory\n"
    ]
