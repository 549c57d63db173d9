"""A history of which the oldest steps are gone: what is left keeps its numbers, and nothing leads over a gap."""

from __future__ import annotations

from pathlib import Path

import pytest

from llm_kernel.errors import CellError
from llm_kernel.moments import Moments
from llm_kernel.store import Step, Store
from tests.book import Book
from tests.store.moments import entry, moment

_KEEP = 40


def _open(folder: Path) -> Moments:
    store = Store(folder, keep=_KEEP, longest=16)
    return Moments(store, store.enter("book"))


def _run(moments: Moments, first: int, count: int) -> None:
    for number in range(first, first + count):
        moments.add("cell", f"cell {number}", moment({"/f": entry(b"%d" % number)}), forced=False)


def _killed(moments: Moments) -> None:
    moments.line._pulse.leave()
    moments.store.close()


def _holds(moments: Moments, step: Step) -> bytes:
    return moments.store.load(step).files.entries["/f"].data


@pytest.fixture
def moments(tmp_path: Path) -> Moments:
    """Of 300 cells that ran the newest 40 are kept, and the tenth for its name."""
    made = _open(tmp_path)
    _run(made, 1, 10)
    made.save("early")
    _run(made, 11, 290)
    return made


def test_a_step_keeps_its_number_when_older_ones_are_dropped(moments: Moments) -> None:
    assert (min(moments.numbered), max(moments.numbered)) == (261, 300)
    assert _holds(moments, moments.named("270").step) == b"270"
    _run(moments, 301, 5)
    assert _holds(moments, moments.named("270").step) == b"270"
    with pytest.raises(CellError, match=r"^there is no step 265; %history lists 266 to 305\.$"):
        moments.named("265")
    assert _holds(moments, moments.named("early").step) == b"10"


def test_more_than_what_is_kept_cannot_be_taken_back(moments: Moments) -> None:
    assert _holds(moments, moments.undo(39).step) == b"261"
    with pytest.raises(
        CellError, match=r"^%undo 40: there are only 39 steps to take back\. Older steps are no longer kept\.$"
    ):
        moments.undo(40)


def test_the_next_kernel_finds_the_steps_under_their_numbers_and_none_beyond_the_gap(
    moments: Moments, tmp_path: Path
) -> None:
    _killed(moments)
    after = _open(tmp_path)
    numbers = list(after.numbered)
    assert numbers == list(range(numbers[0], 301))
    assert all(_holds(after, step) == b"%d" % number for number, step in after.numbered.items())
    with pytest.raises(CellError, match="Older steps are no longer kept"):
        after.undo(len(numbers))
    _run(after, 301, 3)
    assert _holds(after, after.named("302").step) == b"302"
    _run(after, 304, 100)  # the steps of the life before are kept, but what came after them is not
    assert list(after.numbered) == list(range(364, 404))
    assert _holds(after, after.undo(39).step) == b"364"
    after.end(restart=False)


async def test_a_cell_is_plotted_by_its_number_though_older_ones_are_gone(tmp_path: Path) -> None:
    store = Store(None, keep=3)
    book = Book(tmp_path, moments=Moments(store, store.enter("book")))
    for number in range(6):
        await book(f"printf 'epoch 1 loss 0.{number}\\nepoch 2 loss 0.1\\n'")
    assert [row.split()[0] for row in (await book("%history")).splitlines()] == ["5", "6", "7"]
    (drawn,) = await book.shown("%plot 6")
    assert "0.4" in drawn["text/plain"]
    await book.session.close()
