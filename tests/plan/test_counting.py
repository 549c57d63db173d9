"""A ``while`` that counts prints as often as it counts, however long it is."""

from __future__ import annotations

import random

import pytest

from llm_kernel.plan import Hole, Line, Literal, Matcher, plan
from llm_kernel.plan.rest import rest
from tests.plan.test_long_loops import lines

TRAINER = """
import math
import time
import torch
from torch import nn

max_steps, eval_every, log_every, warmup = 3000, 500, 20, 100

class Net(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.parts = nn.ModuleDict(dict(embed=nn.Embedding(65, width), norm=nn.LayerNorm(width)))
        self.head = nn.Linear(width, 65, bias=False)
        self.parts.embed.weight = self.head.weight
        print(f"{sum(p.numel() for p in self.parameters()):,} parameters")

    def forward(self, ids, targets):
        logits = self.head(self.parts.norm(self.parts.embed(ids)))
        return logits, nn.functional.cross_entropy(logits.view(-1, 65), targets.view(-1))

def batch():
    return torch.randint(65, (8, 16)), torch.randint(65, (8, 16))

@torch.no_grad()
def evaluate():
    found = {}
    model.eval()
    for name in ("train", "val"):
        held = torch.zeros(200)
        for k in range(200):
            held[k] = model(*batch())[1].item()
        found[name] = held.mean()
    model.train()
    return found

def rate(step):
    if step < warmup:
        return 1e-3 * step / warmup
    return 1e-3 * 0.5 * (1 + math.cos(math.pi * step / max_steps))

model = Net(32)
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
best, speed, step, seen = 1e9, -1.0, 0, 0
start = time.time()
while True:
    lr = rate(step)
    for group in optimizer.param_groups:
        group["lr"] = lr
    if step % eval_every == 0:
        losses = evaluate()
        print(f"step {step}: val {losses['val']:.4f}")
        if losses["val"] < best:
            best = losses["val"]
            if step > 0:
                print("saving")
                torch.save({"model": model.state_dict(), "step": step}, "best.pt")
    logits, loss = model(*batch())
    loss.backward()
    optimizer.step()
    now = time.time()
    took, start = now - start, now
    if step % log_every == 0:
        if seen >= 5:
            speed = 100 / took if speed == -1.0 else 0.9 * speed + 10 / took
        print(f"iter {step}: loss {loss.item():.4f}, speed {speed:.2f}")
    step += 1
    seen += 1
    if step > max_steps:
        break
print("steps", step, seen)
"""


def test_a_training_loop_without_epochs_prints_each_of_its_lines() -> None:
    found = [line for line in lines(TRAINER) if line != "saving"]
    assert found[:3] == ["2,144 parameters", "step 0: val ?", "iter 0: loss ?, speed -1.00"]
    assert [line for line in found if line.startswith("step ")] == [f"step {n}: val ?" for n in range(0, 3001, 500)]
    iters = [line.partition(":")[0] for line in found if line.startswith("iter ")]
    assert iters == [f"iter {n}" for n in range(0, 3001, 20)]
    assert found[-1] == "steps 3001 3001"


@pytest.mark.parametrize(
    ("head", "tail", "last"),
    [
        ("while n < 1000:", "", 999),
        ("while n <= 1000:", "", 1000),
        ("while True:", "    if n >= 1000:\n        break\n", 999),
        ("while 1:", "    if limit > 0 and n > limit:\n        break\n", 1000),
    ],
)
def test_the_end_of_the_count_is_where_the_test_says(head: str, tail: str, last: int) -> None:
    source = f"import torch\nlimit = 1000\nn = 0\n{head}\n    x = torch.rand(1).item()\n"
    source += f"    if n % 100 == 0 or n == {last}:\n        print('at', n, f'{{x:.2f}}')\n"
    source += f"    n += 1\n{tail}print('end', n)\n"
    found = lines(source)
    assert found == [f"at {n} ?" for n in [*range(0, last, 100), *([last] if last % 100 else [])]] + (
        [f"at {last} ?"] if last % 100 == 0 else []
    ) + [f"end {last + 1}"]


def test_a_loop_that_may_be_left_early_counts_no_further() -> None:
    source = (
        "import torch\nn = 0\nwhile n < 5000:\n    x = torch.rand(1).item()\n    if x > 0.999:\n        break\n"
        "    if n % 1000 == 0:\n        print('n', n)\n    n += 1\n"
    )
    made = plan(source)
    assert made is not None
    texts = ["".join("?" if isinstance(part, Hole) else part.text for part in line.parts)
             for line in rest(Matcher(made).places, random.Random(1))]  # fmt: skip
    assert texts == [f"n {n}" for n in range(0, 5000, 1000)]


def test_a_counter_that_goes_back_is_none() -> None:
    source = "n = 0\nm = 0\nwhile n < 600:\n    n += 1\n    m += 1\n    if m == 3:\n        n = 598\nprint(n, m)\n"
    assert lines(source) == ["600 5"]


def test_names_that_a_loop_may_bind_are_not_undefined_behind_it() -> None:
    source = (
        "import torch\nfrom transformers import thing\nfor x in thing():\n    y = x.item()\n"
        "    while y > 0:\n        z = y\n        y = thing(y)\nprint(f'{y} {z}')\n"
    )
    made = plan(source)
    assert made is not None
    assert made.fault is None


def test_globals_take_what_the_command_line_says() -> None:
    source = (
        "import sys\nfrom ast import literal_eval\nsteps = 10\ndevice = 'cuda'\nfor arg in sys.argv[1:]:\n"
        "    key, val = arg.split('=')\n    key = key[2:]\n    if key in globals():\n        try:\n"
        "            value = literal_eval(val)\n        except (SyntaxError, ValueError):\n            value = val\n"
        "        assert type(value) == type(globals()[key])\n        globals()[key] = value\n"
        "        print('set', key, value)\n    else:\n        raise ValueError(f'unknown {key}')\n"
        "print(steps, device)\n"
    )
    made = plan(source, ["--steps=20", "--device=cpu"])
    assert made is not None
    texts = ["".join(part.text for part in line.parts if not isinstance(part, Hole)) for line in
             rest(Matcher(made).places, random.Random(1))]  # fmt: skip
    assert texts == ["set steps 20", "set device cpu", "20 cpu"]
    wrong = plan(source, ["--stepz=20"])
    assert wrong is not None
    assert wrong.fault is not None
    assert (wrong.fault.kind, wrong.fault.text) == ("ValueError", "unknown stepz")


@pytest.mark.parametrize(("version", "said"), [("1.13.1", "slow"), ("2.1.0", "fast")])
def test_what_a_release_of_torch_has_is_known(version: str, said: str) -> None:
    source = "import torch\nprint('fast' if hasattr(torch.nn.functional, 'scaled_dot_product_attention') else 'slow')\n"
    made = plan(source, facts={"torch.__version__": version})
    assert made is not None
    assert made.nodes == (Line((Literal(said),)),)
    gone = plan("import torch\nnet = torch.compile(torch.nn.Linear(1, 1))\n", facts={"torch.__version__": version})
    assert gone is not None
    assert (gone.fault.text if gone.fault else "") == (
        "module 'torch' has no attribute 'compile'" if said == "slow" else ""
    )


def test_a_function_made_in_a_loop_reads_its_counter_as_it_is_then() -> None:
    source = "n = 0\nwhile n < 1000:\n    n += 1\n    def f():\n        return n\nprint(n, f())\n"
    assert lines(source) == ["1000 1000"]


def test_what_a_loop_asks_a_text_changes_nothing_that_ends_it() -> None:
    source = (
        "import argparse, time\nparser = argparse.ArgumentParser()\nparser.add_argument('--device', default='cpu')\n"
        "parser.add_argument('--most', type=int, default=1000)\nargs = parser.parse_args()\nstep = 0\n"
        "while True:\n    if args.device.startswith('cuda'):\n        time.sleep(1)\n"
        "    if step % 400 == 0:\n        print('step', step)\n    step += 1\n"
        "    if args.most >= 0 and step >= args.most:\n        break\nprint('ended at', step)\n"
    )
    assert lines(source) == ["step 0", "step 400", "step 800", "ended at 1000"]
