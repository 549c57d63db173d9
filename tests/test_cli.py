"""What the command says of its own words."""

from __future__ import annotations

import re

import pytest

from llm_kernel.cli import main


def said(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    with pytest.raises(SystemExit) as end:
        main([*words, "--help"])
    assert end.value.code == 0
    return " ".join(capsys.readouterr().out.split())


def test_every_word_of_the_list_tells_by_itself_what_the_list_tells(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    listed = dict(re.findall(r"^    (\w+) +(.+)$", capsys.readouterr().out, re.M))
    assert len(listed) == 11
    told = {word: said(capsys, word) for word in listed}
    assert [word for word, what in listed.items() if what.lower() + "." not in told[word].lower()] == []
