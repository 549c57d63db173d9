"""``python3`` alone: a talk line by line, computed as far as that goes and then the model's."""

from __future__ import annotations

from llm_kernel.events import Ask, Exit, Text
from tests.notebook import Notebook, err, out

_FAULT = 'Traceback (most recent call last):\n  File "<stdin>", line 1, in <module>\n'


async def _talk(*typed: str, script: str = "python3 -q") -> tuple[list[object], list[str]]:
    notebook, ask = Notebook(), list[Ask]()
    events = await notebook(script, typed=list(typed), ask=ask)
    await notebook.session.close()
    return list(events), [one.prompt for one in ask]


async def test_values_are_shown_and_names_stay() -> None:
    events, asked = await _talk("2+2", "x = 5", "x*2; None", "'it\\'s'", "exit()")
    assert events == out('4\n10\n"it\'s"\n')
    assert asked == [">>> "] * 5


async def test_a_compound_ends_with_an_empty_line() -> None:
    events, asked = await _talk("for i in range(2):", "    print(i)", "", "[1,", "2]", "quit()")
    assert events == out("0\n1\n[1, 2]\n")
    assert asked == [">>> ", "... ", "... ", ">>> ", "... ", ">>> "]


async def test_an_error_counts_lines_in_what_was_typed_at_once_and_the_talk_goes_on() -> None:
    events, _ = await _talk("def f(n):", "    return 1/n", "", "f(0)", "f(2)", "foo", "exit()")
    assert events == [
        Text("stderr", f'{_FAULT}  File "<stdin>", line 2, in f\nZeroDivisionError: division by zero\n'),
        Text("stdout", "0.5\n"),
        Text("stderr", f"{_FAULT}NameError: name 'foo' is not defined\n"),
        Exit(0),
    ]


async def test_what_an_error_left_behind_stays() -> None:
    events, _ = await _talk("d = [1]", "int(d.append(2) or 'x')", "d", "exit()")
    assert events == [
        Text("stderr", f"{_FAULT}ValueError: invalid literal for int() with base 10: 'x'\n"),
        Text("stdout", "[1, 2]\n"),
        Exit(0),
    ]


async def test_what_is_no_python_is_refused_and_changes_nothing() -> None:
    events, _ = await _talk("x = 1", "x +", "x", "exit()")
    said = '  File "<stdin>", line 1\n    x +\n      ^\nSyntaxError: invalid syntax\n'
    assert events == [Text("stderr", said), Text("stdout", "1\n"), Exit(0)]


async def test_it_ends_as_it_is_told_to() -> None:
    assert (await _talk("exit", "exit(3)"))[0] == out("Use exit() or Ctrl-D (i.e. EOF) to exit\n", 3)
    assert (await _talk("import sys", "sys.exit('bye')"))[0] == err("bye\n", 1)
    assert (await _talk("1", "raise SystemExit(4)"))[0] == out("1\n", 4)


async def test_end_of_file_ends_it() -> None:
    assert (await _talk("1"))[0] == out("1\n")
    assert await Notebook()("python3; echo $?") == out("0\n")


async def test_nobody_is_asked_where_something_else_is_its_input() -> None:
    assert await _talk("1", script="python3 < /dev/null") == ([Exit(0)], [])
    assert await _talk("1", script="echo 'print(1+1)' | python3") == (out("2\n"), [])
    assert await _talk("1", script="python3 - <<< 'print(3)'") == (out("3\n"), [])


async def test_files_are_there_when_it_is_over() -> None:
    events, _ = await _talk(
        "f = open('t.txt', 'w')", "f.write('hi')", "f.close()", "exit()", script="python3 -q; cat t.txt"
    )
    assert events == out("2\nhi")


async def test_its_first_words_are_its_version_and_its_build() -> None:
    events, _ = await _talk("exit()", script="python3")
    text = events[0].text  # type: ignore[attr-defined]
    assert text.startswith("Python 3.8.5 (default, ")
    assert text.endswith(
        '[GCC 9.3.0] on linux\nType "help", "copyright", "credits" or "license" for more information.\n'
    )


async def test_the_model_goes_on_from_where_it_can_no_longer_be_computed() -> None:
    notebook = Notebook(["<class 'int'>\n@ read -p '>>> ' line\n", "@ exit 0\n"])
    asked: list[Ask] = []
    typed = ["x = 41", "x + 1", "input()", "exit()"]
    assert await notebook("python3 -q", typed=typed, ask=asked) == out("42\n<class 'int'>\n")
    assert [one.prompt for one in asked] == [">>> "] * 4
    said = [(one.role, one.content) for one in notebook.requests[0].messages[-6:]]
    assert said == [
        ("assistant", "@ read -p '>>> ' line\n"),
        ("user", "x = 41"),
        ("assistant", "@ read -p '>>> ' line\n"),
        ("user", "x + 1"),
        ("assistant", "42\n@ read -p '>>> ' line\n"),
        ("user", "input()"),
    ]
