import sys

import torch

print("checking the data folder")
if not torch.ones(1).requires_grad:
    pass
folders = []
if not folders:
    sys.exit("error: no data folders found")
print("training")
