"""Events become messages; small writes are joined, never late, never out of order."""

from llm_kernel.events import Ask, Clear, Display, Text
from llm_kernel.render import Batch, Message, message, page, result


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
