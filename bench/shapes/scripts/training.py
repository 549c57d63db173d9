# ruff: noqa
import torch
import torch.nn as nn
import torch.optim as optim

torch.manual_seed(1)
X, y = torch.randn(100, 4), torch.randint(0, 3, (100,))
model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 3))
optimizer = optim.SGD(model.parameters(), lr=0.1)
criterion = nn.CrossEntropyLoss()
for epoch in range(3):
    for i in range(0, len(X), 32):
        xb, yb = X[i:i + 32], y[i:i + 32]
        optimizer.zero_grad()
        out = model(xb)
        loss = criterion(out, yb)
        loss.backward()
        optimizer.step()
        print(epoch, i, tuple(xb.shape), tuple(out.shape), loss.shape)
print(model[0].weight.grad.shape, model[0].weight.shape)
with torch.no_grad():
    pred = model(X).argmax(1)
    print(pred.shape, pred.dtype)
