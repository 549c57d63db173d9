"""Contract 2: what a model may say, and that chunking never changes it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llm_kernel.reply import Act, Bad, ReplyReader, Say, Turn, apology, joined, meta_script, repeats


def read(reply: str, command: str = "") -> list[Turn]:
    reader = ReplyReader(command)
    return joined(reader.feed(reply) + reader.close())


def test_plain_lines_are_said_and_acts_are_done_in_their_order() -> None:
    reply = (
        "[01/10] train_loss=0.6127\n@ spend 11.8   # time passes\n"
        "@ for e in {2..9}; do spend 10.9; printf '%02d\\n' $e; done\nbye\n@ exit 0\n"
    )
    assert read(reply) == [
        Say("[01/10] train_loss=0.6127\n"),
        Act("spend 11.8   # time passes"),
        Act("for e in {2..9}; do spend 10.9; printf '%02d\\n' $e; done"),
        Say("bye\n"),
        Act("exit 0"),
    ]


def test_the_last_line_gets_its_newline() -> None:
    assert read("a\nb") == [Say("a\nb\n")]
    assert read("a\n") == [Say("a\n")]
    assert read("") == []
    assert read("@ spend 1") == [Act("spend 1")]


@pytest.mark.parametrize("line", ["@", "@x", " @ x", "@\tx", "@@", "@@x", "@@@ x", "a @ b", "x\r50%\r100%", "", "$ ls"])
def test_a_line_that_only_looks_like_an_act_is_plain(line: str) -> None:
    assert read(line + "\n") == [Say(line + "\n")]


def test_a_doubled_sign_prints_one() -> None:
    assert read("@@ literal\n@@ \n") == [Say("@ literal\n@ \n")]


@pytest.mark.parametrize("line", ["@ ", "@   ", "@ # nothing"])
def test_an_act_of_nothing_is_nothing(line: str) -> None:
    assert read(f"a\n{line}\nb\n") == [Say("a\nb\n")]


def test_a_heredoc_body_belongs_to_its_act_raw() -> None:
    assert read("@ cat > a.py <<'E'\n@ decorator\n@@ x\n```\nE\ndone\n") == [
        Act("cat > a.py <<'E'\n@ decorator\n@@ x\n```\nE\n"),
        Say("done\n"),
    ]
    assert read('@ cat <<A <<-"B C"; echo x\n1\nA\n\t2\n\tB C\n@ exit') == [
        Act('cat <<A <<-"B C"; echo x\n1\nA\n\t2\n\tB C\n'),
        Act("exit"),
    ]
    assert read("@ cat <<E\nx\nE") == [Act("cat <<E\nx\nE\n")]
    assert read("@ for i in 1 2; do cat <<E; done\n$i\nE\n") == [Act("for i in 1 2; do cat <<E; done\n$i\nE\n")]


def test_what_only_looks_like_a_heredoc_is_none() -> None:
    assert read("@ echo $((1<<E)) '<<E' \"<<E\" # <<E\nx\n") == [
        Act("echo $((1<<E)) '<<E' \"<<E\" # <<E"),
        Say("x\n"),
    ]


def test_an_act_still_open_at_the_end_is_bad() -> None:
    assert read("@ cat <<E\nx\n") == [Bad("@ cat <<E\nx\n"[2:], "its here-document has no line E")]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("for i in 1 2; do", "`for' on line 1 has no end yet"),
        ("echo 'a", "line 1 opens something that a ' must close"),
        ("echo \\", "the last line ends in a backslash"),
        ("echo )", "line 1: syntax error near unexpected token `)'"),
        ("a &&", "the last line goes on"),
        ("if true; then cat <<E", "`if' on line 1 has no end yet"),
    ],
)
def test_an_act_that_is_no_complete_line_is_bad_and_swallows_nothing(line: str, reason: str) -> None:
    assert read(f"@ {line}\nnext\n") == [Bad(line, reason), Say("next\n")]


@pytest.mark.parametrize(
    ("act", "ended"),
    [("exit", "exit"), ("exit 3", "exit"), ("echo a; exit 0", "exit"), ("read -p 'Password: ' -s x", "read")],
)
def test_after_an_exit_or_a_question_everything_is_dropped(act: str, ended: str) -> None:
    reader = ReplyReader()
    assert reader.feed(f"a\n@ {act}\nb\n@ rm x\n") == [Say("a\n"), Act(act)]
    assert (reader.feed("c\n"), reader.close(), reader.closed, reader.ended) == ([], [], True, ended)


@pytest.mark.parametrize("act", ["[ -f x ] || exit 1", "(exit 3)", "echo exit", "read x < f", "read x <<< a"])
def test_an_act_that_may_go_on_does_not_end_the_reply(act: str) -> None:
    assert read(f"@ {act}\nb\n") == [Act(act), Say("b\n")]


@pytest.mark.parametrize("fence", ["```", "```text", "```bash", "``` console", "~~~", "```\r"])
def test_a_fence_around_the_whole_reply_is_dropped(fence: str) -> None:
    close = fence[:3]
    assert read(f"{fence}\na\n@ spend 1\nb\n{close}\n") == [Say("a\n"), Act("spend 1"), Say("b\n")]
    assert read(f"{fence}\na\n{close}") == [Say("a\n")]
    assert read(f"{fence}\na\n{close}  \n\n\n") == [Say("a\n")]
    assert read(f"{fence}\na\n{close}\n@ exit 0\n") == [Say("a\n"), Act("exit 0")]
    assert read(f"{fence}\n{close}\n") == []


def test_a_fence_inside_a_reply_is_text() -> None:
    assert read("a\n```\nb\n```\n") == [Say("a\n```\nb\n```\n")]
    assert read("```\na\n```\nb\n") == [Say("a\n```\nb\n")]
    assert read("``` not a fence line\n") == [Say("``` not a fence line\n")]


def test_a_first_line_that_repeats_the_command_is_dropped() -> None:
    assert read("$ python3 a.py\nhi\n$ python3 a.py\n", "python3 a.py") == [Say("hi\n$ python3 a.py\n")]
    assert read("```console\n$ ls\na\n```\n", "ls") == [Say("a\n")]
    assert read("$ ls -l\n", "ls") == [Say("$ ls -l\n")]
    assert read("$ ls\n") == [Say("$ ls\n")]


def test_plain_text_leaves_the_reader_as_soon_as_it_is_known() -> None:
    reader = ReplyReader("ls")
    assert [reader.feed(each) for each in ["a", "bc", "\n", "@", " spend", " 1", "\n", "@", "x", "$"]] == [
        [Say("a")],
        [Say("bc")],
        [Say("\n")],
        [],
        [],
        [],
        [Act("spend 1")],
        [],
        [Say("@x")],
        [Say("$")],
    ]


REPLIES = st.lists(
    st.sampled_from(
        [
            *[
                "abc\n",
                "\n",
                "  \n",
                "@ spend 1\n",
                "@@ x\n",
                "@",
                " ",
                "@ cat <<E\n",
                "E\n",
                "```\n",
                "```bash\n",
                "``",
            ],
            *["$ ls -l\n", "$ ls", "@ exit\n", "@ [ a ] && exit\n", "@ echo 'a\n", "\r\n", "~~~\n", "x", "@ read y\n"],
        ]
    ),
    max_size=12,
).map("".join)


@given(REPLIES, st.lists(st.integers(min_value=1, max_value=9), max_size=40))
def test_chunking_changes_nothing(reply: str, sizes: list[int]) -> None:
    reader, turns, pos = ReplyReader("ls -l"), [], 0
    for size in [*sizes, len(reply)]:
        turns += reader.feed(reply[pos : pos + size])
        pos += size
    assert joined(turns + reader.close()) == read(reply, "ls -l")


@given(st.text(alphabet=st.characters(blacklist_characters="@`~"), max_size=60))
def test_a_reply_without_signs_and_fences_is_said_as_it_is(text: str) -> None:
    said = text if not text or text.endswith("\n") else text + "\n"
    assert read(text) == ([Say(said)] if said else [])


def test_a_hundred_thousand_single_characters_are_read() -> None:
    reply = "x" * 50_000 + "\n" + "ab\n" * 15_000 + "@ cat <<E\n" + "y" * 5_000 + "\nE\n"
    reader = ReplyReader()
    turns = [turn for char in reply for turn in reader.feed(char)]
    assert joined(turns + reader.close()) == [
        Say("x" * 50_000 + "\n" + "ab\n" * 15_000),
        Act("cat <<E\n" + "y" * 5_000 + "\nE\n"),
    ]


SCRIPT = "mkdir a\ncat > a/b <<'E'\n# B\n```sh\nls\n```\nE\n"


@pytest.mark.parametrize(
    "reply",
    [
        SCRIPT,
        f"```bash\n{SCRIPT}```",
        f"```\n{SCRIPT}```\n\n",
        f"```sh\n{SCRIPT}",
        f"Here's the script:\n\n```bash\n{SCRIPT}```\nIt makes a folder.",
        f"好的：\n```bash\n{SCRIPT}```",
        f"```bash\n{SCRIPT}```\nand\n```python\nprint(1)\n```\n",
        f"```bash\n{SCRIPT}```".replace("\n", "\r\n"),
    ],
)
def test_a_meta_script_loses_its_fence_and_the_prose_around_it(reply: str) -> None:
    assert meta_script(reply) == SCRIPT


def test_a_meta_reply_with_several_scripts_is_left_alone() -> None:
    reply = "```bash\na\n```\nor\n```bash\nb\n```\n"
    assert meta_script(reply) == reply


@pytest.mark.parametrize(
    "reply",
    [
        "I'm sorry, but I can't assist with that.",
        "I’m sorry, I cannot do that",
        "As an AI language model, I cannot run commands.",
        "I apologize, but I am unable to simulate this.",
        "Sorry, but that is not possible.",
        "I can't execute programs.",
        "Unfortunately, I cannot run this.",
        "抱歉，我无法执行该命令。",
        "对不起，我无法做到。",
        "很抱歉，作为人工智能，我不能。",
        "作为一个AI语言模型，我不能运行程序。",
    ],
)
def test_an_excuse_is_no_answer(reply: str) -> None:
    assert apology(reply)


@pytest.mark.parametrize(
    "reply",
    ["", "Sorry, try again.\n", "sorry: not found", "bash: I'm sorry", "total 4\nI'm sorry", "I'm sorry" + " x" * 400],
)
def test_a_programs_output_is_no_excuse(reply: str) -> None:
    assert not apology(reply)


def test_a_stream_that_is_stuck_repeats_a_line() -> None:
    assert repeats("loss 0.0\n" * 31)
    assert not repeats("loss 0.0\n" * 30)
    assert not repeats("a\n" + "\n" * 100)
    assert not repeats("".join(f"loss {each}\n" for each in range(99)))
