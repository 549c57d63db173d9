"""How long file commands take in a session: ``python -m bench.files_bench``."""

from __future__ import annotations

import asyncio
import statistics
import time

from llm_kernel.machine import Machine
from tests.notebook import Notebook

_MANY = 5000
_EACH = ("ls", "ls -l /etc", "stat /etc/passwd", "wc -l /etc/passwd", "cp /etc/passwd /tmp/p", "md5sum /etc/passwd")
_WHOLE = ("ls -lR many | tail -1", "grep -r needle many", "find many -name '*9.txt' | wc -l", "du -sh many")


async def main() -> None:
    """Print the median of each command."""
    book = Notebook(machine=Machine())
    files = book.machine.files
    for cell in _EACH:
        print(f"{await _median(book, cell, 15) * 1000:8.1f} ms  {cell}")
    for number in range(_MANY):
        files.write(f"/root/many/d{number % 50}/f{number}.txt", f"line one\nline two {number}\n".encode())
    await book("true")
    for cell in _WHOLE:
        print(f"{await _median(book, cell, 5) * 1000:8.1f} ms  {cell}")
    files.sized("/root/fit.pt", 1_400_000_000)
    for cell in ("true", "ls -l fit.pt", "md5sum fit.pt", "head -c 16 fit.pt | xxd"):
        print(f"{await _median(book, cell, 5) * 1000:8.1f} ms  {cell}  (beside {_MANY} files)")


async def _median(book: Notebook, cell: str, times: int) -> float:
    spent = []
    for _ in range(times):
        start = time.perf_counter()
        await book(cell)
        spent.append(time.perf_counter() - start)
    return statistics.median(spent)


if __name__ == "__main__":
    asyncio.run(main())
