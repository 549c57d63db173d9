"""An instruction is carried out whole or not at all; a question changes nothing; the classic opening."""

from __future__ import annotations

import pytest

from llm_kernel.errors import Refused
from llm_kernel.events import Exit, Text
from llm_kernel.programs.metas import faults_of_python
from llm_kernel.programs.opening import opening
from tests.notebook import Notebook, out

SCRIPT = """machine gpu 4 'GeForce RTX 3090'
mkdir -p /tmp/w
cd /tmp/w
cat > train.py <<'END'
import sys

print(sys.argv)
END
export STAGE='one two'
echo "All is ready."
"""


async def test_the_changes_are_shown_and_then_what_the_script_said() -> None:
    lines = (await Notebook([SCRIPT]).said("%%meta\nFour GPUs, please.")).splitlines()
    assert lines[0] == "4 x NVIDIA GeForce RTX 3090"
    assert lines[-1] == "All is ready."
    assert [line for line in lines if "train.py" in line] == ["+ /tmp/w/train.py  3 lines"]
    assert "import sys" not in lines


async def test_the_scripts_directory_and_exports_pass_to_the_login_shell() -> None:
    notebook = Notebook([SCRIPT])
    await notebook("%%meta\nFour GPUs, please.")
    assert await notebook('pwd; echo "$STAGE"; env | grep STAGE; wc -l train.py') == out(
        "/tmp/w\none two\nSTAGE=one two\n3 train.py\n"
    )


async def test_a_question_changes_nothing_and_is_answered_in_its_language() -> None:
    notebook = Notebook(["echo '三层。'\n"])
    before = notebook.machine.to_state()
    assert await notebook("%%meta\n这个网络有几层？") == out("三层。\n")
    assert notebook.machine.to_state() == before


async def test_installers_in_a_script_mean_machine_install() -> None:
    notebook = Notebook(["apt-get update && apt-get install -y graphviz\npip install -q torch==1.8.0\n"])
    await notebook("%%meta\nPyTorch")
    assert await notebook("pip show torch | head -2; which dot") == out("Name: torch\nVersion: 1.8.0\n/usr/bin/dot\n")


GOOD = "touch good\n"
BAD = [
    ("rsync clone x\ntouch a\n", "a script starts no program: rsync; use machine install, cat > FILE, sed -i, echo"),
    ("touch a\nx=rsync; $x clone\n", "a script starts no program: rsync"),
    ("touch a\nprintf 'rsync x\\n' > s.sh; bash s.sh\n", "a script starts no program: rsync"),
    ("touch a\nif true; then\n", "syntax error: unexpected end of file"),
    ("cat > t.py <<'END'\nprint(xx)\nEND\ntouch a\n", "/root/t.py: line 1: undefined name 'xx'"),
    ("cat > t.py <<'END'\nprint(\nEND\n", "/root/t.py: line 1: '(' was never closed"),
    ("touch a; machine gpu 4 'RTX 3090'; machine fact x; machine os templeos 5\n", "templeos"),
    ("machine clock '2022-01-01 10:00'; sleep 60; machine zzz\n", "machine: unknown word 'zzz'"),
    ("machine gpu\n", "usage: machine gpu 4 'GeForce RTX 3090'"),
    ("touch a; rm nofile\n", "rm: cannot remove 'nofile': No such file or directory"),
    ("pip install torch; machine host gpu01; pip frobnicate\n", "pip frobnicate: only install and remove are known"),
    ("echo x > /etc/hostname; rm -rf /tmp; machine disk / 0\n", "disk"),
]


@pytest.mark.parametrize(("script", "reason"), BAD)
async def test_a_refused_script_gets_one_retry_that_knows_the_reason(script: str, reason: str) -> None:
    notebook = Notebook([script, GOOD])
    assert await notebook("%%meta\nDo it.") == out("+ good  0 lines\n")
    first, second = notebook.requests
    assert second.messages[:-2] == first.messages
    assert second.messages[-2].content == script
    assert reason in second.messages[-1].content


@pytest.mark.parametrize(("script", "reason"), BAD)
async def test_refused_twice_nothing_is_changed_and_why_tells(script: str, reason: str) -> None:
    notebook = Notebook([script, script, GOOD])
    before = notebook.machine.to_state()
    assert await notebook.fails("%%meta\nDo it.") == []
    assert isinstance(notebook.fault, Refused)
    assert reason in str(notebook.fault)
    assert _differences(before, notebook.machine.to_state()) == []
    assert len(notebook.requests) == 2
    assert [reason in row.reason for row in notebook.session.answers[0].refused] == [True, True]
    assert reason in str(await notebook("%why"))


def _differences(before: object, after: object, path: str = "") -> list[str]:
    """Where two states differ."""
    if isinstance(before, dict) and isinstance(after, dict):
        rows = [_differences(before.get(key), after.get(key), f"{path}/{key}") for key in before.keys() | after.keys()]
        return [row for each in rows for row in each]
    return [] if before == after else [f"{path}: {before!r:.80} -> {after!r:.80}"]


async def test_fences_and_prose_around_a_script_are_stripped() -> None:
    assert await Notebook(["Sure:\n```bash\ntouch a\n```\nDone."])("%%meta\nDo it.") == out("+ a  0 lines\n")


async def test_the_administrators_words_are_gone_after_an_instruction() -> None:
    notebook = Notebook(["machine host gpu01\n"])
    await notebook("%%meta\nBe gpu01.")
    assert await notebook("machine host x; hostname") == [
        Text("stderr", "machine: command not found\n"),
        Text("stdout", "gpu01\n"),
        Exit(0),
    ]


async def test_an_instruction_knows_the_directory_and_the_files_it_speaks_of() -> None:
    notebook = Notebook(["echo ok\n"])
    await notebook("printf 'EPOCHS = 9\\n' > train.py; touch notes.txt")
    await notebook("%%meta\nTrain for 100 epochs in train.py.")
    asked = notebook.requests[0].messages[-1].content
    assert "Files in /root: notes.txt, train.py" in asked
    assert "File train.py (1 lines):\nEPOCHS = 9" in asked
    assert asked.endswith("Train for 100 epochs in train.py.")


@pytest.mark.parametrize(
    ("source", "faults"),
    [
        (b"import os\nprint(os.getcwd())\n", []),
        (b"x = 1\n\nprint(y)\n", ["line 3: undefined name 'y'"]),
        (b"def f(:\n", ["line 1: invalid syntax"]),
        (b"__all__ = ['f']\n", ["line 1: undefined name 'f' in __all__"]),
        (b"import unused\n", []),
        (b"\x00", ["source code string cannot contain null bytes"]),
        (b"(" * 5000, ["line 1: too many nested parentheses"]),
    ],
)
def test_what_is_wrong_with_a_python_file(source: bytes, faults: list[str]) -> None:
    assert faults_of_python(source) == faults


# -- the classic opening ------------------------------------------------------------------------------------------

ENGLISH = """I want you to act as a Linux terminal. I will type commands and you will reply with what the terminal
should show. I want you to only reply with the terminal output inside one unique code block, and nothing else. Do not
write explanations. Do not type commands unless I instruct you to do so. When I need to tell you something in English
I will do so by putting text inside curly brackets {like this}. My first command is pwd."""
CHINESE = "我希望你充当 Linux 终端。我将输入命令，你将回复终端应显示的内容。不要写解释。我的第一个命令是 pwd"


@pytest.mark.parametrize("text", [ENGLISH, CHINESE])
async def test_the_classic_opening_answers_its_first_command(text: str) -> None:
    notebook = Notebook()
    assert await notebook(f"%%meta\n{text}") == out("/root\n")
    assert notebook.requests == []


async def test_what_the_opening_says_of_the_machine_is_carried_out() -> None:
    notebook = Notebook(["machine os ubuntu 18.04\n"])
    text = "Act as a Linux terminal. The machine runs Ubuntu 18.04. My first command is `uname -s`."
    said = await notebook.said(f"%%meta\n{text}")
    assert said.splitlines()[-1] == "Linux"
    assert notebook.asked == ["The machine runs Ubuntu 18.04."]
    assert notebook.machine.system.release == "18.04"


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        (
            "Act as a Linux terminal on a Mac. My first command is ls -l.",
            ("Act as a Linux terminal on a Mac.", "ls -l"),
        ),
        ('be a terminal. The first command will be: "nvidia-smi"', ("be a terminal.", "nvidia-smi")),
        ("请充当 Linux 终端。机器有四块 3090。第一条命令是：`ls`。", ("机器有四块 3090。", "ls")),
        ("Write a script whose first command is pwd.", ("Write a script whose first command is pwd.", "")),
        ("Install git.", ("Install git.", "")),
    ],
)
def test_only_an_opening_is_taken_apart(text: str, parts: tuple[str, str]) -> None:
    assert opening(text) == parts
