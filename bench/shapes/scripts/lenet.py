# ruff: noqa
import torch
import torch.nn as nn
import torch.nn.functional as F

class LeNet(nn.Module):
    def __init__(self):
        super(LeNet, self).__init__()
        self.conv1 = nn.Conv2d(3, 6, 5)
        self.pool = nn.MaxPool2d(2, 2)
        self.conv2 = nn.Conv2d(6, 16, 5)
        self.fc1 = nn.Linear(16 * 5 * 5, 120)
        self.fc2 = nn.Linear(120, 84)
        self.fc3 = nn.Linear(84, 10)

    def forward(self, x):
        print("input", x.shape)
        x = self.pool(F.relu(self.conv1(x)))
        print("conv1", x.shape)
        x = self.pool(F.relu(self.conv2(x)))
        print("conv2", x.shape)
        x = torch.flatten(x, 1)
        print("flat", x.shape)
        x = F.relu(self.fc1(x))
        x = F.relu(self.fc2(x))
        return self.fc3(x)

net = LeNet()
print(net)
params = list(net.parameters())
print(len(params))
print(params[0].size())
out = net(torch.randn(4, 3, 32, 32))
print(out.size(), out.dtype)
for name, param in net.named_parameters():
    print(f"{name:12s} {str(tuple(param.shape)):20s} {param.numel():>8,d}")
