"""How programs end: exceptions that nobody catches, statuses, argparse's refusals; against CPython where it is run."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from llm_kernel.plan import certain, plan, text_of

_HELP = """
import argparse
p = argparse.ArgumentParser(description="Trains something for a while, on data that lies somewhere in a folder here")
p.add_argument("data", metavar="DIR", help="path to the data")
p.add_argument("-a", "--arch", default="small", choices=["small", "large"], help="model (default: %(default)s)")
p.add_argument("-b", "--batch-size", default=256, type=int, metavar="N")
g = p.add_argument_group("optimizer", "what changes the weights")
g.add_argument("--lr", type=float, default=0.1)
m = p.add_mutually_exclusive_group()
m.add_argument("--cpu", action="store_true")
m.add_argument("--gpu", type=int)
args = p.parse_args()
print(args.arch, args.batch_size, args.lr)
"""


def _really(source: str, folder: Path, *argv: str) -> tuple[str, str, int]:
    script = folder / "script.py"
    script.write_text(source)
    done = subprocess.run(
        [sys.executable, "script.py", *argv], capture_output=True, text=True, cwd=folder, timeout=30, check=False
    )
    return done.stdout, done.stderr, done.returncode


@pytest.mark.parametrize(
    "source",
    [
        "print('a')\nprint(b)",
        "def f():\n    return g\nprint('a')\nf()",
        "print(1 / 0)",
        "d = {'a': 1}\nprint(d['b'])",
        "[][3]",
        "int('x')",
        "print('a' + 1)",
        "class A:\n    def __init__(self, x):\n        self.x = x\nA()",
        "class A:\n    pass\nprint(A().y)",
        "class A:\n    x = 1\nprint(A.y)",
        "def f(a, b, *, c):\n    pass\nf(1)",
        "def f(a, b, *, c):\n    pass\nf(1, 2)",
        "def f(a):\n    pass\nf(1, 2)",
        "def f(a, b=1):\n    pass\nf(1, 2, 3)",
        "def f(a):\n    pass\nf(1, z=2)",
        "a, b = 1, 2, 3",
        "a, b = [1]",
        "raise ValueError('planted')",
        "class E(Exception):\n    pass\ndef f(n):\n    if n == 3:\n        raise E(f'at {n}')\n"
        "for n in range(9):\n    print(n)\n    f(n)",
        "try:\n    1 / 0\nexcept KeyError:\n    pass\nfinally:\n    print('last')",
        "assert 1 > 2, 'no'",
        "open('missing.txt')",
        "import sys\nprint('a')\nsys.exit(3)",
        "import sys\nprint('a')\nsys.exit('bye')",
        "raise SystemExit",
        "import sys\nprint(sys.argv[1])",
    ],
)
def test_a_program_ends_as_python_ends_it(source: str, tmp_path: Path) -> None:
    out, err, status = _really(source, tmp_path)
    found = plan(source, facts={"exists": lambda name: False})
    assert found is not None
    lines, rest = certain(found)
    assert not rest.nodes
    assert "".join(text_of(line) for line in lines if line.stream == "stdout") == out
    assert found.status == status
    said = err.splitlines()
    if found.fault is None:
        assert [text_of(line) for line in lines if line.stream == "stderr"] == [f"{line}\n" for line in said]
        return
    frames = [row.strip() for row in said if row.startswith("  File ")]
    text = found.fault.traceback(lambda module: str(tmp_path / "script.py"), lambda module: source.splitlines())
    told = [row.strip() for row in text.splitlines() if row.startswith("  File ")]
    assert told == [frame.replace('"script.py"', f'"{tmp_path / "script.py"}"') for frame in frames]
    assert said[-1].endswith(text.splitlines()[-1])


@pytest.mark.parametrize(
    "argv",
    [[], ["-h"], ["x", "--arch", "huge"], ["x", "--batch-size", "many"], ["x", "--cpu", "--gpu", "1"], ["x", "--new"],
     ["x", "-b", "8"]],
)  # fmt: skip
@pytest.mark.skipif(sys.version_info[:2] != (3, 11), reason="argparse's wording is that of the running Python")
def test_argparse_answers_as_itself(argv: list[str], tmp_path: Path) -> None:
    found = plan(_HELP, argv, facts={"script": "script.py"})
    assert found is not None
    lines, rest = certain(found)
    said = {
        stream: "".join(text_of(line) for line in lines if line.stream == stream) for stream in ("stdout", "stderr")
    }
    assert not rest.nodes
    assert (said["stdout"], said["stderr"], found.status) == _really(_HELP, tmp_path, *argv)


@pytest.mark.parametrize(
    "source",
    [
        "from lab import *\nprint(x)",
        "import lab\nprint(lab.x)",
        "exec(open('c.py').read())\nprint(x)",
        "try:\n    import lab\n    x = 1\nexcept ImportError:\n    pass\nprint(x)",
        "class A:\n    def __getattr__(self, name):\n        return 1\nprint(A().y)",
        "class A:\n    pass\na = A()\nsetattr(a, input(), 1)\nprint(a.y)",
        "import torch\nclass M(torch.nn.Module):\n    pass\nprint(M().y)",
        "import lab\nprint('%s and %d' % lab.pair())",
        "import lab\na, b = lab.pair()",
        "def f(*args, **named):\n    pass\nf(1, 2, x=3)",
        "import functools\n@functools.wraps\ndef f(a):\n    pass\nf()",
    ],
)
def test_what_may_go_well_is_no_fault(source: str) -> None:
    found = plan(source)
    assert found is not None
    assert found.fault is None


def test_files_of_the_machine_are_read() -> None:
    held = {"c.json": '{"epochs": 3, "name": "run"}', "d.csv": "a,b\n1,2\n3,4\n", "t.txt": "one\ntwo\n"}
    source = (
        "import csv, json\nfrom pathlib import Path\nwith open('c.json') as f:\n    c = json.load(f)\n"
        "for e in range(c['epochs']):\n    print(c['name'], e)\n"
        "for row in csv.DictReader(open('d.csv')):\n    print(row['a'], row['b'])\n"
        "for line in open('t.txt'):\n    print(line.strip())\n"
        "root = Path('.') / 'runs'\nprint(root / 'a.pt', root.name)\n"
        "print(Path('t.txt').exists(), len(Path('t.txt').read_text()))\n"
    )
    found = plan(source, facts={"text": held.get, "exists": held.__contains__})
    assert found is not None
    lines, _ = certain(found)
    assert "".join(map(text_of, lines)) == "run 0\nrun 1\nrun 2\n1 2\n3 4\none\ntwo\nruns/a.pt runs\nTrue 8\n"


def test_a_batch_that_does_not_fit_ends_a_quiet_loop_at_its_first_turn() -> None:
    source = """
import torch
from torch import nn
from torch.utils.data import DataLoader
from torchvision import datasets, transforms

loader = DataLoader(datasets.CIFAR10("data", download=False, transform=transforms.ToTensor()), batch_size=64)
model = nn.Linear(100, 10)
for epoch in range(2):
    total = 0.0
    for images, labels in loader:
        total += model(images.flatten(1)).sum().item()
    print(f"epoch {epoch} {total:.3f}")
"""
    found = plan(source, (), facts={"exists": lambda name: True})
    assert found.fault is not None
    assert (found.fault.kind, found.fault.text) == (
        "RuntimeError",
        "mat1 and mat2 shapes cannot be multiplied (64x3072 and 100x10)",
    )
    assert (found.nodes, found.status, found.fault.frames[0].line) == ((), 1, 12)
