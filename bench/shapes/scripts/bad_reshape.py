# ruff: noqa
import numpy as np
x = np.arange(10)
print(x.reshape(2, 5))
print(x.reshape(3, 4))
