import torch
import torch.nn as nn


class Block(nn.Module):
    def __init__(self, width, index):
        super().__init__()
        self.linear = nn.Linear(width, width)
        self.index = index

    def forward(self, x):
        y = torch.relu(self.linear(x))
        print(f"  block {self.index}: {tuple(x.shape)} -> {tuple(y.shape)}")
        return x + y


class Stack(nn.Module):
    def __init__(self, width=16, depth=3):
        super().__init__()
        self.blocks = nn.ModuleList([Block(width, i) for i in range(depth)])
        self.head = nn.Linear(width, 2)

    def forward(self, x):
        for block in self.blocks:
            x = block(x)
        return self.head(x)


torch.manual_seed(0)
net = Stack()
opt = torch.optim.Adam(net.parameters())
x = torch.randn(32, 16)
y = torch.randint(0, 2, (32,))
for step in range(4):
    print("step", step)
    out = net(x)
    loss = nn.functional.cross_entropy(out, y)
    opt.zero_grad()
    loss.backward()
    opt.step()
    print("  loss %.4f" % loss.item())
print("output shape:", out.shape)
