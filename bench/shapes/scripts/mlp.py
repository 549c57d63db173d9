# ruff: noqa
import torch
from torch import nn

class MLP(nn.Module):
    def __init__(self, sizes, dropout=0.2):
        super().__init__()
        layers = []
        for i in range(len(sizes) - 1):
            layers.append(nn.Linear(sizes[i], sizes[i + 1]))
            if i < len(sizes) - 2:
                layers += [nn.ReLU(), nn.Dropout(dropout)]
        self.net = nn.Sequential(*layers)

    def forward(self, x):
        return self.net(x.view(x.size(0), -1))

model = MLP([784, 256, 64, 10])
print(model)
total = sum(p.numel() for p in model.parameters())
trainable = sum(p.numel() for p in model.parameters() if p.requires_grad)
print(f"Total parameters: {total:,}")
print(f"Trainable: {trainable:,} ({100 * trainable / total:.1f}%)")
out = model(torch.randn(32, 1, 28, 28))
print("Output shape:", out.shape)
