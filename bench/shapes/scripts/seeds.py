# ruff: noqa
import numpy as np
np.random.seed(42)
print(np.random.rand(3))
print(np.random.randn(2, 3).round(3))
print(np.random.randint(0, 100, size=5))
x = np.random.normal(5.0, 2.0, 100)
print(x.shape, x.mean(), x.std(), x.min(), x.max())
data = np.random.uniform(-1, 1, (4, 2))
print(data, data.sum(axis=1))
print(np.random.permutation(6))
