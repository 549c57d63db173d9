import torch
import torch.nn as nn
from torchvision.models import mobilenet_v2, mobilenet_v3_large, mobilenet_v3_small

net = mobilenet_v2()
print(net)
net.classifier[1] = nn.Linear(net.last_channel if hasattr(net, "last_channel") else 1280, 4)
print(sum(p.numel() for p in net.parameters()), net(torch.zeros(2, 3, 96, 96)).shape)
for make in (mobilenet_v3_small, mobilenet_v3_large):
    net = make()
    print(net)
    print(sum(p.numel() for p in net.parameters()), net(torch.zeros(2, 3, 96, 96)).shape)
