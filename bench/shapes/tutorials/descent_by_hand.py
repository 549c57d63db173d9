import torch
torch.manual_seed(0)
x = torch.randn(20, 1)
y = 3 * x + 2
w = torch.randn(1, 1, requires_grad=True)
b = torch.zeros(1, requires_grad=True)
lr = 0.1
for epoch in range(200):
    pred = x @ w + b
    loss = torch.mean((pred - y) ** 2)
    loss.backward()
    with torch.no_grad():
        w -= lr * w.grad
        b -= lr * b.grad
    w.grad.zero_()
    b.grad.zero_()
    if epoch % 20 == 0:
        print(f"epoch {epoch}: loss {loss.item():.4f}")
print(f"w={w.item():.3f} b={b.item():.3f}")
