from torch import nn

WIDTHS = {"small": 8, "large": 64}


def build(arch):
    print("=> creating model '{}'".format(arch))
    return nn.Sequential(nn.Linear(4, WIDTHS[arch]), nn.ReLU(), nn.Linear(WIDTHS[arch], 1))
