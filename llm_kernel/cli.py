"""The command ``llm-kernel``: a table of words, each with its own arguments and one function."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import closing
from os import environ
from pathlib import Path
from typing import TYPE_CHECKING

from llm_kernel import doctor, install
from llm_kernel.errors import ImaginedMachineError, NoModel, StoreError
from llm_kernel.version import __version__

if TYPE_CHECKING:
    from llm_kernel.store import Store

if TYPE_CHECKING:  # a command loads only what it needs
    from llm_kernel.replaying import Job

__all__ = ["main"]


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and give its exit status."""
    words = list(sys.argv[1:] if argv is None else argv)
    if words[:1] == ["demo"]:
        return _demo(words[1:])
    options = _parser().parse_args(words)
    run: Callable[[argparse.Namespace], int] = options.run
    try:
        return run(options)
    except (ImaginedMachineError, OSError, ValueError) as error:
        sys.stderr.write(f"llm-kernel: {error}\n")
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("llm-kernel", description="A Jupyter kernel for a machine that is imagined.")
    parser.add_argument("--version", action="version", version=f"llm-kernel {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)

    def word(name: str, what: str) -> argparse.ArgumentParser:
        return commands.add_parser(name, help=what, description=f"{what[0].upper()}{what[1:]}.")

    _add_install(word("install", "make the kernel known to Jupyter"))
    word("demo", "watch a notebook being executed")
    check = word("doctor", "say what was found and what is missing")
    check.set_defaults(run=_doctor)
    fetch = word("fetch", "fetch the embedded model's weights")
    fetch.add_argument("--cache", default="", help="folder for the weights (default: LLM_KERNEL_CACHE or the user's)")
    fetch.set_defaults(run=_fetch)
    _add_serve(word("serve", "serve the embedded model to a class"))
    settings = word("config", "list every setting for llm_kernel_config.py")
    settings.set_defaults(run=_config)
    _add_exchange(word("export", "write a saved machine into one file"), _export)
    _add_exchange(word("import", "take an exported machine in, to be loaded by its name"), _import)
    _add_record(word("record", "execute a notebook by the model and keep its replies on a tape"))
    _add_replay(word("replay", "execute a notebook from its tape: no model, no network"))
    trial = word("try", "run a cell and show its parse, its events and what it changed")
    trial.add_argument("cell", nargs="+", help="the text of each cell; - reads it from standard input")
    trial.set_defaults(run=_try)
    return parser


def _add_install(parser: argparse.ArgumentParser) -> None:
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--user", action="store_true", help="for this user (the default)")
    where.add_argument("--sys-prefix", action="store_true", help="into this Python's environment")
    where.add_argument("--prefix", metavar="P", help="into the environment at P")
    parser.add_argument("--name", default=install.NAME, help="name of the kernelspec")
    parser.add_argument("--display-name", default="", metavar="TEXT", help="name that the launcher shows")
    parser.set_defaults(run=_install)


def _add_serve(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--host", default="127.0.0.1", help="where to listen (default: %(default)s, this computer only)"
    )
    parser.add_argument("--port", type=int, default=0, metavar="N", help="default: any free one")
    minutes = "leave when nobody asked for so long (default: serve until interrupted)"
    parser.add_argument("--idle-minutes", type=float, default=0.0, metavar="N", help=minutes)
    parser.add_argument("--model", default="", metavar="FILE", help="a GGUF file of your own")
    parser.add_argument("--cache", default="", help="folder for the weights (default: LLM_KERNEL_CACHE or the user's)")
    parser.add_argument("--show-key", action="store_true", help="print the students' key too")
    parser.set_defaults(run=_serve)


def _add_record(parser: argparse.ArgumentParser) -> None:
    _add_book(parser)
    parser.add_argument("--update", action="store_true", help="play what the tape has, ask the model for the rest")
    parser.add_argument("--prune", action="store_true", help="drop what no cell asks for any more")
    parser.set_defaults(run=_record)


def _add_replay(parser: argparse.ArgumentParser) -> None:
    _add_book(parser)
    parser.add_argument("--check", action="store_true", help="compare with the notebook's outputs; 1 where they differ")
    parser.set_defaults(run=_replay)


def _add_book(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("notebook", metavar="NOTEBOOK", type=Path, help="an .ipynb file")
    parser.add_argument("--tape", metavar="FILE", type=Path, help="default: NAME.tape.jsonl beside NAME.ipynb")
    parser.add_argument("--base", metavar="FILE", type=Path, help="a tape under it that is read and never written")
    parser.add_argument("--out", metavar="FILE", type=Path, help="where the executed notebook goes (default: in place)")
    parser.add_argument("--allow-errors", action="store_true", help="go on behind a cell that fails")


def _add_exchange(parser: argparse.ArgumentParser, run: Callable[[argparse.Namespace], int]) -> None:
    if run is _export:
        parser.add_argument("name", metavar="NAME", help="what %%save called it")
    parser.add_argument("file", metavar="FILE", type=Path, help="what is written, or taken in")
    if run is _import:
        parser.add_argument("name", metavar="NAME", nargs="?", default="", help="default: the name it had")
    parser.add_argument("--home", default="", help="folder for snapshots (default: LLM_KERNEL_HOME or the user's)")
    parser.add_argument("--force", action="store_true", help="replace what has that name")
    parser.set_defaults(run=run)


def _install(options: argparse.Namespace) -> int:
    prefix = sys.prefix if options.sys_prefix else options.prefix
    prefix = str(Path(prefix).absolute()) if prefix else None
    try:
        folder = install.install(
            user=prefix is None, prefix=prefix, name=options.name, display_name=options.display_name
        )
    except PermissionError as error:
        raise PermissionError(f"{error}; try --user") from error
    sys.stdout.write(f"Installed the kernel {folder.name} in {folder}\n")
    return 0


def _doctor(options: argparse.Namespace) -> int:
    findings = doctor.examine()
    sys.stdout.write(doctor.report(findings))
    if doctor.usable(findings):
        sys.stdout.write("Ready.\n")
        return 0
    sys.stdout.write("Not ready yet: do what stands under MISSING.\n")
    return 1


def _fetch(options: argparse.Namespace) -> int:
    from llm_kernel.model import weights

    cache = options.cache or environ.get("LLM_KERNEL_CACHE", "")
    with weights.bar(weights.QWEN.name) as progress:
        place = weights.fetch(cache=cache, progress=progress, note=_note)
    sys.stdout.write(f"{place}\n")
    return 0


def _serve(options: argparse.Namespace) -> int:
    from llm_kernel.model import classroom, local

    if advice := local.missing():
        raise NoModel(advice)
    lesson = classroom.Lesson(
        options.host,
        options.port,
        options.idle_minutes,
        options.model or environ.get("LLM_KERNEL_LOCAL_MODEL", ""),
        options.cache or environ.get("LLM_KERNEL_CACHE", ""),
        shown=options.show_key,
    )
    status = classroom.serve(lesson, _say)
    sys.stdout.flush()
    os._exit(status)  # the model's own threads may still wait for connections


def _say(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


def _note(text: str) -> None:
    sys.stderr.write(f"{text}\n")


def _config(options: argparse.Namespace) -> int:
    from traitlets.config import Configurable

    from llm_kernel.settings import Settings

    class LLMKernel(Settings, Configurable):  # the real one has also what its base class can be set to
        __doc__ = Settings.__doc__

    sys.stdout.write(LLMKernel.class_config_section())
    return 0


def _export(options: argparse.Namespace) -> int:
    if options.file.exists() and not options.force:
        raise StoreError(f"{options.file} is there already; --force replaces it.")
    with closing(_store(options)) as store:
        store.export(store.find(options.name), options.file, name=options.name)
    sys.stdout.write(f"Wrote {options.name} to {options.file}\n")
    return 0


def _import(options: argparse.Namespace) -> int:
    with closing(_store(options)) as store:
        name = store.take_in(options.file, options.name, replace=options.force)
    sys.stdout.write(f"{name} can be loaded now: %load {name}\n")
    return 0


def _store(options: argparse.Namespace) -> Store:
    from llm_kernel.store import Store, home

    return Store(home(options.home or environ.get("LLM_KERNEL_HOME", "")))


def _try(options: argparse.Namespace) -> int:
    from llm_kernel import config, trial

    cells = [sys.stdin.read() if cell == "-" else cell for cell in options.cell]
    return asyncio.run(trial.run(config.build(config.Settings()), cells, sys.stdout))


def _record(options: argparse.Namespace) -> int:
    from llm_kernel import replaying

    return replaying.record(_job(options), update=options.update, prune=options.prune)


def _replay(options: argparse.Namespace) -> int:
    from llm_kernel import replaying

    return replaying.replay(_job(options), check=options.check)


def _job(options: argparse.Namespace) -> Job:
    from llm_kernel.replaying import Job

    return Job(options.notebook, sys.stdout, options.tape, options.base, options.out, allow_errors=options.allow_errors)


def _demo(words: list[str]) -> int:
    from llm_kernel import demo

    return demo.main(words)
