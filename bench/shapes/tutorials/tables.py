# ruff: noqa
import torch
import torch.nn as nn
from torchsummary import summary
import torchinfo
from torchvision.models import resnet18, mobilenet_v2

class Block(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.conv = nn.Conv2d(c, c, 3, padding=1, bias=False)
        self.bn = nn.BatchNorm2d(c)
        self.act = nn.ReLU(inplace=True)
        self.gain = nn.Parameter(torch.ones(c, 1, 1))
    def forward(self, x):
        return x + self.gain * self.act(self.bn(self.conv(x)))

class Net(nn.Module):
    def __init__(self, n=3):
        super().__init__()
        self.stem = nn.Conv2d(3, 16, 3, stride=2, padding=1)
        self.blocks = nn.Sequential(*[Block(16) for _ in range(n)])
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.head = nn.Sequential(nn.Flatten(), nn.Linear(16, 32), nn.Dropout(0.2), nn.Linear(32, 10))
    def forward(self, x):
        return self.head(self.pool(self.blocks(self.stem(x))))

net = Net()
summary(net, (3, 32, 32), device="cpu")
torchinfo.summary(net, (1, 3, 32, 32))
torchinfo.summary(net, input_size=(8, 3, 64, 64), col_names=["input_size", "output_size", "num_params", "mult_adds", "trainable"], row_settings=["var_names"], col_width=20)
torchinfo.summary(net, depth=1)
for p in net.stem.parameters():
    p.requires_grad = False
torchinfo.summary(net, (1, 3, 32, 32), depth=2, col_names=("output_size", "num_params", "trainable"))
summary(net, (3, 32, 32), batch_size=4, device="cpu")
summary(resnet18(), (3, 224, 224), device="cpu")
s = torchinfo.summary(mobilenet_v2(), (1, 3, 96, 96), verbose=0, depth=4)
print(s)

class Tagger(nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(8, 16, num_layers=2, batch_first=True, bidirectional=True)
        self.att = nn.MultiheadAttention(32, 4, batch_first=True)
        self.fc = nn.Linear(32, 5)
    def forward(self, x):
        h, _ = self.lstm(x)
        a, _ = self.att(h, h, h)
        return self.fc(a)

torchinfo.summary(Tagger(), (2, 7, 8))
shared = nn.Linear(6, 6)
torchinfo.summary(nn.Sequential(shared, nn.Tanh(), shared), (4, 6))
summary(nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 2)), (4,), device="cpu")
