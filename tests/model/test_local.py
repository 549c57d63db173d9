"""The embedded server's life: found, started once, left alone, replaced when it is gone."""

from __future__ import annotations

import asyncio
import os
import signal
import stat
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from llm_kernel.errors import EndpointError, ModelError, NoModel, SettingError
from llm_kernel.model import Message, Request
from llm_kernel.model import local as local_module
from llm_kernel.model.local import LocalBackend
from llm_kernel.model.note import Note, Post, runtime_folder

ASK = Request((Message("system", "You are a computer."), Message("user", "$ hello")))
FAKE = (sys.executable, "-m", "tests.model.fake_serve")
Make = Callable[..., LocalBackend]


@pytest.fixture
def post(tmp_path: Path) -> Post:
    return Post(cache=tmp_path / "cache", runtime=tmp_path / "run")


@pytest.fixture
async def make(tmp_path: Path, post: Post) -> AsyncIterator[Make]:
    made: list[LocalBackend] = []

    def one(idle_minutes: float = 1.0, **more: object) -> LocalBackend:
        folders = {"cache": tmp_path / "cache", "runtime": tmp_path / "run"}
        made.append(LocalBackend(idle_minutes=idle_minutes, command=FAKE, **folders, **more))  # type: ignore[arg-type]
        return made[-1]

    yield one
    if made:
        await made[0].stop()
    for backend in made:
        await backend.close()


async def text(backend: LocalBackend) -> str:
    return "".join([delta.text async for delta in backend.stream(ASK)])


async def test_the_first_request_starts_the_server(make: Make, post: Post) -> None:
    assert await text(make()) == "hello\n"
    note = post.read()
    assert note is not None
    assert (note.state, note.model, post.alive()) == ("ready", "fake", True)


async def test_kernels_that_start_at_once_share_one_server(make: Make, post: Post) -> None:
    backends = [make() for _ in range(4)]
    assert await asyncio.gather(*map(text, backends)) == ["hello\n"] * 4
    assert {backend._endpoint.where for backend in backends if backend._endpoint} == {post.read().base_url}  # type: ignore[union-attr]


async def test_requests_that_come_at_once_start_one_server(make: Make, post: Post) -> None:
    backend = make()
    assert await asyncio.gather(*(text(backend) for _ in range(3))) == ["hello\n"] * 3


async def test_closing_a_backend_leaves_the_server_to_others(make: Make, post: Post) -> None:
    one, other = make(), make()
    await text(one)
    await one.close()
    assert post.alive()
    assert await text(other) == "hello\n"


async def test_a_server_that_was_killed_is_replaced(make: Make, post: Post) -> None:
    backend = make()
    await text(backend)
    first = post.read()
    assert first is not None
    os.kill(first.pid, signal.SIGKILL)
    while post.alive():
        await asyncio.sleep(0.01)
    assert post.read() == first
    assert await text(backend) == "hello\n"
    second = post.read()
    assert second is not None
    assert second.pid != first.pid


async def test_an_idle_server_leaves_and_takes_its_note_away(make: Make, post: Post) -> None:
    await text(make(idle_minutes=0.005))
    while post.alive():
        await asyncio.sleep(0.02)
    assert post.read() is None


async def test_the_fetching_of_the_weights_is_told(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LLM_KERNEL_TEST_SERVE", "fetch")
    told: list[tuple[str, int, int]] = []
    await text(make(progress=lambda *what: told.append(what)))
    assert told == [("fetching", 10, 20)]


async def test_a_server_that_fails_says_why(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LLM_KERNEL_TEST_SERVE", "fail")
    with pytest.raises(ModelError) as fault:
        await text(make())
    assert str(fault.value) == "The weights are wrong."


async def test_a_server_that_dies_is_quoted(make: Make, post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LLM_KERNEL_TEST_SERVE", "die")
    with pytest.raises(EndpointError) as fault:
        await text(make())
    words = f"The embedded model's server ended before it was ready: illegal instruction (log: {post.log})"
    assert str(fault.value) == words


async def test_the_server_does_not_get_the_users_key(make: Make, post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-proj-0123456789")
    await text(make())
    note = post.read()
    assert note is not None
    environment = Path(f"/proc/{note.pid}/environ")
    if not environment.exists():  # noqa: ASYNC240
        pytest.skip("this system does not show a process's environment")
    assert b"sk-proj-0123456789" not in environment.read_bytes()  # noqa: ASYNC240


async def test_without_the_library_the_fault_says_the_three_ways(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local_module.importlib.util, "find_spec", lambda _: None)
    backend = LocalBackend(cache=tmp_path / "cache", runtime=tmp_path / "run")
    with pytest.raises(NoModel) as fault:
        await text(backend)
    for way in ("pip install 'imagined-machine[local]'", "OPENAI_API_KEY", "OPENAI_BASE_URL", "LLM_KERNEL_LOCAL_MODEL"):
        assert way in str(fault.value)


@pytest.mark.skipif(sys.platform == "win32", reason="permissions of another kind")
def test_the_note_is_the_users_alone(post: Post) -> None:
    post.write(Note("ready", 1, "http://127.0.0.1:1/v1", "secret", "m"))
    assert stat.S_IMODE(post.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(post.folder.stat().st_mode) == 0o700
    assert [one.name for one in post.folder.iterdir() if one.suffix == ".tmp"] == []


@pytest.mark.skipif(sys.platform == "win32", reason="permissions of another kind")
def test_a_note_that_others_can_read_is_not_trusted(post: Post) -> None:
    post.write(Note("ready", 1, "http://127.0.0.1:1/v1", "secret", "m"))
    post.path.chmod(0o644)
    assert post.read() is None


@pytest.mark.skipif(sys.platform == "win32", reason="permissions of another kind")
def test_a_runtime_folder_that_others_can_enter_is_refused(tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o777)
    with pytest.raises(SettingError):
        runtime_folder(shared)


@pytest.mark.parametrize("content", ["", "{", "[]", '{"format": 9}', '{"format": 1, "other": 2}'])
def test_a_note_that_is_not_understood_is_no_note(post: Post, content: str) -> None:
    post.path.touch(mode=0o600)
    post.path.write_text(content)
    assert post.read() is None


def test_models_of_ones_own_have_servers_of_their_own(tmp_path: Path) -> None:
    notes = {Post(model, cache=tmp_path, runtime=tmp_path / "run").path for model in ("", "a.gguf", "b.gguf")}
    assert len(notes) == 3


@pytest.mark.live
@pytest.mark.timeout(1800)
async def test_the_embedded_model_answers_and_keeps_what_it_read(tmp_path: Path) -> None:
    front = "You are a Linux computer. " + "Print exactly what the program prints. " * 40
    request = Request((Message("system", front), Message("user", "$ echo hello world")), max_tokens=16)
    backend = LocalBackend(runtime=tmp_path / "run")
    try:
        deltas = [delta async for delta in backend.stream(request)]
        usage = deltas[-1].usage
        assert "hello world" in "".join(delta.text for delta in deltas)
        assert usage is not None
        assert usage.cached > 250
        stream = backend.stream(Request((Message("user", "Count to one thousand."),), max_tokens=4000))
        await anext(stream)
        await stream.aclose()
        assert backend._warmth is not None
        for _ in range(20):
            slots = await backend._warmth._call("/slots", None)
            if not any(slot["is_processing"] for slot in slots):
                break
            await asyncio.sleep(0.1)
        assert [slot["is_processing"] for slot in slots] == [False, False]
    finally:
        await backend.stop()
