"""An interrupt ends the foreground program at once, and the queue behind it; the kernel lives on."""

import os
import signal
import time

import pytest

from tests.endpoint import Endpoint
from tests.kernel.client import Client, kernel

pytestmark = pytest.mark.kernel

STOPPED = {
    "status": "error",
    "ename": "KeyboardInterrupt",
    "evalue": "exit status 130",
    "traceback": ["exit status 130"],
}


def test_a_running_cell_ends_with_the_status_130(bare: Client) -> None:
    cell = bare.send("echo begun\nsleep infinity\necho never")
    assert bare.wait_for(cell, "stream")["text"] == "begun\n"
    bare.manager.interrupt_kernel()
    ran = bare.finish(cell)
    assert {key: ran.reply[key] for key in STOPPED} == STOPPED
    assert ran.outputs == [
        ("stream", {"name": "stdout", "text": "^C\n"}),
        ("error", {key: STOPPED[key] for key in ("ename", "evalue", "traceback")}),
    ]


def test_the_interrupt_is_answered(bare: Client) -> None:
    answer = bare.control("interrupt_request")
    assert (answer["msg_type"], answer["content"]) == ("interrupt_reply", {"status": "ok"})


def test_queued_cells_do_not_run(bare: Client) -> None:
    cell = bare.send("echo begun\nsleep infinity")
    queued = [bare.send(f"echo {n}") for n in range(3)]
    bare.wait_for(cell, "stream")
    bare.manager.interrupt_kernel()
    bare.finish(cell)
    ended = [bare.finish(each) for each in queued]
    assert [(each.reply["status"], each.outputs) for each in ended] == [("aborted", [])] * 3
    assert bare.run("echo alive").text("stdout") == "alive\n"


def test_an_interrupt_between_cells_changes_nothing(bare: Client) -> None:
    bare.control("interrupt_request")
    assert bare.run("echo alive").reply["status"] == "ok"


def test_a_cell_that_waits_for_input_is_interrupted_and_its_late_answer_dropped(bare: Client) -> None:
    cell = bare.send("read name", allow_stdin=True)
    bare.channels.get_stdin_msg(timeout=10)
    bare.manager.interrupt_kernel()
    assert bare.finish(cell).reply["ename"] == "KeyboardInterrupt"
    bare.channels.input("late")
    cell = bare.send("read again", allow_stdin=True)
    bare.channels.get_stdin_msg(timeout=10)
    bare.channels.input("in time")
    assert bare.finish(cell).text("stdout") == "got 'in time'\n"


@pytest.mark.skipif(os.name == "nt", reason="no SIGINT to send")
def test_a_signal_interrupts_too_and_does_not_end_the_kernel() -> None:
    with kernel("bare") as bare:
        cell = bare.send("echo begun\nsleep infinity")
        bare.wait_for(cell, "stream")
        bare.manager.signal_kernel(signal.SIGINT)
        assert bare.finish(cell).reply["evalue"] == "exit status 130"
        bare.manager.signal_kernel(signal.SIGINT)
        assert bare.run("echo alive").text("stdout") == "alive\n"


STUBBORN = (
    "trap 'echo caught' INT; sleep 3600; sleep 3600; echo never",
    "bash -c 'trap \"\" INT; sleep 3600; sleep 3600'; echo never",
    "while :; do sleep 3600; done; echo never",
    "(trap '' INT; sleep 3600) & fg; echo never",
)


def test_a_second_interrupt_ends_what_traps_or_ignores_the_first() -> None:
    with kernel(env={"OPENAI_BASE_URL": "http://127.0.0.1:9/v1", "LLM_KERNEL_PACE": "1"}) as client:
        client.send("true")
        client.channels.get_shell_msg(timeout=100)  # it has begun, on a slow computer too
        for stubborn in STUBBORN:
            cell = client.send(f"echo begun\n{stubborn}")
            assert client.wait_for(cell, "stream")["text"] == "begun\n"
            client.control("interrupt_request")
            client.control("interrupt_request")  # answered also where the cell has ended at the first
            ran = client.finish(cell)
            assert (ran.reply["ename"], ran.reply["evalue"]) == ("KeyboardInterrupt", "exit status 130")
            assert "never" not in ran.text("stdout")
            while client.run("true").reply["status"] == "aborted":
                continue  # what comes while a cell ends is taken to have been in the queue behind it
        assert client.run("echo alive").text("stdout") == "alive\n"


def test_the_model_s_connection_is_closed_by_the_interrupt_and_a_job_s_stays_open() -> None:
    with (
        Endpoint(["a line of a long reply\n" * 4000] * 2, delay=0.02) as endpoint,
        kernel(env={"OPENAI_BASE_URL": endpoint.base_url, "OPENAI_API_KEY": "key"}) as client,
    ):
        client.run("touch a.pl; perl a.pl > log &")
        cell = client.send("perl a.pl")
        client.wait_for(cell, "stream")
        client.control("interrupt_request")
        assert client.finish(cell).reply["evalue"] == "exit status 130"
        until = time.monotonic() + 30
        while not endpoint.disconnects and time.monotonic() < until:
            time.sleep(0.01)
        assert len(endpoint.disconnects) == 1
