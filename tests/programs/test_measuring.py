"""GNU time: what a command took by the machine's clock, in the forms that time(1) knows."""

from __future__ import annotations

import pytest

from llm_kernel.events import Exit, Text
from tests.notebook import Notebook, err


@pytest.mark.parametrize(
    ("command", "said", "status"),
    [
        ("/usr/bin/time -p sleep 2", "real 2.00\nuser 0.00\nsys 0.00\n", 0),
        ("\\time -f '%e %E %x %C%%' sleep 3700", "3700.00 1:01:40 0 sleep 3700%\n", 0),
        ("command time -f '%x' false", "Command exited with non-zero status 1\n1\n", 1),
        ("/usr/bin/time -q -f '%x\\t%e' sh -c 'sleep 1; exit 3'", "3\t1.00\n", 3),
        ("/usr/bin/time", "time: missing program to run\nTry 'time --help' for more information.\n", 125),
        ("/usr/bin/time -f %e nosuch", "time: cannot run nosuch: No such file or directory\n", 127),
    ],
)  # fmt: skip
async def test_what_a_command_took_is_told_on_standard_error(command: str, said: str, status: int) -> None:
    events = await Notebook()(command)
    told = "".join(event.text for event in events if isinstance(event, Text) and event.stream == "stderr")
    assert (told[: len(said)], events[-1]) == (said, Exit(status))


async def test_a_file_takes_it_and_more_of_it() -> None:
    book = Notebook()
    assert await book.said("for i in 1 2; do /usr/bin/time -a -o took -f %e sleep $i; done; cat took") == "1.00\n2.00\n"
    assert await book("/usr/bin/time -o no/where true") == err("time: no/where: No such file or directory\n", 125)


async def test_the_word_of_bash_stays_bash_s() -> None:
    assert await Notebook()("time -p sleep 1") == err("real 1.00\nuser 0.00\nsys 0.00\n", 0)
