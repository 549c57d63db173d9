"""Programs that ask before they go on: through the input box, by what is piped in, and never where nobody sits."""

from __future__ import annotations

import pytest

from llm_kernel.events import Ask, Exit, Text
from tests.notebook import Notebook, err, out


async def _asked(script: str, typed: list[str], *, before: str = "") -> tuple[list[object], list[str]]:
    notebook, ask = Notebook(), list[Ask]()
    await notebook(f"mkdir w; cd w; {before}")
    events = await notebook(script, typed=typed, ask=ask)
    await notebook.session.close()
    return list(events), [one.prompt for one in ask]


async def test_rm_asks_for_each_file_and_removes_what_is_agreed_to() -> None:
    events, asked = await _asked("rm -i a b c; ls", ["y", "n", "yes"], before="touch a b; echo x > c")
    assert events == out("b\n")
    assert asked == [
        "rm: remove regular empty file 'a'? ",
        "rm: remove regular empty file 'b'? ",
        "rm: remove regular file 'c'? ",
    ]


async def test_complaints_stand_where_they_belong_between_questions() -> None:
    events, _ = await _asked("rm -iv a gone b", ["y", "y"], before="touch a b")
    assert events == [
        Text("stdout", "removed 'a'\n"),
        Text("stderr", "rm: cannot remove 'gone': No such file or directory\n"),
        Text("stdout", "removed 'b'\n"),
        Exit(1),
    ]


async def test_a_tree_is_asked_for_from_the_top_down_and_gone_from_the_bottom_up() -> None:
    events, asked = await _asked("rm -ri d; find d", ["y", "y", "n", "n", "y"], before="mkdir -p d/e; touch d/e/b")
    assert asked == [
        "rm: descend into directory 'd'? ",
        "rm: descend into directory 'd/e'? ",
        "rm: remove regular empty file 'd/e/b'? ",
        "rm: remove directory 'd/e'? ",
        "rm: remove directory 'd'? ",
    ]
    assert events[0] == Text("stderr", "rm: cannot remove 'd': Directory not empty\n")
    assert events[1] == Text("stdout", "d\nd/e\nd/e/b\n")


async def test_who_does_not_descend_is_asked_for_nothing_above() -> None:
    _, asked = await _asked("rm -ri d", ["y", "n", "y"], before="mkdir -p d/e; touch d/e/b")
    assert asked == ["rm: descend into directory 'd'? ", "rm: descend into directory 'd/e'? "]


@pytest.mark.parametrize(
    ("script", "prompt", "left"),
    [
        ("cp -i a b", "cp: overwrite 'b'? ", {"y": "1\n1\n", "n": "1\n2\n"}),
        ("mv -i a b", "mv: overwrite 'b'? ", {"y": "1\n", "n": "1\n2\n"}),
        ("ln -si a b", "ln: replace 'b'? ", {"y": "1\n1\n", "n": "1\n2\n"}),
        ("rm -I a b c d", "rm: remove 4 arguments? ", {"y": "", "n": "1\n2\n"}),
    ],
)
@pytest.mark.parametrize("answer", ["y", "n"])
async def test_others_ask_too(script: str, prompt: str, left: dict[str, str], answer: str) -> None:
    before = "echo 1 > a; echo 2 > b; touch c d"
    events, asked = await _asked(f"{script}; cat a b 2>/dev/null || true", [answer], before=before)
    assert asked == [prompt]
    assert "".join(one.text for one in events if isinstance(one, Text)) == left[answer]


async def test_without_an_input_box_nobody_agrees() -> None:
    notebook = Notebook()
    said = "rm: remove regular empty file 'a'? rm: remove regular empty file 'b'? "
    assert await notebook("touch a b; rm -i a b; ls") == [Text("stderr", said), Text("stdout", "a\nb\n"), Exit(0)]


async def test_what_is_piped_in_answers_and_nobody_is_asked() -> None:
    events, asked = await _asked("yes | rm -i a b; ls; rm -i c < /dev/null", [], before="touch a b c")
    assert asked == []
    assert [one.text for one in events if isinstance(one, Text) and one.stream == "stdout"] == ["c\n"]
    assert events[-1] == Exit(0)


async def test_a_protected_file_is_asked_for_at_a_terminal_alone() -> None:
    notebook, ask = Notebook(), list[Ask]()
    await notebook("%machine user ada --login")
    await notebook("touch f g; chmod 444 f g")
    assert await notebook("rm f; rm -f g; ls", typed=["n"], ask=ask) == out("f\n")
    assert [one.prompt for one in ask] == ["rm: remove write-protected regular empty file 'f'? "]
    assert await notebook("rm f; ls") == [Exit(0)]


async def test_what_a_job_writes_while_somebody_thinks_stays() -> None:
    notebook, ask = Notebook(), list[Ask]()
    await notebook("touch a b; (sleep 1; echo x > log) &")
    await notebook("sleep 2; rm -i a b; ls", typed=["y", "n"], ask=ask)
    assert [notebook.machine.files.exists(f"/root/{name}") for name in ("a", "b", "log")] == [False, True, True]


async def test_end_of_file_is_no() -> None:
    assert await Notebook()("touch a; rm -i a < /dev/null") == err("rm: remove regular empty file 'a'? ", 0)
