import torch
from torchvision.models import densenet121

net = densenet121()
print(net.features.transition1)
print(net.features.denseblock1)
print(net.classifier.in_features, sum(p.numel() for p in net.parameters()), len(net.state_dict()))
print(net.features(torch.zeros(1, 3, 64, 64)).shape, net(torch.zeros(2, 3, 64, 64)).shape)
