import torch
import torch.nn as nn

latent, real_dim, batch = 8, 2, 32
num_epochs, steps_per_epoch = 3, 10
G = nn.Sequential(nn.Linear(latent, 16), nn.ReLU(), nn.Linear(16, real_dim))
D = nn.Sequential(nn.Linear(real_dim, 16), nn.LeakyReLU(0.2), nn.Linear(16, 1), nn.Sigmoid())
bce = nn.BCELoss()
opt_g = torch.optim.Adam(G.parameters(), lr=2e-4, betas=(0.5, 0.999))
opt_d = torch.optim.Adam(D.parameters(), lr=2e-4, betas=(0.5, 0.999))
print(G)
print("Starting Training Loop...")
for epoch in range(num_epochs):
    for i in range(steps_per_epoch):
        real = torch.randn(batch, real_dim) + 3
        D.zero_grad()
        out = D(real).view(-1)
        err_real = bce(out, torch.ones(batch))
        D_x = out.mean().item()
        fake = G(torch.randn(batch, latent))
        out = D(fake.detach()).view(-1)
        err_fake = bce(out, torch.zeros(batch))
        D_G_z1 = out.mean().item()
        errD = err_real + err_fake
        errD.backward()
        opt_d.step()
        G.zero_grad()
        out = D(fake).view(-1)
        errG = bce(out, torch.ones(batch))
        errG.backward()
        D_G_z2 = out.mean().item()
        opt_g.step()
        if i % 5 == 0:
            print('[%d/%d][%d/%d]\tLoss_D: %.4f\tLoss_G: %.4f\tD(x): %.4f\tD(G(z)): %.4f / %.4f'
                  % (epoch, num_epochs, i, steps_per_epoch, errD.item(), errG.item(), D_x, D_G_z1, D_G_z2))
