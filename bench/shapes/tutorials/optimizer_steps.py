import torch
from torch import optim
w = torch.tensor([1.0, -2.0, 3.0], requires_grad=True)
o = optim.SGD([w], lr=0.1)
w.grad = torch.tensor([0.5, 0.5, -1.0])
o.step()
print(w)
w = torch.tensor([1.0, -2.0], requires_grad=True)
o = optim.SGD([w], lr=0.1, momentum=0.9)
for i in range(3):
    o.zero_grad()
    loss = (w ** 2).sum()
    loss.backward()
    o.step()
    print(i, f"{loss.item():.4f}", w.data)
p = torch.tensor([1.0, 2.0], requires_grad=True)
o = optim.Adam([p], lr=0.1)
for i in range(3):
    o.zero_grad()
    loss = ((p - 3) ** 2).sum()
    loss.backward()
    o.step()
    print(i, f"{loss.item():.4f}", p.detach())
o = optim.Adagrad([p], lr=0.5)
(p * p).sum().backward()
o.step()
print("%.4f" % p[0])
x = torch.tensor(5.0, requires_grad=True)
o = torch.optim.SGD([x], lr=0.1)
for step in range(20):
    y = (x - 2) ** 2
    o.zero_grad()
    y.backward()
    o.step()
    if (step + 1) % 5 == 0:
        print("step %d, x = %.4f, y = %.4f" % (step + 1, x.item(), y.item()))
w = torch.zeros(1, requires_grad=True)
b = torch.zeros(1, requires_grad=True)
X = torch.tensor([1.0, 2.0, 3.0, 4.0])
Y = 2 * X + 1
opt = torch.optim.Adam([w, b], lr=0.1)
for epoch in range(1, 101):
    loss = ((X * w + b - Y) ** 2).mean()
    opt.zero_grad()
    loss.backward()
    opt.step()
    if epoch % 20 == 0:
        print(f"epoch {epoch:3d} loss {loss.item():.4f} w {w.item():.3f} b {b.item():.3f}")
print(w, b, w.grad)
torch.manual_seed(3)
X = torch.randn(20, 3)
true = torch.tensor([[1.5], [-2.0], [0.5]])
y = X @ true + 0.3
w = torch.zeros(3, 1, requires_grad=True)
b = torch.zeros(1, requires_grad=True)
opt = torch.optim.SGD([w, b], lr=0.1, momentum=0.5)
sched = torch.optim.lr_scheduler.StepLR(opt, 10, 0.5)
losses = []
for i in range(30):
    pred = X @ w + b
    loss = torch.nn.functional.mse_loss(pred, y)
    opt.zero_grad()
    loss.backward()
    opt.step()
    sched.step()
    losses.append(loss.item())
    if i % 10 == 9:
        print(f"{i+1}: {loss.item():.4f} lr={opt.param_groups[0]['lr']}")
print([round(each, 3) for each in losses[:3]], w.data.flatten(), b.grad.shape)
best = min(losses)
print(f"{best:.4f}", losses.index(best))
with torch.no_grad():
    w -= 0.1
    print(w)
w.data.fill_(2.0)
print(w.data, w.requires_grad)
d = w.detach()
d[0] = 7.0
print(w)
p = torch.tensor([1.0, 2.0], requires_grad=True)
o = torch.optim.RMSprop([{"params": [p], "lr": 0.1}], lr=0.01)
for _ in range(2):
    o.zero_grad(set_to_none=True)
    print(p.grad)
    (p ** 3).sum().backward()
    o.step()
    print(p)
def closure():
    o.zero_grad()
    loss = (p ** 2).sum()
    loss.backward()
    print("closure %.3f" % loss)
    return loss
print("%.3f" % o.step(closure))
