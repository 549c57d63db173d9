import itertools

import torch

torch.manual_seed(0)
x = torch.randn(200, 4)
y = (x.sum(1) > 0).long()
results = []
grid = list(itertools.product([0.1, 0.01, 0.001], [16, 64]))
print(f"{len(grid)} configurations")
for run, (lr, batch_size) in enumerate(grid, 1):
    model = torch.nn.Linear(4, 2)
    opt = torch.optim.SGD(model.parameters(), lr=lr)
    for epoch in range(3):
        for i in range(0, len(x), batch_size):
            opt.zero_grad()
            torch.nn.functional.cross_entropy(model(x[i:i + batch_size]), y[i:i + batch_size]).backward()
            opt.step()
    accuracy = (model(x).argmax(1) == y).float().mean().item()
    results.append((accuracy, lr, batch_size))
    print(f"run {run}/{len(grid)}: lr={lr} batch_size={batch_size} accuracy={accuracy:.3f}")
best = max(results)
print("-" * 40)
print(f"{'lr':>8} {'batch':>6} {'accuracy':>9}")
for accuracy, lr, batch_size in sorted(results, reverse=True):
    print(f"{lr:>8} {batch_size:>6} {accuracy:>9.3f}")
print("best: lr=%g, batch_size=%d" % best[1:])
