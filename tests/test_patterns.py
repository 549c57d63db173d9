"""Long texts of one kind: what reads them takes twice as long for twice as much, and not four times."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress

import pytest

from llm_kernel.errors import Refused
from llm_kernel.machine import Machine, words
from llm_kernel.programs import ordering
from llm_kernel.programs.exact import coloring, dumping, pip_wanted
from llm_kernel.programs.git import objects
from llm_kernel.programs.git.repository import Repository
from llm_kernel.shell.suspecting import suspect
from llm_kernel.shell.transforming import matched
from tests.notebook import Notebook

_SIZE = 20_000


def _file(text: str) -> None:
    with suppress(Refused):
        words.say(Machine(), ["file", text], "/")


def _revision(text: str) -> None:
    Repository.resolve(_NAMELESS, text)


class _Nameless(Repository):
    """A repository in which nothing has a name."""

    def __init__(self) -> None:
        pass

    def _named(self, text: str) -> str:
        return ""


_NAMELESS = _Nameless()

_LONG: dict[str, tuple[Callable[[str], object], str, str]] = {
    "rm": (suspect, "rm -b ", ""),
    "rm, in one word": (suspect, "rm x-", ""),
    "sort": (suspect, "sort -n ", ""),
    "sort, in one word": (suspect, "sort -n-n", ""),
    "printf": (suspect, "printf x ", ""),
    "slashes": (suspect, "/&", ""),
    "replacements": (lambda text: matched("", text, "//", ("open", "[!a]b?", "/", "open", "&&")), "ab", ""),
    "a file's path": (_file, "x ", ""),
    "a file's spaces": (_file, " ", "y"),
    "a form's spaces": (lambda text: list(dumping._units(text)), " ", ""),
    "a form's digits": (lambda text: list(dumping._units(text)), "1", ""),
    "a form's quotes": (lambda text: list(dumping._units(text)), '"\\', ""),
    "a conversion's zeros": (lambda text: dumping._conversions("%" + text, b"", 0), "0", ""),
    "brackets": (coloring._PART.findall, "[", ""),
    "brackets with classes": (coloring._PART.findall, "[[:a", ""),
    "suffixes": (ordering._bare, ".a", "-"),
    "people": (objects.person_of, " <", ""),
    "ancestors": (_revision, "^", "x"),
    "numbered ancestors": (_revision, "~1", "x"),
    "a project's needs": (lambda text: pip_wanted._from_toml("[project]\n" + text), "dependencies = [x\n", ""),
}


@pytest.mark.parametrize("name", _LONG)
def test_twice_as_much_takes_about_twice_as_long(name: str) -> None:
    read, piece, end = _LONG[name]
    assert _growth(lambda many: read(piece * many + end)) < 3.2


def _growth(read: Callable[[int], object]) -> float:
    """How much longer four times as much takes, a doubling: 2 where it grows with the length, 4 with its square."""
    return min((_seconds(read, 4 * _SIZE) + 1e-3) / (_seconds(read, _SIZE) + 1e-3) for _ in range(3)) ** 0.5


def _seconds(read: Callable[[int], object], many: int) -> float:
    begun = time.process_time()
    read(many)
    return time.process_time() - begun


# what the patterns match is what it was


@pytest.mark.parametrize(
    ("text", "units"),
    [
        ('16/1 "%02x " "\\n"', [(16, 1, "%02x ", True), (1, 0, "\n", False)]),
        ('"%07_ax " 8/2 "%04x " "\\n"', [(1, 0, "%07_ax ", False), (8, 2, "%04x ", True), (1, 0, "\n", False)]),
        (' /4 "%d" 3"a\\"b"', [(1, 4, "%d", False), (3, 0, 'a"b', True)]),
        ("nothing", []),
    ],
)
def test_a_form_has_its_units(text: str, units: list[tuple[int, int, str, bool]]) -> None:
    assert list(dumping._units(text)) == units


@pytest.mark.parametrize(
    ("text", "looked"),
    [
        ("rm -ri x", True),
        ("rm x; echo -i", False),
        ("cp a b; rm x -I", True),
        ("sort -k2 -R x", True),
        ("sort x | grep -R y", False),
        ("sort -n x", False),
        ('printf "%s" $x', True),
        ("printf x; echo $y", False),
    ],
)
def test_commands_are_looked_at_that_were(text: str, looked: bool) -> None:
    assert suspect(text) is looked


@pytest.mark.parametrize(
    ("name", "bare"),
    [
        ("a.tar.gz", "a"),
        ("a.1.gz", "a.1"),
        ("a-1.2.3", "a-1.2.3"),
        ("a.~1~", "a"),
        ("a.b.c-", "a.b.c-"),
        ("a", "a"),
    ],
)
def test_a_name_has_its_suffixes(name: str, bare: str) -> None:
    assert ordering._bare(name) == bare.encode()


def test_a_file_of_the_administrator_has_a_size_behind_its_path() -> None:
    machine = Machine()
    for line in ("/a b --size 3M", "/c 3M", "/d -s 3M", "/e -s3M", "/f --size=3M"):
        words.say(machine, ["file", *line.split()], "/")
    sizes = [machine.files.stat(path).size for path in ("/a b", "/c", "/d", "/e", "/f")]
    assert sizes == [sizes[0]] * 5
    assert 3_000_000 <= sizes[0] <= 3 << 20


async def test_revisions_are_walked_step_by_step() -> None:
    book = Notebook()
    await book("git config --global user.email a@b.c; git config --global user.name A; git init -q r; cd r")
    await book("for i in 1 2 3; do echo $i > a; git add a; git commit -qm c$i; done")
    kinds = await book.said("for r in HEAD^ HEAD~2 HEAD^^ '@~1^{tree}' @^0; do git cat-file -t $r; done")
    assert kinds == "commit\ncommit\ncommit\ntree\ncommit\n"
    assert await book.said("git log -1 --format=%s HEAD~1^") == "c1\n"
    assert (await book.said("git log $'a\\nb' 2>&1 | head -1")) == "fatal: ambiguous argument 'a\n"
