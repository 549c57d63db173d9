"""Python programs of a notebook that are computed: their forms, what they know of the machine, and their limits."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from pathlib import Path

import pytest

from llm_kernel.events import Exit, Text
from tests.notebook import Notebook, err, out

FORMS = {
    "python3 -c 'print(2**10)'": "1024\n",
    "python3 - <<'EOF'\nprint(sum(range(10)))\nEOF": "45\n",
    "x=6; python3 <<EOF\nprint($x * 7)\nEOF": "42\n",
    "echo 'print(6*7)' | python3 -": "42\n",
    "echo 'print(6*7)' | python3": "42\n",
    "echo 'import sys; print(sys.argv)' > a.py; python3 a.py x 'y z'": "['a.py', 'x', 'y z']\n",
    "python3 -c 'import sys; print(sys.argv)' 1 2": "['-c', '1', '2']\n",
    "printf '#!/usr/bin/env python3\\nprint(input())\\n' > b.py; chmod +x b.py; echo hi | ./b.py": "hi\n",
    "printf 'a\\nb\\n' | python3 -c 'import sys\nfor line in sys.stdin: print(line.strip().upper())'": "A\nB\n",
    "python3 -u -c 'print(1)'": "1\n",
    "python3 -c 'for i in range(5): print(i)' | tail -1": "4\n",
}


@pytest.mark.parametrize("code", FORMS)
async def test_a_form_is_computed_and_the_model_not_asked(code: str) -> None:
    notebook = Notebook()
    assert await notebook(code) == out(FORMS[code])
    assert notebook.requests == []


async def test_the_status_is_the_programs() -> None:
    notebook = Notebook()
    assert await notebook("python3 -c 'import sys; sys.exit(7)'; echo $?") == out("7\n")
    assert await notebook("python3 -c 'exit(\"no\")'") == err("no\n", 1)


async def test_a_traceback_is_that_of_the_machines_python() -> None:
    notebook = Notebook()
    await notebook("%machine python 3.11.4")
    await notebook("printf 'def f(x):\\n    return 1 / x\\n\\nprint(f(0))\\n' > t.py")
    said = (
        'Traceback (most recent call last):\n  File "/root/t.py", line 4, in <module>\n'
        "    print(f(0))\n          ^^^^\n"
        '  File "/root/t.py", line 2, in f\n    return 1 / x\n           ~~^~~\nZeroDivisionError: division by zero\n'
    )
    assert await notebook("python3 t.py") == err(said, 1)


async def test_files_are_written_when_the_program_has_ended_and_not_when_it_is_thrown_away() -> None:
    notebook = Notebook(["from the model\n"]).unplanned()
    assert await notebook('python3 -c \'open("o", "w").write("hey")\'; cat o') == out("hey")
    unsure = 'python3 -c \'open("p", "w").write("hey"); import ctypes\'; ls p'
    assert (await notebook(unsure))[0] == Text("stdout", "from the model\n")
    assert not notebook.machine.files.exists("/root/p")


async def test_a_file_without_bytes_is_the_models() -> None:
    notebook = Notebook(["from the model\n"]).unplanned()
    notebook.machine.files.sized("/root/big.txt", 10**9)
    assert await notebook("python3 -c 'print(len(open(\"big.txt\").read()))'") == out("from the model\n")


async def test_facts_are_the_machines() -> None:
    notebook = Notebook()
    await notebook("%machine gpu 2 'GeForce RTX 3090'\n%machine cuda 11.3\n%machine install pip torch 1.8.0")
    asked = "torch.__version__, torch.cuda.is_available(), torch.cuda.device_count(), torch.version.cuda"
    code = f"import torch\nprint({asked})"
    assert await notebook(f"python3 -c '{code}'") == out("1.8.0+cu111 True 2 11.1\n")
    code = "import os, socket, platform, sys\nprint(os.getcwd(), socket.gethostname() == platform.node(), sys.platform)"
    assert await notebook(f"mkdir d; cd d; python3 -c '{code}'") == out("/root/d True linux\n")
    code = "import os, platform, abc\nprint(os.getuid(), os.getgid(), os.getpid() > 1, platform.python_version_tuple())"
    assert await notebook(f"python3 -c '{code}'") == out("0 0 True ('3', '8', '5')\n")


async def test_a_module_that_is_not_there_is_missed_where_the_program_gets_to_it() -> None:
    notebook = Notebook()
    said = await notebook("printf 'print(1)\\nimport xyzzy\\n' > q.py; python3 q.py 2>&1 | tail -1")
    assert said == out("ModuleNotFoundError: No module named 'xyzzy'\n")
    guarded = "try:\n    import xyzzy\nexcept ImportError:\n    print('without')"
    assert await notebook(f'python3 -c "{guarded}"') == out("without\n")


async def test_a_module_beside_the_script_is_not_taken_for_the_librarys() -> None:
    notebook = Notebook(["from the model\n"]).unplanned()
    assert await notebook("echo 'x = 1' > json.py; python3 -c 'import json; print(1)'") == out("from the model\n")


async def test_sleep_passes_on_the_machines_clock() -> None:
    notebook = Notebook()
    before = notebook.machine.clock.now
    assert await notebook("python3 -c 'import time; time.sleep(3600); print(1)'") == out("1\n")
    assert 3600 <= notebook.machine.clock.now - before < 3610


async def test_why_says_how_it_was_answered() -> None:
    notebook = Notebook(["from the model\n"])
    await notebook("python3 -c 'print(1)'")
    (view, _) = await notebook("%why")
    assert view.data["text/plain"] == (
        "python3 -c 'print(1)'\n    exact: computed by running it in a sandbox on the machine's files"
    )


HOSTILE = (
    "print(10 ** 10 ** 8)",
    "x = [0] * 10 ** 10",
    "x = []\nwhile True: x.append(x)",
    '__import__("os").system("id")',
    "print(().__class__.__bases__)",
    'exec("import os")',
    "import ctypes",
)


@pytest.mark.parametrize("source", HOSTILE)
async def test_a_hostile_program_is_not_computed(source: str) -> None:
    notebook = Notebook(["from the model\n"]).unplanned()
    assert await notebook(f"python3 -c '{source}'") == out("from the model\n")


async def test_only_the_machines_files_are_there() -> None:
    notebook = Notebook()
    events = await notebook("python3 -c 'print(open(\"/proc/self/maps\").read())'")
    assert events[-1] == Exit(1)
    assert events[0].text.endswith("FileNotFoundError: [Errno 2] No such file or directory: '/proc/self/maps'\n")


async def test_an_endless_program_is_ended_with_its_cell() -> None:
    notebook = Notebook(["from the model\n"])
    cell = asyncio.create_task(notebook("python3 -c 'while True: pass'"))
    await asyncio.sleep(0.3)
    cell.cancel()
    with pytest.raises(asyncio.CancelledError):
        await cell
    assert await notebook("python3 -c 'print(1)'") == out("1\n")


async def test_a_traceback_of_an_argument_shows_its_source_from_3_13_on_and_of_input_never() -> None:
    notebook = Notebook()
    await notebook("%machine python 3.13.0")
    told = (
        'Traceback (most recent call last):\n  File "{}", line 1, in <module>\n{}ZeroDivisionError: division by zero\n'
    )
    assert await notebook("python3 -c '1/0'") == err(told.format("<string>", "    1/0\n    ~^~\n"), 1)
    assert await notebook("echo 1/0 | python3 -") == err(told.format("<stdin>", ""), 1)


def _children() -> set[int]:
    """The processes that this one has begun and not yet seen the end of, ended ones included."""
    found = set()
    for task in Path("/proc/self/task").iterdir():
        with suppress(FileNotFoundError):
            found |= {int(pid) for pid in (task / "children").read_text().split()}
    return found


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="asks /proc for processes")
async def test_an_interrupt_while_a_program_computes_leaves_no_process() -> None:
    before = _children()
    notebook = Notebook()
    cell = asyncio.create_task(notebook("python3 -c 'class A: pass\nwhile True: pass'"))
    while _children() <= before:
        assert not cell.done()
        await asyncio.sleep(0.01)
    cell.cancel()
    with suppress(asyncio.CancelledError):
        await cell
    for _ in range(2000):  # whom it ended the loop sees a moment later
        if _children() <= before:
            break
        await asyncio.sleep(0.01)
    assert _children() <= before
    assert await notebook("python3 -c 'class A: pass\nprint(A.__name__)'") == out("A\n")


_WARNED = "printf 'print(\"\\\\d\")\\nif 5 is 5:\\n    pass\\nassert (1, 2)\\n' > w.py; python3 w.py"
_CLAIM = "SyntaxWarning: assertion is always true, perhaps remove parentheses?\n  assert (1, 2)\n"


async def test_what_the_compiler_warns_of_is_that_of_the_machines_python() -> None:
    notebook = Notebook()
    await notebook("%machine python 3.8.10")
    literal = 'w.py:2: SyntaxWarning: "is" with a literal. Did you mean "=="?\n  if 5 is 5:\n'
    said = Text("stderr", f"{literal}w.py:4: {_CLAIM}")
    assert await notebook(_WARNED) == [said, Text("stdout", "\\d\n"), Exit(0)]
    await notebook("%machine python 3.12.1")
    escape = "/root/w.py:1: SyntaxWarning: invalid escape sequence '\\d'\n  print(\"\\d\")\n"
    said = Text("stderr", f"{escape}/root/w.py:4: {_CLAIM}")
    await notebook("sed -i 's,^if.*,,; s,^    pass,,' w.py")
    assert await notebook("python3 w.py") == [
        said,
        Text("stdout", "\\d\n"),
        Exit(0),
    ]
    said = Text("stderr", "<string>:1: SyntaxWarning: invalid escape sequence '\\d'\n")
    assert await notebook("python3 -c 'print(\"\\d\")'") == [said, Text("stdout", "\\d\n"), Exit(0)]
