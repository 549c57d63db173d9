# ruff: noqa
import torch
from torch import nn
from torch.utils.data import DataLoader
from torchvision import datasets

SHOWN = False


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(784, 10)

    def forward(self, x):
        global SHOWN
        if not SHOWN:
            print("shape:", x.shape)
            SHOWN = True
        return self.fc(x)


net = Net().cuda()
train = DataLoader(datasets.MNIST("data", train=True), batch_size=100)
test = DataLoader(datasets.MNIST("data", train=False), batch_size=100)
for epoch in range(10):
    correct = total = 0
    for x, y in train:
        out = net(x.cuda())
    for x, y in test:
        predicted = net(x).argmax(1)
        total += y.size(0)
        correct += (predicted == y).sum().item()
    if (epoch + 1) % 5 == 0:
        print(f"Epoch {epoch + 1}: accuracy {100 * correct / total:.2f}%")
