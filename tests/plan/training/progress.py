# ruff: noqa
import torch
from torch import nn
from torch.utils.data import DataLoader
from torchvision import datasets
from tqdm import tqdm, trange

train = DataLoader(datasets.CIFAR100("data", train=True), batch_size=256, drop_last=True)
model = nn.Linear(3072, 100)
for epoch in trange(4, desc="epochs"):
    losses = []
    bar = tqdm(train, desc=f"Epoch {epoch}")
    for x, y in bar:
        loss = nn.functional.cross_entropy(model(x.flatten(1)), y)
        loss.backward()
        losses.append(loss.item())
        bar.set_postfix(loss=loss.item())
    tqdm.write(f"epoch {epoch}: {len(train)} batches, mean loss {sum(losses) / len(losses):.3f}")
