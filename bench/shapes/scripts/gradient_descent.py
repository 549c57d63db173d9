# ruff: noqa
import numpy as np
X = np.array([1.0, 2.0, 3.0, 4.0])
y = np.array([2.0, 4.0, 6.0, 8.0])
w = 0.0
for epoch in range(10):
    pred = w * X
    loss = ((pred - y) ** 2).mean()
    grad = (2 * X * (pred - y)).mean()
    w -= 0.01 * grad
    print(f"epoch {epoch + 1}: w = {w:.3f}, loss = {loss:.8f}")
print(f"f(5) = {w * 5:.3f}")
