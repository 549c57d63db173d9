"""Contract 1: what a cell may hold, and where a line is an instruction, a magic, or just text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llm_kernel.cell import Cell, Magic, Meta, Shell, parse
from llm_kernel.errors import CellError


def sh(text: str, line: int = 1) -> Cell:
    return (Shell(text, line),)


@pytest.mark.parametrize("text", ["", "\n", "  \n\t\n", "\ufeff", "\r\n"])
def test_an_empty_cell_has_no_parts(text: str) -> None:
    assert parse(text) == ()


@pytest.mark.parametrize(
    "text",
    [
        "ls -l",
        "# only a comment\n",
        "# Parameters\nx=1\nname='a b'\n",
        "\n\necho a\n",
        "{ a; b; }",
        "{ Create train.py }",
        "{\n a\n}\n",
        "{\ta; }",
        "{}",
        "{a,b}",
        "{1..9}\n",
        "{a,b} {c,d}",
        "{a,b}x",
        "{echo,hi} there",
        "{a} b",
        "{Create train.py} please",
        "{a} {b}",
        "{ls} # not at the line's end",
        "%1",
        "%%",
        "%+",
        "%-",
        "%?",
        "fg %1",
        "100%",
        " %meta not in column 0",
        " {not in column 0}",
        "echo {Create}",
        "printf '%s\n%meta not here\n'",
        'x="\n%why\n{Create it}\n"',
        "cat <<E\n%why\n{Create it}\nE\n",
        "cat <<-'E'\n%why\n\tE\n",
        "for i in 1 2\n%why\n",
        "if true; then\n%why\nfi\n",
        "f() {\n%why\n}\n",
        "echo \\\n%why\n",
        "echo a |\n%why\n",
        "a &&\n{Create it}\n",
        "echo $(\n%why\n)\n",
        "awk '\n{print}\n{sum+=$1}\n' f",
        'cat > a.json <<X\n{\n{"a": 1}\n}\nX\n',
        "cat <<A <<B\n%why\nA\n%why\nB\n",
        "x=(\n%why\n)",
        "case x in\n%why) a;;\nesac",
        "echo )\n%why",
    ],
)
def test_this_is_all_shell_text(text: str) -> None:
    assert parse(text) == sh(text)


@pytest.mark.parametrize(
    ("text", "instruction", "line"),
    [
        ("%%meta Be Ubuntu 18.04", "Be Ubuntu 18.04", 1),
        ("%%meta\nBe Ubuntu 18.04.\nHave 4 GPUs.\n", "Be Ubuntu 18.04.\nHave 4 GPUs.", 1),
        ("%%meta Be Ubuntu:\n  18.04\n", "Be Ubuntu:\n  18.04", 1),
        ("\n\n%%meta\nx\n%why\n{y\n", "x\n%why\n{y", 3),
        ("# what it is\n%%meta x", "x", 2),
        ("%%meta创建 train.py", "创建 train.py", 1),
        ("％％meta 创建 train.py", "创建 train.py", 1),
        ("\ufeff%%meta\r\na\r\nb\r\n", "a\nb", 1),
        ("%meta make it 100 epochs  ", "make it 100 epochs", 1),
        ("%meta\tx y\n", "x y", 1),
        ("％meta　把轮数改成 100", "把轮数改成 100", 1),
        ("{Create train.py with a 4-layer network for MNIST}", "Create train.py with a 4-layer network for MNIST", 1),
        ("{Create train.py  }  \n", "Create train.py", 1),
        ("{Create\n\n  train.py}\n", "Create\n\n  train.py", 1),
        ("{Write\nint main() { return 0; }\n}\n", "Write\nint main() { return 0; }", 1),
        ("{Print \"}\" and '{' at the end}", "Print \"}\" and '{' at the end", 1),
        ('{Print "a } b" twice}', 'Print "a } b" twice', 1),
        ("{创建 train.py，用 4 层网络}", "创建 train.py，用 4 层网络", 1),
        ("｛创建 train.py｝", "创建 train.py", 1),
        ("｛ 创建\ntrain.py ｝\n", "创建\ntrain.py", 1),
        ("{创建 train.py｝", "创建 train.py", 1),
        ("｛创建 {x: 1}｝", "创建 {x: 1}", 1),
        ("{创建,删除}", "创建,删除", 1),
        ("{a, b}", "a, b", 1),
        ("{pwd}", "pwd", 1),
    ],
)
def test_this_is_one_instruction(text: str, instruction: str, line: int) -> None:
    assert parse(text) == (Meta(instruction, line),)


def test_parts_come_in_their_order_with_their_lines() -> None:
    text = "ls\n\n%meta make it faster\n%why -v\n{Create\ntrain.py}\n\n# run it\npython3 train.py\n"
    assert parse(text) == (
        Shell("ls\n\n"),
        Meta("make it faster", 3),
        Magic("why", "-v", line=4),
        Meta("Create\ntrain.py", 5),
        Shell("\n# run it\npython3 train.py\n", 7),
    )


def test_a_line_magic_keeps_its_arguments_as_one_text() -> None:
    assert parse("%machine gpu 4 'GeForce RTX 3090' ") == (Magic("machine", "gpu 4 'GeForce RTX 3090'"),)


def test_a_magic_after_a_complete_heredoc_is_one() -> None:
    assert parse("cat <<E\n%why\nE\n%why") == (Shell("cat <<E\n%why\nE\n"), Magic("why", line=4))


def test_a_cell_magic_owns_the_rest_verbatim() -> None:
    assert parse("%%writefile src/a.py\nx = {1}\n%why\n\n") == (
        Magic("writefile", "src/a.py", "x = {1}\n%why\n\n", cell=True),
    )
    assert parse("\n%%writefile a\r\nb\r\n") == (Magic("writefile", "a", "b\r\n", cell=True, line=2),)
    assert parse("%%writefile a") == (Magic("writefile", "a", "", cell=True),)


def test_windows_line_ends_and_a_byte_order_mark_are_not_text() -> None:
    assert parse("\ufeffls\r\n%why\r\npwd\r\n") == (Shell("ls\n"), Magic("why", line=2), Shell("pwd\n", 3))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "ls\n{Create train.py\nls\n",
            "line 2: the block that opens with { has no } at the end of a line;"
            " close it, or write { and a space for a shell group",
        ),
        (
            "｛创建",
            "line 1: the block that opens with ｛ has no ｝ at the end of a line;"
            " close it, or write ｛ and a space for a shell group",
        ),
        (
            "ls\n%%meta x",
            "line 2: %%meta takes a whole cell and must be its first line;"
            " put it into a cell of its own, or write %meta and the instruction on one line",
        ),
        (
            "ls\n%%writefile x\n",
            "line 2: %%writefile takes a whole cell and must be its first line; put it into a cell of its own",
        ),
        ("%%meta\n\n", "line 1: %%meta says nothing to the machine; write the instruction behind it or below it"),
        ("%meta", "line 1: %meta says nothing to the machine; write the instruction behind it on the line"),
    ],
)
def test_what_cannot_be_taken_apart_says_what_to_do(text: str, message: str) -> None:
    with pytest.raises(CellError) as caught:
        parse(text)
    assert str(caught.value) == message


def test_a_double_percent_inside_a_heredoc_is_text() -> None:
    assert parse("cat <<E\n%%meta x\nE") == sh("cat <<E\n%%meta x\nE")


def test_thousands_of_lines_that_look_like_magics_are_taken_apart() -> None:
    heredoc = "cat <<E\n" + "%why\n{a}\n" * 20_000 + "E\n"
    assert parse(heredoc + "%why\n" * 500) == (
        Shell(heredoc),
        *(Magic("why", line=40_003 + each) for each in range(500)),
    )


CELLS = st.lists(
    st.sampled_from(
        [
            *[
                "ls\n",
                "%why\n",
                "%meta x\n",
                "{Create it}\n",
                "{Create\n",
                "it}\n",
                "\n",
                "# c\n",
                "cat <<E\n",
                "E\n",
                "'\n",
            ],
            *["{ a; }\n", "%1\n", "if a\n", "then b; fi\n", "a \\\n", "  \n", "｛做｝\n", "%%why\n", "%%meta x\n"],
        ]
    ),
    max_size=9,
).map("".join)


@given(CELLS)
def test_the_sources_joined_are_the_cell(text: str) -> None:
    try:
        parts = parse(text)
    except CellError:
        return
    assert "".join(part.source for part in parts) == (text if text.strip() else "")


@given(CELLS)
def test_each_part_says_the_line_it_begins_on(text: str) -> None:
    try:
        parts = parse(text)
    except CellError:
        return
    lines = text.split("\n")
    for part in parts:
        match part:
            case Shell(source, line):
                assert "\n".join(lines[line - 1 :]).startswith(source)
            case Meta(instruction, line):
                assert instruction.split("\n")[0] in lines[line - 1]
            case Magic(name, _, _, _, line):
                assert lines[line - 1].lstrip("%％").startswith(name)


@given(st.text())
def test_a_cell_without_percent_or_brace_in_column_0_is_one_shell_text(text: str) -> None:
    plain = text.removeprefix("\ufeff").replace("\r\n", "\n")
    if any(line[:1] and line[0] in "%％{｛" for line in plain.split("\n")):
        return
    assert parse(text) == (sh(plain) if plain.strip() else ())
