"""The key leaves no text in any chunking, and a reply's opening is held no longer than it must be."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llm_kernel.model.faults import Redactor, redact
from llm_kernel.model.opening import Opening

KEY = "sk-sk-secret-0"
PIECES = st.lists(
    st.one_of(st.sampled_from([KEY, KEY[:5], KEY[5:], "sk-", "s", "k"]), st.text(max_size=4)), max_size=12
)


@given(PIECES, st.lists(st.integers(1, 6), min_size=1))
def test_a_stream_is_redacted_as_its_whole_text_is(pieces: list[str], sizes: list[int]) -> None:
    text = "".join(pieces)
    redactor, out, at = Redactor(KEY), "", 0
    for size in itertools.cycle(sizes):
        if at >= len(text):
            break
        out += redactor.feed(text[at : at + size])
        at += size
    out += redactor.flush()
    assert KEY not in out
    before, after = out.split("[key]"), text.split(KEY)
    assert len(before) == len(after)
    for shown, real in zip(before, after, strict=True):  # up to three characters of a key may be out already
        assert shown in (real, *(real + KEY[:n] for n in (1, 2, 3)))


def test_a_stream_without_the_key_is_held_back_by_no_more_than_its_likeness() -> None:
    redactor = Redactor(KEY)
    assert [redactor.feed(text) for text in ("loss", " sk-", "sk-s", "ock")] == ["loss", " sk-", "", "sk-sock"]


def test_placeholders_are_no_keys() -> None:
    assert redact("none of it", "none") == "none of it"
    assert Redactor("ollama").feed("ollama run") == "ollama run"


@pytest.mark.parametrize(
    ("pieces", "shown"),
    [
        (["epoch", " 1"], ["epoch", " 1"]),
        (["I", "'m", " here"], ["", "", "I'm here"]),
        (["\n", "  ", "total 0\n"], ["", "", "\n  total 0\n"]),
        (["@ exit 0\n"], ["@ exit 0\n"]),
        (["I’m sorry", ", but I cannot"], ["", ""]),
        (["很抱歉", ",我不能"], ["", ""]),
    ],
)
def test_an_opening_passes_as_soon_as_it_is_no_apology(pieces: list[str], shown: list[str]) -> None:
    opening = Opening()
    assert [opening.feed(piece) for piece in pieces] == shown


def test_an_apology_is_known_by_its_words() -> None:
    opening = Opening()
    opening.feed("Sorry, but I\ncan't do that.")
    assert (opening.apology, opening.enough) == ("Sorry, but I can't do that.", False)


def test_a_word_that_ended_while_held_is_let_go() -> None:
    opening = Opening()
    assert (opening.feed("I"), opening.apology, opening.flush()) == ("", "", "I")
