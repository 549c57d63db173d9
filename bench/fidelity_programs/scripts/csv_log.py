import csv

import torch

fields = ["epoch", "loss", "lr"]
with open("metrics.csv", "w", newline="") as handle:
    writer = csv.DictWriter(handle, fieldnames=fields)
    writer.writeheader()
    model = torch.nn.Linear(2, 1)
    opt = torch.optim.SGD(model.parameters(), lr=0.1)
    sched = torch.optim.lr_scheduler.ExponentialLR(opt, gamma=0.9)
    x = torch.randn(50, 2)
    for epoch in range(1, 9):
        loss = (model(x) - x.sum(1, keepdim=True)).abs().mean()
        opt.zero_grad()
        loss.backward()
        opt.step()
        row = {"epoch": epoch, "loss": loss.item(), "lr": sched.get_last_lr()[0]}
        writer.writerow(row)
        sched.step()
        print("epoch={epoch} loss={loss:.4f} lr={lr:.4f}".format(**row))
print("metrics written to metrics.csv")
