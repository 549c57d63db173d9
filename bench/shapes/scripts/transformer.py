# ruff: noqa
import torch
import torch.nn as nn

class Model(nn.Module):
    def __init__(self, tokens, d, heads, hidden, layers):
        super().__init__()
        self.embed = nn.Embedding(tokens, d)
        layer = nn.TransformerEncoderLayer(d, heads, hidden, 0.1)
        self.encoder = nn.TransformerEncoder(layer, layers)
        self.decoder = nn.Linear(d, tokens)

    def forward(self, src, mask):
        x = self.embed(src) * 8
        x = self.encoder(x, mask)
        return self.decoder(x)

model = Model(1000, 64, 2, 128, 2)
mask = torch.triu(torch.ones(35, 35) * float("-inf"), diagonal=1)
out = model(torch.randint(0, 1000, (35, 20)), mask)
print(out.shape, out.view(-1, 1000).shape)
print(model)
print(sum(p.numel() for p in model.parameters()))
