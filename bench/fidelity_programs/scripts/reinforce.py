import random
from itertools import count

import torch
import torch.nn as nn


class Corridor:
    def __init__(self, length=6):
        self.length = length

    def reset(self):
        self.position = 0
        return self.position

    def step(self, action):
        self.position = max(0, self.position + (1 if action == 1 else -1))
        done = self.position >= self.length
        return self.position, (1.0 if done else -0.01), done


env = Corridor()
policy = nn.Linear(1, 2)
optimizer = torch.optim.Adam(policy.parameters(), lr=1e-2)
random.seed(0)
running_reward = 0
for i_episode in range(1, 101):
    state, ep_reward = env.reset(), 0
    saved = []
    for t in range(1, 200):
        probs = torch.softmax(policy(torch.tensor([float(state)])), dim=-1)
        m = torch.distributions.Categorical(probs)
        action = m.sample()
        saved.append(m.log_prob(action))
        state, reward, done = env.step(action.item())
        ep_reward += reward
        if done:
            break
    loss = -torch.stack(saved).sum() * ep_reward
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    running_reward = 0.05 * ep_reward + (1 - 0.05) * running_reward
    if i_episode % 10 == 0:
        print('Episode {}\tLast reward: {:.2f}\tAverage reward: {:.2f}'.format(i_episode, ep_reward, running_reward))
