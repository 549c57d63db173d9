import json

import torch

print("loading labels")
with open("labels.json") as f:
    labels = json.load(f)
print(len(labels), torch.zeros(1))
