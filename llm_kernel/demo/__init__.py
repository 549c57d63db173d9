"""``llm-kernel demo``: a recorded notebook at once, then the same one executed live by whatever model is at hand."""

from __future__ import annotations

import argparse
import importlib.util
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from llm_kernel import doctor
from llm_kernel.demo import example
from llm_kernel.demo.answerer import Answerer, chosen, embedded, of_server
from llm_kernel.demo.arrival import Arrival
from llm_kernel.demo.example import Example
from llm_kernel.demo.page import Page
from llm_kernel.errors import ImaginedMachineError
from llm_kernel.model.local import missing

__all__ = ["main"]

STOPPED = 130


def main(argv: Sequence[str], servers: Mapping[str, str] = doctor.LOCAL, examples: Sequence[Path] | None = None) -> int:
    """Show the recording, execute the notebook live and say where the result is; the exit status.

    ``servers`` are asked whether they run on this computer; ``examples`` are folders instead of the package's own.
    """
    options = _parser().parse_args(list(argv))
    page = Page(sys.stdout)
    try:
        return _run(options, page, servers, example.load(places=examples))
    except KeyboardInterrupt:
        page.say("\nStopped.")
        return STOPPED
    except (ImaginedMachineError, OSError) as error:
        sys.stdout.flush()
        sys.stderr.write(f"llm-kernel: {error}\n")
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("llm-kernel demo", description="Watch a notebook being executed.")
    parser.add_argument("--out", metavar="DIR", default=".", help="where the executed notebook goes (default: here)")
    parser.add_argument("--recorded", action="store_true", help="show the recorded run only")
    parser.add_argument("--endpoint", metavar="URL", default="", help="let this OpenAI-compatible endpoint answer")
    parser.add_argument("--model", metavar="NAME", default="", help="which of the endpoint's models")
    parser.add_argument("--yes", action="store_true", help="take a model server that runs here, without asking")
    return parser


def _run(options: argparse.Namespace, page: Page, servers: Mapping[str, str], shown: Example) -> int:
    if options.recorded:
        _show(page, shown)
        return 0
    who = chosen(os.environ, options.endpoint, options.model)
    found = [] if who else doctor.local_servers(servers)
    asks = bool(found) and sys.stdin.isatty() and not options.yes
    if who is None and not asks:
        who = of_server(found[0], options.model) if found and options.yes else embedded(os.environ)
    arrival = _fetching(who)  # begins before the recording is shown: a gigabyte takes its time
    _show(page, shown)
    if who is None:
        who = of_server(found[0], options.model) if _wants(page, found[0]) else embedded(os.environ)
        arrival = _fetching(who)
    elif found and not options.yes:
        page.say(f"{found[0].name} runs on this computer: --endpoint {found[0].url} lets it answer.")
    return _live(options, page, shown, who, arrival)


def _live(options: argparse.Namespace, page: Page, shown: Example, who: Answerer, arrival: Arrival | None) -> int:
    lacks = _lacks(who)
    if lacks:
        page.say(f"No live run: {lacks}")
        return 1
    if arrival is not None:
        arrival.wait(page)
    from llm_kernel.demo import live  # its imports come with the extra `local`

    return live.run(shown, who, Path(options.out), page)


def _show(page: Page, shown: Example) -> None:
    page.title(f"RECORDED RUN of {shown.name}, made with {shown.model}. Nothing of it happens now.")
    page.book(shown.book)
    page.title("End of the recorded run.")


def _fetching(who: Answerer | None) -> Arrival | None:
    return Arrival(os.environ) if who is not None and who.embedded and not _lacks(who) else None


def _wants(page: Page, server: doctor.Server) -> bool:
    page.say(f"{server.name} runs on this computer with {server.models[0]}.")
    try:
        said = input("Let it answer instead of the embedded model? [y/N] ")
    except EOFError:
        return False
    return said.strip().lower() in ("y", "yes")


def _lacks(who: Answerer) -> str:
    """What has to be installed before anything can run live; empty when nothing."""
    if who.embedded and (advice := missing()):
        return advice
    gone = [name for name in ("nbclient", "nbconvert", "tqdm") if importlib.util.find_spec(name) is None]
    return f"{', '.join(gone)} not installed; pip install 'imagined-machine[local]'" if gone else ""
