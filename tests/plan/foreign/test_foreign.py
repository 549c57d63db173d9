"""The plans of C, C++ and JavaScript against what real compilers and Node made the same sources print."""

from __future__ import annotations

import json
import random
import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llm_kernel.plan import Matcher, Plan, certain, grammar, text_of
from llm_kernel.plan.foreign import foreign, tongue_of
from llm_kernel.plan.foreign.scopes import bound
from llm_kernel.plan.foreign.trees import tree
from tests.plan.foreign.record import RECORDED, SOURCES
from tests.plan.gbnf import Gbnf

ROWS = [row for row in json.loads(RECORDED.read_text("utf-8")) if row["source"] != "undefined.js"]
WHOLE = set(
    """student.c scopes.c list.c goto.c pointers.c table.c kinds.c faults.c fizzbuzz.c stars.c banner.js usage.c
    primes.c algorithms.c records.c structures.c""".split()
)
DEEP = {"grow.cpp", "loops.js"}
"""What the tests' reader of grammars, which calls itself for each letter, cannot read."""


SPOKEN = [row for row in ROWS if row["stdout"] and row["source"] not in DEEP]


def called(row: dict[str, Any]) -> str:
    return f"{row['source']} {' '.join(row['args'])}".strip()


def planned(source: str, args: list[str]) -> Plan:
    tongue = tongue_of(source)
    assert tongue is not None
    found = foreign((SOURCES / source).read_text("utf-8"), tongue, ["./prog", *args])
    assert found is not None
    return found


def said(plan: Plan) -> str:
    return "".join(text_of(line) for line in certain(plan)[0] if line.stream == "stdout")


@pytest.mark.parametrize("row", ROWS, ids=called)
def test_every_line_that_the_program_prints_is_possible_and_it_may_end_there(row):
    matcher = Matcher(planned(row["source"], row["args"]))
    wrong = [line for line in row["stdout"].splitlines() if matcher.feed(line) is None]
    assert (wrong, matcher.done) == ([], True)


@pytest.mark.parametrize("row", ROWS, ids=called)
def test_what_is_said_for_certain_is_what_the_program_prints_first(row):
    assert row["stdout"].startswith(said(planned(row["source"], row["args"])))


@pytest.mark.parametrize("row", ROWS, ids=called)
def test_a_status_that_is_told_is_right(row):
    assert planned(row["source"], row["args"]).status in (None, row["status"])


@pytest.mark.parametrize("row", SPOKEN, ids=called)
def test_the_grammar_accepts_what_the_program_prints(row):
    assert Gbnf(grammar(planned(row["source"], row["args"]))).accepts(row["stdout"])


@pytest.mark.parametrize("row", [row for row in ROWS if row["source"] in WHOLE and row["args"] in ([], ["x"])],
                         ids=lambda row: row["source"])  # fmt: skip
def test_a_program_without_an_unknown_is_computed(row):
    plan = planned(row["source"], row["args"])
    assert (certain(plan)[1].nodes, said(plan), plan.status) == ((), row["stdout"], row["status"])


@pytest.mark.parametrize(
    ("form", "line"),
    [
        ("%#x", "0xfff"), ("%#o", "017"), ("%.3d", "-007"), ("%8.3d|", "     007|"), ("%.0d", ""), ("%+u", "7"),
        ("% d", " 7"), ("% .2f", "-0.50"), ("%G", "1E+20"), ("%010.3e", "01.000e+20"), ("%-8X|", "FFFFFFF9|"),
    ],
)  # fmt: skip
def test_what_nobody_knows_may_look_as_its_conversion_writes_it(form, line):
    kind = "double" if form[-1] in "feG" else "int"
    program = (
        f'#include <stdio.h>\n#include <time.h>\nint main(void) {{ {kind} x = time(NULL); printf("{form}\\n", x); }}'
    )
    plan = foreign(program, "c", ["x"])
    assert plan is not None
    assert Matcher(plan).feed(line) == "stdout"


def test_a_known_number_behind_an_unknown_is_printed_as_c_prints_it():
    program = """#include <stdio.h>
#include <time.h>
int main(void) {
    long now = time(NULL);
    int zero = 0;
    printf("%#x %.0d %+u %05.3d|\\n", zero, zero, 7u, 5);
    return now > 0;
}"""
    plan = foreign(program, "c", ["x"])
    assert plan is not None
    assert Matcher(plan).possible() == ["0  7   005|"]


@pytest.mark.parametrize("name", ["hanoi.c", "table.c", "kinds.c", "items.js"])
def test_a_line_that_the_source_does_not_have_is_impossible(name):
    assert Matcher(planned(name, [])).feed("Segmentation fault") is None


@pytest.mark.parametrize(
    ("source", "tongue"),
    [
        ('#include "mine.h"\nint main(void) { run(); }', "c"),
        ("#include <ncurses.h>\nint main(void) { initscr(); }", "c"),
        ("const chalk = require('chalk'); console.log(chalk.red('x'));", "javascript"),
        ("int main(void) { return 0 }", "c"),
        ((SOURCES / "undefined.js").read_text("utf-8"), "javascript"),
        ("console.log('x'", "javascript"),
        ("for (let i = 0; i < 2; i++) console.log(i);\nconsole.log(i);", "javascript"),
        ("console.log(n); const n = 1;", "javascript"),
        ("const n = 1; let n = 2;", "javascript"),
        ("let n = n;", "javascript"),
        ("console.log('a'); const n;", "javascript"),
        ("console.log('a', , 'b');", "javascript"),
        ("console.log('a'); 1++;", "javascript"),
        ("console.log('a'); if (1) break;", "javascript"),
        ("function f(a) { return b; }\nconst g = (b) => f(b);\ng(1);", "javascript"),
        ("x" * 200_000, "c"),
        ("{" * 5_000 + "}" * 5_000, "javascript"),
    ],
)
def test_what_cannot_be_read_whole_has_no_plan(source, tongue):
    assert foreign(source, tongue, ["x"]) is None


@pytest.mark.parametrize(
    ("source", "lines", "status"),
    [
        ("console.log('a'); let x; x.push(1); console.log('b');", "a\n", None),
        ("const s = [1, 2]; s.push(3); console.log(s.map(x => x + 1).length > 9); console.log('b');", "", 0),
        ("const u = [{ n: 1 }]; console.log('a'); u[3].n; console.log('b');", "a\n", None),
        ("console.log('a'); const n = 1; n = 2; console.log('b');", "a\n", None),
        ("console.log('a'); for (;;) {} console.log('b');", "a\n", None),
        ("console.log('a'); let i = 0; while (i < 9) { i; } console.log('b');", "", None),
        ("const t = [1]; for (let i = 0; i < t.length; i++) t.push(i); console.log('b');", "", None),
        ("let t = 0; for (let i = 0; i < 90000; i++) t += i; console.log('b');", "b\n", 0),
        ("function f() { g(); } function g() { throw 1; } console.log('a'); f(); console.log('b');", "a\n", None),
        ("function f() { return f(); } console.log('a'); f(); console.log('b');", "a\n", None),
        ("const f = n => n < 2 ? n : f(n - 1); f(5); console.log('b');", "b\n", 0),
        ("class A { m() {} } const a = new A(); a.m(); console.log('a'); a.k(); console.log('b');", "a\n", None),
    ],
)  # fmt: skip
def test_behind_what_may_throw_or_never_end_nothing_is_certain(source, lines, status):
    plan = foreign(source, "javascript", ["x"])
    assert plan is not None
    assert (said(plan), plan.status) == (lines, status)


def test_of_a_program_that_prints_without_end_only_the_beginning_is_told():
    plan = foreign('#include <stdio.h>\nint main(void) { for (;;) puts("x"); }', "c", ["x"])
    assert plan is not None
    assert (len(certain(plan)[0]), len(plan.nodes) < 3_000) == (2_000, True)


def test_names_that_are_there_by_the_time_they_are_used_are_bound():
    source = """
        function outer() { const inner = () => later(x); let x = 5; return inner(); function later(v) { return v; } }
        const y = 2, { a, b: { c = 3 } = {}, ...more } = { a: 1 }, [d, , e = 9] = [1];
        try { console.log(outer(), a, c, more, d, e); } catch ({ message }) { console.log(message); }
        for (const [k, v] of Object.entries({ p: y })) console.log(k, v, typeof nowhere);
        class Named { static make(...rest) { return new Named(rest); } }
    """
    root = tree(source, "javascript")
    assert root is not None
    assert bound(root)


def test_of_a_long_source_only_the_set_of_its_lines_is_told():
    body = "".join(
        f'  for (int i = 0; i < 9; i++) if (argc > i) printf("{n} %d\\n", (int)clock());\n' for n in range(900)
    )
    head = "#include <stdio.h>\n#include <time.h>\nint main(int argc, char **argv) {\n"
    plan = foreign(f"{head}{body}}}\n", "c", ["x"])
    assert plan is not None
    matcher = Matcher(plan)
    assert (plan.status, [matcher.feed(line) for line in ("899 1", "0 12", "900 1")]) == (
        None,
        ["stdout", "stdout", None],
    )


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(sorted(path.name for path in SOURCES.iterdir())), st.integers(0, 10**9))
def test_a_source_that_was_cut_up_has_a_plan_or_none(name: str, seed: int):
    dice = random.Random(seed)
    words = re.findall(r"\w+|\s+|[^\w\s]", (SOURCES / name).read_text("utf-8"))
    for _ in range(dice.randint(1, 4)):
        at = dice.randrange(len(words))
        words[at : at + dice.randint(0, 2)] = [
            dice.choice([*words[:9], "0", "99999999999", "%d%%%", "while(1)", "NULL"])
        ]
    tongue = tongue_of(name)
    assert tongue is not None
    plan = foreign("".join(words), tongue, ["./prog", "x"])
    assert plan is None or Matcher(plan).feed("\0") in ("stdout", "stderr", None)
