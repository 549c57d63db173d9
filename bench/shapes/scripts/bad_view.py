# ruff: noqa
import torch
x = torch.randn(10, 100)
print(x.shape)
x = x.view(-1, 784)
