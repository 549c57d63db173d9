import torch
from torch.optim.lr_scheduler import StepLR

model = torch.nn.Linear(3, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
scheduler = StepLR(optimizer, step_size=4, gamma=0.5)
data = torch.randn(64, 3)
target = data.sum(dim=1, keepdim=True)
for epoch in range(12):
    optimizer.zero_grad()
    loss = torch.nn.functional.mse_loss(model(data), target)
    loss.backward()
    optimizer.step()
    lr = optimizer.param_groups[0]["lr"]
    print("epoch {:02d}  lr {:.6f}  loss {:.5f}".format(epoch, lr, loss.item()))
    scheduler.step()
print("last lr", scheduler.get_last_lr())
