"""Help at the keyboard: complete, complete what, and what is this; no model is asked."""

from __future__ import annotations

import pytest

from tests.notebook import Notebook


@pytest.mark.parametrize(
    ("code", "verdict"),
    [
        ("echo a", "complete"),
        ("", "complete"),
        ("if true; then", "incomplete"),
        ("for i in 1; do\necho", "incomplete"),
        ("echo 'a", "incomplete"),
        ("cat <<END\na", "incomplete"),
        ("echo \\", "incomplete"),
        ("echo )", "invalid"),
        ("%%meta", "incomplete"),
        ("%%meta\nDo it.", "complete"),
        ("{Do it.", "incomplete"),
        ("{Do it.}", "complete"),
        ("%machine", "complete"),
    ],
)
async def test_whether_a_cell_can_run(code: str, verdict: str) -> None:
    assert (await Notebook().session.is_complete(code))[0] == verdict


async def _completed(notebook: Notebook, code: str) -> list[str]:
    found = await notebook.session.complete(code, len(code))
    return [match.text for match in found.matches]


@pytest.mark.parametrize(
    ("code", "some"),
    [
        ("whoa", "whoami"),
        ("ls | gre", "grep"),
        ("gi", "git"),
        ("expor", "export"),
        ("%mac", "%machine"),
        ("%%wri", "%%writefile"),
        ("%machine mem", "memory"),
        ("cat /etc/hostn", "/etc/hostname"),
        ("cd /us", "/usr/"),
        ("cat train", "train.py"),
        ("cat ~/tr", "~/train.py"),
        ("echo $gree", "$greeting"),
        ("echo ${gree", "${greeting}"),
        ("myfu", "myfunc"),
        ("l", "ll"),
    ],
)
async def test_what_a_word_could_become(code: str, some: str) -> None:
    notebook = Notebook()
    await notebook("touch train.py; greeting=hi; myfunc() { :; }")
    assert some in await _completed(notebook, code)
    assert notebook.requests == []


async def test_what_is_not_there_is_not_offered() -> None:
    notebook = Notebook()
    assert await _completed(notebook, "nvidia-sm") == []
    await notebook("%machine gpu 1 'RTX 3090'")
    assert await _completed(notebook, "nvidia-sm") == ["nvidia-smi"]


async def _about(notebook: Notebook, word: str) -> str:
    return (await notebook.session.inspect(word, len(word))).get("text/plain", "")


@pytest.mark.parametrize(
    ("word", "says"),
    [
        ("cd", "a shell builtin"),
        ("if", "a shell keyword"),
        ("grep", "computed exactly"),
        ("ls", "computed exactly"),
        ("rsync", "emulated"),
        ("ll", "is aliased to `ls -alF'"),
        ("myfunc", "a function of this shell"),
        ("$greeting", "greeting=hi"),
        ("%machine", "%machine [WORD ...]"),
        ("/etc/hostname", "a file of 7 bytes"),
        ("/etc", "a directory"),
        ("graphviz_no", ""),
    ],
)
async def test_what_a_word_is(word: str, says: str) -> None:
    notebook = Notebook()
    await notebook("greeting=hi; myfunc() { :; }")
    said = await _about(notebook, word)
    assert says in said
    assert bool(said) == bool(says)
    assert notebook.requests == []
