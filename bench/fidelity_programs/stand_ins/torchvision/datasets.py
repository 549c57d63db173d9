"""Data sets of the right length and shape whose pictures are noise; CIFAR says that it is there, as the real one does."""

import torch

_POOL = 512


class _Pictures(torch.utils.data.Dataset):
    shape = (1, 28, 28)
    sizes = (60000, 10000)
    classes = 10

    def __init__(self, root, train=True, transform=None, target_transform=None, download=False):
        self._size = self.sizes[0] if train else self.sizes[1]
        seeded = torch.Generator().manual_seed(0)
        self._pool = torch.rand((_POOL, *self.shape), generator=seeded)
        self.targets = torch.randint(0, self.classes, (_POOL,), generator=seeded).tolist()

    def __len__(self):
        return self._size

    def __getitem__(self, index):
        if index >= self._size:
            raise IndexError(index)
        return self._pool[index % _POOL], self.targets[index % _POOL]


class MNIST(_Pictures):
    pass


class FashionMNIST(_Pictures):
    pass


class CIFAR10(_Pictures):
    shape = (3, 32, 32)
    sizes = (50000, 10000)

    def __init__(self, root, train=True, transform=None, target_transform=None, download=False):
        super().__init__(root, train, transform, target_transform, download)
        if download:
            print("Files already downloaded and verified")
