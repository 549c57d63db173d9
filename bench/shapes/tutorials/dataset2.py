# ruff: noqa
import torch
from torch.utils.data import Dataset, DataLoader, TensorDataset, random_split, Subset, ConcatDataset
class Squares(Dataset):
    def __init__(self, n):
        self.x = torch.arange(n, dtype=torch.float32)
    def __len__(self):
        return len(self.x)
    def __getitem__(self, i):
        return self.x[i], self.x[i] ** 2
ds = Squares(10)
print(len(ds), ds[3])
for i, (a, b) in enumerate(DataLoader(ds, batch_size=4)):
    print(i, a, b)
dl = DataLoader(ds, batch_size=4, drop_last=True, shuffle=True)
print(len(dl), len(dl.dataset), dl.batch_size)
train, val = random_split(ds, [7, 3])
print(len(train), len(val))
td = TensorDataset(torch.randn(100, 5), torch.randint(0, 2, (100,)))
for xb, yb in DataLoader(td, batch_size=64):
    print(xb.shape, yb.shape)
x0, y0 = td[0]
print(x0.shape, y0.dtype)
sub = Subset(ds, [0, 2, 4])
print(len(sub), sub[1])
print(len(ConcatDataset([ds, sub])))
xb, yb = next(iter(DataLoader(td, batch_size=16)))
print(f"Feature batch shape: {xb.size()}")
print(f"Labels batch shape: {yb.size()}")
def collate(batch):
    xs, ys = zip(*batch)
    return torch.stack(xs), torch.stack(ys)
for a, b in DataLoader(ds, batch_size=5, collate_fn=collate):
    print(a.shape, b.sum())
