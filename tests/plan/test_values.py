"""Values that programs print: copies are apart from what they were made of, and sets have no order to rely on."""

from __future__ import annotations

import pytest

from llm_kernel.plan import Hole, Line, certain, plan, text_of


def _sure(source: str) -> list[str]:
    """The lines at a program's beginning of which every character is known."""
    planned = plan(source)
    assert planned is not None
    return [text_of(line) for line in certain(planned)[0]]


COPIES = {
    "a = [1, [2]]\nb = copy.deepcopy(a)\na[1].append(3)\nprint(a, b)\n": "[1, [2, 3]] [1, [2]]\n",
    "a = {'k': {'n': 1}}\nb = copy.deepcopy(a)\nb['k']['n'] = 2\nprint(a, b)\n": "{'k': {'n': 1}} {'k': {'n': 2}}\n",
    "class C:\n    pass\nc = C()\nc.v = [1]\nd = copy.deepcopy(c)\nc.v += [2]\nprint(c.v, d.v)\n": "[1, 2] [1]\n",
    "a = [1]\na.append(a)\nb = copy.deepcopy(a)\nprint(len(b), b[1] is b)\n": "2 True\n",
}


@pytest.mark.parametrize("source", COPIES)
def test_a_deep_copy_stays_as_it_was(source: str) -> None:
    assert _sure("import copy\n" + source) == [COPIES[source]]


@pytest.mark.parametrize(
    "value",
    ["{'a', 'b'}", "frozenset('ab')", "[{'a', 'b'}]", "str({'a', 'b'})", "'%s' % {'a', 'b'}", "list(frozenset('ab'))"],
)
def test_the_order_of_texts_in_a_set_is_not_told(value: str) -> None:
    planned = plan(f"print({value})\n")
    assert planned is not None
    (line,) = planned.nodes
    assert isinstance(line, Line)
    assert any(isinstance(part, Hole) for part in line.parts)


@pytest.mark.parametrize(("value", "text"), [("{3, 1, 2}", "{1, 2, 3}\n"), ("{'a'}", "{'a'}\n"), ("set()", "set()\n")])
def test_the_order_of_small_numbers_is(value: str, text: str) -> None:
    assert _sure(f"print({value})\n") == [text]


def test_what_a_set_offers_stands_in_one_order_in_every_run() -> None:
    planned = plan("for x in {'c', 'a', 'b'}:\n    print(x)\n")
    assert planned is not None
    assert "('a', 'b', 'c')" in repr(planned.nodes)
