"""Requests: byte-stable, ordered by how rarely their parts change, and without what a model need not know."""

from __future__ import annotations

import pytest

from llm_kernel.machine import Machine
from llm_kernel.machine.words import say
from llm_kernel.prompt import Past, Shown, card, meta_request, program_request, pure_request, volatile
from llm_kernel.prompt.build import frozen


def _machine() -> Machine:
    machine = Machine()
    for line in (["gpu", "4", "RTX 3090"], ["install", "pip", "torch", "1.8.0"], ["fact", "MNIST is there."]):
        say(machine, line, "/root")
    return machine


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
