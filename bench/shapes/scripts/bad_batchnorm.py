# ruff: noqa
import torch
from torch import nn
bn = nn.BatchNorm2d(32)
print(bn)
bn(torch.randn(4, 64, 8, 8))
