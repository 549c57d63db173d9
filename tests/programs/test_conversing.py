"""A reply that is cut is continued without a seam; one that is stuck is ended, and says so."""

from __future__ import annotations

from collections.abc import AsyncIterator

from llm_kernel.errors import EndpointError
from llm_kernel.events import Ask, Exit, Text
from llm_kernel.model.request import Delta, Request
from llm_kernel.session import Setup
from tests.notebook import Notebook, out


class Pieces:
    """A model whose replies are cut at the limit, but for the last of them."""

    def __init__(self, *replies: str, cut: int = 99) -> None:
        self.replies = list(replies)
        self.requests: list[Request] = []
        self.cut = cut

    async def stream(self, request: Request) -> AsyncIterator[Delta]:
        self.requests.append(request)
        yield Delta(self.replies[min(len(self.requests), len(self.replies)) - 1])
        ended = len(self.requests) >= len(self.replies) and self.cut == 99
        yield Delta(finish="stop" if ended else "length")

    async def close(self) -> None:
        """Nothing to close."""


async def _said(*replies: str) -> list[object]:
    return list(await Notebook(Pieces(*replies))("touch a.pl; perl a.pl"))


async def test_a_cut_in_a_line_leaves_no_seam() -> None:
    assert await _said("one\ntw", "o\nthree\n") == out("one\ntwo\nthree\n")


async def test_a_line_that_is_said_again_is_shown_once() -> None:
    assert await _said("one\ntwo and a hal", "two and a half\nthree\n") == out("one\ntwo and a half\nthree\n")
    assert await _said("one\ntwo\n", "one\ntwo\nthree\n") == out("one\ntwo\nthree\n")


async def test_a_cut_act_runs_once_and_whole() -> None:
    assert await _said("@ echo a >> f; ec", "ho done; cat f\n") == out("done\na\n")


async def test_after_the_last_continuation_it_is_an_error() -> None:
    made = Notebook(Pieces("a\n", "b\n", "c\n", "d\n", "e\n", "f\n", cut=0))
    assert await made.fails("touch a.pl; perl a.pl") == [Text("stdout", "a\nb\nc\nd\ne\n")]
    assert isinstance(made.fault, EndpointError)


async def test_what_is_typed_hidden_is_in_no_request_journal_or_report() -> None:
    model = Pieces("@ read -s -p 'Password: ' pw\n", "welcome\n")
    model.cut = 99
    made = Notebook(model, setup=Setup())
    asked: list[Ask] = []
    assert await made("touch a.pl; perl a.pl", typed=["hunter2"], ask=asked) == out("welcome\n")
    assert asked == [Ask("Password: ", True)]
    assert "hunter2" not in f"{model.requests} {made.session.report()} {made.session.journal.__dict__}"
    assert "<hidden>" in model.requests[-1].messages[-1].content


async def test_without_an_input_box_a_read_is_end_of_file() -> None:
    model = Pieces("@ read -p 'Go on? ' yes\n", "nobody there\n@ exit 3\n")
    assert await Notebook(model)("touch a.pl; perl a.pl") == [Text("stdout", "nobody there\n"), Exit(3)]
    assert model.requests[-1].messages[-1].content == "<end of file>"
