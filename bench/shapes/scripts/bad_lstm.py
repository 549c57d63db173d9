# ruff: noqa
import torch
import torch.nn as nn
rnn = nn.LSTM(10, 20, batch_first=True)
out, _ = rnn(torch.randn(5, 3, 10))
print(out.shape)
rnn(torch.randn(5, 3, 12))
