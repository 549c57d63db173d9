"""A program prints what its source can print, whatever a model says: checked, asked for again, and filled in."""

from __future__ import annotations

import re
from typing import Any

import pytest

from llm_kernel.events import Exit, Text
from llm_kernel.programs.emulated import Options
from llm_kernel.session import Setup
from tests.notebook import Notebook, out

FIVE = """import torch
net = torch.nn.Linear(1, 1)
loss = net(torch.ones(1))
print("start")
for epoch in range(1, 6):
    loss = loss * net(torch.ones(1))
    print(f"epoch {epoch}/5 loss {loss.item():.3f}")
print("done")
"""
HUNDRED = FIVE.replace("range(1, 6)", "range(1, 101)").replace("/5", "/100")
SAID = "".join(f"epoch {n}/5 loss 0.{9 - n}00\n" for n in range(1, 6))
ANCHORS = {1: 0.9, 2: 0.8, 25: 0.3, 50: 0.2, 100: 0.1}
FEW = "".join(f"epoch {n}/100 loss {value:.3f}\n" for n, value in ANCHORS.items())


async def made(source: str, *replies: str, tries: int = 3) -> Notebook:
    notebook = Notebook(list(replies), setup=Setup(options=Options(mends=tries)))
    notebook.machine.files.write("/root/a.py", source.encode())
    await notebook("%machine install pip torch")
    return notebook


async def shown(source: str, *replies: str, tries: int = 3) -> tuple[str, Notebook]:
    notebook = await made(source, *replies, tries=tries)
    return await notebook.said("python3 a.py"), notebook


def answer(notebook: Notebook) -> dict[str, Any]:
    """What is known of the last program's answer."""
    found = notebook.session.report()["answers"][-1]
    assert isinstance(found, dict)
    return found


def losses(text: str) -> list[float]:
    return [float(found) for found in re.findall(r"loss (\d\.\d{3})$", text, re.MULTILINE)]


def epochs(text: str) -> list[int]:
    return [int(found) for found in re.findall(r"^epoch (\d+)/", text, re.MULTILINE)]


async def test_what_the_source_can_print_is_shown_as_it_was_said() -> None:
    text, notebook = await shown(FIVE, f"{SAID}done\n")
    assert text == f"start\n{SAID}done\n"
    assert len(notebook.requests) == 1


async def test_from_an_impossible_line_on_the_model_is_asked_again() -> None:
    first, second = SAID[:42], SAID[42:]
    text, notebook = await shown(FIVE, f"{first}Saving the model ...\nepoch 9", f"{second}done\n")
    assert text == f"start\n{SAID}done\n"
    assert [len(request.messages) for request in notebook.requests][1:] == [len(notebook.requests[0].messages) + 2]
    assert notebook.requests[1].messages[-2].content == first
    assert notebook.requests[1].messages[-1].content == (
        "Your reply was stopped, for the program cannot print this line there:\nSaving the model ...\n"
        "What it prints next has this form, where you fill in the ?:\nepoch 3/5 loss ?.???\n"
        "Go on from there to the program's end; repeat nothing, explain nothing."
    )


async def test_skipped_epochs_are_asked_for() -> None:
    lines = SAID.splitlines(keepends=True)
    text, notebook = await shown(FIVE, f"{lines[0]}{lines[4]}done\n", "".join(lines[1:]) + "done\n")
    assert text == f"start\n{SAID}done\n"
    assert len(notebook.requests) == 2


async def test_a_reply_that_ends_too_early_is_asked_for_the_rest() -> None:
    text, notebook = await shown(FIVE, SAID[:21], f"{SAID[21:]}done\n")
    assert text == f"start\n{SAID}done\n"
    assert notebook.requests[1].messages[-1].content.startswith("Your reply was too short.\n")


async def test_one_that_begins_anew_instead_of_going_on_is_taken_from_where_it_goes_on() -> None:
    again = SAID.replace("1/5 loss 0.800", "1/5 loss 0.777")
    assert (await shown(FIVE, f"{SAID[:42]}oops\n", f"{again}done\n"))[0] == f"start\n{SAID}done\n"


@pytest.mark.parametrize("lie", ["nonsense\n", "epoch 5/5 loss 0.100\n", "epoch 1/5 loss high\n", "done\n", "\n"])
async def test_when_the_tries_are_used_up_the_source_prints_the_rest(lie: str) -> None:
    text, notebook = await shown(FIVE, f"{SAID[:21]}{lie}", lie, lie, lie)
    assert text.startswith(f"start\n{SAID[:21]}")
    assert (epochs(text), len(losses(text)), text.splitlines()[-1]) == ([1, 2, 3, 4, 5], 5, "done")
    assert len(notebook.requests) == 4
    assert answer(notebook)["planned"] == [[3, 7]]
    why = str(await notebook("%why"))
    assert "asked 4 times" in why
    assert "left out by the model, and printed from the source: 5 lines (3-7)" in why


async def test_the_same_seed_gives_the_same_rest_and_another_one_another() -> None:
    runs = []
    for seed in (1, 1, 2):
        notebook = Notebook(["nonsense\n"], setup=Setup(options=Options(seed=seed, mends=0)))
        notebook.machine.files.write("/root/a.py", FIVE.encode())
        await notebook("%machine install pip torch")
        runs.append(await notebook.said("python3 a.py"))
    assert runs[0] == runs[1] != runs[2]


async def test_lines_that_the_source_fixes_need_not_be_said() -> None:
    source = FIVE.replace("    print(f", '    print("-" * 8)\n    print(f')
    text, notebook = await shown(source, f"{SAID}done\n")
    assert text == "start\n" + "".join(f"--------\n{line}" for line in SAID.splitlines(keepends=True)) + "done\n"
    assert len(notebook.requests) == 1


async def test_values_in_another_form_are_written_as_the_source_writes_them() -> None:
    loose = SAID.replace("00\n", "\n").replace("loss ", "loss  ")
    assert (await shown(FIVE, f"{loose}done \n"))[0] == f"start\n{SAID}done\n"


async def test_acts_stand_anywhere_and_what_they_print_is_checked_too() -> None:
    loop = "@ for e in {1..5}; do spend 2; printf 'epoch %d/5 loss 0.%d00\\n' $e $((9 - e)); done\n"
    text, notebook = await shown(FIVE, f"@ gpu 0 util 1 mem 1\n{loop}@ spend 1\ndone\n@ touch fit.pt\n")
    assert text == f"start\n{SAID}done\n"
    assert notebook.machine.files.exists("/root/fit.pt")
    text, notebook = await shown(FIVE, f"{SAID[:21]}@ echo surprise\n", f"{SAID[21:]}done\n")
    assert text == f"start\n{SAID}done\n"


async def test_a_program_that_an_act_says_has_failed_ends_there() -> None:
    notebook = await made(FIVE, f"{SAID[:21]}@ echo 'Killed' >&2\n@ exit 137\n")
    assert await notebook("python3 a.py") == [
        Text("stdout", f"start\n{SAID[:21]}"),
        Text("stderr", "Killed\n"),
        Exit(137),
    ]


async def test_what_nobody_can_foresee_passes() -> None:
    source = FIVE.replace('print("start")', "import somelib\nsomelib.run()")
    notebook = await made(source, f"anything\nat all\n{SAID}done\n")
    notebook.machine.packages.install("pip", "somelib", "1.0")
    assert await notebook("python3 a.py") == out(f"anything\nat all\n{SAID}done\n")


async def test_what_goes_to_standard_error_is_said_with_the_rest_and_goes_there() -> None:
    source = FIVE.replace('print("done")', 'import sys\nprint("took", loss.item(), file=sys.stderr)')
    notebook = await made(source, f"{SAID}took 0.25\n")
    assert await notebook("python3 a.py") == [
        Text("stdout", f"start\n{SAID}"),
        Text("stderr", "took 0.25\n"),
        Exit(0),
    ]


async def test_a_bar_that_returns_to_its_beginning_is_followed() -> None:
    source = (
        "import torch\nnet = torch.nn.Linear(1, 1)\nfor i in range(3):\n"
        '    print(f"\\r{i} {net(torch.ones(1)).item():.2f}", end="")\nprint()\n'
    )
    assert (await shown(source, "\r0 0.10\r1 0.20\r2 0.30\n"))[0] == "\r0 0.10\r1 0.20\r2 0.30\n"


async def test_of_a_hundred_epochs_five_are_said_and_all_are_shown() -> None:
    text, notebook = await shown(HUNDRED, f"{FEW}done\n")
    assert (epochs(text), text.splitlines()[-1]) == ([*range(1, 101)], "done")
    values = losses(text)
    assert {n: values[n - 1] for n in ANCHORS} == ANCHORS
    assert all(0.09 <= value <= 0.9 for value in values)
    assert len(set(values[2:24])) > 15
    assert len(notebook.requests) == 1
    asked = notebook.requests[0].messages[-1].content
    for n in ANCHORS:
        assert f"epoch {n}/100 loss ?.???\n" in asked
    assert "epoch 3/100" not in asked
    assert answer(notebook)["between"] == [[4, 25], [27, 50], [52, 100]]
    why = str(await notebook("%why"))
    assert "drawn between those that the model gave: 95 lines (4-25, 27-50, 52-100)" in why


async def test_said_in_full_a_hundred_epochs_are_shown_as_they_were_said() -> None:
    whole = "".join(f"epoch {n}/100 loss {1 / n:.3f}\n" for n in range(1, 101))
    assert (await shown(HUNDRED, f"{whole}done\n"))[0] == f"start\n{whole}done\n"


async def test_five_of_a_hundred_take_a_tenth_of_the_tokens() -> None:
    whole = "".join(f"epoch {n}/100 loss {1 / n:.3f}\n" for n in range(1, 101))
    costs = []
    for reply in (whole, FEW):
        _, notebook = await shown(HUNDRED, f"{reply}done\n")
        costs.append(answer(notebook)["completion"])
    assert costs[1] * 10 <= costs[0]


async def test_a_background_run_prints_the_lines_between_in_their_time() -> None:
    notebook = await made(HUNDRED, f"{FEW}done\n")
    await notebook("python3 a.py > log 2>&1 &")
    await notebook("wait")
    assert await notebook.said("grep -c epoch log; tail -n 1 log") == "100\ndone\n"
