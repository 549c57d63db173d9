"""``MNIST``: 3,000 pictures for training and 1,000 for test, clusters of few dimensions laid into 28 by 28 pixels."""

import torch


class MNIST(torch.utils.data.Dataset):
    """Ten classes of five clusters each."""

    def __init__(self, root, train=True, download=False, transform=None):
        draw = torch.Generator().manual_seed(7)
        centres = torch.randn(50, 8, generator=draw) * 1.6
        spread = torch.randn(8, 784, generator=draw) / 8**0.5
        count = 3000 if train else 1000
        draw.manual_seed(8 if train else 9)
        which = torch.randint(0, 50, (count,), generator=draw)
        points = centres[which] + 0.55 * torch.randn(count, 8, generator=draw)
        self.data = (points @ spread + 0.2 * torch.randn(count, 784, generator=draw)).reshape(count, 1, 28, 28)
        self.targets = which % 10

    def __len__(self):
        return len(self.data)

    def __getitem__(self, index):
        return self.data[index], int(self.targets[index])
