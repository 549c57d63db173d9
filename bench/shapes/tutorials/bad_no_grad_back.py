# ruff: noqa
import torch
x = torch.ones(3)
y = (x * 2).sum()
print(y)
y.backward()
