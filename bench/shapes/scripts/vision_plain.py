import torch
from torch import nn
import torchvision.models as models

for make in (models.alexnet, models.vgg11, models.vgg16_bn):
    net = make(num_classes=10)
    print(net)
    print(sum(p.numel() for p in net.parameters()), net(torch.zeros(2, 3, 224, 224)).size())
vgg = models.vgg16()
vgg.classifier[6] = nn.Linear(4096, 7)
print(vgg.classifier, vgg.features[0].weight.shape)
print(vgg.features(torch.zeros(1, 3, 64, 96)).shape)
squeeze = models.squeezenet1_1()
print(squeeze)
squeeze.classifier[1] = nn.Conv2d(512, 5, kernel_size=1)
print(squeeze(torch.rand(3, 3, 128, 128)).shape, sum(p.numel() for p in squeeze.parameters()))
