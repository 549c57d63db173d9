import torch
import torch.nn as nn


class LeNet(nn.Module):
    def __init__(self, num_classes=10):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.AvgPool2d(2),
            nn.Conv2d(6, 16, 5), nn.ReLU(), nn.AvgPool2d(2))
        self.classifier = nn.Sequential(nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, num_classes))

    def forward(self, x):
        return self.classifier(torch.flatten(self.features(x), 1))


model = LeNet()
print(model)
total = 0
for name, parameter in model.named_parameters():
    print(f"{name:<24}{str(tuple(parameter.shape)):<18}{parameter.numel():>8,}")
    total += parameter.numel()
print(f"total parameters: {total:,}")
x = torch.zeros(2, 1, 28, 28)
for index, layer in enumerate(model.features):
    x = layer(x)
    print(index, layer.__class__.__name__, list(x.shape))
print("logits:", model(torch.zeros(2, 1, 28, 28)).shape)
