import time

import torch
from torch import nn

device = "cuda" if torch.cuda.is_available() else "cpu"
use_amp = device == "cuda"
print(f"device={device} amp={use_amp}")
model = nn.Sequential(nn.Linear(64, 64), nn.GELU(), nn.Linear(64, 8)).to(device)
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
scaler = torch.cuda.amp.GradScaler(enabled=use_amp)
x = torch.randn(512, 64, device=device)
y = torch.randint(0, 8, (512,), device=device)
t0 = time.time()
for step in range(1, 101):
    with torch.autocast(device_type=device, enabled=use_amp):
        loss = nn.functional.cross_entropy(model(x), y)
    optimizer.zero_grad(set_to_none=True)
    scaler.scale(loss).backward()
    scaler.step(optimizer)
    scaler.update()
    if step % 25 == 0 or step == 1:
        print(f"step {step:4d} loss {loss.item():.4f} {(time.time() - t0) / step * 1000:.2f} ms/step")
