import torch
x = torch.tensor(2.0, requires_grad=True)
print(x, x.grad)
y = x**2 + 3*x
print(y)
y.backward()
print(x.grad)
w = torch.tensor([1.0, 2.0], requires_grad=True)
b = torch.zeros(1, requires_grad=True)
X = torch.tensor([[1., 2.], [3., 4.], [5., 6.]])
t = torch.tensor([1., 2., 3.])
for epoch in range(5):
    p = X @ w + b
    loss = ((p - t)**2).mean()
    loss.backward()
    with torch.no_grad():
        w -= 0.01 * w.grad
        b -= 0.01 * b.grad
        w.grad.zero_()
        b.grad.zero_()
    print(epoch, f"{loss:.4f}")
print(w, b, p)
a = torch.tensor([2., 3.], requires_grad=True)
c = torch.tensor([6., 4.], requires_grad=True)
Q = 3*a**3 - c**2
Q.backward(gradient=torch.tensor([1., 1.]))
print(a.grad, c.grad)
print(9*a**2 == a.grad)
print(-2*c == c.grad)
print(a.requires_grad, Q.requires_grad, Q.detach().requires_grad)
z = torch.sigmoid(a).sum()
print(z, torch.relu(a - 2.5), torch.exp(a), a.mean(), 1 - a, 2 / a, a / 2, -a)
m = torch.ones(2, 2, requires_grad=True)
o = (m + 2) * (m + 2) * 3
print(o, o.mean())
o.mean().backward()
print(m.grad)
print(m @ m, m.t(), m.view(4))
print(torch.softmax(a, 0), a[0])
try:
    o.backward()
except RuntimeError as e:
    print("E", e)
try:
    m += 1
except RuntimeError as e:
    print("E", e)
with torch.no_grad():
    n = m * 2
    print(n, n.requires_grad)
l = torch.nn.functional.mse_loss(a, torch.zeros(2))
print(l)
l.backward()
print(a.grad)
ce = torch.nn.functional.cross_entropy(m, torch.tensor([0, 1]))
print(ce)
