"""A session of 1,000 commands: what its requests cost, how much of each is cached, what it grows to.

``python -m bench.memory`` runs it whole with a scripted model and prints the table.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from bench import table
from llm_kernel.errors import ImaginedMachineError
from llm_kernel.events import Text
from llm_kernel.machine import Machine
from llm_kernel.machine.words import say
from llm_kernel.model.request import Request
from llm_kernel.programs.emulated import Options
from llm_kernel.prompt import MOST
from llm_kernel.prompt.pieces import of_messages, tokens
from llm_kernel.world import Setup
from tests.notebook import Notebook

__all__ = ["Course", "course", "filler", "reply", "shared"]

SCRIPT = """cat > {name}.py <<'E'
import torch, requests
from common import connect
rows = connect("warehouse").fetch("{name}")
for day, total in rows:
    print(f"{{day}} {{total:.2f}}")
torch.save(rows, "{name}.pt")
E"""

_LOOKS = (
    "ls",
    "date",
    "cat common.py",
    "nvidia-smi",
    "df -h",
    "wc -l *.py",
    "ps aux | head -3",
    "echo $PWD",
    "free -m",
)
_TURN = 12
_NAMES = ("orders", "users", "stock", "clicks", "mails", "tests")


def filler(n: int) -> str:
    """The ``n``-th command of an ordinary day: one thing is done for a dozen commands, and two in five only look."""
    turn, step = divmod(n, _TURN)
    name, number = _NAMES[turn // 2 % len(_NAMES)], n // 3
    if step % 5 in (1, 3):
        return _LOOKS[n // 2 % len(_LOOKS)]
    if step == _TURN - 2:
        return f"%meta How large is {name}.pt?" if turn % 2 else f"echo '# note {number}' >> {name}.py"
    works = (
        (f"python3 {name}.py", f"psql -c 'select count(*) from {name} where day = {number}'"),
        (f"docker ps --filter label=run{number}", f"docker logs --tail 5 {name}-{number % 4}"),
        (f"curl -s http://api.corp/v1/{name}/{number}", f"redis-cli get cart:{number}"),
        (f"kubectl get pods -n team{number % 9}", f"helm status web{number % 5}"),
        (f"npm view package{number} version", f"npm test -- {name}"),
        (f"ssh worker{number % 12} uptime", f"terraform plan -target=module.m{number}"),
    )
    return works[turn % len(works)][step % 2]


def reply(request: Request) -> str:
    """What the scripted model says: figures that depend on what is asked."""
    asked = request.messages[-1].content.rpartition("\n")[2]
    if request.key["kind"] == "meta":
        return "echo about 9 kB\n"
    seed = sum(map(ord, asked))
    lines = [f"row {n} of {asked[2:40]!r}: {seed * (n + 3) % 9973}" for n in range(seed % 9 + 1)]
    if asked.startswith("$ python3 "):
        lines = [f"2021-03-{n + 1:02d} {seed * (n + 3) % 9973 / 100:.2f}" for n in range(seed % 9 + 2)]
    return "\n".join(lines) + "\n@ spend 0.3\n"


def shared(one: Request, other: Request) -> float:
    """The share of ``other``'s tokens that stand in the same place at the beginning of ``one``."""
    before, after = (_whole(request) for request in (one, other))
    pairs = enumerate(zip(before, after, strict=False))
    same = next((at for at, (left, right) in pairs if left != right), min(len(before), len(after)))
    return tokens(after[:same]) / tokens(after)


def _whole(request: Request) -> str:
    return "\n".join(f"<{message.role}>\n{message.content}" for message in request.messages)


@dataclass(slots=True)
class Course:
    """What a session came to; ``sizes`` are the tokens of each request, ``at`` the command that made it."""

    requests: list[Request] = field(default_factory=list)
    at: list[int] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)
    grown: float = 0.0
    transcript: int = 0
    transcript_all: int = 0

    def shares(self, *, same_front: bool = False) -> list[float]:
        """Of each request but the first the share that is a prefix of the one before (of the same front, if asked)."""
        found = []
        last: dict[str, Request] = {}
        for request in self.requests:
            front = request.messages[0].content if same_front else ""
            if front in last:
                found.append(shared(last[front], request))
            last[front] = request
        return found

    def near(self, command: int) -> float:
        """The median tokens of the requests within 50 commands before ``command``."""
        return median(size for size, at in zip(self.sizes, self.at, strict=True) if command - 50 <= at <= command)


async def course(commands: int, *, style: str = "compact", most: int = MOST) -> Course:
    """Run the session; nothing is asked of a real model."""
    machine = Machine()
    say(machine, ["gpu", "2", "RTX 3090"], "/root")
    for package in ("torch", "requests"):
        say(machine, ["install", "pip", package], "/root")
    machine.files.write("/root/common.py", b"import requests\n\n\ndef connect(name):\n    return requests.Session()\n")
    book = Notebook(reply, machine=machine, setup=Setup(unknown="ask", options=Options(style=style, prompt=most)))
    done, story = Course(), ""
    for cell in _start():
        await book(cell)
    warm = 0.0
    for n in range(commands):
        asked, cell = len(book.requests), filler(n)
        said = await _run(book, cell)
        story += f"$ {cell}\n"
        told = tokens(story) if n % 10 == 0 or len(book.requests) > asked else 0
        done.transcript_all += told if told else tokens(story[-2000:]) and round(len(story) / 3)
        for request in book.requests[asked:]:
            done.requests.append(request)
            done.at.append(n)
            done.sizes.append(of_messages(request.messages))
            done.transcript += of_messages(request.messages[: request.frozen]) + told
        story += said
        if n == min(50, commands // 4):
            warm = _resident()
    done.grown = _resident() - warm
    await book.session.close()
    return done


def _start() -> Iterator[str]:
    for name in _NAMES:
        yield SCRIPT.format(name=name)


async def _run(book: Notebook, cell: str) -> str:
    try:
        return "".join(event.text for event in await book(cell) if isinstance(event, Text))
    except ImaginedMachineError as fault:
        raise RuntimeError(f"{cell}: {fault}") from fault


def _resident() -> float:
    """The resident size of this process in MB of 10^6 bytes."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def rows(done: Course, commands: int) -> Sequence[Sequence[str]]:
    """The targets with what was measured."""
    flat, share = done.near(commands) / done.near(100), median(done.shares())
    most = max(done.sizes)
    return [
        ("a request at the last command, of one at the 100th", "1.20", f"{flat:.2f}", table.verdict(flat, 1.2)),
        ("the longest request, tokens", str(MOST), str(most), table.verdict(most, MOST)),
        ("prefix of the request before, median", "90 %", f"{share:.1%}", "met" if share >= 0.9 else "missed"),
        ("memory growth", "50 MB", f"{done.grown:.1f} MB", table.verdict(done.grown, 50)),
    ]


async def main(commands: int = 1000) -> None:
    """Run it for both prompt sets and print the tables."""
    for style in ("compact", "full"):
        done = await course(commands, style=style)
        total = sum(done.sizes)
        fronts = median(done.shares(same_front=True))
        print(f"{style}: {commands} commands, {len(done.requests)} requests, median {median(done.sizes):.0f} tokens")
        print(table.rows(("target", "limit", "measured", ""), rows(done, commands)))
        print(f"prefix of the one before with the same front: {fronts:.1%}")
        print(
            f"tokens in total {total}; as a transcript in the same requests {done.transcript}, "
            f"{done.transcript / total:.1f} times as many\n"
        )


if __name__ == "__main__":
    asyncio.run(main())
