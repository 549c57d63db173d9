"""The whole kernel from a client's side: cells, a scripted model behind a real endpoint, settings, the end."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.endpoint import Endpoint
from tests.kernel.client import Client, kernel

pytestmark = pytest.mark.kernel

ASK = "curl -s http://example.com/"  # the net is imagined: a model answers


@contextmanager
def modelled(*replies: str, delay: float = 0.0, cwd: Path | None = None) -> Iterator[tuple[Client, Endpoint]]:
    """A kernel whose model says ``replies`` in order."""
    options = {"cwd": str(cwd)} if cwd else {}
    with (
        Endpoint(replies, delay=delay) as endpoint,
        kernel(env={"OPENAI_BASE_URL": endpoint.base_url, "OPENAI_API_KEY": "k"}, **options) as client,
    ):
        yield client, endpoint


def test_the_shell_lives_from_cell_to_cell(client: Client) -> None:
    client.run("cd /tmp; export COLOUR=green; double() { echo $(($1 * 2)); }")
    assert client.run("pwd; echo $COLOUR; double 21").text("stdout") == "/tmp\ngreen\n42\n"


def test_the_streams_are_apart(client: Client) -> None:
    ran = client.run("echo a; echo b >&2")
    assert (ran.text("stdout"), ran.text("stderr"), ran.reply["status"]) == ("a\n", "b\n", "ok")


def test_the_last_commands_status_is_the_cells(client: Client) -> None:
    assert client.run("false; true").reply["status"] == "ok"
    ran = client.run("true; false")
    assert (ran.reply["ename"], ran.reply["evalue"]) == ("CommandFailed", "exit status 1")
    assert client.run("exit 7").reply["evalue"] == "exit status 7"
    assert client.run("echo alive").text("stdout") == "alive\n"


def test_a_syntax_error_is_bashs_own(client: Client) -> None:
    ran = client.run("if true; fi")
    assert ran.reply["evalue"] == "exit status 2"
    assert ran.text("stderr").startswith("bash: ")


def test_a_cell_that_cannot_be_taken_apart_says_why(client: Client) -> None:
    reply = client.run("%machin").reply
    assert (reply["status"], reply["ename"]) == ("error", "CellError")
    assert "%machine" in reply["evalue"]


def test_a_model_that_is_not_there_fails_the_cell_that_needs_it(client: Client) -> None:
    reply = client.run(ASK).reply
    assert (reply["status"], reply["ename"]) == ("error", "EndpointError")
    assert client.run("echo alive").text("stdout") == "alive\n"


def test_a_model_plays_a_program(client: Client) -> None:
    with modelled("<h1>Example</h1>\n") as (asked, endpoint):
        ran = asked.run(ASK)
        assert (ran.text("stdout"), ran.reply["status"]) == ("<h1>Example</h1>\n", "ok")
        assert [row["by"] for row in ran.metadata["llm_kernel"]["answers"]] == ["model"]
        assert len(endpoint.requests) == 1


def test_an_interrupt_stops_the_model_and_the_queue() -> None:
    with modelled("".join(f"line {n}\n" for n in range(2000)), delay=0.02) as (client, endpoint):
        cell = client.send(ASK)
        queued = [client.send(f"echo {n}") for n in range(3)]
        assert client.wait_for(cell, "stream")["name"] == "stdout"
        client.manager.interrupt_kernel()
        ran = client.finish(cell)
        assert (ran.reply["ename"], ran.reply["evalue"]) == ("KeyboardInterrupt", "exit status 130")
        assert ran.text("stdout").endswith("^C\n")
        assert [client.finish(each).reply["status"] for each in queued] == ["aborted"] * 3
        assert client.run("echo $?; echo alive").text("stdout") == "130\nalive\n"
        assert endpoint.departures() == 1


def test_a_shutdown_closes_the_models_connection() -> None:
    with modelled("".join(f"line {n}\n" for n in range(2000)), delay=0.02) as (client, endpoint):
        cell = client.send(ASK)
        client.wait_for(cell, "stream")
        answer = client.control("shutdown_request", restart=False)
        assert (answer["msg_type"], answer["content"]) == ("shutdown_reply", {"status": "ok", "restart": False})
        assert endpoint.departures() == 1


def test_settings_come_from_the_config_file(jupyter_home: Path) -> None:
    folder = Path(os.environ["JUPYTER_CONFIG_DIR"])
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "llm_kernel_config.py"
    file.write_text("c.LLMKernel.clock = 'stepped'\nc.LLMKernel.epoch = '2020-02-29T12:00'\n")
    try:
        with kernel() as client:
            assert client.run("date -u +%F").text("stdout") == "2020-02-29\n"
    finally:
        file.unlink()


def test_a_setting_nobody_can_use_fails_the_cell_and_says_so() -> None:
    with kernel(env={"LLM_KERNEL_SEED": "many"}) as client:
        reply = client.run("echo a").reply
    assert (reply["status"], reply["ename"]) == ("error", "SettingError")
    assert "LLM_KERNEL_SEED" in reply["evalue"]


def test_modules_beside_the_notebook_do_not_hide_ours(tmp_path: Path) -> None:
    for name in ("json", "openai", "llm_kernel_config", "pathlib"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('the wrong one')\n")
    with modelled("hello\n", cwd=tmp_path) as (client, _):
        assert client.run(ASK).text("stdout") == "hello\n"


def test_files_commands_and_magics_are_completed(client: Client) -> None:
    client.run("mkdir -p /tmp/here && touch /tmp/here/notes.txt; cd /tmp/here")

    def complete(code: str) -> list[tuple[str, str]]:
        reply = client.reply(client.channels.complete(code, len(code)))["content"]
        return [(match["text"], match["type"]) for match in reply["metadata"]["_jupyter_types_experimental"]]

    assert [text for text, _ in complete("cat no")] == ["notes.txt"]
    assert "uname" in [text for text, _ in complete("unam")]
    assert "%machine" in [text for text, _ in complete("%mach")]


def test_the_machine_is_a_result_and_its_help_a_page(client: Client) -> None:
    ran = client.run("%machine")
    assert ran.kinds() == ["execute_result"]
    assert ran.outputs[0][1]["data"]["text/plain"].startswith("Machine: Ubuntu ")
    [page] = client.run("%usage ?", allow_stdin=True).reply["payload"]
    assert page["data"] == {"text/plain": "%usage: requests, tokens, seconds and price since the kernel started.\n"}


def test_costs_are_text_and_a_table(client: Client) -> None:
    [(kind, content)] = client.run("%usage").outputs
    assert (kind, set(content["data"])) == ("display_data", {"text/plain", "text/html"})


def test_clear_wipes_the_cell(client: Client) -> None:
    assert client.run("clear").outputs == [("clear_output", {"wait": False})]


def test_the_proc_files_show_the_moment() -> None:
    with kernel(env={"LLM_KERNEL_CLOCK": "stepped"}) as client:
        text = client.run("cat /proc/uptime; sleep 10; cat /proc/uptime; cd /proc; sleep 5; cat up*").text("stdout")
    first, *later = [float(line.split()[0]) for line in text.splitlines()]
    assert [moment - first for moment in later] == [10.0, 15.0]


def test_the_first_cell_does_not_wait_for_a_second_question() -> None:
    with kernel() as client:
        assert client.run("echo at once").text("stdout") == "at once\n"
        assert client.reply(client.channels.kernel_info())["content"]["status"] == "ok"
