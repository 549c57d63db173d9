# ruff: noqa
import torch
x = torch.arange(6).reshape(2, 3)
print(x[1])
print(x[2])
