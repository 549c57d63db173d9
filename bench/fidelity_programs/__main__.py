"""``python -m bench.fidelity_programs``: programs with their print plan, without, and by the model alone, side by side.

Each case is run once in each mode; results are stored as they come, so a run can be stopped and gone on with
(``--rest``). ``--careless`` answers by a script that leaves lines out and invents others, to try the bench itself.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bench import table
from bench.fidelity_programs.cases import HERE, load
from bench.fidelity_programs.judge import Judged
from bench.fidelity_programs.run import MODES, Result, run
from llm_kernel.config import Settings, build
from llm_kernel.machine import Clock, Machine
from llm_kernel.model.choice import Models
from llm_kernel.model.request import Request, ScriptedBackend
from llm_kernel.session import Session

RESULTS = HERE / "results.json"
DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "fidelity.md"
FORMAT = 1


def main(words: list[str]) -> int:
    """Run the cases, store each result, print the table."""
    parser = argparse.ArgumentParser(prog="python -m bench.fidelity_programs", description=__doc__)
    parser.add_argument("--mode", action="append", choices=MODES, default=[], help="plan, none or pure; default: all")
    parser.add_argument("--only", action="append", default=[], help="a case; may be given several times")
    parser.add_argument("--limit", type=int, default=0, help="run only so many cases")
    parser.add_argument("--rest", action="store_true", help="run only what has no stored result")
    parser.add_argument("--out", type=Path, default=RESULTS, help="the file of results; written after each run")
    parser.add_argument("--endpoint", default="", help="an OpenAI-compatible endpoint; without it the embedded model")
    parser.add_argument("--model", default="", help="the model's name there")
    parser.add_argument("--tokens", type=int, default=1500, help="bounds one reply")
    parser.add_argument("--careless", action="store_true", help="a scripted model that makes mistakes; stores nothing")
    parser.add_argument("--report", action="store_true", help="print the table of what is stored, run nothing")
    parser.add_argument("--write", action="store_true", help="put the table into docs/fidelity.md as well")
    options = parser.parse_args(words)
    results = _stored(options.out) if not options.careless or options.out != RESULTS else {}
    if not options.report:
        results = asyncio.run(_run(options, results))
    text = report(list(results.values()))
    print(text)
    if options.write:
        table.put(DOCUMENT, "programs", text)
    return 0


async def _run(options: argparse.Namespace, results: dict[str, Result]) -> dict[str, Result]:
    cases = [case for case in load() if not options.only or case.id in options.only]
    for case in cases[: options.limit or None]:
        for mode in options.mode or MODES:
            key = f"{case.id}/{mode}"
            if options.rest and key in results:
                continue
            made = results[key] = await run(case, lambda: _session(options), mode)
            print(_line(made), flush=True)
            if not options.careless or options.out != RESULTS:
                _store(results, options.out)
    return results


def _line(made: Result) -> str:
    judged = made.judged
    parts = [f"lines {judged.lines[0]}/{judged.lines[1]}"]
    parts += [f"{name} {'right' if said else 'wrong'}" for name, said in
              (("epochs", judged.epochs), ("failure", judged.failed)) if said is not None]  # fmt: skip
    pairs = (("fixed", judged.fixed), ("relations", judged.relations), ("files", judged.written))
    parts += [f"{name} {pair[0]}/{pair[1]}" for name, pair in pairs if pair[1]]
    return (
        f"{made.id:20} {made.mode:5} {made.by:6} {made.seconds:6.1f} s {made.completion:5d} tokens  {', '.join(parts)}"
    )


def _session(options: argparse.Namespace) -> Session:
    if options.careless:
        settings = Settings(clock="stepped", epoch="2023-09-05T09:00", tape="", budget="", backend="local")
        made = build(settings)
        backend = ScriptedBackend(careless)
        return Session(Machine(Clock()), Models(lambda _: backend), made.setup)
    where: dict[str, Any] = {"backend": "local"}
    if options.endpoint:
        where = {"backend": "openai", "endpoint": options.endpoint, "model": options.model}
    return build(
        Settings(clock="stepped", epoch="2023-09-05T09:00", reply_tokens=options.tokens, tape="", budget="", **where)
    )


def careless(request: Request) -> str:
    """A reply of a model that does not count: the first print twice, the last epoch only, a line of its own."""
    asked = request.messages[-1].content
    said = [re.sub(r"\{[^{}]*\}", "0.5", text) for text in re.findall(r'print\(f?"([^"\n]*)"', asked)]
    return "\n".join([*said[:1], *said[:2], "Training...", *said[-1:], "epoch 10 loss 0.1"]) + "\n"


def _store(results: Mapping[str, Result], path: Path) -> None:
    rows = [made.to_json() for made in results.values()]
    text = json.dumps({"format": FORMAT, "results": rows}, indent=1, ensure_ascii=False)
    beside = path.with_name(f"{path.name}.part")
    beside.write_text(text + "\n", encoding="utf-8")
    beside.replace(path)


def _stored(path: Path) -> dict[str, Result]:
    if not path.exists():
        return {}
    data = json.loads(path.read_text(encoding="utf-8"))
    if data["format"] != FORMAT:
        raise ValueError(f"{path.name} has format {data['format']}; this reads {FORMAT}")
    found: dict[str, Result] = {}
    for row in data["results"]:
        judged = {key: tuple(value) if isinstance(value, list) else value for key, value in row["judged"].items()}
        found[f"{row['id']}/{row['mode']}"] = Result(**row | {"judged": Judged(**judged)})
    return found


_ROWS = ("output lines that the source can print", "runs with every line, and no other", "right epoch lines",
         "lines that the source fixes", "percentages equal to their fractions", "failures as CPython fails",
         "files written that the source writes", "tokens written, median", "seconds, median")  # fmt: skip


def report(results: Sequence[Result]) -> str:
    """The table: one column for each mode."""
    modes = [mode for mode in MODES if any(made.mode == mode for made in results)]
    columns = [_column([made for made in results if made.mode == mode]) for mode in modes]
    body = [[name, *(column[n] for column in columns)] for n, name in enumerate(_ROWS)]
    named = {"plan": "with the plan", "none": "without", "pure": "pure"}
    wrong = "".join(_wrong([made for made in results if made.mode == mode], named[mode]) for mode in modes)
    return table.rows(("", *(named[mode] for mode in modes)), body) + wrong


def _column(results: Sequence[Result]) -> list[str]:
    judged = [made.judged for made in results]
    truths = (
        [one.whole for one in judged if one.whole is not None],
        [one.epochs for one in judged if one.epochs is not None],
        [one.failed for one in judged if one.failed is not None],
    )
    whole, epochs, failed = (_share(sum(said), len(said)) for said in truths)
    pairs = [_share(sum(pair[0] for pair in column), sum(pair[1] for pair in column)) for column in
             ([one.lines for one in judged], [one.fixed for one in judged], [one.relations for one in judged],
              [one.written for one in judged])]  # fmt: skip
    lines, fixed, relations, written = pairs
    tokens = sorted(made.completion for made in results)
    seconds = sorted(made.seconds for made in results)
    middle = len(results) // 2
    times = [f"{tokens[middle]}", f"{seconds[middle]:.1f}"] if results else ["-", "-"]
    return [lines, whole, epochs, fixed, relations, failed, written, *times]


def _share(good: int, total: int) -> str:
    return f"{100 * good / total:.1f} % of {total}" if total else "-"


def _wrong(results: Sequence[Result], mode: str) -> str:
    """The runs that are wrong, by name."""
    kinds = {
        "lines": [made.id for made in results if made.judged.lines[0] < made.judged.lines[1]],
        "epochs": [made.id for made in results if made.judged.epochs is False],
        "fixed lines": [made.id for made in results if made.judged.fixed[0] < made.judged.fixed[1]],
        "failures": [made.id for made in results if made.judged.failed is False],
        "files": [made.id for made in results if made.judged.written[0] < made.judged.written[1]],
    }
    said = "; ".join(f"{kind}: {', '.join(ids)}" for kind, ids in kinds.items() if ids)
    return f"\nWrong, {mode}: {said}.\n" if said else ""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
