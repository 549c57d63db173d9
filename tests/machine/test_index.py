"""The lists of what the indexes hold are searched as sorted text."""

from __future__ import annotations

import pytest

from llm_kernel.machine import index
from llm_kernel.machine.catalog import load


@pytest.mark.parametrize("kind", ["python", "npm"])
def test_each_name_stands_once_and_in_order(kind: str) -> None:
    names = [row.partition(" ")[0] for row in load("index")[kind]]
    assert names == sorted(set(names))


def test_the_first_the_last_and_those_between_are_found() -> None:
    rows = load("index")["python"]
    asked = [rows[0], rows[-1], *rows[1::997]]
    found = [index.listed(row.partition(" ")[0]) for row in asked]
    assert [(row.name, row.summary) for row in found if row] == [
        (row.split(" ")[0], " ".join(row.split(" ")[3:])) for row in asked
    ]


def test_what_no_list_has_is_not_there() -> None:
    assert [index.listed(name) for name in ("", "0", 'a"b', "no-such-name-at-all", "~")] == [None] * 5
    assert index.npm("no-such-name-at-all") == ""
    assert {index.npm(name) == "" for name in list(index.all_npm())[:20]} == {False}
