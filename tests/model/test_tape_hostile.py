"""A tape that anybody wrote: it is read, or it is a fault with a line's number; nothing else happens."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llm_kernel.config import Settings, build
from llm_kernel.errors import TapeError
from llm_kernel.model import reel
from llm_kernel.model.local import LocalBackend
from llm_kernel.model.recording import Recording, line_of, recording_of
from llm_kernel.model.request import Usage

HEADER = {"format": 1, "model": "m", "seed": 42, "epoch": 1617267600.0, "prompt": "compact", "budget": "200000"}
LONG = {"sha256": "0" * 64, "characters": 5000, "head": "a", "tail": "b"}
LINES = [
    json.dumps(HEADER),
    line_of(Recording({"command": "ls", "files": LONG}, "a\n", "stop", Usage(1, 0, 2), "m", 0.5)),
    line_of(Recording({"command": "你好"}, "b\n", "length", None, "m", 0.0, turn=3)),
]
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


def read_or_fault(path: Path) -> reel.Reel | None:
    try:
        return reel.read(path)
    except TapeError:
        return None


def test_bytes_that_were_changed_are_read_or_are_a_fault(tmp_path: Path) -> None:
    whole = "".join(f"{line}\n" for line in LINES).encode()
    path, dice = tmp_path / "tape.jsonl", random.Random(7)
    read = 0
    for _ in range(800):
        data = bytearray(whole)
        for _ in range(dice.randint(1, 4)):
            at = dice.randrange(len(data))
            match dice.randrange(3):
                case 0:
                    data[at] = dice.randrange(256)
                case 1:
                    del data[at : at + dice.randint(1, 40)]
                case _:
                    data[at:at] = bytes(dice.choices(b'{}[]",:0123456789eE.-\n\\u', k=dice.randint(1, 9)))
        path.write_bytes(data)
        read += read_or_fault(path) is not None
    assert 10 < read < 790  # both happen


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(["key", "text", "finish", "usage", "seconds", "model", "turn"]), VALUES)
def test_a_value_of_any_type_is_taken_or_refused(name: str, value: Any) -> None:
    body = json.loads(LINES[1]) | {name: value}
    try:
        recording = recording_of(body, 2)
    except ValueError:
        return
    assert recording_of(json.loads(line_of(recording)), 2) == recording


@settings(max_examples=200, deadline=None)
@given(st.sampled_from([*HEADER, "physics", "unknown", "price", "other"]), VALUES)
def test_a_header_of_any_value_makes_a_kernel_or_a_fault(
    tmp_path_factory: pytest.TempPathFactory, name: str, value: Any
) -> None:
    path = tmp_path_factory.mktemp("header") / "tape.jsonl"
    path.write_text(json.dumps(HEADER | {name: value}) + "\n")
    if read_or_fault(path) is not None:
        build(Settings(tape=str(path), tape_mode="replay", endpoint="http://127.0.0.1:9/v1"))


@pytest.mark.parametrize(
    "model", ["/etc/passwd.gguf", "../../evil.gguf"], ids=["an absolute path", "a path out of here"]
)
def test_a_header_names_no_file_for_the_embedded_model(tmp_path: Path, model: str) -> None:
    path = tmp_path / "tape.jsonl"
    path.write_text(json.dumps(HEADER | {"model": model}) + "\n")
    session = build(Settings(tape=str(path), tape_mode="auto", backend="local"))
    tape: Any = session.models.backend
    assert tape._make().name == LocalBackend().name
