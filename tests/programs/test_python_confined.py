"""Python programs of a notebook that need classes, generators, modules or a person: computed, the model not asked."""

from __future__ import annotations

import platform

import pytest

from llm_kernel.events import Ask, Exit
from tests.notebook import Notebook, err, out

pytestmark = pytest.mark.skipif(
    platform.system() != "Linux" or platform.machine() not in ("x86_64", "aarch64"),
    reason="the system's kernel has no such filter",
)

PROGRAMS = {
    "class E(Exception): pass\ntry:\n    raise E('x')\nexcept E as e:\n    print('E', e)": "E x\n",
    "def g():\n    yield 1\n    yield 2\nprint(sum(g()))": "3\n",
    "import re\nprint(re.sub('a+', 'b', 'caat'))": "cbt\n",
    "import json\nprint(json.dumps({1: 2, True: 3}))": '{"1": 3}\n',
    "from datetime import date\nprint(date.today())": "2021-04-01\n",
    "import os\nos.makedirs('a/b')\nprint(os.listdir('a'), os.getcwd())": "['b'] /root\n",
}


@pytest.mark.parametrize("source", PROGRAMS)
async def test_a_program_is_computed(source: str) -> None:
    notebook = Notebook()
    assert await notebook(f"cat > t.py <<'EOF'\n{source}\nEOF\npython3 t.py") == out(PROGRAMS[source])
    assert notebook.requests == []


async def test_what_it_makes_is_on_the_machine_afterwards() -> None:
    notebook = Notebook()
    await notebook('python3 -c \'import os; os.makedirs("d/e"); open("d/f", "w").write("x")\'')
    assert await notebook("ls d; cat d/f") == out("e\nf\nx")


async def test_a_module_beside_the_script_is_the_machines() -> None:
    notebook = Notebook()
    await notebook(
        "printf 'class T:\\n    n = 41\\n' > mine.py; printf 'from mine import T\\nprint(T.n + 1)\\n' > m.py"
    )
    assert await notebook("python3 m.py") == out("42\n")


async def test_input_asks_the_person_and_meets_end_of_file_without_one() -> None:
    notebook = Notebook()
    await notebook('printf \'n = input("Name? ")\\nprint("Hi", n)\\n\' > i.py')
    asked: list[Ask] = []
    assert await notebook("python3 i.py", typed=["Ann"], ask=asked) == out("Hi Ann\n")
    assert [ask.prompt for ask in asked] == ["Name? "]
    shown = await notebook("python3 i.py")
    assert shown[-1] == Exit(1)
    assert shown[-2].text.endswith("EOFError: EOF when reading a line\n")


async def test_sleep_passes_on_the_machines_clock() -> None:
    notebook = Notebook()
    before = notebook.machine.clock.now
    source = "import time\\nclass A: pass\\nt = time.time()\\ntime.sleep(90)\\nprint(round(time.time() - t))\\n"
    await notebook(f"printf '{source}' > s.py")
    assert await notebook("python3 s.py") == out("90\n")
    assert 90 <= notebook.machine.clock.now - before < 95


JSON_TOOL = {
    'echo \'{"b": [1, 2.50], "a": "é"}\' | python3 -m json.tool': '{\n    "b": [\n        1,\n        2.5\n    ],\n'
    '    "a": "\\u00e9"\n}\n',
    'echo \'{"b": 1, "a": {}}\' > x.json; python3 -m json.tool --sort-keys x.json': '{\n    "a": {},\n    "b": 1\n}\n',
    "echo '[1]' | python3 -m json.tool - y.json; cat y.json": "[\n    1\n]\n",
}


@pytest.mark.parametrize("code", JSON_TOOL)
async def test_json_tool_lays_out_json(code: str) -> None:
    notebook = Notebook()
    assert await notebook(code) == out(JSON_TOOL[code])


async def test_json_tool_names_the_place_of_an_error() -> None:
    said = "Expecting value: line 1 column 1 (char 0)\n"
    assert await Notebook()("echo oops | python3 -m json.tool") == err(said, 1)


async def test_modules_of_the_library_are_never_said_to_be_missing() -> None:
    notebook = Notebook()
    assert await notebook("python3 -c 'import enum, typing; print(1)'") == out("1\n")
    assert await notebook("python3 -c 'import this' | tail -1") == await notebook("python3 -m this | tail -1")
    assert notebook.requests == []


async def test_python_alone_without_a_person_ends_at_once() -> None:
    notebook = Notebook()
    assert await notebook("python3") == [Exit(0)]
    assert notebook.requests == []
