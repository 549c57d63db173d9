# ruff: noqa
import torch
from torch import nn
from collections import OrderedDict
class MoE(nn.Module):
    def __init__(self, dim, n, k=2):
        super().__init__()
        self.gate = nn.Linear(dim, n, bias=False)
        self.experts = nn.ModuleList([nn.Sequential(OrderedDict([("up", nn.Linear(dim, 4 * dim)), ("act", nn.SiLU()), ("down", nn.Linear(4 * dim, dim))])) for _ in range(n)])
        self.k = k
    def forward(self, x):
        scores = self.gate(x).softmax(-1)
        w, idx = torch.topk(scores, self.k, dim=-1)
        print("w", w.shape, "idx", idx.shape, idx.dtype)
        out = torch.zeros_like(x)
        for e, expert in enumerate(self.experts):
            y = expert(x)
            out = out + y * (idx == e).any(-1, keepdim=True)
        return out
m = MoE(16, 4)
print(m)
print(m(torch.randn(8, 16)).shape)
heads = nn.ModuleDict({"cls": nn.Linear(16, 3), "box": nn.Linear(16, 4)})
for name, h in heads.items():
    print(name, h(torch.randn(8, 16)).shape)
print(heads, "cls" in heads, list(heads.keys()))
pl = nn.ParameterList([nn.Parameter(torch.randn(2, 3)) for _ in range(2)])
print(pl, len(pl))
m.experts.append(nn.Identity())
print(len(m.experts), m.experts[-1], type(m.experts[0].act))
del m.gate
print([n for n, _ in m.named_children()])
seq = nn.Sequential(nn.Linear(2, 3), nn.Tanh())
seq.add_module("last", nn.Linear(3, 1))
print(seq, seq[-1].out_features, seq.last.in_features)
seq[1] = nn.ELU()
print(seq[1], len(seq), seq[:2])
