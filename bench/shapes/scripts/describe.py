# ruff: noqa
import torch
import torch.nn as nn

def count(model):
    return sum(p.numel() for p in model.parameters())

for name, layer in [("linear", nn.Linear(3, 4)), ("conv", nn.Conv1d(2, 4, 3, padding=1)), ("gru", nn.GRU(8, 16, 2)), ("bn", nn.BatchNorm1d(4)), ("emb", nn.Embedding(10, 3)), ("ln", nn.LayerNorm(6)), ("act", nn.LeakyReLU(0.1))]:
    print(f"{name:<8}{count(layer):>6}  {layer}")
model = nn.Sequential()
model.add_module("first", nn.Linear(2, 3))
model.add_module("act", nn.ReLU())
print(model)
print([type(m).__name__ for m in model.children()])
print(isinstance(model.first, nn.Linear), model.first.in_features, model.first.bias.shape)
print({n: p.shape for n, p in model.named_parameters()})
print(list(model.state_dict().keys()))
