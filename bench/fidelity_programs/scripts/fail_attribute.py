import torch


class Config:
    lr = 0.1
    epochs = 2


model = torch.nn.Linear(2, 2)
for epoch in range(Config.epochs):
    print("epoch", epoch)
print("momentum", Config.momentum)
