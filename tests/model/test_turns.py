"""Many kernels, one server: who is served next, what those who wait are told, who has left."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from llm_kernel.model.turns import Turns


class _Class:
    """Kernels that ask; ``log`` is who was served in which order, ``told`` what each heard."""

    def __init__(self, most: int = 1) -> None:
        self.turns = Turns(most)
        self.log: list[str] = []
        self.told: dict[str, list[int]] = {}
        self.done: dict[str, asyncio.Event] = {}
        self.tasks: dict[str, asyncio.Task[None]] = {}

    async def ask(self, *names: str) -> None:
        """``a1`` is kernel a's first request; each has time to stand in the queue."""
        for name in names:
            self.done[name] = asyncio.Event()
            self.tasks[name] = asyncio.create_task(self._one(name))
            await self.rest()

    async def _one(self, name: str) -> None:
        async def told(place: int) -> None:
            self.told.setdefault(name, []).append(place)

        async with self.turns.turn(name[0], told):
            self.log.append(name)
            await self.done[name].wait()

    async def rest(self) -> None:
        for _ in range(20):
            await asyncio.sleep(0)

    async def finish(self, *names: str) -> None:
        for name in names:
            self.done[name].set()
            await self.rest()

    async def leave(self, name: str) -> None:
        self.tasks[name].cancel()
        with suppress(asyncio.CancelledError):
            await self.tasks[name]
        await self.rest()


async def test_who_finds_a_free_place_is_served_and_told_nothing() -> None:
    room = _Class(most=2)
    await room.ask("a1", "b1")
    assert (room.log, room.told) == (["a1", "b1"], {})
    await room.finish("a1", "b1")


async def test_kernels_take_turns_however_many_requests_one_has() -> None:
    room = _Class()
    await room.ask("a1", "a2", "a3", "b1", "c1", "b2")
    await room.finish("a1", "b1", "c1", "a2", "b2", "a3")
    assert room.log == ["a1", "b1", "c1", "a2", "b2", "a3"]


async def test_a_kernel_has_one_request_at_a_time_though_there_is_room() -> None:
    room = _Class(most=2)
    await room.ask("a1", "a2")
    assert room.log == ["a1"]
    await room.ask("b1")
    assert room.log == ["a1", "b1"]
    await room.finish("a1", "b1", "a2")
    assert room.log == ["a1", "b1", "a2"]


async def test_the_place_is_told_again_as_one_moves_up() -> None:
    room = _Class()
    await room.ask("a1", "b1", "c1", "d1")
    await room.finish("a1", "b1", "c1", "d1")
    assert room.told == {"b1": [1], "c1": [2, 1], "d1": [3, 2, 1]}


async def test_the_places_that_are_told_are_the_order_in_which_they_are_served() -> None:
    room = _Class()
    await room.ask("a1", "a2", "a3", "b1", "b2", "c1", "d1", "d2")
    told = {name: places[-1] for name, places in room.told.items()}
    await room.finish("a1")
    while len(room.log) < 8:
        await room.finish(room.log[-1])
    assert sorted(told, key=told.__getitem__) == room.log[1:]
    await room.finish(room.log[-1])


async def test_who_gives_up_leaves_at_once_and_the_others_move_up() -> None:
    room = _Class()
    await room.ask("a1", "b1", "c1")
    await room.leave("b1")
    assert (room.told["c1"], room.turns.waiting) == ([2, 1], 1)
    await room.leave("a1")
    assert room.log == ["a1", "c1"]
    await room.finish("c1")
    assert room.turns.waiting == 0


async def test_nothing_is_left_of_forty_kernels_that_all_gave_up() -> None:
    room = _Class(most=2)
    names = [f"{chr(0x100 + number)}1" for number in range(40)]
    await room.ask(*names)
    assert room.told[names[-1]] == [38]
    for name in reversed(names):
        await room.leave(name)
    await room.ask("z1")
    assert (room.log[-1], room.turns.waiting) == ("z1", 0)
    await room.finish("z1")
