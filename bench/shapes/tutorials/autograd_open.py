import torch
w = torch.tensor([1.0, 2.0], requires_grad=True)
opt = torch.optim.SGD([w], lr=0.1)
loss = (w * 2).sum()
loss.backward()
opt.step()
print(w)
v = torch.ones(3, requires_grad=True)
@torch.no_grad()
def f(a):
    return a * 2
u = v * 2
print(f(v))
print(u)
model = torch.nn.Linear(3, 1)
out = model(v)
out.backward()
print(v.grad)
k = torch.ones(2, requires_grad=True)
k2 = k.cuda() if torch.cuda.is_available() else k
print(k2, k.to(torch.float64), k.double(), k.T)
s = torch.zeros(2)
s += k
print(s)
for i in k:
    print(i)
print(torch.tensor([1., 2.]).requires_grad_())
print(k.data, k.detach())
