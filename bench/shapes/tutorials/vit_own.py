# ruff: noqa
import torch
from torch import nn
class PatchEmbedding(nn.Module):
    def __init__(self, in_channels=3, patch_size=16, emb_size=768, img_size=224):
        super().__init__()
        self.patch_size = patch_size
        self.proj = nn.Conv2d(in_channels, emb_size, patch_size, stride=patch_size)
        self.cls_token = nn.Parameter(torch.zeros(1, 1, emb_size))
        self.positions = nn.Parameter(torch.randn((img_size // patch_size) ** 2 + 1, emb_size))
    def forward(self, x):
        b, _, _, _ = x.shape
        x = self.proj(x).flatten(2).transpose(1, 2)
        cls_tokens = self.cls_token.expand(b, -1, -1)
        x = torch.cat([cls_tokens, x], dim=1)
        x += self.positions
        return x
class ResidualAdd(nn.Module):
    def __init__(self, fn):
        super().__init__()
        self.fn = fn
    def forward(self, x, **kwargs):
        res = x
        x = self.fn(x, **kwargs)
        x += res
        return x
class MHA(nn.Module):
    def __init__(self, d, h):
        super().__init__()
        self.att = nn.MultiheadAttention(d, h, batch_first=True)
    def forward(self, x):
        return self.att(x, x, x)[0]
class Block(nn.Sequential):
    def __init__(self, d=192, h=3, expansion=4):
        super().__init__(
            ResidualAdd(nn.Sequential(nn.LayerNorm(d), MHA(d, h))),
            ResidualAdd(nn.Sequential(nn.LayerNorm(d), nn.Sequential(nn.Linear(d, expansion * d), nn.GELU(), nn.Linear(expansion * d, d)))))
class ViT(nn.Sequential):
    def __init__(self, depth=2, d=192, n_classes=10):
        super().__init__()
        self.patch = PatchEmbedding(emb_size=d, img_size=64)
        self.blocks = nn.Sequential(*[Block(d) for _ in range(depth)])
        self.norm = nn.LayerNorm(d)
        self.head = nn.Linear(d, n_classes)
    def forward(self, x):
        x = self.patch(x)
        print("tokens", x.shape)
        x = self.blocks(x)
        return self.head(self.norm(x[:, 0]))
vit = ViT()
print(vit(torch.randn(2, 3, 64, 64)).shape)
print(sum(p.numel() for p in vit.parameters()))
print(vit.blocks[0])
print([n for n, _ in vit.named_parameters()][:5])
