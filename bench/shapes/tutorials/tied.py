# ruff: noqa
import torch
import torch.nn as nn

class LM(nn.Module):
    def __init__(self, vocab=1000, dim=64):
        super().__init__()
        self.tok = nn.Embedding(vocab, dim)
        self.drop = nn.Dropout(0.1)
        self.rnn = nn.LSTM(dim, dim, num_layers=2, batch_first=True)
        self.head = nn.Linear(dim, vocab, bias=False)
        self.head.weight = self.tok.weight
    def forward(self, x):
        h, _ = self.rnn(self.drop(self.tok(x)))
        return self.head(h)

m = LM()
print(m)
print(sum(p.numel() for p in m.parameters()))
print(m.head.weight is m.tok.weight, len(list(m.parameters())), len(m.state_dict()))
for n, p in m.named_parameters():
    print(n, tuple(p.shape))
print([n for n, _ in m.named_children()])
print(m(torch.randint(0, 1000, (2, 5))).shape)
enc = nn.Linear(10, 4, bias=False)
dec = nn.Linear(4, 10, bias=False)
dec.weight = nn.Parameter(enc.weight.t())
ae = nn.Sequential(enc, nn.ReLU(), dec)
print(sum(p.numel() for p in ae.parameters()), ae(torch.ones(1, 10)).shape)
shared = nn.Linear(6, 6)
stack = nn.Sequential(shared, nn.Tanh(), shared)
print(stack)
print(sum(p.numel() for p in stack.parameters()), len(list(stack.modules())), len(stack))
