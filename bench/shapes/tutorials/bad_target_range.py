# ruff: noqa
import torch
import torch.nn as nn
logits = torch.randn(3, 5)
print(nn.functional.cross_entropy(logits, torch.tensor([0, 4, 1])).shape)
nn.CrossEntropyLoss()(logits, torch.tensor([0, 5, 1]))
