"""An interrupt ends the foreground program at once, and the queue behind it; the kernel lives on."""

import os
import signal
import time

import pytest

from tests.kernel.client import Client, kernel

pytestmark = pytest.mark.kernel

STOPPED = {
    "status": "error",
    "ename": "KeyboardInterrupt",
    "evalue": "exit status 130",
    "traceback": ["exit status 130"],
}


def test_a_running_cell_ends_with_the_status_130(client: Client) -> None:
    cell = client.send("echo begun\nsleep 30\necho never")
    assert client.wait_for(cell, "stream")["text"] == "begun\n"
    client.manager.interrupt_kernel()
    ran = client.finish(cell)
    assert {key: ran.reply[key] for key in STOPPED} == STOPPED
    assert ran.outputs == [
        ("stream", {"name": "stdout", "text": "^C\n"}),
        ("error", {key: STOPPED[key] for key in ("ename", "evalue", "traceback")}),
    ]


def test_the_interrupt_is_answered(client: Client) -> None:
    answer = client.control("interrupt_request")
    assert (answer["msg_type"], answer["content"]) == ("interrupt_reply", {"status": "ok"})


def test_the_stop_takes_less_than_half_a_second(client: Client) -> None:
    cell = client.send("echo begun\nsleep 30")
    client.wait_for(cell, "stream")
    began = time.monotonic()
    client.manager.interrupt_kernel()
    client.finish(cell)
    assert time.monotonic() - began < 0.5


def test_queued_cells_do_not_run(client: Client) -> None:
    cell = client.send("echo begun\nsleep 30")
    queued = [client.send(f"echo {n}") for n in range(3)]
    client.wait_for(cell, "stream")
    client.manager.interrupt_kernel()
    client.finish(cell)
    ended = [client.finish(each) for each in queued]
    assert [(each.reply["status"], each.outputs) for each in ended] == [("aborted", [])] * 3
    assert client.run("echo alive").text("stdout") == "alive\n"


def test_an_interrupt_between_cells_changes_nothing(client: Client) -> None:
    client.control("interrupt_request")
    assert client.run("echo alive").reply["status"] == "ok"


def test_a_cell_that_waits_for_input_is_interrupted_and_its_late_answer_dropped(client: Client) -> None:
    cell = client.send("read name", allow_stdin=True)
    client.channels.get_stdin_msg(timeout=10)
    client.manager.interrupt_kernel()
    assert client.finish(cell).reply["ename"] == "KeyboardInterrupt"
    client.channels.input("late")
    cell = client.send("read again", allow_stdin=True)
    client.channels.get_stdin_msg(timeout=10)
    client.channels.input("in time")
    assert client.finish(cell).text("stdout") == "got 'in time'\n"


@pytest.mark.skipif(os.name == "nt", reason="no SIGINT to send")
def test_a_signal_interrupts_too_and_does_not_end_the_kernel() -> None:
    with kernel() as client:
        cell = client.send("echo begun\nsleep 30")
        client.wait_for(cell, "stream")
        client.manager.signal_kernel(signal.SIGINT)
        assert client.finish(cell).reply["evalue"] == "exit status 130"
        client.manager.signal_kernel(signal.SIGINT)
        assert client.run("echo alive").text("stdout") == "alive\n"
