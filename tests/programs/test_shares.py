"""Percentages behind fractions."""

from __future__ import annotations

from llm_kernel.plan import Hole, Line, Literal
from llm_kernel.programs.shares import shares

LINE = Line((Hole("int", "4d"), Literal("/"), Hole("int", "4d"), Literal(" ("), Hole("float", "5.1f"), Literal("%)")))


def test_a_percentage_is_its_fraction() -> None:
    assert shares(LINE, ("  54", " 200", " 99.9")) == ("  54", " 200", " 27.0")


def test_the_smaller_number_is_the_part() -> None:
    assert shares(LINE, ("  54", "   6", "  0.4")) == ("   6", "  54", " 11.1")


def test_more_than_a_whole_that_the_source_fixes_is_left_alone() -> None:
    line = Line((Hole("int"), Literal("/10 ("), Hole("float", ".1f"), Literal("%)")))
    assert shares(line, ("12", "3.0")) == ("12", "3.0")


def test_a_number_without_a_percent_sign_is_left_alone() -> None:
    line = Line((Hole("int"), Literal("/10 ("), Hole("float", ".1f"), Literal(" s)")))
    assert shares(line, ("5", "1.2")) == ("5", "1.2")
