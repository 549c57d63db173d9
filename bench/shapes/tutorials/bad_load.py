# ruff: noqa
import torch, torch.nn as nn
a, b = nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2)), nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2))
print(b.load_state_dict(a.state_dict()))
print(nn.Linear(3, 2).load_state_dict({"weight": torch.zeros(2, 3), "bias": torch.zeros(2)}))
sd = a.state_dict()
sd = {k.replace("0.", "module.0."): v for k, v in sd.items()}
try:
    b.load_state_dict(sd)
except RuntimeError as e:
    print(e)
missing, unexpected = b.load_state_dict(sd, strict=False)
print("loaded")
c = nn.Sequential(nn.Linear(4, 2), nn.BatchNorm1d(2))
c.load_state_dict(a.state_dict(), strict=False)
