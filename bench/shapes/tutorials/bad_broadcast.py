# ruff: noqa
import torch
try:
    torch.ones(3) + torch.ones(4)
except RuntimeError as e:
    print(e)
try:
    torch.ones(2, 3) @ torch.ones(2, 3)
except RuntimeError as err:
    print("Error:", err)
try:
    torch.ones(2, 3).reshape(4, 2)
except RuntimeError as err:
    print(f"{err}")
try:
    torch.ones(4, 3).permute(0, 1, 2)
except RuntimeError as err:
    print(err)
try:
    torch.ones(4, 3).transpose(0, 2)
except IndexError as err:
    print(err)
try:
    torch.ones(4, 3).squeeze(3)
except IndexError as err:
    print(err)
try:
    torch.ones(4)[5]
except IndexError as err:
    print(err)
try:
    torch.ones(4, 2)[:, 3]
except IndexError as err:
    print(err)
try:
    torch.ones(4, 2)[0, 0, 0]
except IndexError as err:
    print(err)
try:
    torch.ones(4, 3).view(3, -1, 5)
except RuntimeError as err:
    print(err)
try:
    torch.ones(4, 3).T.view(12)
except RuntimeError as err:
    print(err)
try:
    torch.bmm(torch.ones(2, 3, 4), torch.ones(2, 5, 3))
except RuntimeError as err:
    print(err)
try:
    torch.cat([torch.ones(2, 3), torch.ones(3)])
except RuntimeError as err:
    print(err)
try:
    torch.tensor([[1, 2], [3]])
except ValueError as err:
    print(err)
try:
    torch.ones(6).split([2, 3])
except RuntimeError as err:
    print(err)
try:
    torch.ones(2, 3).expand(4, 3)
except RuntimeError as err:
    print(err)
try:
    torch.arange(3).mean()
except RuntimeError as err:
    print(err)
try:
    torch.ones(2, 3).mm(torch.ones(2, 3))
except RuntimeError as err:
    print(err)
try:
    torch.ones(3).dot(torch.ones(4))
except RuntimeError as err:
    print(err)
x = torch.ones(2, 3)
x[0] = torch.ones(4)
