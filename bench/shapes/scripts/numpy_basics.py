# ruff: noqa
import numpy as np
a = np.arange(12).reshape(3, 4)
print(a, a.shape, a.dtype)
print(a.sum(), a.sum(axis=0), a.mean(axis=1), a.std())
print(a[1:, :2], a[:, -1], a[a % 2 == 0], a.T)
w = np.array([0.2, 0.3, 0.5])
x = np.array([1.0, 2.0, 3.0])
print(np.dot(w, x), w * x, x / w, x ** 2, np.exp(w), np.log(x))
m = np.eye(3) * 2
m[0, 2] = 7
print(m, np.linalg.det(m), m @ x)
print(np.linspace(0, 1, 5), np.zeros((2, 2)), np.ones(3), np.concatenate([w, x]))
print(np.argmax(x), np.where(x > 1, x, 0), np.clip(x, 1.5, 2.5), np.sort(np.array([3, 1, 2])))
for i, row in enumerate(a):
    print(i, row, row.max())
mse = ((x - w) ** 2).mean()
print(f"MSE: {mse:.4f}")
