"""Scripts that use the library's modules: computed as the Python that runs these tests does, or left to the model."""

from __future__ import annotations

import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from llm_kernel.machine import Machine
from llm_kernel.python import Disk, Sandbox, Script, Unsure

COMPUTED = (Path(__file__).parent / "modules.txt").read_text()

LEFT = r"""
import re
print(re.findall(r"a*", "baac"))
###
import re
print(re.sub(r"(\w)", r"\1\1", "ab"))
###
import re
print(re.search(r"x$", "x\n"))
###
import re
p = input()
print(re.findall(p, "ab"))
###
import re
f = re.findall
print(f("a", "ab"))
###
from datetime import datetime
print(datetime.now())
###
from datetime import date
print(date(2024, 1, 1).strftime("%s"))
###
from datetime import date
print(f"{date(2024, 1, 1):%j}")
###
from datetime import date
print(date(2024, 13, 1))
###
from itertools import permutations
p = permutations([1, 2])
print(p)
###
from itertools import chain
print(list(chain.from_iterable([[1]])))
###
from dataclasses import dataclass
@dataclass(order=True)
class P:
    x: int
print(P(1) < P(2))
###
from dataclasses import dataclass
@dataclass
class P:
    x: int
print(P())
###
from functools import reduce
print(reduce(lambda a, b: a, []))
###
import math
print(math.sqrt(-1))
###
from collections import namedtuple
P = namedtuple("P", "x y")
print(P)
###
from datetime import date
print(type(date(2024, 1, 1)))
###
from itertools import chain
x = chain([1], [2])
print(list(x), list(x))
"""


def scripts(text: str) -> list[str]:
    return text.strip().split("\n###\n")


def host(source: str, folder: Path) -> tuple[str, str, int]:
    """What the Python that runs this says."""
    (folder / "t.py").write_text(source + "\n")
    done = subprocess.run([sys.executable, "-I", "t.py"], cwd=folder, capture_output=True, text=True, timeout=20)
    return done.stdout, done.stderr, done.returncode


@cache
def machine() -> Machine:
    return Machine()


async def computed(source: str, minor: int = sys.version_info[1]) -> tuple[str, str, int]:
    """What the sandbox writes to both streams and its status."""
    script = Script(source + "\n", "/root/t.py", ("t.py",), (3, minor), "/root/t.py", ("/root",))
    sandbox = Sandbox()
    try:
        run = await sandbox.run(script, script.parsed(), Disk(machine(), "/root"), "", "42", {})
    finally:
        await sandbox.close()
    texts = [piece for piece in run.pieces if isinstance(piece, tuple)]
    out, err = ("".join(text for stream, text in texts if stream == wanted) for wanted in ("stdout", "stderr"))
    return out, err, run.status


@pytest.mark.skipif(sys.version_info < (3, 10), reason="match came with 3.10")
@pytest.mark.parametrize("source", scripts(COMPUTED), ids=lambda source: source[:30])
async def test_a_script_is_computed_as_python_does(source: str, tmp_path: Path) -> None:
    said = host(source, tmp_path)
    assert said[2] == 0
    assert await computed(source) == said


@pytest.mark.parametrize("source", scripts(LEFT), ids=lambda source: source[:60])
async def test_what_was_not_compared_is_left(source: str) -> None:
    with pytest.raises(Unsure):
        await computed(source)


@pytest.mark.parametrize(
    ("source", "minor"),
    [
        ("import math\nprint(math.comb(5, 2))", 7),
        ("import math\nprint(math.hypot(3, 4))", 9),
        ("match 1:\n    case 1:\n        print(1)", 9),
        ("from dataclasses import dataclass\n@dataclass\nclass P:\n    x: int\nprint(P(1))", 6),
    ],
)
async def test_what_an_older_python_does_not_have_is_left(source: str, minor: int) -> None:
    with pytest.raises(Unsure):
        await computed(source, minor)
