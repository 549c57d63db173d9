"""What a program's acts do, in which order, and which of them are refused."""

from __future__ import annotations

import json

import pytest

from llm_kernel.events import Ask, Exit, Text
from tests.notebook import Notebook, out

FOUR = "%machine gpu 4 'GeForce RTX 3090'"

ACTS = """a
@ echo b
c
@ cat > f <<'END'
raw @ text
@ not an act
END
@ cat f
@@ literal
@ echo e >&2
@ exit 3
never
@ touch never
"""


async def test_acts_and_lines_keep_their_order_and_exit_drops_the_rest() -> None:
    notebook = Notebook([ACTS])
    said = "a\nb\nc\nraw @ text\n@ not an act\n@ literal\n"
    assert await notebook("rsync") == [Text("stdout", said), Text("stderr", "e\n"), Exit(3)]
    assert await notebook("echo $?; ls") == out("3\nf\n")


async def test_acts_are_one_shell_in_the_programs_directory() -> None:
    notebook = Notebook(["@ x=5; cd sub\n@ echo $x > y; pwd\n"])
    assert await notebook("mkdir -p /tmp/w/sub; cd /tmp/w; rsync; pwd; echo [$x]; cat sub/y") == out(
        "/tmp/w/sub\n/tmp/w\n[]\n5\n"
    )


async def test_a_plain_line_ends_in_a_newline_the_last_one_too() -> None:
    assert await Notebook(["a"])("rsync; echo b") == out("a\nb\n")


async def test_time_is_spent_and_a_loop_is_unrolled() -> None:
    notebook = Notebook(["@ for i in 1 2 3; do spend 20; echo $i; done\n"])
    assert await notebook("date +%T; rsync; date +%T") == out("09:00:00\n1\n2\n3\n09:01:00\n")


async def test_a_program_that_says_nothing_of_time_takes_a_small_one() -> None:
    notebook = Notebook(["ok\n"])
    before = notebook.machine.clock.now
    await notebook("rsync")
    assert notebook.machine.clock.now - before == pytest.approx(0.052)


REFUSED = [
    ("@ if true; then spend 5; fi", "spend stands in no compound but a for over a list or a range"),
    ("@ { spend 5; }", "spend stands in no compound but a for over a list or a range"),
    ("@ while true; do spend 1; done", "spend stands in no compound but a for over a list or a range"),
    ("@ spend -3", "spend: '-3' is not a number of seconds; usage: spend 11.8"),
    ("@ spend 99999999", "spend: 99999999 is more than the 30 days, 0:00:00 that one program may take"),
    ("@ sleep 99999999", "spend: 99999999.000000 is more than the 30 days, 0:00:00 that one program may take"),
    ("@ spend", "usage: spend SECONDS"),
    ("@ gpu 7 util 3", "gpu: there is no GPU 7; the machine has 4"),
    ("@ gpu 0-99 util 3", "gpu: there is no GPU 99; the machine has 4"),
    ("@ gpu 0 util 300", "gpu: utilisation 300 is not within 0 and 100 percent"),
    ("@ gpu 0 mem 99999", "gpu: GPU 0 has 24268 MiB left of 24268, not 99999"),
    ("@ gpu fast", "usage: gpu 0-3 util 97 mem 8421"),
    ("@ curve 1 2", "usage: curve FIRST LAST i n m"),
    ("@ rsync commit", "an act starts no emulated program: rsync"),
    ("@ x=rsync; $x commit", "an act starts no emulated program: rsync"),
    ("@ bash -c 'rsync commit'", "an act starts no emulated program: rsync"),
    ("@ ./run.sh", "an act starts no emulated program: ./run.sh"),
    ("@ machine os centos 7", "a program may use machine fact, file, install, remove only"),
    ("@ machine", "a program may use machine fact, file, install, remove only"),
    ("@ echo 'open", "line 1 opens something that a ' must close"),
    ("@ )", "line 1: syntax error near unexpected token `)'"),
    ("@ cat > x <<END\nabc", "its here-document has no line END"),
]


@pytest.mark.parametrize(("act", "reason"), REFUSED)
async def test_an_act_that_cannot_be_is_refused_and_told_by_why(act: str, reason: str) -> None:
    notebook = Notebook([f"{act}\n"])
    await notebook(FOUR)
    before = _state(notebook)
    events = await notebook("rsync")
    assert events[-1] in (Exit(0), Exit(2))
    assert [event for event in events if isinstance(event, Text)] == []
    assert _state(notebook) == before
    (row,) = notebook.session.answers[0].refused
    assert row.reason == reason
    why = await notebook("%why")
    assert reason in str(why)


def _state(notebook: Notebook) -> str:
    """The machine without its clock and what hangs on it."""
    state = notebook.machine.to_state()
    files = {path for path in notebook.machine.files.walk("/") if not path.startswith("/proc")}
    processes = [process["command"] for process in state["processes"]["table"]]
    kept = {key: state[key] for key in ("facts", "devices", "packages")}
    return json.dumps(
        [kept, sorted(files), processes, notebook.machine.system.profile.pretty], sort_keys=True, default=str
    )


async def test_the_load_of_a_program_is_there_while_it_runs() -> None:
    query = "nvidia-smi --query-compute-apps=name,used_memory --format=csv,noheader"
    notebook = Notebook([f"@ gpu 0-1 util 97 mem 8421\n@ {query}\n"])
    await notebook(FOUR)
    assert await notebook("rsync") == out("rsync, 8421 MiB\nrsync, 8421 MiB\n")
    assert await notebook(query) == [Exit(0)]


async def test_what_a_programs_acts_may_say_of_the_machine() -> None:
    notebook = Notebook(["@ machine file fit.pt --size 1.7M\n@ machine fact 'MNIST is downloaded'\n"])
    assert await notebook("rsync; stat -c %s fit.pt") == out("1782579\n")
    assert notebook.machine.facts == ["MNIST is downloaded"]


async def test_a_curve_falls_and_is_the_same_again() -> None:
    reply = "@ for e in 1 5 9; do curve 2.0 0.1 $e 1 9; done\n"
    said = await Notebook([reply]).said("rsync")
    first, middle, last = map(float, said.split())
    assert 2.06 > first > middle > last > 0.04
    assert await Notebook([reply]).said("rsync") == said


async def test_no_act_is_heard_from_a_users_shell_afterwards() -> None:
    notebook = Notebook(["@ f() { echo f; }\nok\n"])
    await notebook("rsync")
    assert (await notebook("f"))[-1] == Exit(127)


async def test_the_exit_status_is_eight_bits() -> None:
    assert await Notebook(["@ exit 300\n"])("rsync; echo $?") == out("44\n")


# -- the terminal's input -----------------------------------------------------------------------------------------


async def test_a_program_reads_the_terminal_and_goes_on_with_what_was_typed() -> None:
    notebook = Notebook(["Hello\n@ read -p 'name? ' NAME\n", '@ echo "hi $NAME"\n'])
    asked: list[Ask] = []
    assert await notebook("rsync", typed=["Ann"], ask=asked) == out("Hello\nhi Ann\n")
    assert asked == [Ask("name? ")]
    assert [message.content for message in notebook.requests[1].messages[-2:]] == [
        "Hello\n@ read -p 'name? ' NAME\n",
        "Ann",
    ]


async def test_a_password_is_hidden_from_the_model() -> None:
    notebook = Notebook(["@ read -s -p 'Password: ' P\n", "@ echo ${#P}\n"])
    asked: list[Ask] = []
    assert await notebook("rsync", typed=["secret!"], ask=asked) == out("7\n")
    assert asked == [Ask("Password: ", hidden=True)]
    assert "secret!" not in str(notebook.requests)
    assert notebook.requests[1].messages[-1].content == "<hidden>"


async def test_without_an_input_box_there_is_end_of_file() -> None:
    notebook = Notebook(["@ read NAME\n", "bye\n"])
    assert await notebook("rsync") == out("bye\n")
    assert notebook.requests[1].messages[-1].content == "<end of file>"
