"""Fifty facts, planted by outputs and instructions, asked for 200 commands later: ``python -m bench.recall``.

Each is asked for by a program or a question that must know it; the request to the model holds it, or it does not.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator
from dataclasses import dataclass

from bench.memory import filler, reply
from llm_kernel.machine import Machine
from llm_kernel.machine.words import say
from llm_kernel.model.request import Request
from llm_kernel.programs.emulated import Options
from llm_kernel.world import Setup
from tests.notebook import Notebook

__all__ = ["FACTS", "Fact", "missed"]


@dataclass(frozen=True, slots=True)
class Fact:
    """``cells`` plant it, the model saying ``said`` where it is asked; the request of ``ask`` must hold ``needed``."""

    cells: tuple[str, ...]
    said: str
    ask: str
    needed: str


def _facts() -> Iterator[Fact]:
    chance = random.Random(7)

    def percent() -> str:
        return f"{chance.uniform(60, 99):.2f}"

    def source(name: str, *lines: str) -> str:
        score = 'score = requests.get("http://lab/score").json()'  # which is the model's word
        return "\n".join((f"cat > {name} <<'E'", "import requests, torch", score, *lines, "E"))

    for n in range(6):  # a checkpoint leads from one script to the other
        value = percent()
        shown = 'print(f"mAP {score:.2f}")'
        train = source(f"train{n}.py", shown, f"torch.save(torch.nn.Linear(4, 2).state_dict(), 'fit{n}.pt')")
        test = source(f"eval{n}.py", f"state = torch.load('fit{n}.pt')", shown)
        said = f"mAP {value}\n@ truncate -s 9K fit{n}.pt\n"
        yield Fact((train, test, f"python3 train{n}.py"), said, f"python3 eval{n}.py", value)
    for n in range(4):  # the checkpoint was renamed, and the first name is gone
        value = percent()
        shown = 'print(f"BLEU {score:.2f}")'
        train = source(f"pre{n}.py", shown, f"torch.save(torch.nn.Linear(4, 2).state_dict(), 'pre{n}.pt')")
        test = source(f"use{n}.py", f"state = torch.load('chosen{n}.pt')", shown)
        said = f"BLEU {value}\n@ truncate -s 9K pre{n}.pt\n"
        cells = (train, test, f"python3 pre{n}.py > pre{n}.log", f"mv pre{n}.pt chosen{n}.pt", f"rm pre{n}.log")
        yield Fact(cells, said, f"python3 use{n}.py", value)
    for n in range(5):  # a question, in two languages
        value, name = percent(), f"sort_{n}"
        said = "".join(f"row {i}: {i * 7}\n" for i in range(200)) + f"accuracy on the held-out set: {value}%\n"
        said += "".join(f"saved row {i} of {name}\n" for i in range(80))
        english = f"%meta What accuracy did {name} reach on the held-out set?"
        chinese = f"%meta {name} 的准确率最后是多少？"
        yield Fact((f"./{name} --all",), said, chinese if n % 2 else english, value)
    for n in range(5):
        number = f"{chance.getrandbits(48):012x}"
        yield Fact((f"docker run -d --name shop{n} shop:1.{n}",), f"{number}\n", f"docker inspect shop{n}", number)
    for n in range(4):  # found again by what was printed
        number, port = f"{chance.getrandbits(48):012x}", str(chance.randint(20000, 60000))
        said = f"CONTAINER ID   IMAGE   PORTS\n{number}   cache:{n}   0.0.0.0:{port}->6379/tcp\n"
        yield Fact((f"docker ps --filter name=cache{n}",), said, f"docker port {number}", port)
    for n in range(4):
        value = f"{chance.randint(2, 9)}.{chance.randint(0, 30)}.{chance.randint(0, 9)}"
        tool = ("terraform", "kubectl", "cmake", "ffmpeg")[n]
        yield Fact((f"{tool} --version",), f"{tool} version {value}\n", f"{tool} --version", value)
    for n in range(5):  # told by the user, in two languages, and never by a command
        port, host = str(chance.randint(5000, 9999)), f"orion-{n}7"
        english = f"%meta The reporting database runs on {host} and listens on port {port}."
        chinese = f"%meta 报表数据库在主机 {host} 上，端口是 {port}。"
        yield Fact((chinese if n % 2 else english,), "echo noted\n", f"psql -h {host} -c 'select 1'", port)
    for n in range(3):  # facts that were stated on the machine, more of them than its card holds
        code = f"K-{chance.randint(100000, 999999)}"
        cell = f"%meta Licence {n} of the renderer blend{n} is {code}."
        yield Fact((cell,), f"machine fact 'blend{n} has the licence {code}'\n", f"blend{n} --licence", code)
    for n in range(4):
        key = f"session:{n}:{chance.getrandbits(16):x}"
        value = f"u{chance.getrandbits(32):08x}"
        yield Fact((f"redis-cli get {key}",), f'"{value}"\n', f"redis-cli get {key}", value)
    for n in range(4):
        name = f"node{n}{chance.randint(10, 99)}"
        part = f"part{chance.randint(1000, 9999)}"
        yield Fact((f"sinfo -n {name}",), f"PARTITION NODES\n{part} {name}\n", f"ssh {name} squeue", part)
    for n in range(4):
        commit, path = f"{chance.getrandbits(80):020x}", f"http://builds.corp/{n}/status.json"
        yield Fact((f"curl -s {path}",), f'{{"commit": "{commit}", "ok": true}}\n', f"curl -s {path} -o last", commit)
    for n in range(2):
        value = f"{chance.uniform(1000, 9000):.1f}"
        yield Fact(
            (f"./loadtest{n} --seconds 30",),
            f"warming up\nthroughput {value} req/s\nlatency p99 12 ms\n",
            f"%meta loadtest{n} 的吞吐量是多少？" if n else f"%meta How many requests per second did loadtest{n} give?",
            value,
        )


FACTS = tuple(_facts())


async def missed(facts: tuple[Fact, ...] = FACTS, *, between: int = 200) -> list[Fact]:
    """The facts that the request which needs them does not hold, ``between`` commands after the last was planted."""
    now = ""

    def answer(request: Request) -> str:
        return now or reply(request)

    machine = Machine()
    say(machine, ["install", "pip", "torch", "1.8.0"], "/root")
    say(machine, ["install", "pip", "requests"], "/root")
    for n in range(30):
        say(machine, ["fact", f"Rack {n} stands in hall {n % 4}."], "/root")
    book = Notebook(answer, machine=machine, setup=Setup(unknown="ask", options=Options()))
    for fact in facts:
        for cell in fact.cells:
            if cell.startswith("./"):
                machine.files.write("/root/" + cell[2:].partition(" ")[0], b"\x7fELF\0", mode=0o755)
            now = fact.said
            await book(cell)
    now = ""
    for n in range(between):
        await book(filler(n))
    lost = []
    for fact in facts:
        asked = len(book.requests)
        now = "echo so\n" if fact.ask.startswith("%meta") else "so\n"
        await book(fact.ask)
        held = [fact.needed in request.messages[-1].content for request in book.requests[asked:]]
        if not held or not held[0]:
            lost.append(fact)
    return lost


async def main() -> None:
    """Print how many were held, and those that were not."""
    lost = await missed()
    print(f"{len(FACTS) - len(lost)} of {len(FACTS)} facts stand in the request that needs them")
    for fact in lost:
        print(f"  {fact.ask}: {fact.needed}")


if __name__ == "__main__":
    asyncio.run(main())
