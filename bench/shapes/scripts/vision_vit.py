import torch
from torchvision.models import vit_b_16

net = vit_b_16()
print(net.encoder.layers[0])
print(sum(p.numel() for p in net.parameters()), [name for name, _ in net.named_parameters()][:6])
print(net.heads, net(torch.zeros(1, 3, 224, 224)).shape)
print(net(torch.zeros(1, 3, 256, 256)).shape)
