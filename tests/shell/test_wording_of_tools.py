"""What the library's tools complain of, in the words of the GNU utilities."""

from __future__ import annotations

import pytest

from llm_kernel.shell.sed_scripts import complaint
from llm_kernel.shell.wording import mended
from tests.notebook import Notebook, err, out


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        (
            "head: nosuch: No such file or directory\n",
            "head: cannot open 'nosuch' for reading: No such file or directory\n",
        ),
        ("tail: d: Is a directory\n", "tail: error reading 'd': Is a directory\n"),
        ("head: invalid number of lines: 'x'\n", "head: invalid number of lines: ‘x’\n"),
        ("tr: missing operand\n", "tr: missing operand\nTry 'tr --help' for more information.\n"),
        ("sort: invalid option -- 'x'\n", "sort: invalid option -- 'x'\nTry 'sort --help' for more information.\n"),
        (
            "seq: missing operand\nTry 'seq --help' for more information.\n",
            "seq: missing operand\nTry 'seq --help' for more information.\n",
        ),
        ("yes: output limit (10000 lines) exceeded; output truncated\n", ""),
        ("mine: nosuch: No such file or directory\n", "mine: nosuch: No such file or directory\n"),
    ],
)
def test_a_complaint_is_the_real_one(said: str, meant: str) -> None:
    assert mended(said.encode()).decode() == meant


@pytest.mark.parametrize(
    ("script", "wrong"),
    [
        ("d x", "char 3: extra characters after command"),
        ("1,2=q", "char 5: extra characters after command"),
        ("y/a/b/c", "char 7: extra characters after command"),
        ("s/x/y/gg", "char 8: multiple `g' options to `s' command"),
        ("s/x/y/2g3", "char 9: multiple number options to `s' command"),
        ("5!!p", "char 3: multiple `!'s"),
        ("0,5p", "char 4: invalid usage of line address 0"),
        ("1,p", "char 3: unexpected `,'"),
        ("$!N;a", "char 5: expected \\ after `a', `c' or `i'"),
        ("s/a/b/w", "char 7: missing filename in r/R/w/W commands"),
        ("/a/{p;r", "char 7: missing filename in r/R/w/W commands"),
        (":a;N;$!ba;s/\\n/ /g", ""),
        ("0,/a/!{s/a\\/;/;/gI;p}", ""),
        ("s/[/]g/gg/", ""),
        ("1~2p # every other", ""),
        ("0~2d", ""),
        ("a d x", ""),
    ],
)
def test_a_script_that_sed_refuses_is_refused_at_the_character_that_it_names(script: str, wrong: str) -> None:
    assert complaint(script) == wrong


async def test_a_wrong_script_of_sed_changes_nothing_and_ends_with_one() -> None:
    book = Notebook()
    await book("echo a > f")
    assert await book("sed -n -i -e 'd x' f") == err(
        "sed: -e expression #1, char 3: extra characters after command\n", 1
    )
    assert await book('x=p; sed "$x" f; sed -i.old s/a/b/g f; cat f f.old') == out("a\na\nb\na\n")
