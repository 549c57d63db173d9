# ruff: noqa
import torch
import torch.nn as nn
from torch.optim.lr_scheduler import StepLR, ExponentialLR, CosineAnnealingLR, MultiStepLR, LambdaLR
model = nn.Sequential(nn.Linear(10, 20), nn.ReLU(), nn.Linear(20, 2))
opt = torch.optim.Adam([{"params": model[0].parameters(), "lr": 1e-4}, {"params": model[2].parameters()}], lr=1e-3)
print(len(opt.param_groups), [g["lr"] for g in opt.param_groups])
print(opt)
opt = torch.optim.SGD(model.parameters(), lr=0.1)
sched = StepLR(opt, step_size=2, gamma=0.5)
for epoch in range(6):
    print(epoch, opt.param_groups[0]["lr"], sched.get_last_lr())
    opt.step()
    sched.step()
opt = torch.optim.SGD(model.parameters(), lr=1.0, momentum=0.9, weight_decay=5e-4, nesterov=True)
sched = CosineAnnealingLR(opt, T_max=4)
for epoch in range(5):
    print(f"Epoch {epoch} lr={opt.param_groups[0]['lr']:.4f}")
    opt.step()
    sched.step()
opt = torch.optim.AdamW(model.parameters())
print(opt.defaults["lr"], opt.defaults["weight_decay"])
sched = ExponentialLR(opt, gamma=0.9)
lrs = []
for _ in range(3):
    opt.step(); sched.step()
    lrs.append(round(sched.get_last_lr()[0], 6))
print(lrs)
opt = torch.optim.SGD(model.parameters(), lr=0.1)
sched = MultiStepLR(opt, milestones=[2, 4], gamma=0.1)
for e in range(5):
    opt.step(); sched.step()
    print(e, "%.5f" % sched.get_last_lr()[0])
opt = torch.optim.SGD(model.parameters(), lr=0.1)
sched = LambdaLR(opt, lr_lambda=lambda e: 0.95 ** e)
for e in range(3):
    print(sched.get_last_lr()); opt.step(); sched.step()
total = sum(p.numel() for p in model.parameters())
trainable = sum(p.numel() for p in model.parameters() if p.requires_grad)
print(f"{total:,} total parameters."); print(f"{trainable:,} training parameters.")
