# ruff: noqa
import torch
import torch.nn as nn
m = nn.Linear(4, 2)
x = torch.from_numpy(__import__("numpy").random.rand(3, 4))
print(x.dtype)
print(m(x.float()).dtype)
m(x)
