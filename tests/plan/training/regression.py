# ruff: noqa
import numpy as np

rng = np.random.default_rng(0)
X = rng.normal(size=(200, 3))
y = X @ np.array([1.0, -2.0, 0.5]) + 0.3
w, b, lr = np.zeros(3), 0.0, 0.1
for step in range(1000):
    error = X @ w + b - y
    w -= lr * X.T @ error / len(y)
    b -= lr * error.mean()
    if step % 100 == 0:
        print(f"step {step:4d} mse {np.mean(error ** 2):.6f}")
print("weights:", w)
print("bias:", round(b, 3))
