# ruff: noqa
import torch
import torch.nn as nn

class Swish(nn.Module):
    def forward(self, x):
        return x * torch.sigmoid(x)

class ConvBlock(nn.Sequential):
    def __init__(self, i, o, k=3):
        super().__init__(nn.Conv2d(i, o, k, padding=k // 2, bias=False), nn.BatchNorm2d(o), Swish())

class Scale(nn.Module):
    def __init__(self, n):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(n))
        self.register_buffer("steps", torch.zeros(1))

    def forward(self, x):
        return x * self.weight.view(1, -1, 1, 1)

    def extra_repr(self):
        return f"n={self.weight.numel()}"

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = ConvBlock(3, 8)
        self.scale = Scale(8)
        self.heads = nn.ModuleDict({"a": nn.Linear(8, 2), "b": nn.Linear(8, 3)})

    def forward(self, x):
        x = self.scale(self.stem(x)).mean(dim=[2, 3])
        return {k: h(x) for k, h in self.heads.items()}

net = Net()
out = net(torch.rand(2, 3, 8, 8))
print({k: v.shape for k, v in out.items()})
print(sum(p.numel() for p in net.parameters()), [n for n, _ in net.named_buffers()])
print(net.stem)
print(net)
