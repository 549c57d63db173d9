import torch
from torchvision.models import googlenet, inception_v3

net = googlenet(init_weights=False)
print(net.inception3a)
print(sum(p.numel() for p in net.parameters()), len(net.state_dict()))
out = net(torch.zeros(2, 3, 224, 224))
print(out.logits.shape, out.aux_logits2.shape)
net.eval()
print(net(torch.zeros(2, 3, 224, 224)).shape)
print(net)
net = inception_v3(init_weights=False)
print(net)
print(sum(p.numel() for p in net.parameters()), net.AuxLogits.fc.in_features)
net.eval()
print(net(torch.zeros(1, 3, 299, 299)).shape)
