"""A file that was just written and will surely end with an error: the summary says so, and of no other file."""

from __future__ import annotations

import pytest

from llm_kernel.machine import Machine
from llm_kernel.programs.failing import fails
from tests.notebook import Notebook

SURE = {
    "def f(n):\n    return n + totl\n\n\nprint(f(1))\n": (
        "a.py will end at line 2 with NameError: name 'totl' is not defined"
    ),
    "x = [1, 2]\nprint(x[5])\n": "a.py will end at line 2 with IndexError: list index out of range",
    "def f(a, b):\n    return a\n\n\nf(1)\n": (
        "a.py will end at line 5 with TypeError: f() missing 1 required positional argument: 'b'"
    ),
    "raise ValueError('planned')\n": "a.py will end at line 1 with ValueError: planned",
}

OPEN = (
    "print('fine')\n",
    "import sys\nprint(sys.argv[1])\n",
    "import os\nprint(os.environ['DATA'])\n",
    "open('data.csv').read()\n",
    "import torchvision_of_mine\n",
    "try:\n    1 / 0\nexcept ZeroDivisionError:\n    print('caught')\n",
    "if input() == 'x':\n    raise ValueError('perhaps')\n",
    "def f():\n    return missing\n",
    "def broken(:\n",
)


@pytest.mark.parametrize("source", SURE)
def test_an_error_that_is_certain_is_told(source: str) -> None:
    assert fails(Machine(), source, "/root/w/a.py", "/root/w") == [SURE[source]]


@pytest.mark.parametrize("source", OPEN)
def test_what_may_go_well_is_not_told(source: str) -> None:
    assert fails(Machine(), source, "/root/w/a.py", "/root/w") == []


async def test_the_summary_of_a_meta_says_it() -> None:
    script = "cat > t.py <<'EOF'\nrows = [1, 2]\nprint(rows[2])\nEOF\n"
    said = await Notebook([script]).said("%%meta\nwrite t.py")
    assert said.splitlines() == ["+ t.py  2 lines", "t.py will end at line 2 with IndexError: list index out of range"]
