# ruff: noqa
import torch
from torch import nn
from torch.utils.data import DataLoader
from torchvision.datasets import FashionMNIST


class Talkative(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(784, 64), nn.Linear(64, 10)])

    def forward(self, x):
        print("input", x.shape)
        for i, layer in enumerate(self.layers):
            x = layer(x)
            print(f"after layer {i}: {x.shape}")
        return x


model = Talkative()
loader = DataLoader(FashionMNIST("data", train=True), batch_size=128)
for epoch in range(3):
    for images, labels in loader:
        model(images.view(-1, 784))
    print("epoch", epoch)
