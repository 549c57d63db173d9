"""Settings become a session; what nobody can use says so, with what to do."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from llm_kernel.cli import main
from llm_kernel.config import build
from llm_kernel.errors import SettingError
from llm_kernel.events import Exit
from llm_kernel.settings import Settings
from tests.endpoint import Endpoint
from tests.notebook import joined, out


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_BASE_URL", "OPENAI_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    for name in "BACKEND MODEL TAPE TAPE_MODE PHYSICS CLOCK EPOCH SEED BUDGET UNKNOWN LOCAL_MODEL CACHE".split():
        monkeypatch.delenv(f"LLM_KERNEL_{name}", raising=False)


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    with Endpoint(["said\n"], key="sk-0123456789") as server:
        yield server


async def _run(settings: Settings, code: str) -> list[object]:
    session = build(settings)
    try:
        return [*joined([event async for event in session.run_cell(code)])]
    finally:
        await session.close()


async def test_an_endpoint_in_the_environment_answers(monkeypatch: pytest.MonkeyPatch, endpoint: Endpoint) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", endpoint.base_url)
    monkeypatch.setenv("OPENAI_API_KEY", "sk-0123456789")
    assert await _run(Settings(), "rsync") == out("said\n")
    assert endpoint.requests[0]["model"] == "scripted-model"


async def test_a_stepped_clock_starts_at_its_epoch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LLM_KERNEL_CLOCK", "stepped")
    assert await _run(Settings(), "date '+%F %T'") == out("2021-04-01 09:00:00\n")
    monkeypatch.setenv("LLM_KERNEL_EPOCH", "2023-05-06T07:08")
    assert await _run(Settings(), "sleep 60; date '+%F %T'") == out("2023-05-06 07:09:00\n")


async def test_a_tape_steps_the_clock_and_replays(
    tmp_path: Path, endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-0123456789")
    tape = str(tmp_path / "a.jsonl")
    code = "rsync; date +%T; echo $RANDOM"
    runs = [
        await _run(Settings(tape=tape, tape_mode=mode, endpoint=endpoint.base_url, model="m", backend="openai"), code)
        for mode in ("record", "replay")
    ]
    assert runs[0] == runs[1]


async def test_unknown_and_limits_reach_the_session(endpoint: Endpoint) -> None:
    settings = Settings(endpoint=endpoint.base_url, unknown="ask", output_limit=100, clock="stepped", model="m")
    session = build(settings)
    assert (session.setup.unknown, session.setup.output) == ("ask", 100)
    await session.close()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("LLM_KERNEL_SEED", "abc"),
        ("LLM_KERNEL_EPOCH", "tomorrow"),
        ("LLM_KERNEL_BUDGET", "lots"),
        ("LLM_KERNEL_BUDGET", "0.50eur"),
        ("LLM_KERNEL_PRICE", "cheap"),
        ("LLM_KERNEL_BACKEND", "magic"),
        ("LLM_KERNEL_PHYSICS", "quantum"),
        ("LLM_KERNEL_CLOCK", "sundial"),
        ("LLM_KERNEL_TAPE_MODE", "vhs"),
        ("LLM_KERNEL_UNKNOWN", "guess"),
    ],
)
async def test_a_value_nobody_can_use_is_named(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, value)
    monkeypatch.setenv("LLM_KERNEL_TAPE", "there.jsonl" if name == "LLM_KERNEL_TAPE_MODE" else "")
    if name == "LLM_KERNEL_EPOCH":
        monkeypatch.setenv("LLM_KERNEL_CLOCK", "stepped")
    with pytest.raises(SettingError) as error:
        build(Settings())
    assert value in str(error.value)


async def test_without_a_model_exact_commands_work(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("LLM_KERNEL_CACHE", str(tmp_path))
    assert await _run(Settings(), "true") == [Exit(0)]


async def test_the_embedded_model_answers_to_no_other_name(tmp_path: Path) -> None:
    session = build(Settings(backend="local", cache=str(tmp_path)))
    (own,) = await session.models.models()
    with pytest.raises(SettingError, match="No endpoint is set, so there is no model 'gpt-4'"):
        await session.models.switch("gpt-4")
    assert session.models.name == own
    for name in (str(tmp_path / "mine.gguf"), own):
        await session.models.switch(name)
        assert session.models.name == Path(name).name.removesuffix(".gguf")
    await session.close()


def test_the_command_lists_every_setting_and_no_others(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["config"]) == 0
    listed = re.findall(r"^# c\.LLMKernel\.(\w+) = ", capsys.readouterr().out, re.M)
    assert listed == sorted(Settings.class_trait_names(config=True))


def test_every_setting_of_the_contract_has_help() -> None:
    for name, trait in Settings.class_traits(config=True).items():
        assert len(trait.help) > 20, name
