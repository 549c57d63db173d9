"""Results as tables: kinds and shares, and the worst answers by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import median

from bench.offscript.run import Result
from bench.table import rows

__all__ = ["summary", "worst"]

LINES, WIDTH = 8, 110


def summary(runs: Mapping[str, Sequence[Result]]) -> str:
    """Both ways side by side: a row for each kind and one for all."""
    names = [name for name in ("exact", "pure") if name in runs]
    kinds = list(dict.fromkeys(result.kind for name in names for result in runs[name]))
    head = ["kind", *(f"{name}: {column}" for name in names for column in ("passed", "computed", "seconds", "tokens"))]
    body = []
    for kind in [*kinds, "all"]:
        line = [kind]
        for name in names:
            line += _cells([result for result in runs[name] if kind in (result.kind, "all")])
        body.append(line)
    return rows(head, body)


def worst(results: Sequence[Result], most: int = 5) -> str:
    """The answers that miss the largest share of what was expected, with what they said."""
    failed = sorted((r for r in results if r.wrong), key=lambda r: (-len(r.wrong) / r.expected, -len(r.wrong), r.id))
    return "\n".join(_entry(result) for result in failed[:most])


def _cells(results: Sequence[Result]) -> list[str]:
    asked = [result for result in results if result.by == "model"]
    seconds = f"{median(result.seconds for result in asked):.1f}" if asked else "-"
    tokens = f"{sum(r.prompt for r in asked)} in, {sum(r.completion for r in asked)} out" if asked else "-"
    passed = sum(not result.wrong for result in results)
    return [f"{passed}/{len(results)}", str(len(results) - len(asked)), seconds, tokens]


def _entry(result: Result) -> str:
    lines = result.output.splitlines()
    shown = [line if len(line) <= WIDTH else f"{line[:WIDTH]} ..." for line in lines[:LINES]]
    if len(lines) > LINES:
        shown.append(f"... ({len(lines) - LINES} more lines)")
    quoted = "".join(f"    {line}\n" for line in shown or ["(nothing)"])
    wrong = "".join(f"- `{fault}`\n" if "`" not in fault else f"- {fault}\n" for fault in result.wrong[:4])
    command = result.cell.splitlines()[0]
    return f"**{result.id}** ({result.by}), `{command}`, status {result.status}:\n\n{quoted}\n{wrong}"
