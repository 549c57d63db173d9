"""The same over a real connection: endpoints that obey grammars, that do not, that refuse one, and models that lie."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from llm_kernel.model.chat import OpenAIBackend, Patience
from llm_kernel.model.tape import Tape
from tests.endpoint import GRAMMARS, Endpoint
from tests.notebook import Notebook
from tests.programs.test_following import FIVE, SAID, epochs

QUICK = Patience(connect=1.0, first=2.0, between=2.0, backoff=0.01)
LIES = {
    "impossible": ["Welcome to the trainer!\n", f"{SAID}done\n"],
    "skips": [f"{SAID[:21]}{SAID[-21:]}done\n", f"{SAID[21:]}done\n"],
    "repeats": [f"{SAID[:21]}{SAID[:21]}", f"{SAID[21:]}done\n"],
    "stuck": [SAID[:21] * 60, f"{SAID[21:]}done\n"],
    "goes on": [f"{SAID}done\nepoch 6/5 loss 0.050\n"],
}


def saying(*replies: str) -> Callable[[dict[str, Any]], str]:
    """Answers in order, and the trial of what the endpoint can with something else; the last one again and again."""
    left = list(replies)

    def answer(body: dict[str, Any]) -> str:
        if not body["stream"]:
            return "Hello!"
        return left.pop(0) if len(left) > 1 else left[0]

    return answer


async def ran(endpoint: Endpoint, *, tape: Path | None = None, mode: Any = "auto") -> tuple[str, Notebook]:
    backend: Any = OpenAIBackend(endpoint.base_url, patience=QUICK)
    notebook = Notebook(Tape(str(tape), mode, backend=lambda: backend, header={}) if tape else backend)
    notebook.machine.files.write("/root/a.py", FIVE.encode())
    await notebook("%machine install pip torch")
    text = await notebook.said("python3 a.py")
    await backend.close()
    return text, notebook


def given(endpoint: Endpoint) -> list[tuple[str, ...]]:
    return [tuple(name for name in GRAMMARS if name in body) for body in endpoint.requests]


@pytest.mark.parametrize("replies", LIES.values(), ids=LIES)
@pytest.mark.parametrize("grammars", ["", "grammar"])
async def test_whatever_the_model_says_the_lines_are_those_of_the_source(replies: Sequence[str], grammars: str) -> None:
    with Endpoint(saying(*replies), grammars=grammars) as endpoint:
        text, _ = await ran(endpoint)
        assert text == f"start\n{SAID}done\n"
        asked = [body for body in endpoint.requests if body["stream"]]
        assert [grammars in body for body in asked] == [bool(grammars), False][: len(replies)]


async def test_a_stream_is_closed_at_the_first_impossible_line() -> None:
    with Endpoint(saying(f"{SAID[:21]}nonsense\n" + SAID * 200, f"{SAID[21:]}done\n"), delay=0.005) as endpoint:
        text, _ = await ran(endpoint)
        assert text == f"start\n{SAID}done\n"
        assert await asyncio.to_thread(endpoint.departures) == 1


async def test_a_refused_grammar_changes_nothing_that_is_shown() -> None:
    with Endpoint([f"{SAID}done\n"], grammars="grammar") as endpoint:
        endpoint.fail("no-stream-options")  # the trial carries none, so that this is spent on it
        endpoint.fail("no-grammar")
        text, _ = await ran(endpoint)
        assert text == f"start\n{SAID}done\n"
        assert given(endpoint) == [GRAMMARS, ("grammar",), ()]


async def test_a_model_that_never_says_it_right_still_leaves_every_line() -> None:
    with Endpoint(["I am a language model, here is your output:\n"]) as endpoint:
        text, notebook = await ran(endpoint)
        assert (epochs(text), text.splitlines()[-1]) == ([1, 2, 3, 4, 5], "done")
        answer = notebook.session.report()["answers"][-1]
        assert (answer["tries"], answer["planned"]) == (4, [[2, 7]])


@pytest.mark.parametrize("replies", LIES.values(), ids=LIES)
async def test_a_tape_plays_the_parts_again(replies: Sequence[str], tmp_path: Path) -> None:
    tape = tmp_path / "tape.jsonl"
    with Endpoint(saying(*replies)) as endpoint:
        first, _ = await ran(endpoint, tape=tape, mode="record")
        asked = len(endpoint.requests)
        second, _ = await ran(endpoint, tape=tape, mode="replay")
        assert first == second == f"start\n{SAID}done\n"
        assert len(endpoint.requests) == asked
