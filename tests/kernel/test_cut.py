"""Real kernels that are killed, restarted, doubled and moved: what the next one of the same notebook is."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.endpoint import Endpoint
from tests.kernel.client import Client, kernel

pytestmark = pytest.mark.kernel

TRAIN = """%%writefile train.py
import torch, urllib.request
for epoch in range(10):
    print(f'epoch {epoch} loss {float(urllib.request.urlopen("http://lab/loss").read())}')
"""
REPLY = "".join(f"epoch {n} loss 0.{9 - n}\n@ spend 10\n" for n in range(10))
BACK = "[the machine is back as it was after `{}`; %fresh begins anew]\n"
JOB = "[1]+  Running                 python3 train.py > log 2>&1 &\n"
KEY = "sk-" + "a1B2" * 10


def _env(folder: Path, **more: str) -> dict[str, str]:
    base = {"LLM_KERNEL_HOME": str(folder), "LLM_KERNEL_CLOCK": "stepped", "OPENAI_BASE_URL": "http://127.0.0.1:9/v1"}
    return {**base, "JPY_SESSION_NAME": "book.ipynb", **more}


@contextmanager
def _killed(env: dict[str, str]) -> Iterator[Client]:
    """A kernel that is killed at the block's end."""
    with kernel(env=env) as client:
        yield client
        _kill(client)


def _kill(client: Client) -> None:
    process = client.manager.provisioner.process  # type: ignore[union-attr]
    os.kill(process.pid, signal.SIGKILL)
    process.wait(10)


def _said(client: Client, code: str) -> str:
    ran = client.run(code)
    said = "".join(c["text"] for kind, c in ran.outputs if kind == "stream")
    return said + "".join(c["evalue"] for kind, c in ran.outputs if kind == "error")


def _stored(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


def test_a_kernel_killed_in_a_cell_comes_back_after_the_last_complete_one(tmp_path: Path) -> None:
    with Endpoint(["one\n"]) as endpoint:
        endpoint.fail("hang-open", -1)
        env = _env(tmp_path, OPENAI_BASE_URL=endpoint.base_url, OPENAI_API_KEY=KEY)
        with kernel(env=env) as client:
            _said(client, "x=1; echo kept > f")
            client.send("x=2; echo lost > f; perl run.pl")
            _until(lambda: len(endpoint.requests) == 1)
            _kill(client)
        with kernel(env=env) as client:
            assert _said(client, "echo $x; cat f") == BACK.format("x=1; echo kept > f") + "1\nkept\n"
            assert len(endpoint.requests) == 1


def test_a_kernel_that_was_shut_down_comes_back_and_a_restarted_one_is_fresh(tmp_path: Path) -> None:
    with kernel(env=_env(tmp_path)) as client:
        _said(client, "x=1")
        client.manager.shutdown_kernel()
    with kernel(env=_env(tmp_path)) as client:
        assert _said(client, "echo $x") == BACK.format("x=1") + "1\n"
        client.manager.restart_kernel()
        client.channels.wait_for_ready(timeout=60)
        assert _said(client, "echo ${x-none}") == "none\n"
        assert _said(client, "%restore\necho $x") == "restored, as after: echo $x\n1\n"
        assert _said(client, "%undo 2\necho ${x-none}").endswith("\nnone\n")


def test_notebooks_are_told_apart_and_a_second_kernel_has_a_branch_of_its_own(tmp_path: Path) -> None:
    one, other = _env(tmp_path), _env(tmp_path, JPY_SESSION_NAME="", LLM_KERNEL_SESSION="mine")
    with kernel(env=one) as client:
        _said(client, "x=book")
        with _killed(other) as second:
            assert _said(second, "echo ${x-none}; x=mine") == "none\n"
        with kernel(env=one) as second:
            assert _said(second, "echo $x; x=second") == (
                "[another kernel has this notebook open: this one goes on in a branch of its own, from `x=book`; "
                "%fresh begins anew]\nbook\n"
            )
        assert _said(client, "echo $x") == "book\n"
    with kernel(env=other) as client:
        assert _said(client, "echo $x").endswith("\nmine\n")


def test_a_job_goes_on_after_a_way_back_and_after_a_kill(tmp_path: Path) -> None:
    with Endpoint([REPLY], delay=0.01, piece=8) as endpoint:
        env = _env(tmp_path, OPENAI_BASE_URL=endpoint.base_url, OPENAI_API_KEY=KEY)
        with _killed(env) as client:
            _said(client, TRAIN)
            _said(client, "%machine install pip torch 1.8.0")
            _said(client, "python3 train.py > log 2>&1 &")
            assert _said(client, "sleep 25; wc -l < log") == "3\n"
            _said(client, "kill %1; rm log")
            _said(client, "%undo")
            assert _said(client, "jobs; wc -l < log") == JOB + "3\n"
        with kernel(env=env) as client:
            assert _said(client, "jobs").partition("\n")[2] == JOB
            _said(client, "wait")
            assert _said(client, "cat log") == "".join(f"epoch {n} loss 0.{9 - n}\n" for n in range(10))
        assert sum(str(one["messages"][-1]["content"]).rstrip().endswith("train.py") for one in endpoint.requests) == 1


def test_a_job_whose_model_is_gone_plays_what_it_had_and_dies_with_words_in_its_log(tmp_path: Path) -> None:
    with Endpoint([REPLY], delay=0.05, piece=8) as endpoint:
        env = _env(tmp_path, OPENAI_BASE_URL=endpoint.base_url, OPENAI_API_KEY=KEY)
        with _killed(env) as client:
            _said(client, TRAIN)
            _said(client, "%machine install pip torch 1.8.0")
            _said(client, "python3 train.py > log 2>&1 &")
            assert _said(client, "sleep 15; wc -l < log") == "2\n"
    with kernel(env=env) as client:
        assert _said(client, "wait").splitlines()[1:] == ["[1]+  Killed                  python3 train.py > log 2>&1"]
        log = _said(client, "cat log").splitlines()
    told = [line for line in log if line.startswith("epoch ")]
    assert told == [f"epoch {n} loss 0.{9 - n}" for n in range(len(told))]
    assert 2 <= len(told) < 10
    assert len(log) > len(told)
    assert KEY.encode() not in _stored(tmp_path)


def test_a_hidden_answer_and_a_key_are_nowhere_in_the_store_or_an_export(tmp_path: Path) -> None:
    secret = "correct-horse-battery"
    with Endpoint([f"your key is {KEY}\n"]) as endpoint:
        env = _env(tmp_path / "store", OPENAI_BASE_URL=endpoint.base_url, OPENAI_API_KEY=KEY)
        with _killed(env) as client:
            cell = client.send("read -s -p 'Password: ' p; echo ${#p}; unset p", allow_stdin=True)
            client.channels.get_stdin_msg(timeout=20)
            client.channels.input(secret)
            ran = client.finish(cell)
            assert ran.text("stdout").endswith(f"{len(secret)}\n")
            _said(client, "perl tell.pl > told")
            _said(client, "%save handed")
        out = tmp_path / "handed.machine"
        _cli(env, "export", "handed", out)
        for data in (_stored(tmp_path / "store"), out.read_bytes()):
            assert secret.encode() not in data
            assert KEY.encode() not in data


def test_a_machine_is_handed_from_one_home_to_another(tmp_path: Path) -> None:
    first, second = _env(tmp_path / "a"), _env(tmp_path / "b")
    with _killed(first) as client:
        _said(client, "mkdir -p ~/data; seq 5 > ~/data/set; f() { echo f:$1; }; export STAGE=2; cd ~/data")
        assert _said(client, "%save lesson").startswith("saved as lesson")
    file = tmp_path / "lesson.machine"
    _cli(first, "export", "lesson", file)
    _cli(second, "import", file, "given")
    with kernel(env=second) as client:
        _said(client, "%load given")
        assert _said(client, "pwd; cat set | wc -l; f 1; echo $STAGE") == "/root/data\n5\nf:1\n2\n"
        assert _said(client, "%load 99").startswith("there is no step 99; %history lists ")


def test_a_profile_is_a_step_that_is_taken_back_and_survives_a_kill(tmp_path: Path) -> None:
    with _killed(_env(tmp_path)) as client:
        _said(client, "%%writefile lab.yaml\nhost: lab1\ngpus: 2 x RTX 3090\n")
        _said(client, "%machine profile lab.yaml")
        assert _said(client, "hostname; nvidia-smi -L | wc -l") == "lab1\n2\n"
    with kernel(env=_env(tmp_path)) as client:
        assert _said(client, "hostname; nvidia-smi -L | wc -l").endswith("\nlab1\n2\n")


def test_what_was_spent_and_the_place_on_the_tape_are_carried_over(tmp_path: Path) -> None:
    tape = tmp_path / "book.tape"
    cells = ("perl -e 1", "perl -e 2; date", "perl -e 1; date")
    with Endpoint(lambda body: f"answer {len(body['messages'])}\n@ spend 3\n") as endpoint:
        env = _env(
            tmp_path / "r", OPENAI_BASE_URL=endpoint.base_url, LLM_KERNEL_TAPE=str(tape), LLM_KERNEL_BUDGET="90000"
        )
        with _killed(env) as client:
            recorded = [_said(client, cells[0])]
            spent = _usage(client)
        with _killed(env) as client:
            recorded += [_said(client, cell) for cell in cells[1:]]
            assert _usage(client) > spent > 0
        asked = len(endpoint.requests)
    replay = _env(tmp_path / "p", LLM_KERNEL_TAPE=str(tape), LLM_KERNEL_TAPE_MODE="replay")
    with _killed(replay) as client:
        again = [_said(client, cells[0])]
    with kernel(env=replay) as client:
        again += [_said(client, cell) for cell in cells[1:]]
    assert again == recorded
    assert asked == 3


def test_an_interrupted_cell_can_be_taken_back(tmp_path: Path) -> None:
    with Endpoint(["one\n"]) as endpoint:
        endpoint.fail("hang-open", -1)
        with kernel(env=_env(tmp_path, OPENAI_BASE_URL=endpoint.base_url)) as client:
            _said(client, "x=1")
            cell = client.send("x=2; touch made; perl run.pl")
            _until(lambda: len(endpoint.requests) == 1)
            client.manager.interrupt_kernel()
            client.finish(cell)
            assert _said(client, "%undo\necho $x; ls") == "undone: x=2; touch made; perl run.pl\n1\n"


def test_a_cell_of_pure_physics_is_taken_back(tmp_path: Path) -> None:
    with Endpoint(["@ echo text > made\nI made it\n"]) as endpoint:
        env = _env(tmp_path, OPENAI_BASE_URL=endpoint.base_url, LLM_KERNEL_PHYSICS="pure")
        with _killed(env) as client:
            _said(client, "true")
            assert _said(client, "make it") == "I made it\n"
            _said(client, "%save made")
            assert _said(client, "%undo") == "undone: make it\n"
            _said(client, "%save before")
            assert "made" in client.run("%diff made before").outputs[0][1]["data"]["text/plain"]


def _usage(client: Client) -> int:
    report = json.dumps(client.run("%usage").metadata)
    return sum(row.get("prompt", 0) + row.get("completion", 0) for row in _rows(json.loads(report)))


def _rows(metadata: object) -> list[dict[str, int]]:
    found = []
    if isinstance(metadata, dict):
        found += metadata["usage"] if isinstance(metadata.get("usage"), list) else []
        for value in metadata.values():
            found += _rows(value)
    return found


def _until(true: object) -> None:
    late = time.monotonic() + 60
    while not true():  # type: ignore[operator]
        assert time.monotonic() < late
        time.sleep(0.02)


def _cli(env: dict[str, str], *words: object) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "llm_kernel", *map(str, words)],
        env={**os.environ, **env},
        capture_output=True,
        text=True,
        timeout=60,
        cwd=Path(__file__).parents[2],
    )
    assert done.returncode == 0, done.stderr
