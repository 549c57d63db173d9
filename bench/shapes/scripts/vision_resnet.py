import torch
import torch.nn as nn
from torchvision import models

model = models.resnet18(weights=None)
print(model)
print(sum(p.numel() for p in model.parameters()))
model.fc = nn.Linear(model.fc.in_features, 10)
print(model.fc, sum(p.numel() for p in model.parameters() if p.requires_grad))
for p in model.parameters():
    p.requires_grad = False
model.fc = nn.Sequential(nn.Dropout(0.3), nn.Linear(512, 2))
print(sum(p.numel() for p in model.parameters() if p.requires_grad))
print(model(torch.randn(4, 3, 64, 64)).shape)
state = model.state_dict()
print(len(state), list(state)[-4:], state["layer4.1.bn2.running_var"].shape)
backbone = nn.Sequential(*list(model.children())[:-2])
print(backbone(torch.randn(2, 3, 224, 224)).shape)
print(models.resnet50().layer3[0].downsample)
