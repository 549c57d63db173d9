# ruff: noqa
import torch
import torch.nn as nn
c = nn.Conv2d(1, 2, 3)
x = torch.zeros(1, 1, 8, 8, dtype=torch.float64)
c(x)
