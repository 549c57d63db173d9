"""Transforms that leave the picture as it is."""


class _Same:
    def __init__(self, *args, **kwargs):
        pass

    def __call__(self, picture):
        return picture


Compose = ToTensor = Normalize = RandomCrop = RandomHorizontalFlip = Resize = _Same
