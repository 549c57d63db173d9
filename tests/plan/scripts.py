"""The specimens: small tools that real Python runs, and training scripts that it need not."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from llm_kernel.plan import Plan, plan

HERE = Path(__file__).parent
ARGUMENTS = {"greet": ["--count", "2", "--shout", "Ann", "Bob"], "usage": ["7", "0"]}
TOOLS = sorted(path.stem for path in (HERE / "tools").glob("*.py"))
HELPERS = """EPOCHS = 100

def describe(model, name):
    print(f"{name} has", sum(p.numel() for p in model.parameters()), "parameters")
"""


def tool(name: str) -> Plan:
    """The plan of a small tool."""
    found = plan((HERE / "tools" / f"{name}.py").read_text(), ARGUMENTS.get(name, []))
    assert found is not None
    return found


def run(name: str) -> str:
    """What real Python prints for it."""
    command = [sys.executable, HERE / "tools" / f"{name}.py", *ARGUMENTS.get(name, [])]
    return subprocess.run(command, capture_output=True, text=True, timeout=30).stdout


def training(name: str, *argv: str, **facts: object) -> Plan:
    """The plan of a training script; double underscores in a fact's name are dots."""
    source = (HERE / "training" / f"{name}.py").read_text()
    known = {f"{key.replace('__', '.')}()": value for key, value in facts.items()}
    found = plan(source, argv, read=lambda path: HELPERS if path == "helpers.py" else None, facts=known)
    assert found is not None
    return found
