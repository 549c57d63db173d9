# ruff: noqa
import os

import torch
from torch import nn

model = nn.Linear(2, 2)
start = 0
best = float("inf")
if os.path.exists("last.pt"):
    state = torch.load("last.pt")
    model.load_state_dict(state["model"])
    start = state["epoch"] + 1
    print(f"Resuming from epoch {start}")
for epoch in range(start, 6):
    loss = model(torch.randn(4, 2)).sum()
    lr = 0.1 * 0.5 ** (epoch // 2)
    print(f"epoch {epoch} lr {lr:.4f} loss {loss.item():.4f}")
    if loss.item() < best:
        best = loss.item()
        torch.save({"model": model.state_dict(), "epoch": epoch}, "last.pt")
        print("  saved a better model")
print("done")
