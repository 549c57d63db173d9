# ruff: noqa
import os
import torch
import torch.nn as nn
model = nn.Sequential(nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 10))
torch.save(model.state_dict(), "model.pt")
state = model.state_dict()
size = sum(v.numel() * v.element_size() for v in state.values())
print(f"{size / 1024:.1f} KB in {len(state)} tensors")
print(f"{sum(p.nelement() * p.element_size() for p in model.parameters()) / 1e6:.3f} MB")
print(os.path.getsize("model.pt"))
