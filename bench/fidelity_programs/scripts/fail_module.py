import torch
import torch_sparse_pruning as prune

print("pruning")
prune.run(torch.nn.Linear(2, 2))
