"""Sets of what is hashed by its place in memory: in the same order each time, or left to the model."""

from __future__ import annotations

import pytest

from tests.python.test_interpreter import interpreted

_PLAIN = (
    "class P:\n    def __init__(self, n):\n        self.n = n\n    def __repr__(self):\n        return f'P{self.n}'\n"
)
_RECORD = "from dataclasses import dataclass\n@dataclass(frozen=True)\nclass F:\n    x: object\n"


async def test_a_set_of_plain_objects_has_the_same_order_each_time() -> None:
    source = _PLAIN + "s = {P(n) for n in range(20)}\nprint(s, [hash(p) for p in s])"
    assert await interpreted(source, "3.11") == await interpreted(source, "3.11")


async def test_hashes_are_those_of_the_places_that_are_told_and_no_class_shows_them() -> None:
    source = _PLAIN + (
        "class E(P):\n    def __eq__(self, other):\n        return True\n"
        "class H(P):\n    def __hash__(self):\n        return hash((self.n, None))\n"
        "a, none = P(1), hash((len, 1))\n"
        "print(hash(a) == id(a) >> 4, hash(int) == id(int) >> 4, none == hash((len, 1)), a in {a}, P(1) in {a})\n"
        "print('__hash__' in vars(P), E.__hash__, len({H(1), H(2)}), int in {int, str}, 2 not in {None})\n"
    )
    said = "True True True True False\nFalse None 2 True True\n"
    assert await interpreted(source, "3.11") == [said, "", 0]


async def test_a_data_class_is_hashed_as_python_does() -> None:
    source = _RECORD + (
        "@dataclass\nclass D:\n    x: int\n@dataclass(eq=False)\nclass E:\n    x: int\n"
        "print(D.__hash__, {F(1)} == {F(1)}, {E(1)} == {E(1)}, hash(F(2)) == hash(F(2)))"
    )
    assert await interpreted(source, "3.11") == ["None True False True\n", "", 0]


@pytest.mark.parametrize(
    "made",
    [
        "{int, str}",
        "set([len, print])",
        "set().add(object())",
        "set().update(v for v in [int, 1])",
        "{type(v) for v in (1, 'a')}",
        "{int: 1, str: 2}.keys() & {1}.union([str])",
        "frozenset([(1, (ValueError('x'),))])",
        "{F(int)}",
        "list(map(set, [[int, str]]))",
        "list(map(set().add, [int, str]))",
    ],
)
async def test_other_places_in_a_set_are_left(made: str) -> None:
    assert await interpreted(f"{_RECORD}{made}", "3.11") == "a set in the order of places in memory"


@pytest.mark.parametrize("hashed", ["object().__hash__()", "int.__hash__(1)", "object.__hash__(1)"])
async def test_no_method_tells_a_hash(hashed: str) -> None:
    assert await interpreted(f"print({hashed})", "3.11") == "hash of a place in memory"
