import torch

device = torch.device("cuda")
print("allocating")
batch = torch.zeros(64, 3, 8192, 8192, device=device)
print("allocated", batch.shape)
