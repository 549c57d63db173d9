# ruff: noqa
import torch
import torch.nn.functional as F
image = torch.arange(1., 26.).reshape(1, 1, 5, 5)
kernel = torch.tensor([[1., 0., -1.], [2., 0., -2.], [1., 0., -1.]]).view(1, 1, 3, 3)
print(image)
print(F.conv2d(image, kernel))
print(F.conv2d(image, kernel, padding=1))
print(F.max_pool2d(image, 2), F.avg_pool2d(image, 2, stride=1).shape)
a = torch.tensor([[1., 2.], [3., 4.]])
print(torch.matmul(a, a), a * a, a.sum(), a.mean(0), a.max(1))
print(torch.softmax(torch.tensor([1., 2., 3.]), 0), torch.sigmoid(a), torch.tanh(a))
print(a.T, a.inverse().shape if False else a[1], a > 2, a[a > 2])
print(torch.tensor([1e-8, 1.]), torch.tensor([123456.0, 0.5]), torch.tensor([[1, -20], [300, 4]]))
torch.manual_seed(0)
print(torch.rand(2, 3))
print(torch.randn(4, 4))
