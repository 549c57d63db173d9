"""Loops that are too dear to be walked turn by turn: one turn tells all, each with its own counter."""

from __future__ import annotations

import io
from contextlib import redirect_stdout

import pytest

from bench.shapes.__main__ import printed
from llm_kernel.plan import check, plan

DEAR = """
import time
class Stage:
    def __init__(self, n):
        self.n, self.calls = n, 0
    def run(self, x):
        self.calls += 1
        if time.time() < self.n:
            x = x + time.time() * self.n
        return x
stages = [Stage(n) for n in range(120)]
def work():
    x = time.time()
    for stage in stages:
        x = stage.run(x)
    return x
best = 0.0
"""
"""What takes many steps in each turn and changes something that nobody knows."""

LOOPS = {
    "a rate of the source's own": """
def rate(init, epoch):
    if epoch > 160:
        factor = 3
    elif epoch > 60:
        factor = 1
    else:
        factor = 0
    return init * math.pow(0.2, factor)
for epoch in range(1, 201):
    best += work()
    print('epoch %3d/%3d lr %.5f done %5.1f%%' % (epoch, 200, rate(0.1, epoch), 100. * epoch / 200))
""",
    "conditions on the counter": """
for i, name in enumerate(['a', 'b', 'c'] * 90, 1):
    best += work()
    if i % 50 == 0 and not i > 200:
        print(f'step {i:04d}: {i / 270:.3f} {"odd" if i % 4 else "even"}')
    elif i == 3 or i == 7:
        print(min(i, 5), round(i / 3, 2), int(i / 2), -i, 7 <= i < 9)
""",
    "a way out": """
for i in range(100, -100, -1):
    best += work()
    if i == 90:
        continue
    print(i)
    if i < 80:
        break
print('at', i)
""",
    "a loop in a loop": """
for epoch in range(60):
    for batch in range(70):
        best += work()
        if batch % 25 == 0:
            print(f'[{epoch + 1}][{batch}/70] {epoch + batch / 70:.2f}')
    print(f'end {epoch}: {epoch * 70 + batch}')
""",
    "a bar that grows": """
def bar(at, total):
    done = int(30 * at / total)
    sys.stdout.write('[')
    for _ in range(done):
        sys.stdout.write('=')
    for _ in range(30 - done):
        sys.stdout.write('.')
    sys.stdout.write('] %d/%d' % (at + 1, total))
    if at < total - 1:
        sys.stdout.write('\\r')
    else:
        sys.stdout.write('\\n')
for epoch in range(30):
    print('epoch', epoch)
    for batch in range(40):
        best += work()
        bar(batch, 40)
""",
    "a function with several ends": """
def warm(step):
    if step < 10:
        return
    if step > 200:
        print('late', step)
        return
    if step % 40 == 0:
        print('at', step)
for i in range(210):
    best += work()
    warm(i)
""",
    "ends of lines": """
for i in range(60):
    best += work()
    print('at', i, sep='=', end=' ' if i % 3 else '\\n')
    k = i if i % 2 else -i
    print(k, max(k, 3), 5 < k < 9, k > 50 or i == 2, '%-4d|%+d|%05.1f' % (i, i, i / 3), end=';' if i < 59 else '\\n')
""",
    "a table that some turns fill": """
import numpy
table = numpy.zeros(4)
for i in range(60):
    best += work()
    if i % 20 == 0:
        table[i % 4] = i
        print(i, table.shape)
""",
    "what a later turn sees of an earlier one": """
for i in range(300):
    best += work()
    if i > 5:
        print(i, last)
    if i >= 5:
        last = i
""",
}


OPEN = {"a way out": 1, "what a later turn sees of an earlier one": 294}
"""Lines of which the plan does not know all."""


@pytest.mark.parametrize("name", LOOPS)
def test_every_turn_prints_what_python_prints(name):
    source = f"import math, sys\n{DEAR}{LOOPS[name]}"
    said = io.StringIO()
    with redirect_stdout(said):
        exec(source, {})
    found = plan(source)
    assert found is not None
    ours, real = printed(found.nodes).splitlines(), said.getvalue().splitlines()
    known = [n for n, line in enumerate(ours) if "?" not in line]
    assert (len(ours), len(ours) - len(known)) == (len(real), OPEN.get(name, 0))
    assert [ours[n] for n in known] == [real[n] for n in known]


def test_a_program_knows_its_terminal():
    source = (
        "import os, shutil\nrows, columns = os.popen('stty size', 'r').read().split()\n"
        "print('-' * int(columns), rows)\nprint(shutil.get_terminal_size().columns)\n"
    )
    found = [plan(source, facts={"terminal": size}) for size in ((24, 80), None)]
    assert [printed(each.nodes) for each in found if each] == [f"{'-' * 80} 24\n80\n", "? ?\n?\n"]


def test_what_stands_behind_a_loop_that_may_be_left_may_not_come():
    loop = "for i in range(600):\n    best += work()\n    if i == 7:\n        break\nelse:\n    print('never')\n"
    found = plan(f"{DEAR}{loop}print('end')\n")
    assert found is not None
    assert check(found, ["end"]) is None


def test_a_width_that_is_an_argument_takes_one():
    found = plan("import time\nprint('%*d|%d' % (5, time.time_ns(), 3))\n")
    assert found is not None
    assert check(found, ["   12|3"]) is None
