import os

import torch
from torch import nn

CHECKPOINT_DIR = "checkpoints"
SAVE_EVERY = 2
NUM_EPOCHS = 6

os.makedirs(CHECKPOINT_DIR, exist_ok=True)
torch.manual_seed(0)
model = nn.Linear(5, 1)
optimizer = torch.optim.Adam(model.parameters(), lr=0.05)
x = torch.randn(100, 5)
y = x.mean(dim=1, keepdim=True)
start_epoch = 0
latest = os.path.join(CHECKPOINT_DIR, "latest.pt")
if os.path.exists(latest):
    state = torch.load(latest)
    model.load_state_dict(state["model"])
    optimizer.load_state_dict(state["optimizer"])
    start_epoch = state["epoch"] + 1
    print(f"Resuming from epoch {start_epoch}")
else:
    print("No checkpoint found, starting from scratch")

for epoch in range(start_epoch, NUM_EPOCHS):
    loss = nn.functional.mse_loss(model(x), y)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    print(f"epoch {epoch} loss {loss.item():.5f}")
    state = {"epoch": epoch, "model": model.state_dict(), "optimizer": optimizer.state_dict()}
    torch.save(state, latest)
    if (epoch + 1) % SAVE_EVERY == 0:
        path = os.path.join(CHECKPOINT_DIR, f"epoch_{epoch + 1:02d}.pt")
        torch.save(state, path)
        print("  saved", path)
print("Training complete")
