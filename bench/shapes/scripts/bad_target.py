# ruff: noqa
import torch
import torch.nn as nn
criterion = nn.CrossEntropyLoss()
logits = torch.randn(32, 10)
print(criterion(logits, torch.randint(0, 10, (32,))).shape)
criterion(logits, torch.randint(0, 10, (64,)))
