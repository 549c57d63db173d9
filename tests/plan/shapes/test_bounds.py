"""Nothing that a script says makes the computation large."""

from __future__ import annotations

import time

import pytest

from llm_kernel.plan import Hole, Literal, plan
from tests.plan.shapes.reading import printed

HOSTILE = [
    "import numpy as np\nprint(np.zeros((10**6, 10**6)).sum())",
    "import numpy as np\nprint(np.arange(10**12).sum())",
    "import numpy as np\na = np.ones(9000)\nprint(np.outer(a, a).sum())",
    "import numpy as np\nprint(np.tile(np.ones(100), (10**5, 10**5)).sum())",
    "import numpy as np\nprint(np.repeat(np.ones(100), 10**9).sum())",
    "import numpy as np\nprint(np.linspace(0, 1, 10**10).sum())",
    "import numpy as np\nprint(np.linalg.matrix_power(np.ones((90, 90)), 10**9))",
    "import numpy as np\na = np.ones((9000, 1))\nprint((a + a.T).sum())",
    "import numpy as np\nprint(np.pad(np.ones(10), 10**9).sum())",
    "import numpy as np\nprint(np.array([2]) ** 10**9)",
    "import numpy as np\nprint(np.kron(np.ones((90, 90)), np.ones((90, 90))).sum())",
    "import numpy as np\nprint(np.broadcast_to(1, (10**6, 10**6)).sum())",
    "import numpy as np\nprint(np.meshgrid(np.ones(9000), np.ones(9000))[0].sum())",
    "import numpy as np\nprint(np.bincount([10**9]))",
    "import numpy as np\nprint(np.vander([2] * 9000).sum())",
    "import numpy as np\na = np.ones((9000, 1))\nprint(np.add(a, a.T).sum(), a.dot(a.T).sum(), np.cov(a).sum())",
    "import numpy as np\na = np.ones((1, 9000))\nprint(a[np.zeros(9000, dtype=int)].sum(), np.array_split(a, 10**9))",
    "import torch\na = torch.ones(9000, 1)\nprint((a + a.T).sum(), torch.maximum(a, a.T).sum(), (a @ a.T).sum())",
    "import numpy as np\nnp.random.seed(0)\nprint(np.random.rand(10**9).sum())",
    "import numpy as np\nnp.random.seed(0)\nprint(np.random.choice(10**10, 3))",
    "import numpy as np\nnp.random.seed(0)\nprint(np.random.permutation(10**10))",
    "import numpy as np\nprint(np.eye(10**6).sum(), np.identity(10**6), np.diag(np.ones(9000)))",
    "import torch\nprint(torch.zeros(10**6, 10**6).sum())",
    "import torch\nx = torch.ones(100)\nprint(x.expand(10**6, 100).sum(), x.repeat(10**9).sum())",
    "import torch\nfrom torch import nn\nm = nn.Sequential(*[nn.Linear(9, 9) for _ in range(10**5)])\nprint(m)",
    "import torch\nfrom torch import nn\nm = nn.ModuleList()\nm.append(m)\nprint(m, list(m.parameters()))",
    "import torch\nx = torch.ones(9000)\nfor i in range(10**6):\n    x = x * 1.5\n    print(x.sum())",
    "from keras import Input, Model, layers\nx = Input((8,))\nfor i in range(90):\n"
    "    x = layers.Add()([x, layers.Dense(8)(x)])\nModel(Input((8,)), x).summary()",
    "from torch import nn\nclass A(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
    "        self.a = self\nprint(A(), sum(p.numel() for p in A().parameters()))",
]


@pytest.mark.parametrize("source", HOSTILE)
def test_what_is_too_large_is_left_unknown_at_once(source):
    start = time.process_time()
    plan(source)
    assert time.process_time() - start < 1.5


def test_an_array_that_shares_memory_is_not_believed_after_a_write():
    source = "import numpy as np\na = np.zeros(3)\nb = a[:2]\nb[0] = 5\nprint(b)\nprint(a)"
    assert printed(source) == "[5. 0.]\n?\n"


def test_an_unknown_function_may_change_an_array():
    source = "import numpy as np\nimport cv2\na = np.zeros(3)\ncv2.normalize(a, a)\nprint(a, a.shape)"
    assert printed(source) == "? (3,)\n"


def test_layers_spend_torchs_random_numbers():
    source = "import torch\ntorch.manual_seed(0)\nm = torch.nn.{}\nprint(torch.rand(2))"
    assert printed(source.format("Linear(2, 2)")) == "tensor([0.4901, 0.8964])\n"
    assert printed(source.format("MultiheadAttention(8, 2)")) == "?\n"


def test_the_last_batch_is_smaller():
    source = (
        "from torch.utils.data import DataLoader\nfrom torchvision import datasets, transforms\n"
        "data = datasets.CIFAR10('.', train=False, transform=transforms.ToTensor())\n"
        "for i, (x, y) in enumerate(DataLoader(data, batch_size=3000)):\n    print(i, x.shape, tuple(y.shape))\n"
    )
    assert printed(source) == (
        "0 torch.Size([3000, 3, 32, 32]) (3000,)\n1 torch.Size([3000, 3, 32, 32]) (3000,)\n"
        "2 torch.Size([3000, 3, 32, 32]) (3000,)\n3 torch.Size([1000, 3, 32, 32]) (1000,)\n"
    )


def test_replicas_get_their_share():
    source = (
        "import torch\nfrom torch import nn\nclass Net(nn.Module):\n    def forward(self, x):\n"
        "        print(x.shape)\n        return x\nprint(nn.DataParallel(Net())(torch.rand(10, 4)).shape)\n"
    )
    assert printed(source, **{"torch.cuda.device_count()": 4}) == (
        "torch.Size([3, 4])\n" * 3 + "torch.Size([1, 4])\n" + "torch.Size([10, 4])\n"
    )


def test_torch_two_folds_equal_neighbours():
    source = "from torch import nn\nprint(nn.ModuleList([nn.ReLU() for _ in range(3)]))"
    assert printed(source, **{"torch.__version__": "1.13.0"}) == (
        "ModuleList(\n  (0): ReLU()\n  (1): ReLU()\n  (2): ReLU()\n)\n"
    )
    assert printed(source, **{"torch.__version__": "2.1.0"}) == "ModuleList(\n  (0-2): 3 x ReLU()\n)\n"


def test_a_tensor_that_learns_says_so_and_what_is_cut_off_from_it_does_not():
    source = (
        "import torch\na = torch.full((2,), 3.0, requires_grad=True)\nb = torch.ones(2).requires_grad_()\n"
        "c = torch.zeros(2)\nc.requires_grad = True\nprint(a)\nprint(b)\nprint(c)\nprint(b.detach())\n"
        "print((b * 2).shape)\n"
    )
    assert printed(source) == (
        "tensor([3., 3.], requires_grad=True)\ntensor([1., 1.], requires_grad=True)\n"
        "tensor([0., 0.], requires_grad=True)\ntensor([1., 1.])\ntorch.Size([2])\n"
    )


def test_a_choice_among_words_moves_the_stream_as_numpy_does():
    source = "import numpy as np\nnp.random.seed(3)\nw = np.random.choice(['a', 'b'], 5)\nprint(len(w))"
    assert printed(source) == "?\n"


@pytest.mark.parametrize(
    ("head", "step", "end"),
    [
        ("x = torch.ones(10000, requires_grad=True)", "x = x * 1.5", "x.sum()"),
        ("w = torch.ones(1, requires_grad=True)\nx = torch.ones(37, 37) * w\n", "x = x @ torch.eye(37)", "w.grad"),
    ],
)
def test_gradients_that_cost_much_are_not_followed(head: str, step: str, end: str) -> None:
    source = f"import torch\n{head}\n" + f"{step}\n" * 400 + f"x.sum().backward()\nprint({end})\n"
    made = plan(source)
    assert made is not None
    (line,) = made.nodes
    assert [type(part) for part in line.parts] == [Hole]
    short = plan(source.replace(f"{step}\n", "", 398))
    assert short is not None
    assert [type(part) for part in short.nodes[0].parts] == [Literal]


def test_what_numpy_warns_of_reaches_nobody(recwarn):
    assert printed("import torch\nx = torch.zeros(0)\nprint(x.mean(), x.std())\n") == "tensor(nan) tensor(nan)\n"
    assert [str(each.message) for each in recwarn] == []
