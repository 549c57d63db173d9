"""What a person at the keyboard is told while a shared server is busy."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

import pytest

from llm_kernel.events import Text
from llm_kernel.model.request import Delta, Request
from tests.notebook import Notebook


class _Busy:
    """A backend whose requests wait first."""

    name = "busy"

    def __init__(self, places: list[int]) -> None:
        self.places = places
        self.notebook: Notebook | None = None

    async def models(self) -> list[str]:
        return ["busy"]

    async def close(self) -> None:
        pass

    async def stream(self, request: Request) -> AsyncGenerator[Delta, None]:
        assert self.notebook is not None
        for place in self.places:
            self.notebook.session.waiting("waiting", place, 0)
            await asyncio.sleep(0)
        yield Delta("This is perl 5\n", model="busy")
        yield Delta(finish="stop", model="busy")


def _told(events: list[object]) -> str:
    return "".join(event.text for event in events if isinstance(event, Text) and event.stream == "stderr")


async def test_the_place_in_the_queue_is_shown_as_it_changes_and_wiped_at_the_end() -> None:
    busy = _Busy([22, 11, 11, 3, 2, 1, 0])
    notebook = busy.notebook = Notebook(busy)
    told = _told(await notebook("perl -v", typed=[]))
    assert [piece.strip() for piece in told.split("\r")] == [
        *["", "waiting, 22nd", "waiting, 11th", "waiting, 3rd", "waiting, 2nd", "waiting, 1st", "", ""],
    ]


async def test_the_same_place_is_shown_again_in_another_cell() -> None:
    busy = _Busy([7])
    notebook = busy.notebook = Notebook(busy)
    for _ in range(2):
        assert _told(await notebook("perl -v", typed=[])).strip() == "waiting, 7th"


@pytest.mark.parametrize("places", [[7, 0], []])
async def test_a_batch_run_shows_nothing_of_it(places: list[int]) -> None:
    busy = _Busy(places)
    notebook = busy.notebook = Notebook(busy)
    assert await notebook.said("perl -v") == "This is perl 5\n"
