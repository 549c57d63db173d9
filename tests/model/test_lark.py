"""A plan's grammar in Lark's notation accepts what the program prints, and nothing else, as Lark itself reads it."""

from __future__ import annotations

import pytest
from lark import Lark
from lark.exceptions import LarkError

from llm_kernel.model.lark import lark
from llm_kernel.plan import grammar, plan
from tests.plan.scripts import TOOLS, run, tool

SCRIPT = """
import torch
for epoch in range(3):
    loss = torch.rand(1).item()
    print(f"Epoch {epoch + 1}/3, loss: {loss:.4f} \\"q\\" [x] /")
    for i in range(int(loss)):
        print("x", i)
print("done")
"""
SAID = 'Epoch 1/3, loss: 0.1234 "q" [x] /\nx 0\nx 1\nEpoch 2/3, loss: 0.1 "q" [x] /\n'


def accepts(written: str, text: str) -> bool:
    try:
        Lark(written, parser="earley", lexer="dynamic_complete").parse(text)
    except LarkError:
        return False
    return True


@pytest.mark.parametrize("name", [name for name in TOOLS if grammar(tool(name))])
def test_what_a_program_prints_is_accepted_and_another_line_is_not(name: str) -> None:
    written = lark(grammar(tool(name), acts=False))
    said = run(name)
    assert (accepts(written, said), accepts(written, f"another line that nobody prints\n{said}")) == (True, False)


def test_values_loops_and_acts_are_those_of_the_other_notation() -> None:
    found = plan(SCRIPT)
    assert found is not None
    written = lark(grammar(found))
    rows = [f'Epoch {n}/3, loss: 0.{n}234 "q" [x] /\n' for n in (1, 2, 3)]
    whole = f"{rows[0]}x 0\nx 1\n{rows[1]}{rows[2]}done\n"
    tried = [whole, f"{whole}@ gpu 0 util 97 mem 8421\n@ spend 1.5\n", whole.replace("0.2234", "0.22"), rows[0]]
    assert [accepts(written, one) for one in tried] == [True, True, False, False]


@pytest.mark.parametrize(
    ("gbnf", "written"),
    [
        ('root ::= "a\\n"* tail\ntail ::= ""\n', "start: /a\\n/*\n"),
        ("root ::= b2{2,4} c1\nb2 ::= [0-9]+\nc1 ::= b2{3}\n", "start: /(?:[0-9]+){2,4}(?:[0-9]+){3}/\n"),
        ('root ::= any-line\nany-line ::= [^/\\n]? "\\n"\n', "start: any_line\nany_line: /[^\\/\\n]?\\n/\n"),
        (
            'root ::= "a" x "b\\nc" s1*\nx ::= "u" | [0-9]\ns1 ::= "d" s1?\n',
            "start: /a(?:u|[0-9])b\\n/ /c/ s1*\ns1: /d/ s1?\n",
        ),
        ('root ::= s1{2,3} | s1\ns1 ::= [a] (s1 | "b")\n', "start: s1~2..3 | s1\ns1: /[a]/ (s1 | /b/)\n"),
    ],
)
def test_what_lies_between_two_rules_is_a_terminal_for_each_line(gbnf: str, written: str) -> None:
    assert lark(gbnf) == written


@pytest.mark.parametrize(
    "gbnf",
    [
        "",
        "tail ::= [a]\n",
        "root ::= other\n",
        "root ::= <x>\n",
        "root ::= [a]* [b]*\n",
        "root ::= (\n",
        "root ::= )\n",
        "root ::= *\n",
    ],
)
def test_what_is_no_grammar_is_refused(gbnf: str) -> None:
    with pytest.raises(ValueError, match="rule"):
        lark(gbnf)
