import torch

for epoch in range(10)
    print(f"epoch {epoch}")
