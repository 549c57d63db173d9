"""``python -m bench.offscript [--physics pure]``: run the frozen commands, keep the results, write the tables."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bench import table
from bench.offscript.cases import load
from bench.offscript.report import summary, worst
from bench.offscript.run import Result, run
from llm_kernel.config import Settings, build
from llm_kernel.session import Session

FOLDER = Path(__file__).parent / "results"
DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "fidelity.md"
FORMAT = 1
TOKENS = 400


def main(words: list[str]) -> int:
    """Run, store each result as it comes, report; always 0, for there is no target."""
    parser = argparse.ArgumentParser(prog="python -m bench.offscript", description=__doc__)
    parser.add_argument("--physics", choices=("exact", "pure"), default="exact")
    parser.add_argument("--endpoint", default="", help="an OpenAI-compatible endpoint; without it the embedded model")
    parser.add_argument("--model", default="", help="the model's name there")
    parser.add_argument("--only", action="append", default=[], help="a case or a kind; stored only with --store")
    parser.add_argument("--store", action="store_true", help="put what --only runs in the place of what is stored")
    parser.add_argument("--rest", action="store_true", help="run only the cases that have no stored result")
    parser.add_argument("--report", action="store_true", help="write the tables from the stored results, run nothing")
    options = parser.parse_args(words)
    if not options.report:
        asyncio.run(_run(options))
    if not options.only or options.store:
        _report()
    return 0


async def _run(options: argparse.Namespace) -> None:
    path = FOLDER / f"{options.physics}.json"
    kept = {result.id: result for result in (_stored(path) if options.rest or options.store else [])}
    wanted = [case for case in load() if not options.only or case.id in options.only or case.kind in options.only]
    for number, case in enumerate(wanted, 1):
        if options.rest and case.id in kept:
            continue
        result = kept[case.id] = await run(case, lambda: _session(options), options.physics)
        verdict = "failed" if result.wrong else "passed"
        print(f"{number:2} {case.id:24} {result.by:6} {verdict}  {result.seconds:6.1f} s", flush=True)
        if options.only:
            print(f"{result.output}{''.join(f'  - {fault}{chr(10)}' for fault in result.wrong)}", end="")
        if not options.only or options.store:
            _store(path, options.physics, kept)


def _session(options: argparse.Namespace) -> Session:
    where: dict[str, Any] = {"backend": "local"}
    if options.endpoint:
        where = {"backend": "openai", "endpoint": options.endpoint, "model": options.model}
    return build(Settings(clock="stepped", epoch="2023-09-05T09:00", reply_tokens=TOKENS, tape="", budget="", **where))


def _store(path: Path, physics: str, kept: Mapping[str, Result]) -> None:
    path.parent.mkdir(exist_ok=True)
    rows = [kept[case.id].to_json() for case in load() if case.id in kept]
    data = {"format": FORMAT, "physics": physics, "results": rows}
    path.write_text(json.dumps(data, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _report() -> None:
    runs = {path.stem: _stored(path) for path in sorted(FOLDER.glob("*.json"))}
    text = summary(runs)
    for name, results in runs.items():
        if any(result.wrong for result in results):
            text += f"\nThe worst five, {name}:\n\n{worst(results)}"
    table.put(DOCUMENT, "offscript", text)
    print(text)


def _stored(path: Path) -> list[Result]:
    if not path.exists():
        return []
    data = json.loads(path.read_text(encoding="utf-8"))
    if data["format"] != FORMAT:
        raise ValueError(f"{path.name} has format {data['format']}; this reads {FORMAT}")
    return [Result(**row | {"wrong": tuple(row["wrong"]), "refused": tuple(row["refused"])}) for row in data["results"]]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
