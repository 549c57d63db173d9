"""The test endpoint itself, as a process of its own and told what to do over HTTP."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any
from urllib.request import Request, urlopen

import pytest

from llm_kernel.model import Message, OpenAIBackend
from llm_kernel.model import Request as Ask


@pytest.fixture
def base_url() -> Iterator[str]:
    command = [sys.executable, "-m", "tests.endpoint", "--port", "0", "--fail", "500"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    with process.stdout:
        yield json.loads(process.stdout.readline())["base_url"]
        process.terminate()
        process.wait()


def call(url: str, body: dict[str, Any] | None = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    with urlopen(Request(url, data=data)) as answer:
        return json.load(answer)


async def test_a_process_answers_by_rules_and_tells_what_it_was_asked(base_url: str) -> None:
    control = base_url.replace("/v1", "/control")
    call(control, {"rules": {"$ ls": "a  b\n", "": "what?\n"}})
    backend = OpenAIBackend(base_url)
    said = ""
    for text in ("$ ls", "$ pwd"):
        async for delta in backend.stream(Ask((Message("user", text),))):
            said += delta.text
    await backend.close()
    assert said == "a  b\nwhat?\n"
    assert [one["messages"][0]["content"] for one in call(control)["requests"]] == ["$ ls", "$ ls", "$ pwd"]


def test_without_streaming_the_reply_comes_whole(base_url: str) -> None:
    call(base_url.replace("/v1", "/control"), {"replies": ["hello\n"]})
    body = {"messages": [{"role": "user", "content": "x"}]}
    with pytest.raises(OSError, match="500"):
        call(f"{base_url}/chat/completions", body)
    reply = call(f"{base_url}/chat/completions", body)
    assert reply["choices"][0]["message"] == {"role": "assistant", "content": "hello\n"}
