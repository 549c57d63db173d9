import torch
import torch.nn as nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 8, 3)
        self.fc = nn.Linear(8 * 28 * 28, 10)

    def forward(self, x):
        x = torch.relu(self.conv(x))
        print("before fc:", x.shape)
        x = x.view(x.size(0), -1)
        return self.fc(x)


net = Net()
out = net(torch.randn(4, 1, 28, 28))
print(out.shape)
