# ruff: noqa
import torch
import torch.nn as nn
x = torch.rand(2, 8, 17, 23)
for layer in [nn.MaxPool2d(2), nn.MaxPool2d(3, 2, 1), nn.AvgPool2d(2, ceil_mode=True), nn.MaxPool2d(3, 2, ceil_mode=True), nn.AdaptiveAvgPool2d((4, None)), nn.AdaptiveMaxPool2d(3), nn.Conv2d(8, 4, 3, 2, 1, dilation=2), nn.Conv2d(8, 4, (1, 5), padding=(0, 2)), nn.ZeroPad2d(2), nn.PixelShuffle(2), nn.Upsample(size=(5, 5)), nn.Dropout2d(), nn.InstanceNorm2d(8), nn.GroupNorm(4, 8), nn.Flatten(2), nn.Softmax(dim=1), nn.Unfold(3) if False else nn.Identity()]:
    print(f"{layer} -> {tuple(layer(x).shape)}")
