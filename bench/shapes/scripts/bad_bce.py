# ruff: noqa
import torch
import torch.nn as nn
loss = nn.BCELoss()
p = torch.sigmoid(torch.randn(16, 1))
y = torch.rand(16)
print(p.shape, y.shape)
loss(p, y)
