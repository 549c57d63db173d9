import torch
from torchvision import models

net = models.efficientnet_b0()
print(net)
print(sum(p.numel() for p in net.parameters()), len(net.state_dict()), net(torch.zeros(2, 3, 96, 96)).shape)
print(sum(p.numel() for p in models.efficientnet_b3().parameters()))
