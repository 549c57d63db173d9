"""What a layer raises of tensors on another device, of another type, or too few."""

from __future__ import annotations

import pytest

from llm_kernel.plan import plan
from tests.plan.shapes.reading import printed

HEAD = "import torch\nfrom torch import nn\nimport torch.nn.functional as F\n"
NET = "net = nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.Linear(8, 3))\n"


def fault(source: str, version: str = "1.13.0", gpus: int = 1) -> str:
    found = plan(HEAD + source, facts={"torch.__version__": version, "torch.cuda.is_available()": gpus > 0})
    assert found is not None
    return f"{found.fault.kind}: {found.fault.text}" if found.fault else ""


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("nn.Linear(4, 2).cuda()(torch.zeros(3, 4))",
         "RuntimeError: Expected all tensors to be on the same device, but found at least two devices, cuda:0 and cpu! "
         "(when checking argument for argument mat1 in method wrapper_CUDA_addmm)"),
        ("nn.Conv2d(1, 2, 3).to('cuda')(torch.zeros(1, 1, 8, 8))",
         "RuntimeError: Input type (torch.FloatTensor) and weight type (torch.cuda.FloatTensor) should be the same or "
         "input should be a MKLDNN tensor and weight is a dense tensor"),
        ("nn.Conv2d(1, 2, 3)(torch.zeros(1, 1, 8, 8).cuda())",
         "RuntimeError: Input type (torch.cuda.FloatTensor) and weight type (torch.FloatTensor) should be the same"),
        ("torch.ones(3, device='cuda') + torch.ones(3)",
         "RuntimeError: Expected all tensors to be on the same device, but found at least two devices, "
         "cuda:0 and cpu!"),
        ("F.cross_entropy(torch.zeros(3, 4).cuda(), torch.tensor([0, 1, 2]))",
         "RuntimeError: Expected all tensors to be on the same device, but found at least two devices, cuda:0 and cpu! "
         "(when checking argument for argument target in method wrapper_CUDA_nll_loss_forward)"),
        ("nn.Linear(4, 2)(torch.zeros(3, 4).double())",
         "RuntimeError: mat1 and mat2 must have the same dtype, but got Double and Float"),
        (NET + "net(torch.zeros(1, 4))",
         "ValueError: Expected more than 1 value per channel when training, got input size torch.Size([1, 8])"),
    ],
)  # fmt: skip
def test_a_layer_says_what_does_not_fit(source, text):
    assert fault(source, "2.1.0") == text


@pytest.mark.parametrize(
    "source",
    [
        NET + "net.eval()\nnet(torch.zeros(1, 4))",
        NET + "net.double()(torch.zeros(2, 4).double())",
        NET + "net = nn.DataParallel(net).cuda()\nnet.eval()\nnet(torch.zeros(1, 4).cuda())",
        "d = torch.device('cuda' if torch.cuda.is_available() else 'cpu')\n"
        + NET
        + "net.to(d)\nx = torch.zeros(2, 4, device=d)\nF.cross_entropy(net(x.to(d)), torch.tensor([1, 2]).to(d))",
        "x = torch.ones(3).cuda() * torch.tensor(2.0)",
        "class P(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
        "        self.register_buffer('pe', torch.zeros(5, 4))\n    def forward(self, x):\n        return x + self.pe\n"
        "P().cuda()(torch.zeros(5, 4).cuda())",
        NET + "net.to(0)\nfor x in [torch.zeros(2, 4), torch.zeros(2, 4)]:\n    x = x.to(0)\n    net(x)",
        NET + "net.cuda(0)(torch.zeros(2, 4).cuda(None))",
        NET + "import mystery\nnet = mystery.prepare(net)\nnet(torch.zeros(2, 4).cuda())",
        NET + "import mystery\nmystery.move(net)\nnet(torch.zeros(2, 4).cuda())",
    ],
)
def test_what_fits_raises_nothing(source):
    assert fault(source, "2.1.0") == ""


def test_a_device_knows_its_type_and_its_index():
    source = HEAD + (
        "d = torch.device('cuda' if torch.cuda.is_available() else 'cpu')\n"
        "print(d, d.type, d.index, d.type == 'cuda')\n"
        "print([torch.device('cuda', 1), torch.device('cpu')], torch.device(0))\n"
        "print(torch.zeros(2).to(torch.device(1)).device)\n"
        "print(torch.accelerator.current_accelerator().type, torch.accelerator.device_count())\n"
    )
    facts = {"torch.cuda.is_available()": True, "torch.cuda.device_count()": 2}
    assert printed(source, **facts) == (
        "cuda cuda None True\n[device(type='cuda', index=1), device(type='cpu')] cuda:0\ncuda:1\ncuda 2\n"
    )


def test_hooks_see_every_layer_until_they_are_removed():
    source = HEAD + (
        "net = nn.Sequential(nn.Linear(4, 8), nn.ReLU())\n"
        "def hook(m, i, o):\n    print(m.__class__.__name__, tuple(i[0].shape), tuple(o.shape))\n"
        "held = [each.register_forward_hook(hook) for each in net]\nnet(torch.zeros(2, 4))\n"
        "for each in held:\n    each.remove()\nnet(torch.zeros(2, 4))\nprint('quiet')\n"
    )
    assert printed(source) == "Linear (2, 4) (2, 8)\nReLU (2, 8) (2, 8)\nquiet\n"


def test_a_module_that_moves_keeps_its_tied_weights():
    source = HEAD + (
        "e, h = nn.Embedding(9, 4), nn.Linear(4, 9, bias=False)\nh.weight = e.weight\n"
        "net = nn.Sequential(e, h).double()\nprint(len(list(net.parameters())), net[1].weight.dtype)\n"
    )
    assert printed(source) == "1 torch.float64\n"


def test_a_machine_without_gpus_says_so():
    text = "RuntimeError: Found no NVIDIA driver on your system. "
    assert fault("nn.Linear(2, 2).to('cuda')", gpus=0).startswith(text)
    assert fault("torch.ones(2).cuda()", gpus=0).startswith(text)
    assert fault("torch.ones(2).cuda()", "2.1.0+cpu", gpus=0) == "AssertionError: Torch not compiled with CUDA enabled"
