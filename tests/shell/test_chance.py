"""Chance and time come from the machine's seed and clock alone: two machines say the same."""

from __future__ import annotations

import re

import pytest

from llm_kernel.machine import Machine
from llm_kernel.machine.clock import Clock
from tests.notebook import Notebook

ASKED = [
    "seq 9 | shuf",
    "shuf -i 1-1000000 -n 3",
    "shuf -re a b c -n 9",
    "seq 9 | sort -R",
    "echo $SRANDOM $((SRANDOM % 1000)) $RANDOM",
    "head -c 8 /dev/urandom | xxd -p",
    "tr -dc a-z < /dev/urandom | head -c 12",
    "cat /dev/random | base64 | head -c 12",
    "od -An -N8 -tx1 /dev/urandom",
    "awk 'BEGIN { srand(); print rand() }'",
    "uuidgen; mktemp -u",
    "cat /proc/sys/kernel/random/uuid; read id < /proc/sys/kernel/random/uuid; echo $id",
    "bash -c 'seq 9 | shuf -n 4; echo $SRANDOM'",
]


@pytest.mark.parametrize("script", ASKED)
async def test_two_machines_draw_the_same_and_one_draws_anew(script: str) -> None:
    said = []
    for _ in range(2):
        book = Notebook(machine=Machine(Clock()))
        said.append([await book.said(script), await book.said(script)])
    assert said[0] == said[1]
    assert "awk" in script or said[0][0] != said[0][1]


async def test_what_is_drawn_is_of_its_kind() -> None:
    book = Notebook()
    assert sorted((await book.said("seq 5 | shuf")).split()) == ["1", "2", "3", "4", "5"]
    assert await book.said("printf '%s\\n' a b a b | sort -R | uniq -c | wc -l") == "2\n"
    assert await book.said("head -c 2M /dev/urandom | wc -c") == "2097152\n"
    assert await book.said("ls -a /dev | grep -c chance; true") == "0\n"
    assert re.fullmatch(r"[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}\n", await book.said("uuidgen"))


async def test_an_identifier_of_chance_is_another_at_each_reading() -> None:
    asked = "for n in 1 2; do cat /proc/sys/kernel/random/uuid; done; cat '/proc/sys/kernel/random/uuid'"
    said = (await Notebook().said(asked)).splitlines()
    assert len(set(said)) == 3
    assert [bool(re.fullmatch(r"[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}", x)) for x in said] == [
        True
    ] * 3


async def test_what_is_read_of_chance_leaves_nothing_in_dev() -> None:
    book = Notebook()
    assert await book.said("head -c 4 /dev/urandom | wc -c; ls -A /dev | grep '^[.]'; echo /dev/.*") == "4\n/dev/.*\n"
    said = await book.said("head -c 4 /dev/urandom | wc -c; rm -rf /proc/self/map_files 2> /dev/null; echo $?")
    assert said == "4\n1\n"


async def test_formats_in_variables_and_programs_in_files_show_the_machines_time() -> None:
    book = Notebook(machine=Machine(Clock()))
    assert await book.said('f=\'%(%Y)T\\n\'; printf "$f" -1; printf -v v "$f" 0; printf \'%s\' "$v"') == "2021\n1970\n"
    assert await book.said("printf '%s %(%Y)T\\n' x") == "x 2021\n"
    await book("echo 'BEGIN { print strftime(\"%Y\") }' > p.awk")
    assert await book.said("awk -f p.awk") == "2021\n"


async def test_dev_zero_is_there_and_is_read() -> None:
    book = Notebook(machine=Machine(Clock()))
    said = await book.said(
        "stat -c '%F %t,%T' /dev/zero; head -c 3 /dev/zero | xxd -p; echo x > /dev/zero; ls /dev/zero"
    )
    assert said == "character special file 1,5\n000000\n/dev/zero\n"
