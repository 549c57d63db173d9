import torch
from torch.utils.data import DataLoader, TensorDataset

accumulation_steps = 4
ds = TensorDataset(torch.randn(256, 12), torch.randn(256, 1))
loader = DataLoader(ds, batch_size=8)
model = torch.nn.Linear(12, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.02)
global_step = 0
for epoch in range(2):
    optimizer.zero_grad()
    running = 0.0
    for step, (x, y) in enumerate(loader):
        loss = torch.nn.functional.mse_loss(model(x), y) / accumulation_steps
        loss.backward()
        running += loss.item()
        if (step + 1) % accumulation_steps == 0:
            optimizer.step()
            optimizer.zero_grad()
            global_step += 1
            print(f"epoch {epoch} step {global_step} loss {running:.4f}")
            running = 0.0
print(f"{global_step} optimizer steps")
