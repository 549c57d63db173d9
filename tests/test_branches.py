"""A branch follows the cells that come, through ways back and cuts, until another one is loaded."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.book import Book


@pytest.fixture
async def book(tmp_path: Path) -> AsyncIterator[Book]:
    made = Book(tmp_path)
    yield made
    await made.session.close()


async def _on(book: Book) -> list[str]:
    """The branches, the one that is followed with its star."""
    return [row[:22].strip() for row in (await book("%branch")).splitlines()]


async def test_a_branch_is_followed_behind_an_undo_and_a_redo(book: Book) -> None:
    await book("%branch left")
    await book("x=1")
    await book("x=2")
    await book("%undo")
    assert await _on(book) == ["* left"]
    await book("x=3")
    await book("%load 1")
    assert await book("%load left\necho $x") == "on branch left, as after: x=3\n3\n"
    await book("%undo")
    await book("%redo")
    assert await _on(book) == ["* left"]


async def test_a_branch_is_followed_from_its_first_step_on(book: Book, tmp_path: Path) -> None:
    await book("%branch left")
    await book("x=1")
    await book("%undo")
    assert await _on(book) == ["* left"]
    await book("%branch right")
    await book.killed()
    after = Book(tmp_path)
    await after("x=2")
    assert await _on(after) == ["left", "* right"]
    await after.session.close()


async def test_before_it_began_a_branch_is_not_followed(book: Book) -> None:
    await book("x=1")
    await book("%branch left")
    await book("x=2")
    await book("%undo 2")
    assert await _on(book) == ["left"]
    await book("x=3")
    assert await book("%load left\necho $x") == "on branch left, as after: x=2\n2\n"


async def test_to_take_a_load_back_is_to_follow_the_branch_of_before(book: Book) -> None:
    for name in ("left", "right"):
        await book(f"%branch {name}")
        await book(f"x={name}")
    await book("%load left")
    await book("%undo")
    assert await _on(book) == ["left", "* right"]


@pytest.mark.parametrize("restart", [False, True])
async def test_the_next_kernel_follows_the_branch(book: Book, tmp_path: Path, restart: bool) -> None:
    await book("%branch left")
    await book("x=1")
    if restart:
        await book.session.close(restart=True)
    else:
        await book.killed()
    after = Book(tmp_path)
    if restart:
        await after("%restore")
    await after("x=2")
    assert await _on(after) == ["* left"]
    await after("%load 1")
    assert await after("%load left\necho $x") == "on branch left, as after: x=2\n2\n"
    await after.session.close()


async def test_a_name_that_went_elsewhere_is_not_taken_back(book: Book, tmp_path: Path) -> None:
    await book("%branch left")
    await book("x=1")
    await book.killed()
    other = Book(tmp_path, "other")
    await other("%branch left")
    await other("x=other")
    after = Book(tmp_path)
    await after("x=2")
    await after("%undo")
    assert await _on(after) == ["left"]
    assert await other("%load left\necho $x") == "on branch left, as after: x=other\nother\n"
    await after.session.close()
    await other.session.close()


async def test_a_second_kernel_leaves_the_branch_to_the_first(book: Book, tmp_path: Path) -> None:
    await book("%branch left")
    await book("x=1")
    second = Book(tmp_path)
    await second("x=2")
    assert await _on(second) == ["left"]
    await second.session.close()
