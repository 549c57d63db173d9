"""One model for a class: how it is served by hand, who may come, what is printed."""

from __future__ import annotations

import asyncio
import json
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from llm_kernel.errors import EndpointError, SettingError
from llm_kernel.model import Message, Request
from llm_kernel.model.chat import OpenAIBackend, Patience
from llm_kernel.model.classroom import Lesson, serve
from llm_kernel.model.local import LocalBackend
from llm_kernel.model.note import Post

ASK = Request((Message("system", "You are a computer."), Message("user", "$ hello")))
ROOT = Path(__file__).resolve().parents[2]
Start = Callable[..., "Served"]


class Served:
    """A class's server in a process of its own, once it takes requests."""

    def __init__(self, folder: Path, **lesson: object) -> None:
        self.folder = folder
        command = [sys.executable, "-m", "tests.model.class_server", str(folder), json.dumps(lesson)]
        self.process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        self.card = ""
        while "OPENAI_API_KEY=" not in self.card:
            line = self.process.stdout.readline()
            assert line, self.card
            self.card += line
        found = re.search(r"OPENAI_BASE_URL=(\S+)", self.card)
        assert found is not None
        self.address = found[1]

    @property
    def post(self) -> Post:
        return Post(self.folder / "tiny.gguf", cache=self.folder / "cache", runtime=self.folder / "run")

    @property
    def place(self) -> Path:
        return self.post.path.with_suffix(".key")

    @property
    def key(self) -> str:
        return self.place.read_text().strip()

    def end(self, number: int = signal.SIGINT) -> int:
        self.process.send_signal(number)
        return self.process.wait(60)


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    made: list[Served] = []

    def one(**lesson: object) -> Served:
        made.append(Served(tmp_path, **lesson))
        return made[-1]

    yield one
    for served in made:
        served.process.kill()
        served.process.wait()
        assert served.process.stdout is not None
        served.process.stdout.close()


async def ask(address: str, key: str) -> str:
    kernel = OpenAIBackend(address, key, patience=Patience(retries=0))
    try:
        return "".join([delta.text async for delta in kernel.stream(ASK)])
    finally:
        await kernel.close()


async def test_students_come_by_the_address_and_the_key(start: Start) -> None:
    served = start()
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/v1", served.address)
    assert "WARNING" not in served.card
    assert await asyncio.gather(*(ask(served.address, served.key) for _ in range(6))) == ["hello\n"] * 6
    with pytest.raises(EndpointError, match="key"):
        await ask(served.address, "guessed")


def test_the_key_is_in_a_file_of_the_user_and_printed_only_when_asked_for(start: Start) -> None:
    served = start()
    assert (served.place.stat().st_mode & 0o777, served.key in served.card) == (0o600, False)
    key = served.key
    assert served.end() == 130
    again = start(shown=True)
    assert (again.key, key in again.card) == (key, True)


async def test_the_users_own_kernels_find_it_too(start: Start) -> None:
    served = start()
    backend = LocalBackend(
        served.folder / "tiny.gguf", cache=served.folder / "cache", runtime=served.folder / "run", command=["false"]
    )
    assert "".join([delta.text async for delta in backend.stream(ASK)]) == "hello\n"
    await backend.close()
    note = served.post.read()
    assert note is not None
    assert note.key != served.key


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 0)])
def test_it_leaves_when_it_is_told_to_and_takes_its_note_along(start: Start, number: int, status: int) -> None:
    served = start()
    assert (served.end(number), served.post.read(), served.post.alive()) == (status, None, False)


def test_it_leaves_when_nobody_asks(start: Start) -> None:
    began = time.monotonic()
    served = start(idle_minutes=0.01)
    assert served.process.wait(60) == 0
    assert time.monotonic() - began > 0.6


def test_a_second_one_says_that_there_is_one(start: Start) -> None:
    served = start()
    lesson = Lesson(
        model=str(served.folder / "tiny.gguf"), cache=str(served.folder / "cache"), runtime=str(served.folder / "run")
    )
    with pytest.raises(SettingError, match=f"process {served.process.pid}"):
        serve(lesson, print)


def test_listening_to_the_network_is_said_with_a_warning(start: Start) -> None:
    card = start(host="0.0.0.0").card
    assert "WARNING: whoever reaches http://0.0.0.0:" in card
    assert "Put this computer's name or address in the place" in card


@pytest.mark.parametrize(
    "lesson", [{"port": 70000}, {"port": -1}, {"idle_minutes": -1.0}, {"idle_minutes": float("nan")}]
)
def test_numbers_that_are_none_are_refused(tmp_path: Path, lesson: dict[str, float]) -> None:
    with pytest.raises(SettingError):
        serve(Lesson(runtime=str(tmp_path / "run"), **lesson), print)  # type: ignore[arg-type]
