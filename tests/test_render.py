"""Events become messages; small writes are joined, never late, never out of order."""

import pytest

from llm_kernel.events import Ask, Clear, Display, Text
from llm_kernel.render import PIECE, Batch, Message, Still, message, page, result


def out(text: str) -> Message:
    return Message("stream", {"name": "stdout", "text": text})


def err(text: str) -> Message:
    return Message("stream", {"name": "stderr", "text": text})


def test_each_event_has_its_message() -> None:
    data = {"text/plain": "x", "text/html": "<b>x</b>"}
    assert message(Text("stderr", "no\n")) == err("no\n")
    assert message(Clear(wait=False)) == Message("clear_output", {"wait": False})
    assert message(Ask("Password: ", hidden=True)) == Message(
        "input_request", {"prompt": "Password: ", "password": True}
    )
    assert message(Display(data, {"a": 1})) == Message(
        "display_data", {"data": data, "metadata": {"a": 1}, "transient": {}}
    )


def test_a_view_can_be_the_cells_value_or_a_page() -> None:
    view = Display({"text/plain": "x"})
    assert result(view, 4) == Message(
        "execute_result", {"data": {"text/plain": "x"}, "metadata": {}, "execution_count": 4}
    )
    assert page(view) == {"source": "page", "data": {"text/plain": "x"}, "start": 0}


def test_the_first_write_goes_out_at_once() -> None:
    batch = Batch(0.03)
    assert batch.add(Text("stdout", "a"), 5.0) == [out("a")]
    assert batch.due is None


def test_writes_within_a_pause_go_out_together_when_it_ends() -> None:
    batch = Batch(0.03)
    batch.add(Text("stdout", "a"), 5.0)
    assert batch.add(Text("stdout", "b"), 5.01) == []
    assert batch.add(Text("stdout", "c"), 5.02) == []
    assert batch.due == 5.03
    assert batch.flush(5.03) == [out("bc")]
    assert batch.due is None


def test_a_write_after_the_pause_takes_the_waiting_ones_along() -> None:
    batch = Batch(0.03)
    batch.add(Text("stdout", "a"), 5.0)
    batch.add(Text("stdout", "b"), 5.01)
    assert batch.add(Text("stdout", "c"), 5.04) == [out("bc")]


def test_the_streams_stay_apart_and_in_order() -> None:
    batch = Batch(0.03)
    batch.add(Text("stdout", "first"), 5.0)
    for stream, text in [("stdout", "a"), ("stdout", "b"), ("stderr", "c"), ("stdout", "d")]:
        batch.add(Text(stream, text), 5.01)
    assert batch.flush(5.02) == [out("ab"), err("c"), out("d")]


def test_a_view_never_overtakes_text() -> None:
    batch = Batch(0.03)
    batch.add(Text("stdout", "a"), 5.0)
    batch.add(Text("stdout", "b"), 5.01)
    assert batch.add(Clear(), 5.02) == [out("b"), Message("clear_output", {"wait": True})]


def test_empty_text_is_no_message() -> None:
    batch = Batch(0.03)
    assert batch.add(Text("stdout", ""), 5.0) == []
    assert (batch.flush(9.0), batch.due) == ([], None)


@pytest.mark.parametrize("size", [1, 7, 1000, PIECE - 1, PIECE, 3 * PIECE])
def test_a_replay_sends_the_same_pieces_however_the_text_came(size: int) -> None:
    text = "".join(f"line {n}\n" for n in range(20_000))
    still = Still()
    events = [Text("stdout", text[at : at + size]) for at in range(0, len(text), size)]
    sent = [one for n, event in enumerate(events) for one in still.add(event, n / 7)]
    sent += [*still.add(Text("stderr", "x"), 0.0), *still.add(Text("stdout", "y"), 0.0), *still.flush(99.0)]
    assert still.due is None
    assert [one.content for one in sent] == [
        *({"name": "stdout", "text": text[at : at + PIECE]} for at in range(0, len(text), PIECE)),
        {"name": "stderr", "text": "x"},
        {"name": "stdout", "text": "y"},
    ]


def test_a_replay_sends_text_before_a_view() -> None:
    still = Still()
    assert still.add(Text("stdout", "a"), 0.0) == []
    assert [one.type for one in still.add(Display({"text/plain": "b"}), 0.0)] == ["stream", "display_data"]
