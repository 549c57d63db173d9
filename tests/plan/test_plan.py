"""Programs that cannot be planned, and single rules of the walk."""

from __future__ import annotations

import time

import pytest

import llm_kernel.plan
from llm_kernel.plan import (
    Choice,
    Free,
    Hole,
    Line,
    Literal,
    Loop,
    Matcher,
    Plan,
    certain,
    check,
    counts,
    grammar,
    hint,
    plan,
    text_of,
)
from tests.plan.gbnf import Gbnf


def said(source: str, *argv: str, **facts: object) -> str:
    found = plan(source, argv, facts=facts)
    assert found is not None
    return hint(found, 40)


def test_the_public_names_are_sorted():
    assert llm_kernel.plan.__all__ == sorted(llm_kernel.plan.__all__)


@pytest.mark.parametrize(
    "source",
    ["print(1", "!pip install torch\nprint(1)", "x = \0", "(" * 500 + ")" * 500, "print(" + "-" * 100000 + "1)"],
    ids=["open", "magic", "null", "nested", "long"],
)
def test_what_python_cannot_parse_has_no_plan(source):
    assert plan(source) is None


def test_what_is_printed_before_a_walk_that_is_too_long_is_certain():
    found = plan("print('a')\ndef f(n):\n    print(n)\n    return f(n + 1)\nprint('b')\nf(0)\nprint('c')")
    assert found is not None
    first, rest = certain(found)
    assert [text_of(line) for line in first] == ["a\n", "b\n"]
    assert rest.nodes == (Free(), Free("stderr"))
    assert (found.status, found.fault) == (None, None)


def test_endless_recursion_has_no_plan():
    assert plan("def f(n):\n    print(n)\n    return f(n + 1)\nf(0)") is None


def test_an_endless_loop_is_open():
    found = plan("while True:\n    print('tick')")
    assert found is not None
    assert check(found, ["tick"] * 50) is None
    assert check(found, ["tick", "tock"]) == 1


def test_two_thousand_lines_are_planned_quickly():
    body = "".join(
        f"def f{n}(a, b={n}):\n    c = a * b + {n}\n    print('f{n}', c)\n    return c\n" for n in range(400)
    )
    calls = "".join(f"f{n}({n})\n" for n in range(400))
    start = time.process_time()
    found = plan(body + calls)
    assert time.process_time() - start < 1
    assert found is not None
    assert counts(found)["lines"] == 400


@pytest.mark.parametrize(
    "source",
    [
        "for i in range(10**9):\n    for j in range(10**9):\n        print(i * j)",
        "x = 1\nwhile x > 0:\n    x += 1\n    if x % 1000 == 0: print(x)",
        "print(len(str(7 ** 10**8)))",
        "print('a' * 10**10)",
        "print([0] * 10**9)",
        "def f(n):\n    return f(n - 1) + f(n - 2) if n > 1 else 1\nprint(f(60))",
        "print('%999999999d' % 1)\nprint(f'{1:999999999}')",
        "x = [n for a in range(10**6) for n in range(10**6)]\nprint(x)",
    ],
)
def test_work_without_end_is_bounded(source):
    took = []
    for _ in range(3):  # beside other work one may take several times as long
        start = time.process_time()
        plan(source)
        took.append(time.process_time() - start)
    assert min(took) < 1


def test_a_line_has_parts():
    found = plan("import random\nx = random.random()\nprint('x is', x, f'{x:.4f}', sep=' ')")
    line = Line((Literal("x is "), Hole("float", "", "x"), Literal(" "), Hole("float", ".4f", "x")))
    assert found == Plan((line,), status=0)


def test_an_undecided_condition_is_a_choice():
    found = plan("import os\nif os.path.exists('x'):\n    print('yes')\nelse:\n    print('no')")
    assert found == Plan((Choice(((Line((Literal("yes"),)),), (Line((Literal("no"),)),))),), status=0)


def test_a_loop_knows_its_values():
    found = plan("for epoch in range(3):\n    print(epoch + 1)")
    turns = tuple((Line((Literal(str(n)),)),) for n in (1, 2, 3))
    assert found == Plan((Loop(3, "epoch", (0, 1, 2), turns[0], turns),), status=0)


def test_a_loop_whose_turns_are_alike_has_one_body():
    found = plan("for _ in range(5000):\n    print('again')")
    assert found == Plan((Loop(5000, "_", (), (Line((Literal("again"),)),)),), status=0)


def test_the_rest_of_a_long_count_is_filled_in():
    found = plan("for n in range(1000):\n    print(f'turn {n:3d} of 1000, {n * 10:d}')")
    assert found is not None
    assert counts(found)["lines"] == 1000
    lines = [f"turn {n:3d} of 1000, {n * 10:d}" for n in range(1000)]
    assert check(found, lines) is None
    assert check(found, [*lines[:500], lines[501]]) == 500


def test_a_condition_that_comes_late_is_seen():
    found = plan("for n in range(300):\n    if n == 250:\n        print('late')\n    print(n)")
    assert found is not None
    assert check(found, [*map(str, range(250)), "late", *map(str, range(250, 300))]) is None
    assert check(found, [*map(str, range(250)), "250"]) == 250


def test_free_output_is_free():
    found = plan("import subprocess\nprint('before')\nsubprocess.run(['ls'])\nprint('after')")
    nodes = (Line((Literal("before"),)), Free(expr="subprocess.run(['ls'])"), Line((Literal("after"),)))
    assert found == Plan(nodes, status=0)


def test_an_unread_package_may_print():
    assert said("import mystery\nmystery.go()\nprint('done')") == "<output of mystery.go()>\ndone\n"


def test_the_standard_error_is_another_stream():
    found = plan("import sys\nprint('a', file=sys.stderr)\nprint('b')\nsys.exit('c')\nprint('d')")
    assert found is not None
    assert check(found, ["b"]) is None
    assert check(found, ["a", "b", "c"], streams=("stdout", "stderr")) is None
    matcher = Matcher(found, ("stdout", "stderr"))
    assert [matcher.feed(line) for line in ("a", "b", "c")] == ["stderr", "stdout", "stderr"]


def test_known_candidates_are_written_out():
    source = "import torch\nd = torch.device('cuda' if torch.cuda.is_available() else 'cpu')\nprint('device:', d)"
    assert said(source) == "device: cuda|cpu\n"
    assert said(source, **{"torch.cuda.is_available()": True}) == "device: cuda\n"


def test_a_model_is_printed_over_several_lines():
    source = "import timm\nprint(timm.create_model('resnet18'))\nprint('end')"
    found = plan(source)
    assert found is not None
    assert check(found, ["Net(", "  (fc): Linear(in_features=1)", ")", "end"]) is None


def test_an_exception_of_the_program_ends_it():
    found = plan("print('a')\n[][0]\nprint('b')")
    assert found is not None
    assert check(found, ["a", "b"]) == 1


def test_what_may_come_next():
    found = plan("import os\nprint('start')\nif os.path.exists('x'):\n    print('there')\nprint('end')")
    assert found is not None
    matcher = Matcher(found)
    assert matcher.possible() == ["start"]
    assert matcher.feed("start") == "stdout"
    assert sorted(matcher.possible()) == ["end", "there"]
    assert matcher.feed("begin") is None
    assert matcher.feed("end") == "stdout"
    assert matcher.done


def test_lines_without_a_newline_are_joined():
    found = plan("print('Loading...', end=' ')\nfor n in range(3):\n    print(n, end=',')\nprint('done')")
    assert found is not None
    assert check(found, ["Loading... 0,1,2,done"]) is None
    assert grammar(found).startswith('root ::= "Loading... 0,1,2,done\\n" tail\n')


def test_a_last_line_without_a_newline_gets_one_in_the_grammar():
    found = plan("print('no end', end='')")
    assert found is not None
    assert Gbnf(grammar(found)).accepts("no end\n")


def test_quotes_backslashes_and_other_scripts_are_escaped():
    found = plan(r"""print('say "hi" \\ to\t世界 \x1b[1mbold\x1b[0m')""")
    assert found is not None
    assert Gbnf(grammar(found)).accepts('say "hi" \\ to\t世界 \x1b[1mbold\x1b[0m\n')


def test_a_line_that_looks_like_an_act_is_doubled():
    found = plan("print('@ home')\nprint('me @ home')")
    assert found is not None
    assert grammar(found, acts=False) == 'root ::= "@@ home\\nme @ home\\n" tail\ntail ::= ""\n'


def test_a_grammar_that_says_nothing_is_empty():
    for source in ("import os\nos.system('ls')", "x = 1"):
        found = plan(source)
        assert found is not None
        assert grammar(found) == ""


def test_a_long_loop_becomes_a_repetition():
    found = plan("for n in range(1000):\n    print('epoch', n)")
    assert found is not None
    assert grammar(found, acts=False).splitlines() == [
        "root ::= b0{1000} tail",
        'b0 ::= "epoch " int0 "\\n"',
        "int0 ::= [-]? [0-9]{1,9}",
        'tail ::= ""',
    ]


@pytest.mark.parametrize(
    ("spec", "yes", "no"),
    [
        (".4f", ["0.1234", "-1.0000", "nan"], ["0.123", "0.12345", "1"]),
        (".2%", ["93.02%", "0.00%"], ["93%", "0.93"]),
        ("", ["0.1", "2.302585092994046", "1e-05"], ["2", "x"]),
        (".1e", ["1.0e-03"], ["0.001"]),
        ("8.3f", ["   0.123", "-12.500"], ["0.12"]),
        ("d", ["12"], ["1.5"]),
    ],
)
def test_a_hole_takes_what_its_format_gives(spec, yes, no):
    found = plan(f"import random\nprint(f'{{random.random():{spec}}}')")
    assert found is not None
    reader = Gbnf(grammar(found))
    for text in yes:
        assert (check(found, [text]), reader.accepts(text + "\n")) == (None, True)
    for text in no:
        assert (check(found, [text]), reader.accepts(text + "\n")) == (0, False)


def test_the_hint_is_short():
    source = "".join(f"print('kind {'abcdefghijklmnopqrstuvwxyz'[n]}')\n" for n in range(20))
    found = plan(source)
    assert found is not None
    assert hint(found, 3) == "kind a\nkind b\n... (18 more kinds of lines)\n"


def test_a_date_follows_its_format():
    found = plan("import time\nprint(time.strftime('%Y-%m-%d %H:%M'), 'start')")
    assert found is not None
    assert hint(found) == "?-?-? ?:? start\n"
    assert check(found, ["2021-04-01 09:00 start"]) is None
    assert check(found, ["yesterday start"]) == 0
    assert Gbnf(grammar(found)).accepts("2021-04-01 09:00 start\n")
