"""A model fails or a user interrupts: what was shown stays, the machine is sound, the next cell works."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from llm_kernel.errors import BadReply, EndpointError, ModelError
from llm_kernel.events import Event, Exit, Text
from llm_kernel.model.chat import OpenAIBackend, Patience
from llm_kernel.model.tape import Tape
from tests.endpoint import Endpoint
from tests.notebook import Notebook, joined, out

KEY = "sk-secret-0123456789abcdef"
SAID = "one\ntwo\nthree\nfour\n"
QUICK = Patience(connect=2.0, first=2.0, between=2.0, usage=0.2, retries=1, backoff=0.01, longest_wait=0.1)


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    with Endpoint([f"{SAID}@ touch done\n"]) as server:
        yield server


@pytest_asyncio.fixture
async def notebook(endpoint: Endpoint) -> AsyncIterator[Notebook]:
    made = Notebook(OpenAIBackend(endpoint.base_url, KEY, patience=QUICK))
    yield made
    await made.session.close()


def _changed(notebook: Notebook, before: object) -> list[str]:
    """The files that are not as they were, but for what moves with the clock."""
    changes = notebook.machine.files.diff(before, notebook.machine.files.snapshot())  # type: ignore[arg-type]
    return [change.path for change in changes if not change.path.startswith("/proc/")]


def _commands(notebook: Notebook) -> list[str]:
    return [process.command[0] for process in notebook.machine.processes.running()]


async def test_a_real_endpoint_answers(notebook: Notebook) -> None:
    assert await notebook("rsync; ls") == out(f"{SAID}done\n")


@pytest.mark.parametrize(
    "fault",
    "401 403 404 429 quota 500 502 503 too-long html refusal empty blank apology garbage cut-first hang-first".split(),
)
async def test_a_fault_before_the_first_word_leaves_the_machine_as_it_was(
    endpoint: Endpoint, notebook: Notebook, fault: str
) -> None:
    endpoint.fail(fault, -1)
    before = notebook.machine.files.snapshot()
    commands = _commands(notebook)
    assert await notebook.fails("rsync; echo after") == []
    assert isinstance(notebook.fault, ModelError)
    assert len(str(notebook.fault)) > 40
    assert (_changed(notebook, before), _commands(notebook)) == ([], commands)
    endpoint.faults.clear()
    assert await notebook("rsync; ls") == out(f"{SAID}done\n")


@pytest.mark.parametrize("fault", ["cut-mid", "end-mid", "error-mid", "hang-mid"])
async def test_a_stream_cut_in_the_middle_keeps_what_was_shown(
    endpoint: Endpoint, notebook: Notebook, fault: str
) -> None:
    endpoint.fail(fault, -1)
    before = notebook.machine.files.snapshot()
    commands = _commands(notebook)
    (shown,) = await notebook.fails("rsync; echo after")
    assert isinstance(shown, Text)
    assert shown.text.rstrip("\n")
    assert SAID.startswith(shown.text.rstrip("\n"))
    assert isinstance(notebook.fault, EndpointError)
    assert (_changed(notebook, before), _commands(notebook)) == ([], commands)
    endpoint.faults.clear()
    assert await notebook("echo on") == out("on\n")


async def test_acts_that_were_shown_before_a_cut_are_true(endpoint: Endpoint, notebook: Notebook) -> None:
    endpoint.script(["@ touch early\n" + SAID * 3 + "@ touch late\n"])
    endpoint.fail("cut-mid", -1)
    await notebook.fails("rsync")
    assert await notebook("ls") == out("early\n")


async def test_a_reply_cut_at_the_token_limit_is_continued(endpoint: Endpoint, notebook: Notebook) -> None:
    endpoint.fail("length")  # what comes next begins with what was said, and that is not shown twice
    endpoint.script([f"{SAID}five\n"])
    assert await notebook("perl a.pl") == out(f"{SAID}five\n")


async def test_a_reply_that_is_cut_again_and_again_is_an_error_that_says_so(
    endpoint: Endpoint, notebook: Notebook
) -> None:
    endpoint.fail("length", -1)
    assert await notebook.fails("perl a.pl") == [Text("stdout", SAID)]
    assert "cut after 4096 tokens" in str(notebook.fault)


@pytest.mark.parametrize("fault", ["empty", "apology", "cut-mid", "401", "length"])
async def test_a_fault_in_an_instruction_changes_nothing(endpoint: Endpoint, notebook: Notebook, fault: str) -> None:
    endpoint.script(["touch a\nmachine host gpu01\n"])
    endpoint.fail(fault, -1)
    before = notebook.machine.to_state()
    assert await notebook.fails("%%meta\nDo it.") == []
    assert isinstance(notebook.fault, ModelError)
    assert notebook.machine.to_state() == before


async def test_a_fault_ends_the_whole_cell_and_not_a_later_one() -> None:
    notebook = Notebook(["", "fine\n"])
    cell = "echo a; rsync a || echo no; echo never\n%machine host gpu01"
    assert await notebook.fails(cell) == [Text("stdout", "a\n")]
    assert isinstance(notebook.fault, BadReply)
    assert notebook.machine.system.host != "gpu01"
    assert await notebook("rsync b") == out("fine\n")


async def test_why_tells_of_a_cell_that_failed() -> None:
    notebook = Notebook(["fine\n"])
    await notebook("rsync a")
    await notebook.fails("rsync b")
    (view, _) = await notebook("%why")
    assert view.data["text/plain"].count("rsync b") == 1


async def test_a_used_up_budget_sends_nothing_and_exact_commands_go_on() -> None:
    notebook = Notebook([f"{'a' * 16_000}\n", "b\n"], budget=5_000)
    assert await notebook("rsync") == out(f"{'a' * 16_000}\n")
    assert await notebook.fails("rsync") == []
    assert "The budget of 5000 tokens" in str(notebook.fault)
    assert len(notebook.requests) == 1
    assert await notebook("whoami") == out("root\n")


# -- interrupt ----------------------------------------------------------------------------------------------------


async def _interrupted(notebook: Notebook, code: str, after: str) -> list[Event]:
    """The events of a cell that is interrupted as soon as ``after`` was shown."""
    events: list[Event] = []
    shown = asyncio.Event()

    async def run() -> None:
        async for event in notebook.session.run_cell(code):
            events.append(event)
            if after in "".join(one.text for one in events if isinstance(one, Text)):
                shown.set()

    task = asyncio.ensure_future(run())
    await asyncio.wait_for(shown.wait(), 60)
    task.cancel()
    await asyncio.wait({task})
    assert task.cancelled()
    return joined(events)


async def test_an_interrupt_in_a_stream_keeps_what_was_shown_and_the_shell(
    endpoint: Endpoint, notebook: Notebook
) -> None:
    endpoint.script(["one\n" + "more and more\n" * 500 + "@ touch done\n"])
    endpoint.delay = 0.005
    await notebook("x=7; cd /tmp")
    commands = _commands(notebook)
    (shown,) = await _interrupted(notebook, "rsync; echo never", "one\n")
    assert isinstance(shown, Text)
    assert shown.text.startswith("one\n")
    assert "never" not in shown.text
    assert await notebook("echo $? $x $PWD; ls") == out("130 7 /tmp\n")
    assert _commands(notebook) == commands
    assert await asyncio.to_thread(endpoint.departures) == 1


async def test_an_interrupt_in_an_instruction_changes_nothing(endpoint: Endpoint, notebook: Notebook) -> None:
    endpoint.script(["touch a\n" * 500])
    endpoint.delay = 0.005
    before = notebook.machine.files.snapshot()
    await _interrupted(notebook, "echo go\n%meta Do it.", "go\n")
    assert _changed(notebook, before) == []


async def test_a_loop_that_never_ends_can_be_interrupted() -> None:
    notebook = Notebook()
    await _interrupted(notebook, "echo a; ls /no; while :; do :; done", "a\n")
    assert await notebook("echo $?") == out("130\n")


async def test_closing_the_stream_of_events_interrupts() -> None:
    notebook = Notebook()
    cell = notebook.session.run_cell("hostname; sleep inf")
    assert await anext(cell) == Text("stdout", "ubuntu\n")
    await cell.aclose()
    assert await notebook("echo $?") == out("130\n")


# -- the key ------------------------------------------------------------------------------------------------------


async def test_a_key_never_leaves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, endpoint: Endpoint) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    endpoint.script(["hello\n"])
    tape = tmp_path / "tape.jsonl"
    live = OpenAIBackend(endpoint.base_url, KEY, patience=QUICK)
    notebook = Notebook(Tape(str(tape), "record", backend=lambda: live, header={}, secret=KEY))
    said = [await notebook(f"env; set; echo $OPENAI_API_KEY; rsync {word}") for word in ("a", "b")]
    endpoint.fail("echo-key-text")
    said.append(await notebook("rsync c"))
    endpoint.fail("echo-key-error")
    said.append(await notebook.fails("rsync d"))
    said.append(await notebook("%why"))
    assert KEY not in f"{said} {notebook.fault}"
    assert KEY not in json.dumps(endpoint.requests)
    assert KEY not in tape.read_text(encoding="utf-8")
    assert KEY not in json.dumps(notebook.machine.to_state())
    await notebook.session.close()


async def test_a_fault_is_raised_and_no_exit_is_shown() -> None:
    events = await Notebook().fails("rsync")
    assert not any(isinstance(event, Exit) for event in events)
