"""The command line of ``nvidia-smi``: taken apart, and explained by ``-h`` and the ``--help-query`` options."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from llm_kernel.programs.exact.nvidia_lists import QUERIES
from llm_kernel.programs.exact.nvidia_set import PLAIN as SET_PLAIN
from llm_kernel.programs.exact.nvidia_set import VALUED as SET_VALUED
from llm_kernel.shell.call import Answer

__all__ = ["COMBINATION", "HELPS", "Asked", "fields_text", "help_text", "parse", "unknown"]

COMBINATION = Answer("Invalid combination of input arguments. Please run 'nvidia-smi -h' for help.\n\n", status=2)

_VALUED = {
    "-i": "id",
    "--id": "id",
    **{f"--{name}": name for name in QUERIES},
    "--query-apps": "query-compute-apps",
    "--format": "format",
    "-f": "filename",
    "--filename": "filename",
    **SET_VALUED,
    **{f"--{name}": name for name in SET_VALUED.values()},
    "-l": "loop",
    "--loop": "loop",
    "-lms": "loop-ms",
    "--loop-ms": "loop-ms",
    "-d": "display",
    "--display": "display",
}
_PLAIN = {
    "-L": "list-gpus",
    "--list-gpus": "list-gpus",
    "-h": "help",
    "--help": "help",
    **{f"--help-{name}": f"help-{name}" for name in QUERIES},
    "-B": "list-excluded-gpus",
    "--list-excluded-gpus": "list-excluded-gpus",
    "--list-blacklist-gpus": "list-excluded-gpus",
    "--version": "version",
    "-q": "query",
    "--query": "query",
    "-a": "query",
    **SET_PLAIN,
    **{f"--{name}": name for name in SET_PLAIN.values()},
    "-x": "xml-format",
    "--xml-format": "xml-format",
}
_UNSIMULATED = ("-u", "--unit", "--dtd", "-col", "--columns")
"""What the real program has and this one does not answer."""

_TOOLS = (
    "dmon",
    "pmon",
    "daemon",
    "replay",
    "nvlink",
    "clocks",
    "vgpu",
    "mig",
    "drain",
    "c2c",
    "compute-policy",
    "topo",
)


@dataclass(slots=True)
class Asked:
    """The command line taken apart; ``wrong`` is the answer to one that makes no sense."""

    options: dict[str, str] = field(default_factory=dict)
    words: list[str] = field(default_factory=list)
    wrong: Answer | None = None


def unknown(option: str) -> Answer:
    """The answer to an option that this version does not have."""
    return Answer(f"ERROR: Option {option} is not recognized. Please run 'nvidia-smi -h' for help.\n\n", status=2)


def _unvalued(option: str) -> Answer:
    text = f"ERROR: Option {option} is missing its value. Please run 'nvidia-smi -h' for help.\n\n"
    return Answer(text, status=2)


def parse(args: Sequence[str]) -> Asked:
    """The options by their long names, and the words of a tool such as ``topo``."""
    asked, rest = Asked(), list(args)
    while rest and asked.wrong is None:
        word = rest.pop(0)
        name, equals, value = word.partition("=")
        if name in _VALUED:
            if not equals and not rest:
                asked.wrong = _unvalued(word)
            else:
                asked.options[_VALUED[name]] = value if equals else rest.pop(0)
        elif word in _PLAIN:
            asked.options[_PLAIN[word]] = ""
        elif word in _UNSIMULATED:
            asked.wrong = Answer(stderr=f"nvidia-smi: {word} is not simulated on this machine\n", status=1)
        elif word in _TOOLS and not asked.options:
            asked.words, rest = [word, *rest], []
        else:
            asked.wrong = unknown(word) if word.startswith("-") else COMBINATION
    return asked


HELPS = {f"help-{name}": query.fields for name, query in QUERIES.items()}


def fields_text(option: str, branch: int) -> str:
    """The names that can be asked for, without the program's explanations."""
    fields = HELPS[option]
    lines = [f'List of valid properties to query for the switch "--{option.removeprefix("help-")}":\n']
    for one in dict.fromkeys(fields.values()):
        names = [name for name, meant in fields.items() if meant is one and one.there(branch)]
        names = [name for name in names if branch >= 535 or "clocks_event_reasons." not in name]
        if names:
            lines.append(" or ".join(f'"{name}"' for name in names))
    return "\n".join(lines) + "\n"


def help_text(driver: str) -> str:
    """The usage, with what is answered here."""
    version = f" -- v{driver}" if driver else ""
    return f"NVIDIA System Management Interface{version}\n\n{_USAGE}"


_USAGE = """nvidia-smi [OPTION1 [ARG1]] [OPTION2 [ARG2]] ...

    -h,   --help                this text
          --version             versions (from driver 535 on)
    -L,   --list-gpus           the GPUs and their UUIDs
    <no arguments>              a table of all GPUs and the processes on them
    -i,   --id=                 only these GPUs: index, UUID or bus id
    -B,   --list-excluded-gpus  GPUs that the driver leaves alone
    -q,   --query               everything about the GPUs
    -x,   --xml-format          the same as XML
    -d,   --display=            with -q, only these parts, separated by commas: MEMORY, UTILIZATION, ECC,
                                TEMPERATURE, POWER, CLOCK, COMPUTE, PIDS, PERFORMANCE, SUPPORTED_CLOCKS,
                                PAGE_RETIREMENT, ACCOUNTING and, by driver, more
          --query-gpu=          fields of each GPU; names: --help-query-gpu
          --query-compute-apps= fields of each process; names: --help-query-compute-apps
          --query-accounted-apps=, --query-retired-pages=, --query-remapped-rows=, --query-supported-clocks=
                                fields of each entry of these lists; names: --help-query-...
          --format=             csv, and with it noheader, nounits
    -pm,  --persistence-mode=   0/DISABLED, 1/ENABLED
    -pl,  --power-limit=        watts
    topo -m                     how the GPUs are joined
"""
