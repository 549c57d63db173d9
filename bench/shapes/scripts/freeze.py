# ruff: noqa
import torch
import torch.nn as nn
net = nn.Sequential(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 1000))
for param in net.parameters():
    param.requires_grad = False
net[5] = nn.Linear(8, 5)
net[0].weight.requires_grad = True
for n, p in net.named_parameters():
    print(n, p.requires_grad)
print(sum(p.numel() for p in net.parameters() if p.requires_grad))
print(net)
print(net[:2])
print(len(net))
