"""``nvidia-smi mig``: the sizes that instances can have, the instances there are, and their making and unmaking."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from llm_kernel.errors import Refused
from llm_kernel.machine.devices import Gpu, MigInstance
from llm_kernel.machine.mig import Profile, divide, profiles
from llm_kernel.programs.exact.nvidia_choose import chosen
from llm_kernel.programs.exact.nvidia_slices import slices
from llm_kernel.shell.call import Answer, Call

__all__ = ["mig"]

_LISTS = {"-lgip": "profiles", "--list-gpu-instance-profiles": "profiles", "-lgi": "gi", "--list-gpu-instances": "gi"}
_LISTS |= {"-lci": "ci", "--list-compute-instances": "ci", "-lgipp": "places"}
_LISTS |= {"--list-gpu-instance-possible-placements": "places"}
_MAKES = ("-cgi", "--create-gpu-instance")
_ALONE = ("-dci", "--destroy-compute-instance", "-cci", "--create-compute-instance")
_DROPS = ("-dgi", "--destroy-gpu-instance", *_ALONE)
_COMPUTE = ("-C", "--default-compute-instance")
_CI_IDS = {1: 0, 2: 1, 3: 2, 4: 3, 7: 4}


def mig(call: Call, args: Sequence[str]) -> Answer:
    """Answer one form of ``mig``; ``args`` is what follows that word."""
    verb, value, ids, gi, compute, todo = "", "", None, None, False, list(args)
    while todo:
        word = todo.pop(0)
        if word in ("-i", "--id") and todo:
            ids = todo.pop(0)
        elif word in ("-gi", "--gpu-instance-id") and todo:
            gi = [int(text) for text in todo.pop(0).split(",") if text.isdigit()]
        elif word in ("-ci", "--compute-instance-id") and todo:
            todo.pop(0)
        elif word in _COMPUTE:
            compute = True
        elif word in _LISTS or word in _DROPS:
            verb = word
        elif word in _MAKES and todo:
            verb, value = word, todo.pop(0)
        elif word in ("-h", "--help"):
            return Answer(_USAGE)
        else:
            return _refused()
    gpus = chosen(call.machine.devices, ids)
    if not verb or not gpus:
        return _refused()
    if not any(gpu.card.mig for gpu in gpus):
        return Answer("No MIG-supported devices found.\n", status=6)
    gpus = [gpu for gpu in gpus if gpu.mig]
    if not gpus:
        return Answer("No MIG-enabled devices found.\n", status=6)
    if verb in _LISTS:
        return _listed(_LISTS[verb], gpus, gi)
    if call.machine.system.user != "root" and call.env.get("EUID", call.env.get("USER")) not in ("0", "root"):
        what = "create" if verb in _MAKES else "destroy"
        return Answer(f"Failed to {what} GPU instances: Insufficient Permissions\n", status=4)
    if (verb in _MAKES and not compute) or verb in _ALONE:
        text = "compute instances come and go with their GPU instances on this machine: use -cgi with -C, and -dgi"
        return Answer(stderr=f"nvidia-smi: {text}\n", status=1)
    return _made(gpus, value) if verb in _MAKES else _dropped(call, gpus, gi)


def _refused() -> Answer:
    text = "Invalid combination of input arguments. Please run 'nvidia-smi mig -h' for help.\n\n"
    return Answer(text, status=2)


# what there is


def _listed(what: str, gpus: Sequence[Gpu], gi: Sequence[int] | None) -> Answer:
    shown = {"profiles": _profiles, "places": _places}.get(what)
    if shown is not None:
        return Answer(shown(gpus))
    rows = [(gpu, one) for gpu in gpus for one in gpu.instances if gi is None or one.gi in gi]
    if not rows:
        name = "GPU" if what == "gi" else "compute"
        return Answer(f"No {name} instances found: Not Found\n", status=6)
    return Answer(_gpu_instances(rows) if what == "gi" else _compute_instances(rows))


def _table(inner: int, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    rule = f"+{'-' * inner}+"
    lines = [rule, *(f"|{head:<{inner}}|" for head in heads), f"|{'=' * inner}|"]
    for row in rows:
        lines += [*(f"|{line:<{inner}}|" for line in row), rule]
    return "".join(f"{line}\n" for line in lines)


def _profiles(gpus: Sequence[Gpu]) -> str:
    heads: tuple[str, ...] = (
        " GPU instance profiles:",
        " GPU   Name             ID    Instances   Memory     P2P    SM    DEC   ENC  ",
    )
    heads += ("                              Free/Total   GiB              CE    JPEG  OFA  ",)
    rows = []
    for gpu in gpus:
        for one in sorted(profiles(gpu.card), key=lambda profile: profile.slices):
            count = f"{_free(gpu, one)}/{one.most}"
            first = f"{gpu.index:>4}  {'MIG ' + one.name:<17} {one.id:>2}   {count:>5}{'':8}{one.memory / 1024:<10.2f}"
            first += f" No     {one.sms:<7}{one.decoders}     0   "
            second = f"{'':60}{one.copies:>2}{one.jpegs:>6}{one.ofas:>6}   "
            rows.append((first, second))
    return _table(77, heads, rows)


def _free(gpu: Gpu, profile: Profile) -> int:
    """How many more instances of a size there is room for."""
    names, count = [one.profile for one in gpu.instances], 0
    while count < profile.most and _fits(gpu, [*names, profile.name]):
        names.append(profile.name)
        count += 1
    return count


def _fits(gpu: Gpu, names: Sequence[str]) -> bool:
    try:
        divide(gpu, names)
    except Refused:
        return False
    return True


def _places(gpus: Sequence[Gpu]) -> str:
    starts = {7: "{0}:8", 4: "{0}:4", 3: "{0,4}:4", 2: "{0,2,4}:2", 1: "{0,1,2,3,4,5,6}:1"}
    lines = []
    for gpu in gpus:
        for one in sorted(profiles(gpu.card), key=lambda profile: profile.slices):
            places = "{0,2,4,6}:2" if one.slices == 1 and one.share == 2 else starts[one.slices]
            word = "Placements:" if "," in places else "Placement :"
            lines.append(f"GPU {gpu.index:>2} Profile ID {one.id:>2} {word} {places}\n")
    return "".join(lines)


def _gpu_instances(rows: Sequence[tuple[Gpu, MigInstance]]) -> str:
    heads: tuple[str, ...] = (" GPU instances:", " GPU   Name             Profile  Instance   Placement  ")
    heads += ("                          ID       ID       Start:Size ",)
    lines = [
        (f"{gpu.index:>4}  {'MIG ' + one.profile:<18} {one.number:>3}{one.gi:>9}{one.start:>11}:{one.share:<6}",)
        for gpu, one in sorted(rows, key=lambda row: (row[0].index, row[1].slices, row[1].gi))
    ]
    return _table(55, heads, lines)


def _compute_instances(rows: Sequence[tuple[Gpu, MigInstance]]) -> str:
    heads: tuple[str, ...] = (
        " Compute instances:",
        " GPU     GPU       Name             Profile   Instance   Placement  ",
    )
    heads += ("       Instance                       ID        ID       Start:Size ", "         ID ")
    lines = [
        (
            f"{gpu.index:>4}{one.gi:>7}       {'MIG ' + one.profile:<19}{_CI_IDS[one.slices]:>3}{one.ci:>10}"
            f"{0:>11}:{one.slices:<6}",
        )
        for gpu, one in sorted(rows, key=lambda row: (row[0].index, row[1].slices, row[1].gi))
    ]
    return _table(68, heads, lines)


# making and unmaking


def _made(gpus: Sequence[Gpu], value: str) -> Answer:
    """Make instances one by one, as the program does: what fits before the first that does not stays."""
    lines = []
    for gpu in gpus:
        for word in value.split(","):
            name = word.strip().removeprefix("MIG ").strip()
            known = next((one for one in profiles(gpu.card) if name in (one.name, str(one.id))), None)
            old = {(one.profile, one.start) for one in gpu.instances}
            why = "Invalid Argument" if known is None else "Insufficient Resources"
            if known is None or not _fits(gpu, [*(one.profile for one in gpu.instances), known.name]):
                lines.append(f"Unable to create a GPU instance on GPU {gpu.index:>2} using profile {name}: {why}\n")
                lines.append(f"Failed to create GPU instances: {why}\n")
                return Answer("".join(lines), status=6 if known is None else 4)
            gpu.instances = divide(gpu, [*(one.profile for one in gpu.instances), known.name])
            new = next(one for one in gpu.instances if (one.profile, one.start) not in old)
            lines.append(_said(gpu, new, known))
    return Answer("".join(lines))


def _said(gpu: Gpu, new: MigInstance, profile: Profile) -> str:
    gpu_text, using = f"on GPU {gpu.index:>2}", f"using profile MIG {profile.name}"
    return (
        f"Successfully created GPU instance ID {new.gi:>2} {gpu_text} {using} (ID {new.number:>2})\n"
        f"Successfully created compute instance ID {new.ci:>2} {gpu_text} GPU instance ID {new.gi:>2} "
        f"{using} (ID {_CI_IDS[new.slices]:>2})\n"
    )


def _dropped(call: Call, gpus: Sequence[Gpu], gi: Sequence[int] | None) -> Answer:
    rows = [(gpu, one) for gpu in gpus for one in gpu.instances if gi is None or one.gi in gi]
    if not rows:
        return Answer("No GPU instances found: Not Found\n", status=6)
    processes, lines = call.machine.processes.running(), []
    for gpu, one in rows:
        name = f"GPU instance ID {one.gi:>2} from GPU {gpu.index:>2}"
        if any(part.processes for part in slices(gpu, processes) if part.instance.gi == one.gi):
            lines.append(f"Unable to destroy {name}: In use by another client\n")
            lines.append("Failed to destroy GPU instances: In use by another client\n")
            return Answer("".join(lines), status=19)
        lines.append(f"Successfully destroyed {name}\n")
        left = [other for other in gpu.instances if other.gi != one.gi]
        gpu.instances = tuple(replace(other, device=number) for number, other in enumerate(left))
    return Answer("".join(lines))


_USAGE = """Usage: nvidia-smi mig [options]

    -lgip                the sizes that instances can have, and how many are free
    -lgipp               where instances of each size can lie
    -lgi, -lci           the GPU instances, the compute instances
    -cgi PROFILE,... -C  make GPU instances, each with a compute instance
    -dgi                 unmake GPU instances (those of -gi), with what is in them
    -i, --id             only these GPUs
"""
