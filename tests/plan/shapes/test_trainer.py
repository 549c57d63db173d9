"""The trainer of transformers: how many lines it prints, at which epochs and with which learning rates."""

from __future__ import annotations

import math
import re

import pytest

from llm_kernel.plan import Line, every_node, plan
from llm_kernel.plan.nodes import Literal

SOURCE = """
from datasets import load_dataset
from transformers import Trainer, TrainingArguments
data = load_dataset({data})
args = TrainingArguments("out", {args})
trainer = Trainer(model=None, args=args, train_dataset=data["train"], eval_dataset=data["validation"])
trainer.train()
"""


def told(data: str, args: str, version: str = "4.35.0", **facts: object) -> list[tuple[str, float, float | None]]:
    """What each line begins with, its epoch, and its learning rate where it tells one."""
    given = {"transformers.__version__": version, "torch.cuda.device_count()": 1, **facts}
    found = plan(SOURCE.format(data=data, args=args), facts=given)
    assert found is not None
    lines = [node for node in every_node(found.nodes) if isinstance(node, Line)]
    texts = ["".join(part.text if isinstance(part, Literal) else "?" for part in line.parts) for line in lines]
    rows = [(re.search(r"'(\w+)'", text), re.search(r"'learning_rate': ([\d.e-]+)", text), text) for text in texts]
    return [
        (name[1], float(text.rpartition("'epoch': ")[2].rstrip("}")), float(rate[1]) if rate else None)
        for name, rate, text in rows
        if name
    ]


@pytest.mark.parametrize(
    ("data", "args", "facts", "lines"),
    [
        ("'glue', 'mrpc'", "per_device_train_batch_size=16, num_train_epochs=2, logging_steps=200", {},
         [("loss", 0.87, 5e-5 * (260 / 460)), ("loss", 1.74, 5e-5 * (60 / 460)), ("train_runtime", 2.0, None)]),
        ("'glue', 'mrpc'", "num_train_epochs=2, logging_strategy='epoch', evaluation_strategy='epoch'", {},
         [("loss", 1.0, 5e-5 * (459 / 918)), ("eval_loss", 1.0, None), ("loss", 2.0, 0.0), ("eval_loss", 2.0, None),
          ("train_runtime", 2.0, None)]),
        ("'glue', 'rte'", "max_steps=40, eval_steps=20, evaluation_strategy='steps', logging_steps=10, "
         "lr_scheduler_type='cosine', warmup_ratio=0.1, learning_rate=1e-4", {},
         [("loss", 0.03, 1e-4 * 0.5 * (1 + math.cos(math.pi * 6 / 36))),
          ("loss", 0.06, 1e-4 * 0.5 * (1 + math.cos(math.pi * 16 / 36))), ("eval_loss", 0.06, None),
          ("loss", 0.1, 1e-4 * 0.5 * (1 + math.cos(math.pi * 26 / 36))), ("loss", 0.13, 0.0),
          ("eval_loss", 0.13, None), ("train_runtime", 0.13, None)]),
        ("'glue', 'mrpc'", "num_train_epochs=1, logging_steps=50", {"torch.cuda.device_count()": 4},
         [("loss", 0.43, 5e-5 * (65 / 115)), ("loss", 0.87, 5e-5 * (15 / 115)), ("train_runtime", 1.0, None)]),
        ("'glue', 'wnli'", "num_train_epochs=3", {"environ": {"WORLD_SIZE": "2"}}, [("train_runtime", 3.0, None)]),
    ],
)  # fmt: skip
def test_lines_come_by_the_steps_of_the_run(data, args, facts, lines):
    said = told(data, args, **facts)
    assert [one[:2] for one in said] == [one[:2] for one in lines]
    assert [one[2] for one in said] == [
        pytest.approx(one[2], abs=1e-12) if one[2] is not None else None for one in lines
    ]


def test_batches_that_are_left_over_make_a_step_since_4_46():
    args = "per_device_train_batch_size=32, gradient_accumulation_steps=2, num_train_epochs=1, {}='epoch'"
    late = told("'glue', 'wnli'", args.format("eval_strategy"), "4.48.0")
    assert late == [("eval_loss", 1.0, None), ("train_runtime", 1.0, None)]


def test_what_is_made_of_a_data_set_is_counted():
    source = (
        "from datasets import load_dataset\n"
        "data = load_dataset('imdb').map(lambda each: each)\n"
        "few = load_dataset('stanfordnlp/imdb', split='train[:10%]')\n"
        "halves = few.train_test_split(test_size=0.25)\n"
        "print(len(data), len(data['test']), few.num_rows, len(halves['train']), len(halves['test']))\n"
        "groups = data.map(lambda many: {'text': [''.join(many['text'][n]) for n in range(9)]}, batched=True)\n"
        "print(groups['train'].num_rows)\n"
        "print(len(data['train'].shuffle(seed=1).select(range(1000))))\n"
    )
    found = plan(source)
    assert found is not None
    texts = ["".join(part.text for part in node.parts if isinstance(part, Literal)) for node in found.nodes
             if isinstance(node, Line)]  # fmt: skip
    assert texts == ["3 25000 2500 1875 625", "", "1000"]
