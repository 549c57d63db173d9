"""A text that a program writes is imagined from its source where somebody reads it, once, and is no row of zeros."""

from __future__ import annotations

from llm_kernel.events import Exit, Text
from tests.notebook import Notebook

_SOURCE = """cat > t.py <<'END'
import json, torch
json.dump({"n": 3, "loss": torch.randn(1).item()}, open("r.json", "w"))
torch.save(torch.randn(3), "w.pt")
print(torch.randn(2, 3).shape)
END
"""
_TEXT = '{"n": 3, "loss": 0.25}\n'


async def _ready(*replies: str) -> Notebook:
    notebook = Notebook(list(replies))
    await notebook("%machine install torch==1.8.0")
    await notebook(_SOURCE)
    return notebook


async def test_a_text_of_a_program_is_imagined_when_it_is_read() -> None:
    notebook = await _ready("@ truncate -s 512 r.json\ntorch.Size([2, 3])\n", _TEXT)
    assert await notebook("python3 t.py; stat -c '%n %s' r.json") == [
        Text("stdout", "torch.Size([2, 3])\nr.json 512\n"),
        Exit(0),
    ]
    assert await notebook("cat r.json") == [Text("stdout", _TEXT), Exit(0)]
    assert await notebook("cat r.json; wc -c < r.json") == [Text("stdout", f"{_TEXT}{len(_TEXT)}\n"), Exit(0)]
    assert "json.dump(" in notebook.requests[-1].messages[-1].content
    assert len(notebook.requests) == 2


async def test_it_is_imagined_in_the_cell_of_the_program_too() -> None:
    notebook = await _ready("torch.Size([2, 3])\n", _TEXT)
    assert await notebook("python3 t.py; cat r.json") == [
        Text("stdout", f"torch.Size([2, 3])\n{_TEXT}"),
        Exit(0),
    ]


async def test_a_text_that_the_model_wrote_stays() -> None:
    notebook = await _ready("@ echo '{}' > r.json\ntorch.Size([2, 3])\n")
    assert await notebook("python3 t.py; cat r.json") == [Text("stdout", "torch.Size([2, 3])\n{}\n"), Exit(0)]
