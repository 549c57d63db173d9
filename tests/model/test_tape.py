"""The tape: what was said once is said again, word for word, and a miss says what differs."""
# ruff: noqa: ASYNC240 - the tests' own small files

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest

from llm_kernel.errors import OverBudget, TapeError, TapeMiss
from llm_kernel.model import Backend, Delta, Message, Request, ScriptedBackend, Usage, reel
from llm_kernel.model.recording import Recording
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
    seconds = recorded[-1].seconds
    assert replayed == [
        Delta("epoch 1\n", model="scripted", source="tape", seconds=seconds),
        Delta("epoch 2\n", model="scripted", source="tape", seconds=seconds),
        Delta(finish="stop", usage=Usage(12, 0, 4), model="scripted", source="tape", seconds=seconds),
    ]


async def test_a_tape_is_a_header_and_one_line_a_reply(path: Path) -> None:
    one = tape(path, "record", "你好\n", header={"seed": 42, "epoch": 1617267600.0})
    await text(one, ask("hello", card="c"))
    header, line = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    seconds = line.pop("seconds")
    assert header == {"format": 1, "model": "scripted", "seed": 42, "epoch": 1617267600.0}
    assert line == {
        "key": {"card": "c", "command": "$ hello", "kind": "program"},
        "model": "scripted",
        "finish": "stop",
        "usage": {"prompt": 3, "cached": 0, "completion": 1},
        "text": "你好\n",
    }
    assert 0 <= seconds < 5
    assert "你好" in path.read_text("utf-8")
    assert header_of(path) == {"model": "scripted", "seed": 42, "epoch": 1617267600.0}


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
        "Not asked for so far, and stale if nothing later does: line 2 `$ ls -l /`, "
        "line 3 `$ python3 train.py --epochs 10`.\n"
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


async def test_two_kernels_that_begin_a_tape_anew_keep_what_both_record(path: Path) -> None:
    await text(tape(path, "record", "old\n"), ask("zero"))
    one, two = tape(path, "record", "a\n", "c\n"), tape(path, "record", "b\n")
    said = [await text(kernel, ask(command)) for kernel, command in ((one, "one"), (two, "two"), (one, "three"))]
    replay = tape(path, "replay")
    assert [await text(replay, ask(command)) for command in ("one", "two", "three")] == said == ["a\n", "b\n", "c\n"]
    with pytest.raises(TapeMiss):
        await text(replay, ask("zero"))


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
        ('{"format": 99}\n', "has the format '99'; this version reads 1."),
        ("PNG\n\x1a\n\0", "is damaged in line 1: Expecting value: line 1 column 1 (char 0)."),
        ("[]\n", "is damaged in line 1: an object was due."),
        ("{}[]\n", "is damaged in line 1: Extra data: line 1 column 3 (char 2)."),
        ('{"format": true}\n', "has the format 'True'; this version reads 1."),
        ('{"format": 1, "seed": "1"}\n', 'is damaged in line 1: "1" cannot be the header\'s seed.'),
        ('{"format": 1, "epoch": 1e300}\n', "is damaged in line 1: 1e+300 cannot be the header's epoch."),
        ('{"format": 1, "prompt": "../../x"}\n', 'is damaged in line 1: "../../x" cannot be the header\'s prompt.'),
        ('{"format": 1, "model": "a\\nb"}\n', 'is damaged in line 1: "a\\nb" cannot be the header\'s model.'),
        ('{"format": 1}\n{"key": {}}\n', "is damaged in line 2: it has no key or no text."),
        ('{"format": 1}\n{"key": {}, "text": 1}\n', "is damaged in line 2: its text is not a text."),
        (
            '{"format": 1}\n\n{"key": {}, "text": "", "usage": {}}\n',
            "is damaged in line 3: its usage.prompt is not a whole number from 0 to 1099511627776.",
        ),
        (
            '{"format": 1}\n{"key": {"a": 1}, "text": ""}\n',
            "is damaged in line 2: part 'a' of its key is neither a text nor the digest of one.",
        ),
        (
            '{"format": 1}\n{"key": {}, "text": "", "seconds": Infinity}\n',
            "is damaged in line 2: its seconds is not a number from 0 to 1000000000.",
        ),
        ('{"format": 1}\n' + "[" * 100_000 + "\n", "is damaged in line 2: its values are nested too deeply."),
        ('{"format": 1}\nI am edited\n', "is damaged in line 2: Expecting value: line 1 column 1 (char 0)."),
    ],
)
async def test_a_damaged_tape_names_the_line(tmp_path: Path, content: str, words: str) -> None:
    broken = tmp_path / "broken.jsonl"
    broken.write_text(content)
    with pytest.raises(TapeError) as fault:
        await text(tape(broken, "replay"), ask("one"))
    advice = "Record the notebook again, or use the version that wrote it."
    if words.startswith("is damaged"):
        advice = (
            "Record the notebook again." if "line 1:" in words else "Take that line out, or record the notebook again."
        )
    assert str(fault.value) == f"The tape {broken} {words} {advice}"


async def test_what_is_no_tape_is_told_so_and_not_of_how_it_ends(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    other = tmp_path / "other.jsonl"
    other.write_text('{"model": "m"}\n{"cut')
    with pytest.raises(TapeError) as fault:
        await text(tape(other, "replay"), ask("one"))
    assert str(fault.value) == (
        f"{other} is no tape: its first line names no format. Name another file, or record a new one."
    )
    assert caplog.messages == []


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


async def test_a_last_line_that_a_crash_left_unfinished_is_left_out(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    await text(tape(path, "record", "a\n", "b\n"), ask("one"))
    with path.open("ab") as torn:
        torn.write(b'{"key": {"command": "$ tw')
    assert await text(tape(path, "replay"), ask("one")) == "a\n"
    assert [record.getMessage() for record in caplog.records] == [
        f"The tape {path} breaks off in line 3, which is left out."
    ]
    await text(tape(path, "auto", "b\n"), ask("two"))
    assert [json.loads(line).get("text") for line in path.read_text().splitlines()] == [None, "a\n", "b\n"]


async def test_a_last_line_without_its_end_counts_where_it_is_whole(path: Path) -> None:
    await text(tape(path, "record", "a\n"), ask("one"))
    path.write_bytes(path.read_bytes().rstrip(b"\n"))
    await text(tape(path, "auto", "b\n"), ask("two"))
    replay = tape(path, "replay")
    assert [await text(replay, ask("one")), await text(replay, ask("two"))] == ["a\n", "b\n"]


async def test_a_header_that_a_crash_left_unfinished_is_an_empty_tape(path: Path) -> None:
    path.parent.mkdir()
    path.write_text('{"format": 1, "mod')
    with pytest.raises(TapeMiss, match="is empty"):
        await text(tape(path, "replay"), ask("one"))
    assert await text(tape(path, "auto", "a\n"), ask("one")) == "a\n"
    assert await text(tape(path, "replay"), ask("one")) == "a\n"


async def test_a_tape_of_a_windows_editor_plays(path: Path) -> None:
    await text(tape(path, "record", "a\n"), ask("one"))
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    assert await text(tape(path, "replay"), ask("one")) == "a\n"


@pytest.mark.parametrize("mode", ["auto", "replay"])
async def test_a_tape_beyond_the_limit_is_not_read(path: Path, mode: Mode) -> None:
    path.parent.mkdir()
    with path.open("wb") as large:
        large.truncate(reel.MOST_BYTES + 1)
    with pytest.raises(TapeError) as fault:
        await text(tape(path, mode, "a\n"), ask("one"))
    assert str(fault.value) == f"The tape {path} has 64 MiB; a tape has at most 64."


async def test_a_line_beyond_the_limit_is_not_read(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b'{"format": 1}\n{"key": {}, "text": "' + b"x" * reel.MOST_LINE + b'"}\n')
    with pytest.raises(TapeError, match=r"damaged in line 2: it has 838863\d bytes, and a line at most 8388608"):
        await text(tape(path, "replay"), ask("one"))


async def test_a_tape_that_is_no_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TapeError, match="is not a file"):
        await text(tape(tmp_path, "replay"), ask("one"))


# -- turns, and where a kernel goes on


async def test_replies_that_overlap_play_in_the_order_in_which_they_were_asked(path: Path) -> None:
    one = tape(path, "record", "first\n", "second\n")
    early, late = one.stream(ask("one")), one.stream(ask("one"))
    begun = [(await anext(early)).text, (await anext(late)).text]
    second = "".join([delta.text async for delta in late])
    first = "".join([delta.text async for delta in early])
    assert [begun[0] + first, begun[1] + second] == ["first\n", "second\n"]
    replay = tape(path, "replay")
    assert [await text(replay, ask("one")) for _ in range(2)] == ["first\n", "second\n"]


async def test_a_kernel_goes_on_where_another_one_stood(path: Path) -> None:
    one = tape(path, "record", "first\n", "second\n")
    await text(one, ask("one"))
    position = json.loads(json.dumps(one.position()))
    assert list(position.values()) == [1]
    assert "one" not in str(position)
    two = tape(path, "record", "second\n")
    two.resume(position)
    await text(two, ask("one"))
    replay = tape(path, "replay")
    assert [await text(replay, ask("one")) for _ in range(2)] == ["first\n", "second\n"]
    again = tape(path, "replay")
    again.resume(position)
    assert await text(again, ask("one")) == "second\n"


async def test_a_reply_under_way_is_no_part_of_where_a_kernel_stands(path: Path) -> None:
    one = tape(path, "record", "first\nmore\n", "second\n")
    stream = one.stream(ask("one"))
    heard = (await anext(stream)).text
    begun, position = one.position(), json.loads(json.dumps(one.position()))
    rest = "".join([delta.text async for delta in stream])
    assert (list(begun.values()), list(one.position().values())) == ([0], [1])
    two = tape(path, "record", "second\n")  # it came to its end after that, and then the kernel was gone
    two.resume(position)
    assert (await text(two, ask("one")), await text(two, ask("one"))) == (heard + rest, "second\n")
    replay = tape(path, "replay")
    assert [await text(replay, ask("one")) for _ in range(2)] == ["first\nmore\n", "second\n"]


async def test_what_was_heard_of_a_reply_that_was_cut_with_its_kernel_is_recorded(path: Path) -> None:
    one = tape(path, "record", "before\n", "first\nmore\n")
    await text(one, ask("zero"))
    stream = one.stream(ask("one"))
    heard = (await anext(stream)).text
    position = one.position()
    two = tape(path, "record")
    two.resume(position)
    assert two.cut(ask("one"), heard, "scripted")
    played = [delta async for delta in two.stream(ask("one"))]
    assert ("".join(delta.text for delta in played), played[-1].finish) == (heard, "length")
    replay = tape(path, "replay")
    assert (await text(replay, ask("zero")), await text(replay, ask("one"))) == ("before\n", heard)
    assert not replay.cut(ask("one"), heard, "scripted")
    await stream.aclose()  # type: ignore[attr-defined]


async def test_a_kernel_that_is_cut_in_the_first_reply_of_a_recording_leaves_nothing_old_to_play(path: Path) -> None:
    for heard in (False, True):
        await text(tape(path, "record", "old\n"), ask("one"))
        cut = tape(path, "record", "lost\nmore\n")
        stream = cut.stream(ask("one"))
        begun = await anext(stream) if heard else None
        position = cut.position()
        assert (list(position.values()), len(path.read_text().splitlines())) == (([0], 1) if begun else ([], 2))
        after = tape(path, "record", "new\n")
        after.resume(position)
        assert (await text(after, ask("one")), await text(tape(path, "replay"), ask("one"))) == ("new\n", "new\n")
        await stream.aclose()  # type: ignore[attr-defined]


def test_a_tape_that_cannot_be_begun_is_a_fault(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    for place in (tmp_path, tmp_path / "loop", tmp_path / "none" / "t"):
        with pytest.raises(TapeError, match="cannot be written"):
            reel.begin(place, {}, over=reel.stamp(place))


async def test_a_full_disk_leaves_a_tape_that_is_to_be_shortened_as_it_was(path: Path) -> None:
    one = tape(path, "record", "a\n", "b\n")
    await text(one, ask("one"))
    await text(one, ask("two"))
    before = path.read_bytes()
    (path.parent / f".{path.name}.new").mkdir()
    with pytest.raises(TapeError, match="cannot be written"):
        reel.rewrite(path, {2})
    assert path.read_bytes() == before


# -- a budget that has no room


class Poor:
    """A backend whose budget has room for ``replies`` and then for nothing."""

    def __init__(self, *replies: str) -> None:
        self._rich = ScriptedBackend(replies)
        self._left = len(replies)
        self.name = "poor"

    async def stream(self, request: Request) -> AsyncGenerator[Delta, None]:
        self._left -= 1
        if self._left < 0:
            raise OverBudget("The budget of 10 tokens is used up.")
        async for delta in self._rich.stream(request):
            yield delta

    async def models(self) -> list[str]:
        return []

    async def close(self) -> None:
        pass


async def _refused(one: Tape, command: str) -> str:
    with pytest.raises(OverBudget) as refused:
        await text(one, ask(command))
    return str(refused.value)


async def test_a_refusal_of_the_budget_is_replayed_as_often_as_it_is_asked_for(path: Path) -> None:
    poor = Poor("one\n")
    one = Tape(path, "record", backend=lambda: poor)
    said = [await text(one, ask("one")), await _refused(one, "two"), await _refused(one, "two")]
    replay = tape(path, "replay")
    assert [await text(replay, ask("one")), await _refused(replay, "two"), await _refused(replay, "two")] == said
    assert [row.finish for row in reel.read(path).recordings] == ["stop", "over budget"]
    assert (one.asked(), replay.asked()) == ([2, 3, 3], [2, 3, 3])


async def test_a_reply_takes_the_place_of_a_refusal_once_there_is_a_budget_for_it(path: Path) -> None:
    poor = Poor()
    one = Tape(path, "auto", backend=lambda: poor)
    await _refused(one, "two")
    assert await text(tape(path, "auto", "a\n"), ask("two")) == "a\n"
    replay = tape(path, "replay")
    assert (await text(replay, ask("two")), replay.asked()) == ("a\n", [3])


@pytest.mark.parametrize("position", [[1], {"a": -1}, {"a": True}, {"a": "1"}, {"a" * 65: 1}, {1: 1}])
def test_a_position_that_is_none_is_refused(path: Path, position: Any) -> None:
    one = tape(path, "auto")
    with pytest.raises(TapeError, match="restart the kernel"):
        one.resume(position)
    assert one.position() == {}


async def test_a_reply_that_its_reader_heard_enough_of_is_recorded(path: Path) -> None:
    one = tape(path, "record", "a long reply\n")
    request = ask("one")
    stream = one.stream(request)
    heard = (await anext(stream)).text
    one.enough(request)
    await stream.aclose()
    assert await text(tape(path, "replay"), ask("one")) == heard == "a long "


async def test_another_model_goes_on_with_the_same_tape(path: Path) -> None:
    one = tape(path, "record", "a\n")
    await text(one, ask("one"))
    await one.close()
    await text(one.over(lambda: ScriptedBackend(["b\n"], name="other")), ask("one"))
    replay = tape(path, "replay")
    played = [delta async for delta in replay.stream(ask("one"))] + [delta async for delta in replay.stream(ask("one"))]
    assert [(delta.text, delta.model) for delta in played if delta.text] == [("a\n", "scripted"), ("b\n", "other")]


async def test_what_models_there_were_is_played_again(path: Path) -> None:
    one = tape(path, "record", "a\n")
    assert await one.models() == ["scripted"]
    await text(one, ask("one"))
    replay = tape(path, "replay")
    assert (await replay.models(), replay.name) == (["scripted"], "scripted")


# -- a base that is read and never written


async def test_a_tape_lies_over_its_base(path: Path) -> None:
    await text(tape(path, "record", "teacher\n"), ask("one"))
    before, mine = path.read_bytes(), path.with_name("mine.jsonl")
    student = tape(mine, "auto", "mine\n", "again\n", base=path)
    said = [await text(student, ask(command)) for command in ("one", "two", "one")]
    assert said == ["teacher\n", "mine\n", "again\n"]
    assert path.read_bytes() == before
    replay = tape(mine, "replay", base=path)
    assert [await text(replay, ask(command)) for command in ("one", "one", "two")] == ["teacher\n", "again\n", "mine\n"]
    with pytest.raises(TapeMiss):
        await text(tape(mine, "replay"), ask("one"))


async def test_a_recording_wins_over_the_base(path: Path) -> None:
    await text(tape(path, "record", "teacher\n"), ask("one"))
    mine = path.with_name("mine.jsonl")
    await text(tape(mine, "record", "mine\n", base=path), ask("one"))
    assert await text(tape(mine, "replay", base=path), ask("one")) == "mine\n"


async def test_a_base_alone_replays_and_gives_the_header(path: Path) -> None:
    await text(tape(path, "record", "teacher\n", header={"seed": 7}), ask("one"))
    mine = path.with_name("mine.jsonl")
    assert header_of(mine, path) == {"model": "scripted", "seed": 7}
    assert await text(tape(mine, "replay", base=path), ask("one")) == "teacher\n"
    assert not mine.exists()


async def test_a_base_that_is_not_there_is_a_fault(path: Path) -> None:
    with pytest.raises(TapeError) as fault:
        await text(tape(path, "auto", "a\n", base=path.with_name("gone.jsonl")), ask("one"))
    assert str(fault.value) == f"There is no tape at {path.with_name('gone.jsonl')}, which LLM_KERNEL_TAPE_BASE names."


# -- several at once


APPENDS = """
import asyncio, sys
from llm_kernel.model.request import Request, ScriptedBackend
from llm_kernel.model.recording import Recording
from llm_kernel.model.tape import Tape

async def main(path, who, times):
    tape = Tape(path, "auto", backend=lambda: ScriptedBackend(lambda request: request.key["command"] * 40))
    for number in range(times):
        async for _ in tape.stream(Request((), {"command": f"{who}-{number}"})):
            pass

asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
"""


def test_two_processes_record_on_one_tape(path: Path) -> None:
    both = [subprocess.Popen([sys.executable, "-c", APPENDS, str(path), who, "200"]) for who in "ab"]
    assert [process.wait(60) for process in both] == [0, 0]
    found = reel.read(path)
    said = {str(one.parts["command"]): one.text for one in found.recordings}
    assert said == {f"{who}-{n}": f"{who}-{n}" * 40 for who in "ab" for n in range(200)}
    assert len(found.recordings) == 400
    assert found.header == {"model": "scripted"}


def test_a_full_disk_leaves_the_tape_as_it_was(path: Path) -> None:
    recording = Recording({"command": "one"}, "a\n", "stop", None, "m", 0.0)
    reel.append(path, {}, recording)
    before = path.read_bytes()
    limits = f"import resource, signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN); n = {len(before) + 50}\n"
    limits += "resource.setrlimit(resource.RLIMIT_FSIZE, (n, n))\n"
    code = [sys.executable, "-c", limits + APPENDS, str(path), "c", "1"]
    done = subprocess.run(code, capture_output=True, text=True, check=False)
    assert f"TapeError: The tape {path} cannot be written: " in done.stderr
    (path.parent / f".{path.name}.new").mkdir()
    with pytest.raises(TapeError, match="cannot be written"):
        reel.begin(path, {}, over=reel.stamp(path))
    assert path.read_bytes() == before
