"""The tape: what was said once is said again, word for word, and a miss says what differs."""
# ruff: noqa: ASYNC240 - the tests' own small files

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from llm_kernel.errors import TapeError, TapeMiss
from llm_kernel.model import Backend, Delta, Message, Request, ScriptedBackend, Usage
from llm_kernel.model.tape import Mode, Tape, header_of

KEY = "sk-proj-0123456789abcdef"


def ask(command: str, card: str = "Ubuntu 18.04\n4 x RTX 3090\n") -> Request:
    messages = (Message("system", "frozen"), Message("user", f"{card}$ {command}"))
    return Request(messages, {"kind": "program", "command": f"$ {command}", "card": card})


def nobody() -> Backend:
    raise AssertionError("the model was asked")


def tape(path: Path, mode: Mode, *replies: str, **more: Any) -> Tape:
    model = ScriptedBackend(replies)
    return Tape(path, mode, backend=(lambda: model) if replies else nobody, **more)


async def text(tape: Tape, request: Request) -> str:
    return "".join([delta.text async for delta in tape.stream(request)])


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "tapes" / "demo.jsonl"


async def test_what_was_recorded_is_replayed_with_its_costs(path: Path) -> None:
    recorded = [d async for d in tape(path, "record", "epoch 1\nepoch 2\n").stream(ask("python3 train.py"))]
    replayed = [d async for d in tape(path, "replay").stream(ask("python3 train.py"))]
    assert {delta.source for delta in recorded} == {"model"}
    assert replayed == [
        Delta("epoch 1\n", model="scripted", source="tape"),
        Delta("epoch 2\n", model="scripted", source="tape"),
        Delta(finish="stop", usage=Usage(12, 0, 4), model="scripted", source="tape", seconds=replayed[-1].seconds),
    ]


async def test_a_tape_is_a_header_and_one_line_a_reply(path: Path) -> None:
    one = tape(path, "record", "你好\n", header={"seed": 42, "epoch": "2021-04-01T09:00:00Z"})
    await text(one, ask("hello", card="c"))
    header, line = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    seconds = line.pop("seconds")
    assert header == {"format": 1, "model": "scripted", "seed": 42, "epoch": "2021-04-01T09:00:00Z"}
    assert line == {
        "key": {"card": "c", "command": "$ hello", "kind": "program"},
        "model": "scripted",
        "finish": "stop",
        "usage": {"prompt": 3, "cached": 0, "completion": 1},
        "text": "你好\n",
    }
    assert 0 <= seconds < 5
    assert "你好" in path.read_text("utf-8")
    assert header_of(path) == header


async def test_the_nth_time_plays_the_nth_recording(path: Path) -> None:
    one = tape(path, "record", "first\n", "second\n")
    await text(one, ask("date"))
    await text(one, ask("date"))
    again = tape(path, "replay")
    assert [await text(again, ask("date")) for _ in range(2)] == ["first\n", "second\n"]
    with pytest.raises(TapeMiss) as miss:
        await text(again, ask("date"))
    assert str(miss.value) == (
        f"The tape {path} has no recording of `$ date` left: it was recorded 2 times (line 3) and is asked once more. "
        "To add it, set LLM_KERNEL_TAPE_MODE=auto; to record anew, =record."
    )


async def test_a_miss_names_the_nearest_recording_and_what_differs(path: Path) -> None:
    one = tape(path, "record", "a\n", "b\n")
    await text(one, ask("ls -l /"))
    await text(one, ask("python3 train.py --epochs 10"))
    with pytest.raises(TapeMiss) as miss:
        await text(tape(path, "replay"), ask("python3 train.py --epochs 10", card="Ubuntu 22.04\n4 x RTX 3090\n"))
    assert str(miss.value) == (
        f"The tape {path} has no recording of `$ python3 train.py --epochs 10`. "
        "The nearest is line 3, `$ python3 train.py --epochs 10`; it differs in card:\n"
        "  card (- on the tape, + asked):\n"
        "    -Ubuntu 18.04\n"
        "    +Ubuntu 22.04\n"
        "To add it, set LLM_KERNEL_TAPE_MODE=auto; to record anew, =record."
    )


async def test_long_parts_are_stored_as_a_digest_and_still_told_apart(path: Path) -> None:
    long = "x" * 5000
    await text(tape(path, "record", "a\n"), ask("wc", card=long))
    assert len(path.read_text()) < 1500
    assert await text(tape(path, "replay"), ask("wc", card=long)) == "a\n"
    with pytest.raises(TapeMiss, match="card: the middle of a long text differs"):
        await text(tape(path, "replay"), ask("wc", card=long[:2500] + "y" + long[2501:]))


async def test_auto_plays_a_hit_and_records_a_miss(path: Path) -> None:
    await text(tape(path, "record", "a\n"), ask("one"))
    auto = tape(path, "auto", "b\n")
    assert [await text(auto, ask("one")), await text(auto, ask("two"))] == ["a\n", "b\n"]
    replay = tape(path, "replay")
    assert [await text(replay, ask("two")), await text(replay, ask("one"))] == ["b\n", "a\n"]


async def test_auto_records_a_repetition_after_the_recorded_ones(path: Path) -> None:
    await text(tape(path, "record", "a\n"), ask("one"))
    auto = tape(path, "auto", "b\n")
    assert [await text(auto, ask("one")), await text(auto, ask("one"))] == ["a\n", "b\n"]
    replay = tape(path, "replay")
    assert [await text(replay, ask("one")), await text(replay, ask("one"))] == ["a\n", "b\n"]


async def test_record_begins_the_tape_anew(path: Path) -> None:
    await text(tape(path, "record", "old\n"), ask("one"))
    await text(tape(path, "record", "new\n"), ask("one"))
    assert await text(tape(path, "replay"), ask("one")) == "new\n"
    assert len(path.read_text().splitlines()) == 2


async def test_off_asks_the_model_and_writes_nothing(path: Path) -> None:
    assert await text(tape(path, "off", "a\n"), ask("one")) == "a\n"
    assert not path.exists()


async def test_a_reply_that_was_not_heard_to_its_end_is_not_recorded(path: Path) -> None:
    auto = tape(path, "auto", "a long reply\n", "whole\n")
    stream = auto.stream(ask("one"))
    await anext(stream)
    await stream.aclose()
    assert not path.exists()
    assert await text(auto, ask("one")) == "whole\n"
    assert await text(tape(path, "replay"), ask("one")) == "whole\n"


async def test_an_interrupted_replay_plays_again(path: Path) -> None:
    await text(tape(path, "record", "a\nb\n"), ask("one"))
    replay = tape(path, "replay")
    stream = replay.stream(ask("one"))
    await anext(stream)
    await stream.aclose()
    assert await text(replay, ask("one")) == "a\nb\n"


async def test_two_tapes_on_one_file_lose_nothing(path: Path) -> None:
    one, two = tape(path, "auto", "a\n"), tape(path, "auto", "b\n")
    await text(one, ask("one"))
    await text(two, ask("two"))
    assert await text(one, ask("two")) == "b\n"


async def test_the_key_is_not_written(path: Path) -> None:
    one = tape(path, "record", f"key={KEY}\n", secret=KEY)
    await text(one, ask(f"export OPENAI_API_KEY={KEY}"))
    assert KEY not in path.read_text()
    assert await text(tape(path, "replay", secret=KEY), ask(f"export OPENAI_API_KEY={KEY}")) == "key=[key]\n"


async def test_replay_without_a_tape_says_so(path: Path) -> None:
    with pytest.raises(TapeError) as fault:
        await text(tape(path, "replay"), ask("one"))
    assert str(fault.value) == f"There is no tape at {path}. Record one with LLM_KERNEL_TAPE_MODE=record."


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ('{"format": 99}\n', "has the format 99; this version reads 1."),
        ('{"model": "m"}\n', "has the format None; this version reads 1."),
        ("[]\n", "is damaged in line 1: an object was due."),
        ('{"format": 1}\n{"key": {}, "te', "breaks off in line 2. Delete that line, or record again."),
        ('{"format": 1}\n{"key": {}}\n', "is damaged in line 2: it has no key or no text."),
        ('{"format": 1}\n\n{"key": {}, "text": "", "usage": {}}\n', "is damaged in line 3: KeyError('prompt')."),
        ("", "is damaged in line 1: Expecting value: line 1 column 1 (char 0)."),
    ],
)
async def test_a_damaged_tape_names_the_line(tmp_path: Path, content: str, words: str) -> None:
    broken = tmp_path / "broken.jsonl"
    broken.write_text(content)
    with pytest.raises(TapeError) as fault:
        await text(tape(broken, "replay"), ask("one"))
    assert str(fault.value) == f"The tape {broken} {words}"


async def test_models_in_replay_is_the_recorded_one(path: Path) -> None:
    await text(tape(path, "record", "a\n"), ask("one"))
    assert await tape(path, "replay").models() == ["scripted"]


def test_replay_loads_no_client() -> None:
    code = (
        "import sys, llm_kernel.model.tape; print([m for m in ('openai', 'pydantic', 'asyncio') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "openai" not in done.stdout
    assert "pydantic" not in done.stdout
