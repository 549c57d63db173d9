# ruff: noqa
import numpy as np
np.random.seed(1)
def sigmoid(x):
    return 1 / (1 + np.exp(-x))
X = np.array([[0, 0, 1], [0, 1, 1], [1, 0, 1], [1, 1, 1]])
y = np.array([[0, 1, 1, 0]]).T
print(X.shape, y.shape, y.T)
W1 = 2 * np.random.random((3, 4)) - 1
W2 = 2 * np.random.random((4, 1)) - 1
print(W1)
for j in range(1001):
    l1 = sigmoid(X @ W1)
    l2 = sigmoid(l1 @ W2)
    err = y - l2
    if j % 200 == 0:
        print("Error:" + str(np.mean(np.abs(err))))
    d2 = err * l2 * (1 - l2)
    d1 = d2.dot(W2.T) * l1 * (1 - l1)
    W2 += l1.T.dot(d2)
    W1 += X.T.dot(d1)
print("Output After Training:")
print(l2)
rng = np.random.default_rng(0)
A = rng.standard_normal((3, 3))
print(np.round(A, 3))
print(np.linalg.det(A).round(4), np.linalg.matrix_rank(A))
u, s, vt = np.linalg.svd(A)
print(u.shape, s.round(3), vt.shape)
print(np.round(np.linalg.inv(A) @ A, 6))
x = np.linspace(0, 1, 5)
print(x, x.mean(), x.std(), np.percentile(x, 75))
print(np.eye(3)[[0, 2, 1]], np.argsort([3, 1, 2]))
M = np.arange(12).reshape(3, 4)
print(M[:, 1:3], M.sum(axis=0), M.max(axis=1), M[M % 2 == 0])
print(np.where(M > 5, 1, 0), np.unique([1, 2, 2, 3], return_counts=True))
print(np.vstack([M, M]).shape, np.hstack([M, M]).shape, np.concatenate([M, M], axis=1).shape)
print(np.dot([1, 2, 3], [4, 5, 6]), np.cumsum([1, 2, 3]), np.prod([1, 2, 3, 4]))
