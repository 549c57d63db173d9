"""Figures of other runs than those of classes: what is made anew, networks at odds, agents, and sums of losses."""

from __future__ import annotations

import math
import re

import pytest

from llm_kernel.plan import plan
from llm_kernel.plan.curves.kinds import kind_of
from llm_kernel.programs.bounds import bounds

_DATA = """
import torch, torch.nn as nn, torch.nn.functional as F
from torchvision import datasets, transforms
from mine import Net, step
train_set = datasets.MNIST('d', train=True, transform=transforms.ToTensor())
loader = torch.utils.data.DataLoader(train_set, batch_size=128, shuffle=True)
model = Net()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
"""
_LOOP = """
for epoch in range(1, 11):
    running, seen = 0.0, 0
    for x, y in loader:
        loss = {loss}
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        running += loss.item()
        seen += x.size(0)
    print(f'epoch {{epoch}} {{{shown}:.4f}}')
"""
_VAE = """
from mine import kld
def vae_loss(made, x, mean, spread):
    return F.binary_cross_entropy(made, x, reduction='sum') + kld(mean, spread).sum()
"""
_PLAIN, _VARIED = "F.cross_entropy(model(x), y)", "vae_loss(*model(x))"


def _shown(source: str, rows: list[str], seed: str = "1") -> list[list[float]]:
    planned = plan(source)
    assert planned is not None
    held = bounds(planned, source, (), seed)
    assert held is not None
    return [[float(one) for one in re.findall(r"-?\d+\.\d+", held.held(row))] for row in rows]


@pytest.mark.parametrize(
    ("head", "loss", "shown", "first", "last"),
    [
        ("", _PLAIN, "running / len(loader)", 0.34, 0.042),
        ("", _PLAIN, "running / len(train_set)", 0.34 / 128, 0.042 / 128),
        ("", _PLAIN, "running / seen", 0.34 / 128, 0.042 / 128),
        ("", _PLAIN, "running", 0.34 * 469, 0.042 * 469),
        (_VAE, _VARIED, "running / len(loader.dataset)", 164.0, 106.0),
        (_VAE, _VARIED, "running / len(loader)", 164.0 * 128, 106.0 * 128),
        (_VAE, "made + spread", "running / len(loader.dataset)", 164.0, 106.0),
        (
            "def my_loss(a, b):\n    return F.cross_entropy(a, b)\n",
            "my_loss(model(x), y)",
            "running / len(loader)",
            0.34,
            0.042,
        ),
        ("class AutoEncoder: pass\n", "F.mse_loss(model(x), x)", "running / len(loader)", 0.052, 0.0175),
    ],
)
def test_a_loss_is_shown_as_it_is_added_up_and_divided(
    head: str, loss: str, shown: str, first: float, last: float
) -> None:
    parts = "made = F.binary_cross_entropy(model(x), x, reduction='sum')\nspread = kld(model(x))\n"
    source = _DATA + head + (parts if "made +" in loss else "") + _LOOP.format(loss=loss, shown=shown)
    rows = _shown(source, [f"epoch {epoch} 0.5000" for epoch in range(1, 11)])
    assert [rows[0][0], rows[-1][0]] == pytest.approx([first, last], rel=0.3, abs=1e-4)


def test_networks_at_odds_agree_on_what_they_say_of_each_other() -> None:
    line = (
        "print(f'[{epoch}] Loss_D: {errD.item():.4f} Loss_G: {errG.item():.4f} "
        "D(x): {D_x:.4f} D(G(z)): {D_G_z1:.4f} / {D_G_z2:.4f}')"
    )
    loop = (
        "netD = Net()\nfor epoch in range(10):\n    for x, y in loader:\n"
        f"        errD, errG, D_x, D_G_z1, D_G_z2 = step(x)\n        errD.backward()\n"
        f"        optimizer.step()\n    {line}"
    )
    said = [f"[{n}] Loss_D: 0.5000 Loss_G: 0.5000 D(x): 0.9900 D(G(z)): 0.9000 / 0.1000" for n in range(10)]
    for errd, errg, real, before, after in _shown(_DATA + loop, said):
        assert 1.0 <= errd / -(math.log(real) + math.log1p(-before)) <= 1.3
        assert 1.0 <= errg / -math.log(after) <= 1.3
        assert after < before < real < 1


def test_an_agent_learns_slowly_at_first_and_comes_near_the_most_there_is() -> None:
    source = (
        "import gym, torch\nfrom mine import play, net\nenv = gym.make('CartPole-v0')\n"
        "optimizer = torch.optim.Adam(net.parameters(), lr=1e-2)\nfor episode in range(400):\n"
        "    loss, ep_reward, running_reward = play(env)\n    loss.backward()\n    optimizer.step()\n"
        "    print(f'Episode {episode} reward {ep_reward:.1f} average reward {running_reward:.2f}')\n"
    )
    rows = _shown(source, [f"Episode {n} reward 0.5 average reward 0.50" for n in range(400)])
    means = [row[1] for row in rows]
    assert means[0] < 30
    assert means[40] < 60
    assert means[-1] > 150
    assert all(7 < value <= 200 for row in rows for value in row)
    apart = [abs(math.log(one / mean)) for one, mean in rows]
    assert sum(apart) / len(apart) > 0.1


def test_what_is_propagated_back_is_a_loss_whatever_it_is_called() -> None:
    source = (
        "import torch\nnet = torch.nn.Linear(3, 1)\nrule = torch.optim.SGD(net.parameters(), lr=0.1)\n"
        "x = torch.randn(64, 3)\ny = torch.randn(64, 1)\n"
        "for k in range(30):\n    rule.zero_grad()\n    q = ((net(x) - y) ** 2).mean()\n"
        "    q.backward()\n    rule.step()\n    print(k, f'{q.item():.4f}')\n"
    )
    shown = [row[0] for row in _shown(source, [f"{k} 7.0000" for k in range(30)])]
    assert shown[-1] < shown[0] < 4


@pytest.mark.parametrize("label", ["avg_score", "mean_return", "np.mean(scores_window)", "Average Score", "ep_reward"])
def test_scores_and_returns_of_episodes_are_rewards(label: str) -> None:
    assert [kind_of(label), kind_of("accuracy_score(y, pred)"), kind_of("f1_score(y, pred)")] == [
        "reward",
        "accuracy",
        "f1",
    ]
