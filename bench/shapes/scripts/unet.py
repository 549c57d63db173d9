# ruff: noqa
import torch
import torch.nn as nn
import torch.nn.functional as F

def double(i, o):
    return nn.Sequential(nn.Conv2d(i, o, 3, padding=1), nn.ReLU(inplace=True), nn.Conv2d(o, o, 3, padding=1), nn.ReLU(inplace=True))

class UNet(nn.Module):
    def __init__(self, n_class):
        super().__init__()
        self.down1, self.down2, self.down3 = double(3, 16), double(16, 32), double(32, 64)
        self.maxpool = nn.MaxPool2d(2)
        self.upsample = nn.Upsample(scale_factor=2, mode="bilinear", align_corners=True)
        self.up2, self.up1 = double(32 + 64, 32), double(16 + 32, 16)
        self.last = nn.Conv2d(16, n_class, 1)

    def forward(self, x):
        c1 = self.down1(x)
        c2 = self.down2(self.maxpool(c1))
        c3 = self.down3(self.maxpool(c2))
        x = self.upsample(c3)
        x = self.up2(torch.cat([x, c2], dim=1))
        x = self.upsample(x)
        print(c1.shape, c2.shape, c3.shape, x.shape)
        return self.last(self.up1(torch.cat([x, c1], dim=1)))

net = UNet(4)
print(net(torch.zeros(1, 3, 64, 48)).shape)
for name, child in net.named_children():
    print(name, type(child).__name__, sum(p.numel() for p in child.parameters()))
