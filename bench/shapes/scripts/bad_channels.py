# ruff: noqa
import torch
from torch import nn
model = nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU())
print(model(torch.randn(1, 3, 8, 8)).shape)
gray = torch.randn(1, 1, 28, 28)
model(gray)
