"""What one cell shows: decoding, wiping, the limit, and what is only for a person."""

from __future__ import annotations

import asyncio

import pytest

from llm_kernel.events import Ask, Clear, Display, Event, Exit, Text
from llm_kernel.machine import Machine
from llm_kernel.model.choice import Models
from llm_kernel.model.request import Request, ScriptedBackend
from llm_kernel.output import Output
from llm_kernel.session import Session


def shown(output: Output) -> list[Event | None]:
    return [output.queue.get_nowait() for _ in range(output.queue.qsize())]


async def printed(*pieces: bytes, most: int = 1000) -> list[Event | None]:
    output = Output(most, allow_stdin=False)
    for piece in pieces:
        await output.out(piece)
    await output.flush()
    return shown(output)


async def test_a_character_may_come_in_two_pieces() -> None:
    assert await printed(b"gr\xc3", b"\xbcn") == [Text("stdout", "gr"), Text("stdout", "ün")]


async def test_a_character_that_never_ends_is_shown_as_a_question() -> None:
    assert await printed(b"gr\xc3") == [Text("stdout", "gr"), Text("stdout", "\ufffd")]


async def test_the_streams_are_decoded_apart() -> None:
    output = Output(1000, allow_stdin=False)
    await output.out(b"\xc3")
    await output.err(b"a")
    await output.out(b"\xbc")
    assert shown(output) == [Text("stderr", "a"), Text("stdout", "ü")]


@pytest.mark.parametrize(
    "wiped",
    ["\x1b[H\x1b[2J\x1b[3J", "\x1b[2J\x1b[H", "\x1b[H\x1b[2J", "\x1b[H\x1b[J", "\x1bc\x1b[!p\x1b[?3;4l\x1b[4l\x1b>"],
)
async def test_what_wipes_a_terminal_wipes_the_cell(wiped: str) -> None:
    assert await printed(wiped.encode()) == [Clear(wait=False)]
    assert await printed(f"a\n{wiped}b\n".encode()) == [Text("stdout", "a\n"), Clear(wait=True), Text("stdout", "b\n")]


async def test_colours_are_text() -> None:
    assert await printed(b"\x1b[31mred\x1b[0m\x1b[K") == [Text("stdout", "\x1b[31mred\x1b[0m\x1b[K")]


async def test_no_more_leaves_than_the_limit_allows_and_that_is_said_once() -> None:
    said = "\n[output cut after 4 characters; c.LLMKernel.output_limit sets how many]\n"
    assert await printed(b"abc", b"def", b"ghi", most=4) == [Text("stdout", "abc"), Text("stdout", f"d{said}")]


async def test_the_end_of_what_was_shown_is_kept_for_the_journal() -> None:
    output = Output(1_000_000, allow_stdin=False)
    for _ in range(10):
        await output.out(b"x" * 9_999 + b"\n")
    kept = output.take()
    assert (len(kept) <= 50_000, kept.endswith("x\n"), output.take()) == (True, True, "")


async def test_only_a_person_is_told_and_asked() -> None:
    batch, person = Output(1000, allow_stdin=False), Output(1000, allow_stdin=True)
    batch.tell("loading")
    person.tell("loading")
    assert (shown(batch), shown(person)) == ([], [Text("stderr", "loading")])
    assert await batch.ask("Name: ", False) is None
    asking = asyncio.create_task(person.ask("Name: ", True))
    assert await person.queue.get() == Ask("Name: ", True)
    person.answer("Ada")
    assert await asking == "Ada"


async def test_a_view_stands_in_its_place() -> None:
    output = Output(1000, allow_stdin=False)
    await output.out(b"a")
    output.show(Display({"text/plain": "view"}, kind="result"))
    await output.out(b"b")
    assert shown(output) == [Text("stdout", "a"), Display({"text/plain": "view"}, kind="result"), Text("stdout", "b")]


@pytest.mark.parametrize("person", [True, False])
async def test_only_a_person_hears_that_the_embedded_model_is_on_its_way(person: bool) -> None:
    def late(request: Request) -> str:
        for done in (0, 1_000_000, 500_000_000):  # the second is as good as the first
            session.waiting("fetching", done, 1_100_000_000)
        session.waiting("loading", 0, 0)
        return "here\n"

    session = Session(Machine(), Models(lambda _: ScriptedBackend(late, piece=100)))
    events = [event async for event in session.run_cell("curl -s http://example.com/", allow_stdin=person)]
    told = [
        Text("stderr", "\rfetching the embedded model, once: 0.00 of 1.10 GB"),
        Text("stderr", "\rfetching the embedded model, once: 0.50 of 1.10 GB"),
        Text("stderr", "\rloading the embedded model, which takes some seconds \n"),
    ]
    assert events == [*(told if person else []), Text("stdout", "here\n"), Exit(0)]
