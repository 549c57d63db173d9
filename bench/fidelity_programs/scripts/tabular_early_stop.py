import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, random_split


class EarlyStopping:
    def __init__(self, patience=5, min_delta=0.0):
        self.patience = patience
        self.min_delta = min_delta
        self.counter = 0
        self.best_loss = None
        self.early_stop = False

    def __call__(self, val_loss):
        if self.best_loss is None:
            self.best_loss = val_loss
        elif val_loss > self.best_loss - self.min_delta:
            self.counter += 1
            print(f"EarlyStopping counter: {self.counter} out of {self.patience}")
            if self.counter >= self.patience:
                self.early_stop = True
        else:
            self.best_loss = val_loss
            self.counter = 0


def make_data(n=600, seed=7):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, 10)).astype("float32")
    y = (x[:, 0] * x[:, 1] + x[:, 2] > 0).astype("int64")
    return TensorDataset(torch.from_numpy(x), torch.from_numpy(y))


def evaluate(model, loader, criterion):
    model.eval()
    losses, hits, seen = [], 0, 0
    with torch.no_grad():
        for xb, yb in loader:
            out = model(xb)
            losses.append(criterion(out, yb).item())
            hits += int((out.argmax(1) == yb).sum())
            seen += len(yb)
    return np.mean(losses), hits / seen


def main():
    data = make_data()
    train_set, val_set = random_split(data, [480, 120], generator=torch.Generator().manual_seed(0))
    train_loader = DataLoader(train_set, batch_size=32, shuffle=True)
    val_loader = DataLoader(val_set, batch_size=64)
    print("training on %d rows, validating on %d" % (len(train_set), len(val_set)))
    model = nn.Sequential(nn.Linear(10, 32), nn.ReLU(), nn.Dropout(0.2), nn.Linear(32, 2))
    criterion = nn.CrossEntropyLoss()
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
    stopper = EarlyStopping(patience=3)
    max_epochs = 40
    for epoch in range(1, max_epochs + 1):
        model.train()
        for xb, yb in train_loader:
            optimizer.zero_grad()
            loss = criterion(model(xb), yb)
            loss.backward()
            optimizer.step()
        val_loss, val_acc = evaluate(model, val_loader, criterion)
        print(f"epoch {epoch:2d} val_loss {val_loss:.4f} val_acc {val_acc:.3f}")
        stopper(val_loss)
        if stopper.early_stop:
            print("Early stopping at epoch", epoch)
            break
    print("Done. Best val loss: {:.4f}".format(stopper.best_loss))


if __name__ == "__main__":
    main()
