"""Lightning's trainer: what it says by release, and the checkpoint that it leaves."""

from __future__ import annotations

import re

import pytest

from llm_kernel.events import Text
from llm_kernel.plan import Line, Literal, every_node, plan
from llm_kernel.programs.tempo import _paced
from tests.notebook import Notebook

MODEL = """
import torch
from torch import nn
import lightning as L
class Net(L.LightningModule):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(784, 256), nn.ReLU())
        self.head = nn.Linear(256, 10)
    def training_step(self, batch, n):
        loss = self.head(self.body(batch[0])).sum()
        self.log("train_loss", loss, prog_bar=True, on_epoch=True)
        {body}
        return loss
    def validation_step(self, batch, n):
        self.log("val_acc", 0.5, prog_bar=True)
    def train_dataloader(self):
        data = torch.utils.data.TensorDataset(torch.zeros(1000, 784))
        return torch.utils.data.DataLoader(data, batch_size=32)
trainer = L.Trainer(max_epochs=2, {options})
trainer.fit(Net())
"""
OLD = """  | Name | Type       | Params
------------------------------------
0 | body | Sequential | 200 K 
1 | head | Linear     | 2.6 K 
------------------------------------
203 K     Trainable params
0         Non-trainable params
203 K     Total params
0.814     Total estimated model params size (MB)
"""  # noqa: W291
NEW = """  | Name | Type       | Params | Mode 
--------------------------------------------
0 | body | Sequential | 200 K  | train
1 | head | Linear     | 2.6 K  | train
--------------------------------------------
203 K     Trainable params
0         Non-trainable params
203 K     Total params
0.814     Total estimated model params size (MB)
4         Modules in train mode
0         Modules in eval mode
"""  # noqa: W291


def told(source: str, version: str) -> tuple[str, str, tuple[str, ...]]:
    """What the program says on standard output and error, with ``?`` for what nobody knows, and what it saves."""
    found = plan(source, facts={"lightning.__version__": version, "torch.cuda.is_available()": True})
    assert found is not None
    said = {"stdout": "", "stderr": ""}
    for line in every_node(found.nodes):
        if isinstance(line, Line):
            text = "".join(part.text if isinstance(part, Literal) else "?" for part in line.parts)
            said[line.stream] += text + line.end
    return said["stdout"], said["stderr"], tuple(one.first.path for one in found.saves)


@pytest.mark.parametrize(("version", "table", "ipu"), [("2.1.2", OLD, True), ("2.4.0", NEW, False)])
def test_a_fit_is_a_table_a_bar_for_each_epoch_and_an_end(version, table, ipu):
    out, err, saved = told(MODEL.format(body="pass", options=""), version)
    bar = "100%|██████████| 32/32 [?<00:00, ?it/s, v_num=0, train_loss_step=?, train_loss_epoch=?, val_acc=?]\n"
    assert out == f"Epoch 0: {bar}Epoch 1: {bar}"
    assert err == (
        "GPU available: True (cuda), used: True\nTPU available: False, using: 0 TPU cores\n"
        + "IPU available: False, using: 0 IPUs\n" * ipu
        + "HPU available: False, using: 0 HPUs\nLOCAL_RANK: 0 - CUDA_VISIBLE_DEVICES: [0]\n\n"
        + table
        + "`Trainer.fit` stopped: `max_epochs=2` reached.\n"
    )
    assert saved == ("lightning_logs/version_0/checkpoints/epoch=1-step=64.ckpt",)


def test_what_the_trainer_is_told_to_leave_out_is_left_out():
    options = (
        "accelerator='cpu', limit_train_batches=5, logger=False, enable_progress_bar=False, enable_model_summary=False"
    )
    out, err, saved = told(MODEL.format(body="pass", options=options), "2.1.2")
    assert (out, saved) == ("", ())
    assert err.splitlines()[0] == "GPU available: True (cuda), used: False"
    assert err.splitlines()[-2:] == ["", "`Trainer.fit` stopped: `max_epochs=2` reached."]


def test_a_model_that_speaks_is_not_foreseen():
    out, err, saved = told(MODEL.format(body="print(n)", options=""), "2.1.2")
    assert (out, len(err.splitlines()), saved) == ("", 4, ())


@pytest.mark.parametrize(
    ("line", "paced"),
    [
        ("Epoch 0: 100%|##| 300/300 [00:06<00:00, 1.25it/s, v_num=0]", "50.00it/s"),
        ("Epoch 0: 100%|##| 300/300 [01:40<00:00,  1.25it/s, v_num=0]", "3.00it/s"),
        ("Epoch 0:  50%|# | 150/300 [00:06<00:06, 1.25it/s, v_num=0]", "1.25it/s"),
    ],
)
def test_the_pace_of_a_full_bar_follows_from_its_time(line, paced):
    assert _paced(line) == line.replace("1.25it/s", paced)


TRIED = """
    def test_step(self, batch, n):
        self.log("test_loss", 0.5)
        self.log("test_acc", 0.5, prog_bar=True)
    def test_dataloader(self):
        return torch.utils.data.DataLoader(torch.utils.data.TensorDataset(torch.zeros(100, 784)), batch_size=32)
"""


def test_what_is_tested_is_told_in_a_table():
    source = MODEL.replace("    def train_dataloader", f"{TRIED.strip(chr(10))}\n    def train_dataloader")
    found = source.format(body="pass", options="max_steps=-1") + "print(sorted(trainer.test()[0]))\n"
    out, err, _ = told(found, "2.1.2")
    rule = "─" * 120
    assert out.splitlines()[2:] == [
        "Testing DataLoader 0: 100%|██████████| 4/4 [?<00:00, ?it/s]",
        rule, "       Test metric             DataLoader 0", rule,
        "        test_acc            ?", "        test_loss           ?", rule,
        "['test_acc', 'test_loss']",
    ]  # fmt: skip
    assert err.splitlines()[-1] == "LOCAL_RANK: 0 - CUDA_VISIBLE_DEVICES: [0]"


async def test_each_bar_has_the_time_of_its_own_epoch():
    notebook = Notebook("none")
    notebook.machine.files.write("/root/a.py", MODEL.format(body="pass", options="limit_train_batches=30").encode())
    await notebook("%machine gpu 1 'RTX 3090'\n%machine install torch==2.0.1 lightning==2.1.2")
    events = await notebook("cd /root; python3 a.py")
    text = "".join(each.text for each in events if isinstance(each, Text))
    times = re.findall(r"Epoch (\d): 100%\S+ 30/30 \[(\d\d):(\d\d)<00:00, ([\d.]+)it/s", text)
    assert [time[0] for time in times] == ["0", "1"]
    for _, minutes, seconds, pace in times:
        assert int(30 / float(pace)) == 60 * int(minutes) + int(seconds)
    first, second = (30 / float(time[3]) for time in times)
    assert second < 1.5 * first
