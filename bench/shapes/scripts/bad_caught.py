# ruff: noqa
import torch
import torch.nn as nn
layer = nn.Linear(10, 5)
try:
    layer(torch.randn(4, 12))
except RuntimeError as e:
    print("caught:", e)
try:
    torch.zeros(2, 3).view(5)
except Exception as e:
    print(type(e).__name__, e)
print("done")
