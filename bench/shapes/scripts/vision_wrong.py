import torch
from torchvision import models

model = models.resnet18()
model.fc = torch.nn.Linear(1024, 10)
print(model.fc)
model(torch.randn(8, 3, 32, 32))
