# ruff: noqa
import torch
import torch.nn as nn
from torchvision import models, transforms
model = models.resnet18()
num_ftrs = model.fc.in_features
print(num_ftrs)
for param in model.parameters():
    param.requires_grad = False
model.fc = nn.Linear(num_ftrs, 2)
print(model.fc, sum(p.numel() for p in model.parameters() if p.requires_grad), sum(p.numel() for p in model.parameters()))
print([n for n, p in model.named_parameters() if p.requires_grad])
backbone = nn.Sequential(*list(model.children())[:-1])
print(backbone(torch.randn(2, 3, 224, 224)).shape)
feats = nn.Sequential(*list(model.children())[:-2])
print(feats(torch.randn(2, 3, 224, 224)).shape)
model.conv1 = nn.Conv2d(1, 64, kernel_size=7, stride=2, padding=3, bias=False)
print(model(torch.randn(1, 1, 64, 64)).shape)
vgg = models.vgg16()
vgg.classifier[6] = nn.Linear(4096, 5)
print(vgg.classifier)
print(vgg.features[0], len(vgg.features))
alex = models.alexnet(num_classes=7)
print(alex.classifier[-1].out_features, alex(torch.randn(1, 3, 224, 224)).shape)
tf = transforms.Compose([transforms.Resize(256), transforms.CenterCrop(224), transforms.ToTensor(), transforms.Normalize(mean=[0.485, 0.456, 0.406], std=[0.229, 0.224, 0.225])])
print(tf)
print(sum(p.numel() for p in models.mobilenet_v2(num_classes=10).parameters()))
