# ruff: noqa
import torch
from torch.utils.data import DataLoader, Dataset, TensorDataset, random_split

class Squares(Dataset):
    def __init__(self, n):
        self.x = torch.randn(n, 3, 16)
        self.y = torch.randint(0, 4, (n,))

    def __len__(self):
        return len(self.x)

    def __getitem__(self, i):
        return self.x[i], self.y[i]

train, val = random_split(Squares(103), [80, 23])
print(len(train), len(val))
loader = DataLoader(train, batch_size=32, shuffle=True)
for i, (x, y) in enumerate(loader):
    print(i, x.shape, y.shape, len(x))
xb, yb = next(iter(DataLoader(val, batch_size=8)))
print(xb.shape, yb.dtype)
total = 0
for x, y in DataLoader(val, batch_size=8, drop_last=True):
    total += y.size(0)
print(total)
ds = TensorDataset(torch.rand(10, 2), torch.rand(10, 1))
print(len(ds), len(DataLoader(ds, 4)))
for a, b in DataLoader(ds, 4):
    print(tuple(a.shape), tuple(b.shape))
