# ruff: noqa
import torch
x = torch.tensor([1, 2, 3])
print(bool((x > 0).all()))
if x > 2:
    print("bigger")
