"""``select``: the menu's columns, and the choice that a person types."""

from __future__ import annotations

import pytest

from llm_kernel.events import Ask, Exit, Text
from llm_kernel.shell.choosing import menu
from tests.notebook import Notebook


@pytest.mark.parametrize(
    ("words", "columns", "shown"),
    [
        ([], "", ""),
        (["a", "b"], "", "1) a\n2) b\n"),
        (["one", "two", "three"], "20", "1) one\t  3) three\n2) two\n"),
        (list("abcdefghij"), "30", "1) a    4) d   7) g  10) j\n2) b    5) e   8) h\n3) c    6) f   9) i\n"),
    ],
)
def test_a_menu_goes_down_and_then_across(words: list[str], columns: str, shown: str) -> None:
    assert menu(words, columns) == shown


async def test_a_choice_is_asked_for_at_the_terminal() -> None:
    book, asked = Notebook(), list[Ask]()
    events = await book("select x in red green; do echo $x; break; done", typed=["2"], ask=asked)
    assert asked == [Ask("#? ", False)]
    assert events == [Text("stderr", "1) red\n2) green\n"), Text("stdout", "green\n"), Exit(0)]
