"""What a cell sends and how its reply says it ended."""

import pytest

from tests.kernel.client import Client

pytestmark = pytest.mark.kernel


def stream(name: str, text: str) -> tuple[str, dict]:
    return ("stream", {"name": name, "text": text})


def test_the_streams_are_apart(bare: Client) -> None:
    ran = bare.run("echo a\nerr b")
    assert ran.outputs == [stream("stdout", "a\n"), stream("stderr", "b\n")]
    assert ran.reply["status"] == "ok"


def test_text_comes_while_the_cell_runs(bare: Client) -> None:
    cell = bare.send("echo a\nsleep infinity")
    assert bare.wait_for(cell, "stream") == {"name": "stdout", "text": "a\n"}
    bare.manager.interrupt_kernel()
    bare.finish(cell)


def test_a_thousand_lines_are_few_messages_and_the_same_text(bare: Client) -> None:
    ran = bare.run("\n".join(f"echo {n}" for n in range(1000)))
    assert ran.text("stdout") == "".join(f"{n}\n" for n in range(1000))
    assert len(ran.outputs) < 50


def test_a_failing_cell_is_an_error_in_the_message_and_in_the_reply(bare: Client) -> None:
    ran = bare.run("echo a\nexit 2")
    failure = {"ename": "CommandFailed", "evalue": "exit status 2", "traceback": ["exit status 2"]}
    assert ran.outputs == [stream("stdout", "a\n"), ("error", failure)]
    assert {key: ran.reply[key] for key in ("status", *failure)} == {"status": "error", **failure}


def test_a_fault_of_ours_is_named(bare: Client) -> None:
    ran = bare.run("ask-model")
    assert (ran.reply["ename"], ran.reply["evalue"]) == ("NoModel", "no model: three ways")
    assert ran.reply["traceback"] == ["NoModel: no model: three ways"]


def test_a_bug_fails_its_cell_and_not_the_kernel(bare: Client) -> None:
    assert bare.run("bug").reply["ename"] == "ZeroDivisionError"
    assert bare.run("echo alive").text("stdout") == "alive\n"


def test_cells_queued_behind_a_failing_one_are_aborted(bare: Client) -> None:
    first = bare.send("sleep 0.3\nexit 1")
    queued = [bare.send(f"echo {n}") for n in range(4)]
    assert bare.finish(first).reply["status"] == "error"
    assert [bare.finish(cell).reply["status"] for cell in queued] == ["aborted"] * 4
    assert bare.run("echo alive").reply["status"] == "ok"


def test_stop_on_error_can_be_switched_off(bare: Client) -> None:
    first = bare.send("sleep 0.3\nexit 1", stop_on_error=False)
    second = bare.send("echo on")
    assert bare.finish(first).reply["status"] == "error"
    assert bare.finish(second).text("stdout") == "on\n"


def test_a_silent_cell_sends_nothing_and_is_not_counted(bare: Client) -> None:
    before = bare.run("echo a").reply["execution_count"]
    silent = bare.run("echo b\nexit 3", silent=True)
    assert (silent.outputs, silent.reply["status"]) == ([], "error")
    assert bare.run("echo c").reply["execution_count"] == before + 1


def test_a_cell_outside_the_history_is_not_in_it(bare: Client) -> None:
    bare.run("echo kept")
    bare.run("echo secret", store_history=False)
    reply = bare.reply(bare.channels.history(raw=True, output=False, hist_access_type="tail", n=1))
    assert [row[2] for row in reply["content"]["history"]] == ["echo kept"]


def test_a_typed_line_reaches_the_program(bare: Client) -> None:
    cell = bare.send("echo before\nread Name:", allow_stdin=True)
    asked = bare.channels.get_stdin_msg(timeout=10)
    assert asked["content"] == {"prompt": "Name:", "password": False}
    bare.channels.input("Ada")
    assert bare.finish(cell).text("stdout") == "before\ngot 'Ada'\n"


def test_a_client_without_input_gives_end_of_file(bare: Client) -> None:
    assert bare.run("read Name:").text("stdout") == "got None\n"


def test_the_reply_says_who_answered(bare: Client) -> None:
    assert bare.run("echo a").metadata["llm_kernel"] == {"by": "double"}


def test_user_expressions_are_answered_one_by_one(bare: Client) -> None:
    reply = bare.run("echo a", user_expressions={"x": "1"}).reply
    assert [(name, value["status"]) for name, value in reply["user_expressions"].items()] == [("x", "error")]


def test_a_page_is_shown_in_place_where_nobody_can_page(bare: Client) -> None:
    assert bare.run("page text").kinds() == ["display_data"]
    assert bare.run("page text", allow_stdin=True).reply["payload"] == [
        {"source": "page", "data": {"text/plain": "text"}, "start": 0}
    ]


def test_the_kernel_says_what_it_is(bare: Client) -> None:
    info = bare.reply(bare.channels.kernel_info())["content"]
    assert info["implementation"] == "llm_kernel"
    assert info["language_info"] == {
        "name": "bash",
        "version": "5.1",
        "mimetype": "text/x-sh",
        "file_extension": ".sh",
        "pygments_lexer": "bash",
        "codemirror_mode": "shell",
        "nbconvert_exporter": "script",
    }
    assert info["supported_features"] == []
    assert info["help_links"]
    assert info["banner"].startswith("llm_kernel ")


def test_completions_carry_their_types(bare: Client) -> None:
    reply = bare.reply(bare.channels.complete("ec", 2))["content"]
    typed = [{"text": "echo", "type": "command", "start": 0, "end": 2}]
    assert reply["metadata"] == {"_jupyter_types_experimental": typed}
    assert (reply["cursor_start"], reply["cursor_end"]) == (0, 2)


def test_there_are_no_comms(bare: Client) -> None:
    assert bare.reply(bare.channels.comm_info())["content"] == {"status": "ok", "comms": {}}


def test_a_subshell_is_refused(bare: Client) -> None:
    if "create_subshell_request" not in dir(__import__("ipykernel.kernelbase").kernelbase.Kernel):
        pytest.skip("this ipykernel knows no subshells")
    answer = bare.control("create_subshell_request")
    assert (answer["msg_type"], answer["content"]["status"]) == ("create_subshell_reply", "error")
