"""update-alternatives: general names, what they mean, and who may say so."""

from __future__ import annotations

from llm_kernel.events import Exit
from tests.notebook import Notebook, err, out

NAME = "update-alternatives"


async def _book() -> Notebook:
    book = Notebook()
    await book("%machine os ubuntu 20.04\nfor n in 8 9; do touch /usr/bin/tool-$n; chmod +x /usr/bin/tool-$n; done")
    return book


async def test_python_can_be_given_its_name() -> None:
    book = await _book()
    said = f"{NAME}: using /usr/bin/python3 to provide /usr/bin/python (python) in auto mode\n"
    assert await book(f"{NAME} --install /usr/bin/python python /usr/bin/python3 1") == out(said)
    assert await book("python --version") == out("Python 3.8.5\n")
    assert await book("readlink /usr/bin/python /etc/alternatives/python") == out(
        "/etc/alternatives/python\n/usr/bin/python3\n"
    )


async def test_the_highest_priority_is_meant_until_somebody_says_otherwise() -> None:
    book = await _book()
    for number, priority in ((8, 80), (9, 90)):
        await book(f"{NAME} --install /usr/bin/tool tool /usr/bin/tool-{number} {priority}")
    assert await book(f"{NAME} --display tool") == out(
        "tool - auto mode\n  link best version is /usr/bin/tool-9\n  link currently points to /usr/bin/tool-9\n"
        "  link tool is /usr/bin/tool\n/usr/bin/tool-8 - priority 80\n/usr/bin/tool-9 - priority 90\n"
    )
    said = f"{NAME}: using /usr/bin/tool-8 to provide /usr/bin/tool (tool) in manual mode\n"
    assert await book(f"{NAME} --set tool /usr/bin/tool-8") == out(said)
    assert await book("readlink -f /usr/bin/tool") == out("/usr/bin/tool-8\n")
    said = f"{NAME}: using /usr/bin/tool-9 to provide /usr/bin/tool (tool) in auto mode\n"
    assert await book(f"{NAME} --remove tool /usr/bin/tool-8") == out(said)
    await book(f"{NAME} --remove tool /usr/bin/tool-9")
    assert await book("ls /usr/bin/tool /etc/alternatives/tool 2>/dev/null") == [Exit(2)]


async def test_a_person_chooses_by_number() -> None:
    book = await _book()
    for number, priority in ((8, 80), (9, 90)):
        await book(f"{NAME} --install /usr/bin/tool tool /usr/bin/tool-{number} {priority}")
    await book(f"{NAME} --config tool", typed=["1"])
    assert await book("readlink -f /usr/bin/tool") == out("/usr/bin/tool-8\n")
    await book(f"{NAME} --config tool", typed=[""])
    assert await book("readlink -f /usr/bin/tool") == out("/usr/bin/tool-8\n")


async def test_what_cannot_be_is_refused() -> None:
    book = await _book()
    assert await book(f"{NAME} --list nosuch") == err(f"{NAME}: error: no alternatives for nosuch\n", 2)
    missing = f"{NAME}: error: alternative path /nope doesn't exist\n"
    assert await book(f"{NAME} --install /usr/bin/x x /nope 1") == err(missing, 2)
    await book(f"{NAME} --install /usr/bin/tool tool /usr/bin/tool-8 1")
    said = f"{NAME}: error: alternative /nope for tool not registered; not setting\n"
    assert await book(f"{NAME} --set tool /nope") == err(said, 2)
