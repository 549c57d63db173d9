# ruff: noqa
import torch, torch.nn as nn
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 4)
        self.bn = nn.BatchNorm1d(4)
    def forward(self, x):
        return self.bn(self.fc(x))
net = Net()
def hook(m, i, o):
    print("hook", o.shape)
h = net.fc.register_forward_hook(hook)
for i in range(3):
    net(torch.randn(2, 4))
h.remove()
for i in range(3):
    net(torch.randn(2, 4))
print("after")
net.eval()
net(torch.randn(1, 4))
net.train()
for x in [torch.randn(2, 4), torch.randn(1, 4)]:
    try:
        print(net(x).shape)
    except ValueError as e:
        print("E", e)
net2 = Net().double()
print(net2(torch.randn(2, 4).double()).dtype)
print(next(net2.parameters()).dtype, net2.fc.weight.dtype)
net.half()
print(net.fc.weight.dtype, net.bn.running_mean.dtype, net.bn.num_batches_tracked.dtype)
net.float()
def change(m, i, o):
    return o * 0
h = net.register_forward_hook(change)
print(net(torch.randn(2, 4)).shape)
class Shower(nn.Module):
    def forward(self, x):
        print(x.shape)
        return x
nn.Sequential(Shower(), nn.Flatten(), Shower())(torch.zeros(2, 3, 4))
net(torch.randn(1, 4))
