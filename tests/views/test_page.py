"""The pieces of a view: nothing hidden, nothing that is more than text."""

from __future__ import annotations

import html5lib
import pytest

from llm_kernel.views.page import bar, block, columns, fold, grid, note, page, piece, section, shown, view
from tests.views.html import HOSTILE, check, names


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("plain ~", "plain ~"),
        ("Grüße 你好 日本 \U0001f600", "Grüße 你好 日本 \U0001f600"),
        ("a\tb\nc", "a\\tb\\nc"),
        ("\x1b[31m\r\x00\x7f\x9b", "\\x1b[31m\\x0d\\x00\\x7f\\x9b"),
        ("a\u202eb\u2066\u200b\ufeff", "a\\u202eb\\u2066\\u200b\\ufeff"),
        ("\ud800\U000e0041", "\\ud800\\U000e0041"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("a\u00a0b\u3000c", "a\u00a0b\u3000c"),
        ("", ""),
    ],
)
def test_every_letter_is_to_be_seen(text: str, said: str) -> None:
    assert shown(text) == said


def test_lines_stay_where_they_are_wanted() -> None:
    assert shown("a\n\tb\x0c", lines=True) == "a\n\tb\\x0c"


@pytest.mark.parametrize("text", HOSTILE)
def test_no_piece_lets_data_become_an_element(text: str) -> None:
    made = view(
        page(
            text,
            section("Part", piece(text, "faint"), note(text)),
            grid(("a", "b"), [(piece(text), bar(3, 9, "3"))], numbers=[1]),
            fold(text, block(text), block("", [(text, "added"), (text, "")]), opened=True),
        ),
        shown(text),
    )
    check(made)
    assert names(made) == set("div table thead tbody tr th td bdi span meter details summary pre".split())


@pytest.mark.parametrize(("value", "most", "kept"), [(5, 10, "5"), (-1, 10, "0"), (11, 10, "10"), (0.6, 0, "1")])
def test_a_bar_stays_within_its_bounds(value: float, most: float, kept: str) -> None:
    found = html5lib.parseFragment(str(page("", bar(value, most, ""))), namespaceHTMLElements=False)
    assert next(found.iter("meter")).attrib["value"] == kept


def test_columns_stand_below_each_other() -> None:
    assert columns([("a", "1", ""), ("你好", "22", "x")], right=[1]) == ["a      1", "你好  22  x"]
    assert columns([]) == []
