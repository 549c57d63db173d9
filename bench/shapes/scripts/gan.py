# ruff: noqa
import torch
import torch.nn as nn

nz, ngf, nc = 100, 64, 3

class Generator(nn.Module):
    def __init__(self):
        super().__init__()
        self.main = nn.Sequential(
            nn.ConvTranspose2d(nz, ngf * 8, 4, 1, 0, bias=False), nn.BatchNorm2d(ngf * 8), nn.ReLU(True),
            nn.ConvTranspose2d(ngf * 8, ngf * 4, 4, 2, 1, bias=False), nn.BatchNorm2d(ngf * 4), nn.ReLU(True),
            nn.ConvTranspose2d(ngf * 4, nc, 4, 2, 1, bias=False), nn.Tanh())

    def forward(self, x):
        return self.main(x)

def weights_init(m):
    classname = m.__class__.__name__
    if classname.find("Conv") != -1:
        nn.init.normal_(m.weight.data, 0.0, 0.02)
    elif classname.find("BatchNorm") != -1:
        nn.init.normal_(m.weight.data, 1.0, 0.02)
        nn.init.constant_(m.bias.data, 0)

G = Generator()
G.apply(weights_init)
print(G)
D = nn.Sequential(nn.Conv2d(nc, 64, 4, 2, 1), nn.LeakyReLU(0.2, inplace=True), nn.Conv2d(64, 1, 8), nn.Flatten(), nn.Sigmoid())
fake = G(torch.randn(16, nz, 1, 1))
print(fake.shape, D(fake).shape, D(fake.detach()).view(-1).shape)
print("G", sum(p.numel() for p in G.parameters()), "D", sum(p.numel() for p in D.parameters()))
