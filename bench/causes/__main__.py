"""``python -m bench.causes`` runs each pair and prints whether its figures went the right way.

Without a word a careless model answers, which says the same of both scripts: what differs comes from the causes alone.
``--live`` asks the model that the settings name; ``--real`` runs the scripts with ``/usr/bin/python3`` and its PyTorch
on data drawn at random, and says whether PyTorch goes the way that is expected of it.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
from pathlib import Path

from bench.causes.pairs import PAIRS, Pair, Rows
from llm_kernel.plan import plan
from llm_kernel.programs.bounds import bounds

_ROW = re.compile(r"epoch \d+ train loss (\S+) train acc (\S+)% test loss (\S+) test acc (\S+)%")


def rows_of(text: str) -> Rows:
    """The figures of the epochs that ``text`` tells."""
    return [(float(a), float(b), float(c), float(d)) for a, b, c, d in _ROW.findall(text)]


def careless(source: str) -> str:
    """What is shown of a run whose model says the same flattering figures of every epoch."""
    planned = plan(source)
    assert planned is not None
    held = bounds(planned, source)
    assert held is not None
    turns = re.search(r"EPOCHS = (\d+)", source)
    assert turns is not None
    said = "epoch {} train loss 0.1234 train acc 96.50% test loss 0.1100 test acc 96.80%"
    return "\n".join(held.held(said.format(turn + 1)) for turn in range(int(turns[1])))


def judged(pair: Pair, texts: tuple[str, str]) -> tuple[bool, Rows, Rows]:
    """Whether the pair went the right way, and its figures."""
    plain, changed = rows_of(texts[0]), rows_of(texts[1])
    return bool(plain and changed) and pair.right(plain, changed), plain, changed


def really(sources: list[str]) -> list[str]:
    """What the scripts print when PyTorch runs them."""
    command = ["/usr/bin/python3", str(Path(__file__).parent / "real.py")]
    done = subprocess.run(command, input=json.dumps(sources), capture_output=True, text=True, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def live(source: str) -> str:
    """What a notebook shows of the run when the model that the settings name plays it."""
    cells = [f"%machine install pip torch 1.8.0\ncat > train.py <<'EOF'\n{source}EOF", "python3 train.py"]
    command = [sys.executable, "-m", "llm_kernel", "try", *cells]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout


def main(words: list[str]) -> int:
    """Print a line for each pair; 1 where fewer than nineteen went the right way."""
    parser = argparse.ArgumentParser(prog="python -m bench.causes", description=__doc__)
    parser.add_argument("--real", action="store_true", help="run the scripts with /usr/bin/python3 and its PyTorch")
    parser.add_argument("--live", action="store_true", help="let the model of the settings play them")
    parser.add_argument("--only", default="", help="pairs whose name holds this")
    options = parser.parse_args(words)
    chosen = [pair for pair in PAIRS if options.only in pair.name]
    sources = [source for pair in chosen for source in pair.scripts()]
    said = really(sources) if options.real else [(live if options.live else careless)(source) for source in sources]
    texts = list(zip(said[::2], said[1::2], strict=True))
    right = 0
    for pair, both in zip(chosen, texts, strict=True):
        good, plain, changed = judged(pair, both)
        right += good
        ends = " / ".join(" ".join(f"{one:.3f}" for one in rows[-1]) if rows else "-" for rows in (plain, changed))
        print(f"{'right' if good else 'WRONG'}  {pair.name}: {pair.wanted}  [{ends}]")
    print(f"{right} of {len(chosen)}")
    return 0 if right >= len(chosen) - 1 else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
