"""Stands in for torchvision in real runs: drawn data that a small network learns and a linear one does not."""

from . import datasets as datasets
from . import transforms as transforms
