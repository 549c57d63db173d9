# ruff: noqa
import torch
import torch.nn as nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 16, 5)
        self.pool = nn.MaxPool2d(2)
        self.fc = nn.Linear(320, 10)

    def forward(self, x):
        x = self.pool(torch.relu(self.conv(x)))
        x = x.view(x.size(0), -1)
        print("flat:", x.shape)
        return self.fc(x)

net = Net()
print("start")
out = net(torch.randn(64, 1, 28, 28))
print("never")
