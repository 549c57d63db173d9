"""Stands in for torchvision where only torch is installed: data sets of the right length and shape, filled with noise."""

from torchvision import datasets, transforms  # noqa: F401
