# ruff: noqa
import torch
import torch.nn as nn
m = nn.Linear(4, 2)
x = torch.arange(12).reshape(3, 4)
print(x.dtype)
m(x)
