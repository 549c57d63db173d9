"""Programs that lie in no file, behind ``-c`` and on standard input, and what a run draws without a seed."""

import re

import pytest

from tests.notebook import Notebook, err, out


async def _with_torch(replies: list[str] | None = None) -> Notebook:
    notebook = Notebook(replies or [])
    await notebook("%machine gpu 2 'GeForce RTX 3090'\n%machine cuda 11.3\n%machine install pip torch 1.8.0")
    return notebook


async def test_a_program_in_no_file_prints_what_its_source_can_print() -> None:
    notebook = await _with_torch()
    assert await notebook("python3 -c 'import torch; print(torch.arange(3) * 2)'") == out("tensor([0, 2, 4])\n")
    given = "python3 - a b <<'X'\nimport sys, torch\nprint(sys.argv, torch.ones(2))\nX"
    assert await notebook(given) == out("['-', 'a', 'b'] tensor([1., 1.])\n")
    assert await notebook("echo 'import torch; print(torch.eye(1))' | python3") == out("tensor([[1.]])\n")
    assert await notebook("python3 -c 'import sys, torch; print(sys.argv)' x") == out("['-c', 'x']\n")
    assert notebook.requests == []


async def test_it_fails_as_python_says_of_it() -> None:
    notebook = await _with_torch()
    head = "Traceback (most recent call last):\n"
    assert await notebook("python3 -c 'import torch\nprint(torch.ones(2) + undefined)'") == err(
        f"{head}  File \"<string>\", line 2, in <module>\nNameError: name 'undefined' is not defined\n", 1
    )
    late = "print(torch.ones(1))\nimport nosuch"
    assert await notebook(f"python3 - 2>&1 <<'X'\nimport torch\n{late}\nX") == out(
        f"tensor([1.])\n{head}  File \"<stdin>\", line 3, in <module>\nModuleNotFoundError: No module named 'nosuch'\n",
        1,
    )
    assert notebook.requests == []


async def test_a_module_is_missed_where_the_program_gets_to_it() -> None:
    notebook = await _with_torch()
    program = """cat > a.py <<'X'
import torch
try:
    import wandb
except ImportError as error:
    print("without", torch.ones(1), error)
def late():
    import nosuch.sub
late()
X
python3 a.py 2>&1"""
    assert await notebook(program) == out(
        "without tensor([1.]) No module named 'wandb'\nTraceback (most recent call last):\n"
        '  File "a.py", line 8, in <module>\n    late()\n  File "a.py", line 7, in late\n'
        "    import nosuch.sub\nModuleNotFoundError: No module named 'nosuch'\n",
        1,
    )
    widened = "python3 -c 'import sys, torch; sys.path.append(\"lib\"); import nosuch; print(nosuch.x)'"
    assert (await _with_torch(["5\n"])).requests == []
    assert (await (asked := await _with_torch(["5\n"]))(widened)) == out("5\n")
    assert len(asked.requests) == 1


async def test_facts_stand_beside_what_is_computed() -> None:
    notebook = await _with_torch()
    card = "torch.cuda.get_device_properties(1)"
    for asked, said in {
        "torch.__version__, torch.ones(1)": "1.8.0+cu111 tensor([1.])",
        "torch.version.cuda, torch.zeros(1)": "11.1 tensor([0.])",
        "torch.cuda.get_device_name(1), torch.cuda.get_device_capability(), torch.eye(1)": (
            "NVIDIA GeForce RTX 3090 (8, 6) tensor([[1.]])"
        ),
        f"{card}.name, {card}.total_memory > 0, torch.ones(1)": "NVIDIA GeForce RTX 3090 True tensor([1.])",
        f"{card}, torch.ones(1)": (
            "_CudaDeviceProperties(name='NVIDIA GeForce RTX 3090', major=8, minor=6, total_memory=24268MB, "
            "multi_processor_count=82) tensor([1.])"
        ),
    }.items():
        assert await notebook(f"python3 -c 'import torch; print({asked})'") == out(f"{said}\n")
    assert notebook.requests == []


async def test_what_is_drawn_without_a_seed_is_the_runs_own() -> None:
    notebook = await _with_torch()
    source = "print(torch.rand(2, 2)); print(np.random.rand() < 1, random.randint(1, 6) < 7)"
    line = f"python3 -c 'import torch, random; import numpy as np; {source}'"
    form = re.compile(r"tensor\(\[\[0\.\d{4}, 0\.\d{4}\],\n {8}\[0\.\d{4}, 0\.\d{4}\]\]\)\nTrue True\n")
    said = [(await notebook(line))[0].text for _ in range(2)]
    assert all(map(form.fullmatch, said))
    assert said[0] != said[1]
    again = await _with_torch()
    again.machine.clock.now = notebook.machine.clock.now
    assert notebook.requests == []


async def test_a_checkpoint_remembers_the_tensors_that_were_saved() -> None:
    notebook = await _with_torch(["saved\n"])
    await notebook("""cat > a.py <<'X'
import torch
net = torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.BatchNorm1d(2))
torch.save(net.state_dict(), "net.pt")
print("saved")
X
python3 a.py""")
    look = "for name, each in torch.load('net.pt').items(): print(name, tuple(each.shape), each.dtype)"
    assert await notebook.said(f'python3 -c "import torch\n{look}"') == (
        "0.weight (2, 3) torch.float32\n0.bias (2,) torch.float32\n1.weight (2,) torch.float32\n"
        "1.bias (2,) torch.float32\n1.running_mean (2,) torch.float32\n1.running_var (2,) torch.float32\n"
        "1.num_batches_tracked () torch.int64\n"
    )
    keys = "held = torch.load('net.pt'); print(list(held)[:2], held.keys() & {'0.bias'}, len(held))"
    assert await notebook.said(f'python3 -c "import torch; {keys}"') == "['0.weight', '0.bias'] {'0.bias'} 7\n"
    assert await notebook.said("python3 -c 'import torch; print({1: torch.ones(1)}.keys())'") == "dict_keys([1])\n"


async def test_a_program_sees_and_leaves_what_its_user_may() -> None:
    notebook = await _with_torch(["True\n"])
    await notebook("useradd -m ann")
    program = "import os, torch\nprint(os.path.exists('/etc/shadow'))\ntorch.save(torch.ones(1), '/etc/zz')\n"
    await notebook(f"cat > /home/ann/a.py <<'X'\n{program}X")
    assert await notebook("cd /home/ann; sudo -u ann python3 a.py; ls /etc/zz 2>&1") == out(
        "True\nls: cannot access '/etc/zz': No such file or directory\n", 2
    )


@pytest.mark.parametrize(
    "source",
    [
        "import sys; sys.stdout.buffer.write(bytes(torch.ones(3)))",
        "import os; os.write(1, bytes(torch.ones(3)))",
        "import sys; sys.stdout = open('o', 'w'); print(torch.ones(3))",
        "import contextlib, io\nwith contextlib.redirect_stdout(io.StringIO()): print(torch.ones(3))",
        "open('/dev/stdout', 'w').write(str(torch.ones(3)))",
        "__import__('os').system('ls')",
    ],
)
async def test_what_goes_behind_the_streams_is_the_models(source: str) -> None:
    notebook = await _with_torch(["the model's\n"])
    assert await notebook(f'python3 -c "import torch\n{source}"') == out("the model's\n")
