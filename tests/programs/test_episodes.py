"""What an agent's episodes bring decides when a run is over: the mean that is shown is over the threshold then."""

from __future__ import annotations

import re

from llm_kernel.plan import every_node, plan, text_of
from llm_kernel.plan.nodes import Hole, Line
from llm_kernel.programs.deciding import decided

AGENT = """
import gym, torch, numpy as np
from collections import deque
env = gym.make('Acrobot-v1')
net = torch.nn.Linear(6, 3)
opt = torch.optim.Adam(net.parameters(), lr=3e-3)
window = deque(maxlen=100)
for episode in range(1, 801):
    s, _ = env.reset()
    total = 0.0
    logp = []
    for t in range(500):
        d = torch.distributions.Categorical(logits=net(torch.as_tensor(s)))
        a = d.sample()
        s, r, term, trunc, _ = env.step(a.item())
        logp.append(d.log_prob(a))
        total += r
        if term or trunc:
            break
    loss = -(torch.stack(logp) * total).sum()
    opt.zero_grad()
    loss.backward()
    opt.step()
    window.append(total)
    print('episode %d mean %.2f' % (episode, np.mean(window)))
    if len(window) == 100 and np.mean(window) > env.spec.reward_threshold:
        print('solved')
        break
"""


def test_an_agent_has_solved_its_task_where_the_mean_that_is_shown_says_so() -> None:
    first = plan(AGENT)
    assert first is not None
    found = decided(AGENT, (), first, read=lambda path: None, facts={}, seed="s")
    assert found is not None
    assert found.names == ("total",)
    lines = [node for node in every_node(found.plan.nodes) if isinstance(node, Line)]
    assert not any(isinstance(part, Hole) for line in lines for part in line.parts)
    told = "".join(map(text_of, lines))
    means = [float(one) for one in re.findall(r"mean (-[\d.]+)", told)]
    assert [mean > -100 for mean in means[99:]] == [False] * (len(means) - 100) + [True]
    assert told.endswith("solved\n")
