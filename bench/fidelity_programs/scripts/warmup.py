import math

import torch


def learning_rate(step, warmup=5, total=20, peak=3e-4, floor=3e-5):
    if step < warmup:
        return peak * (step + 1) / warmup
    ratio = (step - warmup) / (total - warmup)
    return floor + 0.5 * (1.0 + math.cos(math.pi * ratio)) * (peak - floor)


net = torch.nn.Linear(10, 1)
opt = torch.optim.AdamW(net.parameters(), lr=1e-3)
x = torch.randn(16, 10)
for step in range(20):
    lr = learning_rate(step)
    for group in opt.param_groups:
        group["lr"] = lr
    loss = net(x).pow(2).mean()
    opt.zero_grad()
    loss.backward()
    grad = torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
    opt.step()
    print(f"step {step:2d} | lr {lr:.2e} | loss {loss.item():.4f} | grad norm {grad:.3f}")
