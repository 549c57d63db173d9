"""Requests: byte-stable, ordered by how rarely their parts change, and without what a model need not know."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llm_kernel.errors import TooLong
from llm_kernel.machine import Machine
from llm_kernel.machine.words import say
from llm_kernel.model.request import Request
from llm_kernel.prompt import (
    Past,
    Shown,
    card,
    meta_request,
    older_facts,
    program_request,
    pure_request,
    volatile,
)
from llm_kernel.prompt.build import frozen
from llm_kernel.prompt.pieces import of_messages, tokens
from llm_kernel.world import Setup
from tests.notebook import Notebook


def _machine() -> Machine:
    machine = Machine()
    for line in (["gpu", "4", "RTX 3090"], ["install", "pip", "torch", "1.8.0"], ["fact", "MNIST is there."]):
        say(machine, line, "/root")
    return machine


_MACHINE = _machine()


@pytest.mark.parametrize("name", ["program-compact", "program-full", "meta", "pure"])
def test_a_frozen_prefix_is_a_system_message_and_worked_pairs(name: str) -> None:
    messages = frozen(name)
    assert messages[0].role == "system"
    assert {message.role for message in messages[1::2]} == {"user"}
    assert {message.role for message in messages[2::2]} == {"assistant"}
    assert len(messages) % 2 == 1
    assert all(message.content.strip() for message in messages)


def test_the_card_tells_the_machine_without_time_and_load() -> None:
    machine = _machine()
    said = card(machine)
    machine.clock.advance(5000)
    assert card(machine) == said
    assert "GPUs: 4 x " in said
    assert "torch 1.8.0" in said
    assert said.endswith("Fact: MNIST is there.")


def test_the_volatile_part_tells_time_directory_and_load() -> None:
    assert volatile(Machine(), "/tmp") == "Now: 2021-04-01 09:00:00 UTC, in /tmp"


def test_the_order_is_by_how_rarely_a_part_changes() -> None:
    old, new = Shown("old.py", "print(0)\n", 1), Shown("a.py", "print(1)\n", 1)
    request = program_request(
        _machine(),
        "python3 a.py",
        cwd="/root",
        shown=[new, old],
        led=[old],
        past=Past(("$ ls\na.py", "$ pwd"), earlier=("Fact: it rains",)),
        stdin="typed",
        hint="1",
    )
    text = request.messages[-1].content
    assert text[text.index("\n\nFile old.py") :] == (
        "\n\nFile old.py (1 lines):\nprint(0)\n\nBefore:\n$ ls\na.py\n$ pwd\n\nFile a.py (1 lines):\nprint(1)\n\n"
        "Earlier:\nFact: it rains\n\nStandard input:\ntyped\n\nNow: 2021-04-01 09:00:00 UTC, in /root\n\n"
        "It prints:\n1\n\n$ python3 a.py"
    )
    assert text.startswith(card(_machine()))
    assert request.frozen == len(frozen("program-compact"))
    assert request.messages[: request.frozen] == frozen("program-compact")


def test_the_same_is_asked_in_the_same_bytes() -> None:
    one, two = (program_request(_machine(), "git log", cwd="/root") for _ in range(2))
    assert one == two


def test_a_meta_ends_with_the_instruction_and_a_retry_with_the_reason() -> None:
    machine = Machine()
    first = meta_request(machine, "Do it.", cwd="/root", listing=["a", "b"])
    assert first.messages[-1].content.endswith("\n\nDo it.")
    assert "Files in /root: a, b" in first.messages[-1].content
    again = meta_request(machine, "Do it.", cwd="/root", listing=["a", "b"], before="git x", trouble="no git")
    assert again.messages[: len(first.messages)] == first.messages
    assert [message.role for message in again.messages[-2:]] == ["assistant", "user"]
    assert "no git" in again.messages[-1].content


def test_a_pure_request_ends_with_the_cell() -> None:
    assert pure_request(Machine(), "ls\npwd\n", cwd="/tmp").messages[-1].content.endswith("\n\n$ ls\npwd")


def test_a_long_listing_is_bounded() -> None:
    request = meta_request(Machine(), "Do it.", cwd="/root", listing=[f"file{n}" for n in range(5000)])
    assert len(request.messages[-1].content) < 2000


def test_the_tape_finds_a_request_by_what_the_user_and_the_machine_gave() -> None:
    key = program_request(Machine(), "git log", cwd="/root", stdin="x").key
    assert (key["kind"], key["command"], key["stdin"]) == ("program", "git log", "x")


# -- the budget ---------------------------------------------------------------------------------------------------

_TEXT = st.text(alphabet=st.characters(codec="utf-8"), max_size=3000)


@given(st.lists(_TEXT, max_size=5), st.lists(_TEXT, max_size=4), _TEXT, _TEXT, st.integers(3000, 9000))
@settings(max_examples=40, deadline=None)
def test_no_request_is_longer_than_its_budget(
    files: list[str], past: list[str], stdin: str, hint: str, most: int
) -> None:
    shown = [Shown(f"f{at}.py", text * 4, 1) for at, text in enumerate(files)]
    arguments: dict[str, Any] = {
        "cwd": "/root",
        "shown": shown,
        "led": shown[1:],
        "past": Past(tuple(past), frozenset({0}), tuple(past)),
        "stdin": stdin,
        "hint": hint,
        "most": most,
    }
    request = program_request(_MACHINE, "python3 a.py", **arguments)
    assert of_messages(request.messages) <= most
    assert request.messages[-1].content.endswith("\n\n$ python3 a.py")
    assert program_request(_MACHINE, "python3 a.py", **arguments) == request


def test_what_matters_least_goes_first() -> None:
    shown = [Shown("a.py", "a = 1\n" * 300, 300), Shown("b.py", "b = 1\n" * 300, 300)]
    past = Past(("$ old\n" + "x " * 400, "$ near\n" + "y " * 400, "$ new\n" + "z " * 400), frozenset({1}))
    rooms = {}
    for most in range(1500, 7000, 100):
        text = program_request(_MACHINE, "python3 a.py", cwd="/root", shown=shown, past=past, most=most)
        held = text.messages[-1].content
        for part in ("$ old", "$ new", "$ near", "File b.py", "File a.py"):
            if part in held:
                rooms.setdefault(part, most)
    assert sorted(rooms, key=lambda part: -rooms[part]) == ["$ old", "$ new", "$ near", "File b.py", "File a.py"]


def test_a_command_that_is_too_long_by_itself_is_a_clear_fault() -> None:
    with pytest.raises(TooLong, match=r"about \d+ tokens, and \d+ are left .*LLM_KERNEL_PROMPT_TOKENS"):
        program_request(_MACHINE, "echo " + "word " * 9000, cwd="/root")
    with pytest.raises(TooLong):
        meta_request(_MACHINE, "写" * 20_000, cwd="/root")
    with pytest.raises(TooLong):
        pure_request(_MACHINE, "ls\n" * 20_000, cwd="/root")


def test_a_second_try_is_under_the_budget_too() -> None:
    shown = [Shown("a.py", "a = 1\n" * 3000, 3000)]
    request = meta_request(
        _MACHINE, "Do it.", cwd="/root", shown=shown, before="echo x\n" * 300, trouble="no", most=4000
    )
    assert of_messages(request.messages) <= 4000
    assert "[...]" in request.messages[-3].content


def test_tokens_are_estimated_without_a_tokenizer() -> None:
    assert tokens("") == 0
    assert tokens("the quick brown fox") == 4
    assert tokens("loss 0.1234") == 1 + 6
    assert tokens("训练一个网络") == round(6 * 0.75)


def test_old_facts_leave_the_card_in_steps() -> None:
    machine, cards = Machine(), []
    for n in range(45):
        say(machine, ["fact", f"Rack {n} is there."], "/root")
        cards.append(card(machine).count("Fact: "))
    assert max(cards) == 20
    assert min(cards[20:]) == 11
    assert len(older_facts(machine)) + cards[-1] == 45


# -- what a recording is found by ---------------------------------------------------------------------------------


def test_a_key_holds_no_time_no_number_of_a_process_and_no_order() -> None:
    one, other = Shown("a", "1", 1), Shown("b", "2", 1)
    machine = _machine()
    first = program_request(machine, "git log", cwd="/root", shown=[one, other]).key
    machine.clock.advance(1000)
    assert program_request(machine, "git log", cwd="/root", shown=[other, one], led=[one]).key == first
    assert program_request(machine, "git log", cwd="/tmp", shown=[one, other]).key != first
    assert program_request(machine, "git log", cwd="/root", shown=[one, Shown("b", "3", 1)]).key != first


async def test_cells_that_only_read_change_no_later_key() -> None:
    def reply(request: Request) -> str:
        return "echo web\n" if request.key["kind"] == "meta" else "some 1\n"

    books = [Notebook(reply, setup=Setup(unknown="ask")) for _ in range(2)]
    for book, more in zip(books, (False, True), strict=True):
        for cell in ("docker run web", "echo x > a.txt", "docker ps", "%meta What runs?", "docker stop web"):
            for reading in ("ls", "cat a.txt; date", "ps aux | wc -l") if more else ():
                await book(reading)
            await book(cell)
    assert [request.key for request in books[0].requests] == [request.key for request in books[1].requests]
    assert [request.key["kind"] for request in books[0].requests] == ["program", "program", "meta", "program"]


async def test_a_program_asked_again_after_the_machine_changed_has_another_key() -> None:
    book = Notebook(lambda request: "some 1\n", setup=Setup(unknown="ask"))
    for cell in ("docker ps", "docker run web", "docker ps"):
        await book(cell)
    first, _, last = (request.key for request in book.requests)
    assert {name for name in first if first[name] != last[name]} == {"history"}


async def test_hidden_input_is_in_no_request() -> None:
    book = Notebook(["@ read -s -p 'Password: ' word\n", "welcome\n", "again\n"], setup=Setup(unknown="ask"))
    await book("dblogin ada", typed=["tr0ub4dor"])
    await book("dblogin ada")
    assert len(book.requests) == 3
    assert "tr0ub4dor" not in str(book.requests)
