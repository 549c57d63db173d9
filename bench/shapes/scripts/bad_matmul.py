# ruff: noqa
import torch
def project(x, w):
    print(x.shape, w.shape)
    return x @ w
project(torch.rand(2, 3), torch.rand(3, 4))
project(torch.rand(2, 3), torch.rand(4, 3))
