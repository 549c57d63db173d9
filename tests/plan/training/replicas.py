# ruff: noqa
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 4)
        self.printed = False

    def forward(self, x):
        if not self.printed:
            print("inside:", x.shape)
            self.printed = True
        return self.fc(x)


loader = DataLoader(TensorDataset(torch.randn(128, 4)), batch_size=32)
model = Block()
if torch.cuda.device_count() > 1:
    print("Using", torch.cuda.device_count(), "GPUs")
    model = nn.DataParallel(model)
for epoch in range(2):
    for (x,) in loader:
        out = model(x)
    print(f"epoch {epoch} done")
