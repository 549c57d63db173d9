# ruff: noqa
import torch
import torch.nn as nn
class CausalConv1d(nn.Module):
    def __init__(self, i, o, k, dilation):
        super().__init__()
        self.pad = (k - 1) * dilation
        self.conv = nn.Conv1d(i, o, k, padding=self.pad, dilation=dilation)
    def forward(self, x):
        x = self.conv(x)
        return x[:, :, :-self.pad] if self.pad else x
class TCN(nn.Module):
    def __init__(self, channels, k=2):
        super().__init__()
        layers = []
        for i, (a, b) in enumerate(zip(channels, channels[1:])):
            layers += [CausalConv1d(a, b, k, 2 ** i), nn.ReLU()]
        self.net = nn.Sequential(*layers)
        self.out = nn.Conv1d(channels[-1], 1, 1)
    def forward(self, x):
        return self.out(self.net(x))
m = TCN([1, 8, 16, 16])
print(m)
x = torch.randn(4, 1, 100)
print(m(x).shape, m(x).squeeze(1).shape)
receptive = 1 + sum((2 - 1) * 2 ** i for i in range(3))
print("receptive field", receptive)
w = x.unfold(2, 20, 10)
print(w.shape, w.reshape(-1, 20).shape)
glu = nn.GLU(dim=1)
print(glu(torch.randn(2, 8, 5)).shape, glu)
print(torch.stft(torch.randn(400), n_fft=64, hop_length=16, return_complex=True).shape)
print(torch.fft.rfft(torch.randn(128)).shape)
wn = nn.utils.weight_norm(nn.Linear(20, 40), name='weight')
print(wn, wn.weight_g.size(), wn.weight_v.size())
sn = nn.utils.spectral_norm(nn.Linear(20, 40))
print(sn, sn.weight_u.size())
