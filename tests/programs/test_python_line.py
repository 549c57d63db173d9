"""What stands before the program on Python's command line, and what it does to the program."""

from __future__ import annotations

import pytest

from llm_kernel.programs.python_line import Line
from tests.notebook import Notebook

READ = {
    ("-uB", "-W", "error", "-Xdev", "a.py", "-c"): Line("uB", (("W", "error"), ("X", "dev")), ("a.py", "-c")),
    ("-Ec", "print(1)", "x"): Line("E", (), ("-c", "print(1)", "x")),
    ("-mtimeit", "-n", "5"): Line("", (), ("-m", "timeit", "-n", "5")),
    ("--", "-O"): Line("", (), ("-O",)),
    ("-O", "-"): Line("O", (), ("-",)),
    ("-uz",): Line("u", wrong="Unknown option: -z"),
    ("--help", "x"): Line("h"),
}


def test_a_line_is_read_as_the_interpreter_does() -> None:
    assert {args: Line.of(args) for args in READ} == READ


_OWN = "mkdir -p m; echo 'x = 5' > m/mod.py; echo 'import mod; print(mod.x)' > m/a.py; "
_USAGE = "usage: python3 [option] ... [-c cmd | -m mod | file | -] [arg] ...\nTry `python -h' for more information.\n"
CASES = {
    "python3 -O -c 'assert 0; print(__debug__)'": "False\n",
    "python3 -c 'print(__debug__)\nif __debug__: print(1)'": "True\n1\n",
    'python3 -OO -c \'def f():\n    "doc"\nclass A: "doc"\nprint(f.__doc__, A.__doc__)\'': "None None\n",
    "python3 -O -c 'def f():\n    \"doc\"\n    assert 0\nprint(f.__doc__, f())'": "doc None\n",
    "PYTHONOPTIMIZE=1 python3 -c 'assert 0; print(1)'": "1\n",
    "PYTHONOPTIMIZE=1 python3 -E -c 'assert 0' 2>&1 | tail -1": "AssertionError\n",
    "python3 -z 2>&1 | cat": "Unknown option: -z\n" + _USAGE,
    "python3 --foo 2>&1; echo $?": "unknown option --foo\n" + _USAGE + "2\n",
    "python3 -c 2>&1 | cat": "Argument expected for the -c option\n" + _USAGE,
    _OWN + "python3 m/a.py; python3 -I m/a.py 2>&1 | tail -1": "5\nModuleNotFoundError: No module named 'mod'\n",
    _OWN + "PYTHONPATH=m python3 -c 'import mod; print(mod.x)'": "5\n",
    _OWN + "PYTHONPATH=m python3 -E -c 'import mod; print(mod.x)' 2>&1 | tail -1": (
        "ModuleNotFoundError: No module named 'mod'\n"
    ),
}


@pytest.mark.parametrize("begun", [0, 1])
async def test_options_do_to_a_program_what_python_does(begun: int) -> None:
    notebook = Notebook()
    await notebook("%machine python 3.11.4")
    cases = list(CASES)[begun::2]
    assert {case: await notebook.said(case) for case in cases} == {case: CASES[case] for case in cases}
