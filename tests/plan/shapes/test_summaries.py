"""The tables of torchsummary and torchinfo, line by line as the packages print them."""

from __future__ import annotations

from tests.plan.shapes.reading import printed

NET = (
    "import torch\nfrom torch import nn\n"
    "class Net(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
    "        self.conv = nn.Conv2d(1, 4, 3)\n        self.head = nn.Sequential(nn.Flatten(), nn.Linear(16, 2))\n"
    "    def forward(self, x):\n        return self.head(self.conv(x))\n"
)


def test_a_table_of_torchsummary():
    table = """\
----------------------------------------------------------------
        Layer (type)               Output Shape         Param #
================================================================
            Conv2d-1              [-1, 4, 2, 2]              40
           Flatten-2                   [-1, 16]               0
            Linear-3                    [-1, 2]              34
================================================================
Total params: 74
Trainable params: 74
Non-trainable params: 0
----------------------------------------------------------------
Input size (MB): 0.00
Forward/backward pass size (MB): 0.00
Params size (MB): 0.00
Estimated Total Size (MB): 0.00
----------------------------------------------------------------
"""
    source = NET + "from torchsummary import summary\nsummary(Net(), (1, 4, 4), device='cpu')\n"
    assert printed(source) == table


def test_a_table_of_torchinfo_says_what_is_frozen_and_what_lies_below():
    table = """\
==========================================================================================
Layer (type:depth-idx)                   Output Shape              Param #
==========================================================================================
Net                                      [5, 2]                    --
├─Conv2d: 1-1                            [5, 4, 2, 2]              (40)
├─Sequential: 1-2                        [5, 2]                    34
==========================================================================================
Total params: 74
Trainable params: 34
Non-trainable params: 40
Total mult-adds (M): 0.00
==========================================================================================
Input size (MB): 0.00
Forward/backward pass size (MB): 0.00
Params size (MB): 0.00
Estimated Total Size (MB): 0.00
==========================================================================================
"""
    source = NET + (
        "import torchinfo\nnet = Net()\nnet.conv.requires_grad_(False)\n"
        "torchinfo.summary(net, (5, 1, 4, 4), depth=1)\nprint(net.training)\n"
    )
    assert printed(source, python=(3, 9)) == table + "True\n"


def test_a_model_whose_shapes_are_not_known_has_no_table():
    source = NET + (
        "import torchinfo\nfrom elsewhere import Part\nnet = Net()\nnet.head = Part()\n"
        "s = torchinfo.summary(net, (5, 1, 4, 4), verbose=0)\nprint('end')\n"
    )
    assert printed(source) == "end\n"
