# ruff: noqa
import numpy as np
a = np.ones((3, 4))
b = np.ones((2, 5))
print(a.shape, b.shape)
print(a @ b)
