"""How a job is listed, against what bash lists."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from llm_kernel.shell.printed import printed
from llm_kernel.syntax import parse
from tests.notebook import Notebook, out

_CASES = json.loads((Path(__file__).parent / "listed.json").read_text("utf-8"))["cases"]


@pytest.mark.parametrize(("form", "listed"), _CASES)
def test_a_command_is_listed_as_bash_lists_it(form: str, listed: str) -> None:
    assert printed(parse(f"{form} &").named_children[0]) == listed


def test_what_is_not_known_is_not_laid_out() -> None:
    assert printed(parse("cat <<E &\ntext\nE\n").named_children[0]) is None


async def test_a_loop_stands_over_several_lines_where_jobs_are_listed() -> None:
    notebook = Notebook()
    await notebook("while true; do sleep 5; done &")
    assert await notebook("jobs") == out("[1]+  Running                 while true; do\n    sleep 5;\ndone &\n")
    await notebook.session.close()
