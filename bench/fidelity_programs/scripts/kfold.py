import torch
from torch import nn

K = 4
EPOCHS = 3
torch.manual_seed(0)
X, Y = torch.randn(80, 6), torch.randint(0, 2, (80,)).float()
indices = torch.arange(80)
scores = []
for fold in range(K):
    print(f"FOLD {fold}")
    print("--------------------------------")
    test_mask = indices % K == fold
    model = nn.Linear(6, 1)
    opt = torch.optim.Adam(model.parameters(), lr=0.01)
    for epoch in range(EPOCHS):
        logits = model(X[~test_mask]).squeeze(1)
        loss = nn.functional.binary_cross_entropy_with_logits(logits, Y[~test_mask])
        opt.zero_grad()
        loss.backward()
        opt.step()
        print(f"  epoch {epoch + 1}: loss {loss:.4f}")
    with torch.no_grad():
        guess = (model(X[test_mask]).squeeze(1) > 0).float()
    score = (guess == Y[test_mask]).float().mean().item() * 100
    scores.append(score)
    print(f"  accuracy of fold {fold}: {score:.2f} %")
print("K-FOLD RESULTS")
for fold, score in enumerate(scores):
    print(f"Fold {fold}: {score:.2f} %")
print(f"Average: {sum(scores) / len(scores):.2f} %")
