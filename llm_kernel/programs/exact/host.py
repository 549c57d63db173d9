"""What machine this is: ``hostname``, ``uname``, ``arch``, ``nproc``, ``lsb_release``, ``hostnamectl``, ``getconf``."""

from __future__ import annotations

from llm_kernel.errors import Refused
from llm_kernel.machine.chassis import chassis
from llm_kernel.machine.memory import memory
from llm_kernel.machine.profiles import Profile
from llm_kernel.machine.tunables import boot_id
from llm_kernel.programs.exact.identity import caller
from llm_kernel.programs.options import Options
from llm_kernel.programs.quoting import said
from llm_kernel.programs.table import NotExact, exact
from llm_kernel.shell.call import Answer, Call

_HOSTNAME_USAGE = """\
Usage: hostname [-b] {hostname|-F file}         set host name (from file)
       hostname [-a|-A|-d|-f|-i|-I|-s|-y]       display formatted name
       hostname                                 display host name

Options: -a alias, -A all full names, -d DNS domain, -f full name, -F set from a file,
         -i addresses of the name, -I all addresses, -s short name, -y NIS domain
"""
_HOSTNAME_LONG = {
    "alias": "a",
    "all-fqdns": "A",
    "boot": "b",
    "domain": "d",
    "fqdn": "f",
    "long": "f",
    "file": "F",
    "ip-address": "i",
    "all-ip-addresses": "I",
    "short": "s",
    "yp": "y",
    "nis": "y",
    "help": "h",
    "version": "V",
}


@exact("hostname")
def hostname(call: Call) -> Answer:
    """``hostname``; as root it also sets the name."""
    args, asked, name = list(call.args), "", ""
    while args:
        word = args.pop(0)
        letters = _HOSTNAME_LONG.get(word[2:], "?") if word.startswith("--") else word[1:]
        if not word.startswith("-") or word == "-":
            name = word
            continue
        for letter in letters:
            if letter not in "aAbdfFiIsyhV":
                which = f"unrecognized option '{word}'" if letter == "?" else f"invalid option -- '{letter}'"
                return Answer(stderr=f"hostname: {which}\n{_HOSTNAME_USAGE}", status=255)
            asked = letter
        if asked == "F":
            return _name_from(call, args.pop(0) if args else "")
    if asked in ("h", "V"):
        return Answer(stderr="hostname 3.23\n" if asked == "V" else _HOSTNAME_USAGE)
    if name:
        return _rename(call, name)
    return Answer(_hostname(call, asked))


def _hostname(call: Call, asked: str) -> str:
    host = call.machine.system.host
    short, _, domain = host.partition(".")
    match asked:
        case "s":
            return f"{short}\n"
        case "d":
            return f"{domain}\n" if domain else ""
        case "i":
            return "127.0.1.1\n"
        case "I":
            return f"{call.machine.system.address} \n"
        case "A":
            return f"{host} \n"
        case "a":
            return f"{short}\n" if domain else "\n"
        case "y":
            return "(none)\n"
        case _:
            return f"{host}\n"


def _name_from(call: Call, path: str) -> Answer:
    if not path:
        text = f"hostname: option requires an argument -- 'F'\n{_HOSTNAME_USAGE}"
        return Answer(stderr=text, status=255)
    try:
        text = call.machine.files.read(call.path(path)).decode(errors="replace")
    except OSError as err:
        return Answer(stderr=f"hostname: can't open `{path}': {err.strerror}\n", status=1)
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")]
    return _rename(call, lines[0]) if lines else Answer()


def _rename(call: Call, name: str) -> Answer:
    if caller(call) != "root":
        return Answer(stderr="hostname: you must be root to change the host name\n", status=1)
    try:
        call.machine.system.set_host(name)
    except Refused:
        return Answer(stderr="hostname: the specified hostname is invalid\n", status=1)
    call.machine.follow()
    return Answer()


_UNAME = Options(
    "a,all s,kernel-name n,nodename r,kernel-release v,kernel-version m,machine p,processor i,hardware-platform"
    " o,operating-system",
    usage="[OPTION]...",
    about="Print certain system information; with no OPTION, as -s.",
    authors="David MacKenzie",
)


@exact("uname")
def uname(call: Call) -> Answer:
    """``uname``."""
    parsed = _UNAME.parse(call)
    if isinstance(parsed, Answer):
        return parsed
    if parsed.operands:
        return _UNAME.refuse(call, f"extra operand {said(parsed.operands[0], call.env)}")
    system, made = call.machine.system, call.machine.system.profile
    fields = {
        "kernel-name": "Linux",
        "nodename": system.host,
        "kernel-release": system.kernel,
        "kernel-version": made.build,
        "machine": system.arch,
        "processor": made.processor,
        "hardware-platform": made.processor,
        "operating-system": "GNU/Linux",
    }
    if "all" in parsed:
        shown = [text for text in fields.values() if text != "unknown"]
    else:
        shown = [text for name, text in fields.items() if name in parsed] or ["Linux"]
    return Answer(" ".join(shown) + "\n")


_ARCH = Options("", usage="[OPTION]...", about="Print machine architecture.", authors="David MacKenzie and Karel Zak")


@exact("arch")
def arch(call: Call) -> Answer:
    """``arch``."""
    parsed = _ARCH.parse(call)
    if isinstance(parsed, Answer):
        return parsed
    if parsed.operands:
        return _ARCH.refuse(call, f"extra operand {said(parsed.operands[0], call.env)}")
    return Answer(f"{call.machine.system.arch}\n")


_NPROC = Options(
    "all ignore=",
    usage="[OPTION]...",
    about="Print the number of processing units available to the current process.",
    authors="Giuseppe Scrivano",
)


@exact("nproc")
def nproc(call: Call) -> Answer:
    """``nproc``; OpenMP's variables bound it, as in the real one."""
    parsed = _NPROC.parse(call)
    if isinstance(parsed, Answer):
        return parsed
    if parsed.operands:
        return _NPROC.refuse(call, f"extra operand {said(parsed.operands[0], call.env)}")
    ignore = parsed.value("ignore") or "0"
    if not ignore.isdigit():
        return Answer(stderr=f"nproc: invalid number: {said(ignore, call.env)}\n", status=1)
    count = call.machine.system.cpu.cores
    if "all" not in parsed:
        count = _openmp(call, "OMP_NUM_THREADS") or count
        count = min(count, _openmp(call, "OMP_THREAD_LIMIT") or count)
    return Answer(f"{max(1, count - int(ignore))}\n")


def _openmp(call: Call, name: str) -> int:
    text = call.env.get(name, "").partition(",")[0].strip()
    return int(text) if text.isdigit() else 0


_LSB = "vidrcash"
_LSB_LONG = {
    "--version": "v",
    "--id": "i",
    "--description": "d",
    "--release": "r",
    "--codename": "c",
    "--all": "a",
    "--short": "s",
    "--help": "h",
}


@exact("lsb_release", needs="os:debian")
def lsb_release(call: Call) -> Answer:
    """``lsb_release``."""
    asked: set[str] = set()
    for word in call.args:
        letters = _LSB_LONG.get(word, word[1:] if word.startswith("-") and word[:2] != "--" else "")
        for letter in letters or "?":
            if letter not in _LSB:
                hint = "Usage: lsb_release [options]\n\n"
                which = f"no such option: {word if letter == '?' else f'-{letter}'}"
                return Answer(stderr=f"{hint}lsb_release: error: {which}\n", status=2)
            asked.add(letter)
    if "h" in asked:
        return Answer("Usage: lsb_release [options]\n\nOptions: -v, -i, -d, -r, -c, -a (all), -s (short), -h\n")
    made = call.machine.system.profile
    rows = (
        ("i", "Distributor ID", made.label),
        ("d", "Description", made.pretty),
        ("r", "Release", made.release),
        ("c", "Codename", made.codename),
    )
    shown = [(title, text) for letter, title, text in rows if letter in asked or "a" in asked]
    modules = "No LSB modules are available.\n" if asked <= {"s"} or asked & {"a", "v"} else ""
    if "s" in asked:
        return Answer("".join(f"{text}\n" for _, text in shown), modules)
    return Answer("".join(f"{title}:\t{text}\n" for title, text in shown), modules)


@exact("hostnamectl")
def hostnamectl(call: Call) -> Answer:
    """``hostnamectl``: the status, and ``set-hostname`` for root."""
    words = [word for word in call.args if not word.startswith("-")]
    if words[:1] in (["set-hostname"], ["hostname"]) and len(words) == 2:
        answer = _rename(call, words[1])
        refused = "Could not set property: Access denied\n"
        return Answer(stderr=refused, status=1) if answer.status else answer
    if words == ["hostname"] or "--static" in call.args:
        return Answer(f"{call.machine.system.host}\n")
    if words and words != ["status"]:
        raise NotExact
    system = call.machine.system
    rows = (
        ("Static hostname", system.host),
        ("Icon name", "computer-server"),
        ("Chassis", "server"),
        ("Machine ID", _machine_id(call)),
        ("Boot ID", boot_id(system)),
        ("Operating System", system.profile.pretty),
        *((("CPE OS Name", name),) if (name := _cpe(system.profile)) else ()),
        ("Kernel", f"Linux {system.kernel}"),
        ("Architecture", system.arch.replace("_", "-")),
        *(_hardware(call) if system.profile.since("libc", "2.35") else ()),
    )
    width = 16 if system.profile.since("libc", "2.32") else 18
    return Answer("".join(f"{title:>{width}}: {text}\n" for title, text in rows))


def _cpe(made: Profile) -> str:
    """The platform's name as its release file has it."""
    lead = "CPE_NAME="
    return next((line[len(lead) :].strip('"') for line in made.os_release if line.startswith(lead)), "")


def _hardware(call: Call) -> list[tuple[str, str]]:
    """What newer ones tell of the server itself."""
    own = chassis(call.machine.system, len(call.machine.devices.gpus))
    rows = [("Hardware Vendor", own.maker), ("Hardware Model", own.product)]
    return rows + ([("Firmware Version", own.firmware)] if call.machine.system.profile.since("libc", "2.36") else [])


def _machine_id(call: Call) -> str:
    try:
        return call.machine.files.read("/etc/machine-id").decode(errors="replace").strip()
    except OSError:
        return "n/a"


@exact("getconf")
def getconf(call: Call) -> Answer:
    """``getconf`` for the variables people ask for."""
    args = [word for word in call.args if word != "-a"]
    table = _variables(call)
    if len(args) < len(call.args):
        return Answer("".join(f"{name:<35}{value}\n" for name, value in table.items()))
    if not args or len(args) > 2:
        return Answer(stderr="Usage: getconf [-v SPEC] VAR\n  or:  getconf [-v SPEC] PATH_VAR PATH\n", status=2)
    if args[0] not in table:
        return Answer(stderr=f"getconf: Unrecognized variable `{args[0]}'\n", status=2)
    return Answer(f"{table[args[0]]}\n")


def _variables(call: Call) -> dict[str, str]:
    cores, libc = str(call.machine.system.cpu.cores), call.machine.system.profile.libc
    now = memory(call.machine)
    return {
        "ARG_MAX": "2097152",
        "CHAR_BIT": "8",
        "CLK_TCK": "100",
        "GNU_LIBC_VERSION": f"glibc {libc}",
        "GNU_LIBPTHREAD_VERSION": f"NPTL {libc}",
        "HOST_NAME_MAX": "64",
        "INT_MAX": "2147483647",
        "LONG_BIT": "64",
        "NAME_MAX": "255",
        "OPEN_MAX": "1024",
        "PAGESIZE": "4096",
        "PAGE_SIZE": "4096",
        "PATH": "/bin:/usr/bin",
        "PATH_MAX": "4096",
        "_AVPHYS_PAGES": str(now.free // 4),
        "_NPROCESSORS_CONF": cores,
        "_NPROCESSORS_ONLN": cores,
        "_PHYS_PAGES": str(now.total // 4),
    }
