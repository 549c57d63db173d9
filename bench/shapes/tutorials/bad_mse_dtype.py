# ruff: noqa
import torch
import torch.nn as nn
out = nn.Linear(3, 1)(torch.randn(5, 3))
y = torch.tensor([1, 0, 1, 1, 0]).view(-1, 1)
print(nn.MSELoss()(out, y.float()).shape)
loss = nn.BCEWithLogitsLoss()(out, y)
