# ruff: noqa
import time

import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset, random_split


class AverageMeter:
    def __init__(self):
        self.reset()

    def reset(self):
        self.sum = 0.0
        self.count = 0
        self.avg = 0.0

    def update(self, value, n=1):
        self.sum += value * n
        self.count += n
        self.avg = self.sum / self.count


class EarlyStopping:
    def __init__(self, patience=5):
        self.patience = patience
        self.counter = 0
        self.best = None
        self.stop = False

    def __call__(self, loss):
        if self.best is None or loss < self.best:
            self.best = loss
            self.counter = 0
        else:
            self.counter += 1
            print(f"EarlyStopping counter: {self.counter} out of {self.patience}")
            if self.counter >= self.patience:
                self.stop = True


class Trainer:
    def __init__(self, model, loaders, epochs=20):
        self.model = model
        self.train_loader, self.val_loader = loaders
        self.epochs = epochs
        self.optimizer = torch.optim.AdamW(model.parameters(), lr=3e-4)
        self.loss = nn.MSELoss()
        self.history = {"train": [], "val": []}

    def run_epoch(self, loader, train=True):
        meter = AverageMeter()
        for x, y in loader:
            loss = self.loss(self.model(x), y)
            if train:
                self.optimizer.zero_grad()
                loss.backward()
                self.optimizer.step()
            meter.update(loss.item(), x.size(0))
        return meter.avg

    def fit(self):
        stopper = EarlyStopping(patience=3)
        for epoch in range(1, self.epochs + 1):
            start = time.time()
            train_loss = self.run_epoch(self.train_loader)
            val_loss = self.run_epoch(self.val_loader, train=False)
            self.history["train"].append(train_loss)
            self.history["val"].append(val_loss)
            print(f"[{epoch:02d}/{self.epochs}] train_loss={train_loss:.4f} val_loss={val_loss:.4f} "
                  f"({time.time() - start:.1f}s)")
            stopper(val_loss)
            if stopper.stop:
                print("Early stopping")
                break
        print(f"best val loss: {min(self.history['val']):.4f}")


data = TensorDataset(torch.randn(1000, 8), torch.randn(1000, 1))
train_set, val_set = random_split(data, [800, 200])
loaders = DataLoader(train_set, batch_size=32, shuffle=True), DataLoader(val_set, batch_size=32)
print(f"train batches: {len(loaders[0])}, val batches: {len(loaders[1])}")
Trainer(nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 1)), loaders).fit()
