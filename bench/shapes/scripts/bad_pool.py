# ruff: noqa
import torch
import torch.nn as nn
x = torch.randn(1, 8, 4, 4)
pool = nn.MaxPool2d(2)
for i in range(4):
    x = pool(x)
    print(i, x.shape)
