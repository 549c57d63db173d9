import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
from tqdm import tqdm

torch.manual_seed(0)
dataset = TensorDataset(torch.randn(320, 4), torch.randint(0, 3, (320,)))
loader = DataLoader(dataset, batch_size=16, shuffle=True)
model = nn.Linear(4, 3)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
criterion = nn.CrossEntropyLoss()
epochs = 3
for epoch in range(epochs):
    bar = tqdm(loader, desc=f"Epoch {epoch + 1}/{epochs}", leave=False)
    total = 0.0
    for x, y in bar:
        optimizer.zero_grad()
        loss = criterion(model(x), y)
        loss.backward()
        optimizer.step()
        total += loss.item()
        bar.set_postfix(loss=f"{loss.item():.3f}")
    tqdm.write(f"epoch {epoch + 1}: mean loss {total / len(loader):.4f} over {len(loader)} batches")
print("trained for", epochs, "epochs", sep=" ", end=".\n")
