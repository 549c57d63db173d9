"""What a cell may hold, who is asked, and that the same cells say the same again."""

from __future__ import annotations

from pathlib import Path

import pytest

from llm_kernel.errors import CellError, TapeMiss
from llm_kernel.events import Exit, Text
from llm_kernel.model.request import Request, ScriptedBackend
from llm_kernel.model.tape import Tape
from llm_kernel.programs.emulated import Options
from llm_kernel.session import Session, Setup
from tests.notebook import Notebook, err, out

# -- shell text ---------------------------------------------------------------------------------------------------


async def test_a_cell_is_run_as_bash_would() -> None:
    assert await Notebook()("echo hi") == [Text("stdout", "hi\n"), Exit(0)]


async def test_an_empty_cell_does_nothing() -> None:
    assert await Notebook()("  \n") == [Exit(0)]


async def test_directory_variables_functions_aliases_and_status_persist() -> None:
    notebook = Notebook()
    await notebook("cd /tmp; x=5; f() { echo f$1; }; alias k='echo kk'; false")
    assert await notebook("echo $?; pwd; echo $x; f 2; k") == out("1\n/tmp\n5\nf2\nkk\n")


async def test_streams_are_apart_and_in_order() -> None:
    said = "ls: cannot access '/no': No such file or directory\n"
    events = await Notebook()("echo a; ls /no; echo c")
    assert events == [Text("stdout", "a\n"), Text("stderr", said), Text("stdout", "c\n"), Exit(0)]


@pytest.mark.parametrize("script", ["echo a; exit 3; echo b", "set -e\necho a\n(exit 3)\necho b"])
async def test_exit_and_errexit_end_the_cell_with_that_status_and_the_shell_lives_on(script: str) -> None:
    notebook = Notebook()
    assert await notebook(script) == out("a\n", 3)
    assert await notebook("false; echo on") == out("on\n")


async def test_after_an_exit_nothing_of_the_cell_follows_not_even_its_magics() -> None:
    assert await Notebook()("echo a; exit 3\n%machine host gpu01\necho b") == out("a\n", 3)


async def test_errexit_ends_a_cell_of_parts() -> None:
    assert await Notebook()("set -e; false\n%machine host gpu01\necho b") == [Exit(1)]


async def test_a_failing_part_does_not_end_the_cell() -> None:
    notebook = Notebook()
    assert await notebook("false\n%machine host gpu01\necho $? $HOSTNAME") == out("host name gpu01\n1 gpu01\n")


async def test_a_syntax_error_is_bashs_with_status_two() -> None:
    text = "bash: line 1: syntax error near unexpected token `)'\nbash: line 1: `echo )'\n"
    assert await Notebook()("echo )") == err(text, 2)


@pytest.mark.parametrize("word", ["machine os ubuntu 18.04", "spend 3", "curve 1 2 3 4 5", "__nothing"])
async def test_the_administrators_words_are_no_commands_of_a_users_shell(word: str) -> None:
    assert await Notebook()(word) == err(f"{word.split()[0]}: command not found\n", 127)


async def test_output_is_cut_where_the_setting_says() -> None:
    notebook = Notebook(setup=Setup(output=10))
    cut = "\n[output cut after 10 characters; c.LLMKernel.output_limit sets how many]\n"
    assert await notebook("seq 100; echo no >&2") == out(f"1\n2\n3\n4\n5\n{cut}")
    assert await notebook("echo next") == out("next\n")


async def test_clear_wipes_the_cell() -> None:
    events = await Notebook()("echo a; clear; echo b")
    assert [type(event).__name__ for event in events] == ["Text", "Clear", "Text", "Exit"]


# -- parts of a cell ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "cell",
    ["%%meta\nDo it.", "%%meta Do it.", "%meta Do it.", "{Do it.}", "｛Do it.｝", "\n# a comment\n%%meta\nDo it."],
)
async def test_every_form_of_an_instruction_is_carried_out(cell: str) -> None:
    notebook = Notebook(["touch a\n"])
    assert (await notebook(cell), notebook.asked) == (out("+ a  0 lines\n"), ["Do it."])


@pytest.mark.parametrize(
    "cell",
    ["cat <<EOF\n%meta no\n{no}\nEOF", "echo '\n%meta no\n'", "echo \\\n%meta no", "if true; then\n:\n%meta\nfi"],
)
async def test_inside_an_open_command_a_line_is_just_text(cell: str) -> None:
    notebook = Notebook()
    await notebook(cell)
    assert notebook.requests == []


async def test_groups_and_brace_expansions_stay_bashs() -> None:
    assert await Notebook()("{ echo a; echo b; }\necho {1..3} {a,b}") == out("a\nb\n1 2 3 a b\n")


async def test_the_parts_of_a_cell_run_in_their_order() -> None:
    notebook = Notebook(["echo x > a.txt\n"])
    assert await notebook("echo one\n%meta Make a.txt\ncat a.txt\n%machine host gpu01\nhostname") == out(
        "one\n+ a.txt  1 line\nx\nhost name gpu01\ngpu01\n"
    )


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        ("%wat", "Unknown magic %wat"),
        ("%machin host x", "near: %machine"),
        ("{open\necho", "has no } at the end of a line"),
        ("%%meta", "says nothing to the machine"),
        ("echo a\n%%meta b", "must be its first line"),
    ],
)
async def test_a_cell_that_cannot_be_taken_apart_says_why_and_runs_nothing(cell: str, words: str) -> None:
    notebook = Notebook()
    assert await notebook.fails(cell) == []
    assert isinstance(notebook.fault, CellError)
    assert words in str(notebook.fault)


# -- who is asked -------------------------------------------------------------------------------------------------


async def test_a_program_of_the_system_is_answered_by_the_model() -> None:
    notebook = Notebook(["On branch main\n"])
    assert await notebook("rsync status") == out("On branch main\n")
    assert notebook.asked == ["$ rsync status"]


async def test_what_is_not_there_is_not_found_without_a_model() -> None:
    notebook = Notebook()
    assert await notebook("qqqqq --x") == err("qqqqq: command not found\n", 127)
    assert notebook.requests == []


async def test_after_an_installation_the_program_is_the_models() -> None:
    notebook = Notebook(["Graphviz\n"])
    before = await notebook("dot -V")
    assert before[-1] == Exit(127)
    assert "apt install graphviz" in str(before[0])
    assert (await notebook("apt install -y graphviz"))[-1] == Exit(0)
    assert await notebook("dot -V") == out("Graphviz\n")
    assert notebook.asked == ["$ dot -V"]


async def test_a_program_that_a_fact_names_is_there() -> None:
    notebook = Notebook(["ready\n"])
    await notebook('%machine fact "The tool frobnicate is installed."')
    assert await notebook("frobnicate --now") == out("ready\n")


async def test_unknown_ask_asks_for_everything() -> None:
    notebook = Notebook(["I am qqqqq\n"], setup=Setup(unknown="ask"))
    assert await notebook("qqqqq") == out("I am qqqqq\n")


@pytest.mark.parametrize(
    "script",
    [
        "rsync s | cat",
        "for i in 1; do rsync s; done",
        "x=$(rsync s); echo $x",
        "f() { rsync s; }; f",
        "echo s | xargs rsync",
        "sudo rsync s",
        "env A=1 rsync s",
        "nohup rsync s 2>/dev/null | cat",
        "echo 'rsync s' > a.sh; bash a.sh",
        "echo 'rsync s' > a.sh; chmod +x a.sh; ./a.sh",
        "c=rsync; $c s",
        "eval 'rsync s'",
        "bash -c 'rsync s'",
        "rsync s && true",
    ],
)
async def test_a_program_is_reached_wherever_it_stands(script: str) -> None:
    notebook = Notebook(["said\n"])
    assert (await notebook(script), notebook.asked) == (out("said\n"), ["$ rsync s"])


async def test_a_program_by_its_path_is_that_program() -> None:
    notebook = Notebook(["said\n"])
    assert (await notebook("/usr/bin/rsync s"), notebook.asked) == (out("said\n"), ["$ /usr/bin/rsync s"])


async def test_a_script_of_another_language_is_the_models_with_its_text() -> None:
    notebook = Notebook(["1\n"])
    script = "#!/usr/bin/env python3\nprint(open(0).read())\n"
    await notebook(f"%%writefile t.py\n{script}")
    assert await notebook("./t.py") == err("bash: ./t.py: Permission denied\n", 126)
    assert await notebook("chmod +x t.py; ./t.py --fast") == out("1\n")
    assert notebook.asked == ["$ ./t.py --fast"]
    assert f"File t.py (2 lines):\n{script}" in notebook.requests[0].messages[-1].content


async def test_standard_input_goes_to_the_program() -> None:
    notebook = Notebook(["ok\n"])
    await notebook("printf 'a\\nb\\n' | rsync hash-object --stdin")
    assert "Standard input:\na\nb\n" in notebook.requests[0].messages[-1].content


async def test_what_was_said_before_about_the_same_file_is_told() -> None:
    notebook = Notebook(["one\n", "two\n"])
    await notebook("echo 'print(open(0).read())' > train.py")
    await notebook("python3 train.py")
    await notebook("python3 train.py")
    before = "Before:\n$ python3 train.py\none\n"
    assert before in notebook.requests[1].messages[-1].content


# -- the same again -----------------------------------------------------------------------------------------------

CELLS = [
    "%machine gpu 4 'GeForce RTX 3090'",
    "echo $RANDOM $$ $SECONDS $EPOCHREALTIME; date; uname -a",
    "rsync log",
    "%%meta\nMake it.",
    "ls -la --time-style=full-iso; ps aux; nvidia-smi; mktemp",
    "sleep 2.5; uptime; printf '%(%F %T)T\\n' -1; env; set | grep -v ^_",
    "python3 t.py; free; cat /proc/uptime",
]


def _replies(request: Request) -> str:
    if request.messages[-1].content.endswith("Make it."):
        return "cat > t.py <<'END'\nprint(open(0).read())\nEND\nmachine install pip torch\n"
    return "said\n@ spend 3.25\n@ gpu 0 util 50 mem 1000\n@ curve 1 0 1 1 9\n@ echo $RANDOM\n"


async def test_the_same_cells_give_the_same_events_and_requests() -> None:
    runs = []
    for _ in range(2):
        notebook = Notebook(_replies)
        runs.append([await notebook(cell) for cell in CELLS] + [notebook.requests])
    assert runs[0] == runs[1]


async def test_a_tape_plays_the_same_session_again(tmp_path: Path) -> None:
    tape = str(tmp_path / "tape.jsonl")
    runs = []
    model = ScriptedBackend(_replies)
    for mode in ("record", "replay"):
        notebook = Notebook(Tape(tape, mode, backend=lambda: model, header={}))
        runs.append([await notebook(cell) for cell in CELLS])
        await notebook.session.close()
    assert runs[0] == runs[1]
    assert len(model.requests) == 3
    notebook = Notebook(Tape(tape, "replay", backend=lambda: model, header={}))
    assert await notebook.fails("rsync stash") == []
    assert isinstance(notebook.fault, TapeMiss)


async def test_options_reach_the_request() -> None:
    notebook = Notebook(["ok\n"], setup=Setup(options=Options(tokens=77, seed=5, style="full")))
    await notebook("rsync")
    request = notebook.requests[0]
    assert (request.max_tokens, request.seed) == (77, 5)


async def test_a_flowing_clock_moves_between_cells_with_the_walls() -> None:
    wall = [1000.0]
    notebook = Notebook()
    session = Session(notebook.machine, notebook.session.models, Setup(), wall=lambda: wall[0])
    before = notebook.machine.clock.now
    wall[0] += 90
    assert [event async for event in session.run_cell("true")] == [Exit(0)]
    assert notebook.machine.clock.now - before == 90
