# ruff: noqa
import torch
import torch.nn as nn
e = nn.Embedding(10, 3)
print(e(torch.tensor([9])).shape)
e(torch.tensor([1, 10]))
