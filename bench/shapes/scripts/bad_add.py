# ruff: noqa
import torch
a = torch.randn(3, 4)
b = torch.randn(3, 5)
print((a.sum() + b.sum()).shape)
c = a + b
