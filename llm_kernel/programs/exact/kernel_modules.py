"""``lsmod`` and ``modinfo``: the loaded modules. Loading and unloading is for the machine's administrator."""

from __future__ import annotations

from llm_kernel.machine import Machine
from llm_kernel.machine.modules import modules
from llm_kernel.programs.exact.identity import caller
from llm_kernel.programs.table import NotExact, exact
from llm_kernel.shell.call import Answer, Call


@exact("lsmod")
def lsmod(call: Call) -> Answer:
    """``lsmod``: ``/proc/modules`` in columns."""
    if call.args:
        return Answer(stderr="Usage: lsmod\n", status=1)
    lines = ["Module                  Size  Used by"]
    for row in modules(call.machine):
        tail = f"{row.count} {','.join(row.users)}".rstrip() if row.users else str(row.count)
        lines.append(f"{row.name:<19} {row.size:>8}  {tail}")
    return Answer("".join(f"{line}\n" for line in lines))


@exact("modprobe", "insmod", "rmmod")
def modprobe(call: Call) -> Answer:
    """``modprobe``, ``insmod``, ``rmmod``: what is loaded is no work, what is not there is an error."""
    names = [word for word in call.args if not word.startswith("-")]
    if not names:
        text = "missing parameters. See -h." if call.name == "modprobe" else "missing module name."
        return Answer(stderr=f"{call.name}: ERROR: {text}\n", status=1)
    loaded = {row.name: row for row in modules(call.machine)}
    name = names[0].replace("-", "_")
    if caller(call) != "root" and not (call.name == "modprobe" and name in loaded):
        return Answer(stderr=f"{call.name}: ERROR: could not insert '{name}': Operation not permitted\n", status=1)
    taken = call.name == "rmmod" or any(word in ("-r", "--remove") for word in call.args)
    if taken and name in loaded:
        users = " ".join(loaded[name].users)
        who = f" by: {users}" if users else ""
        return Answer(stderr=f"{call.name}: ERROR: Module {name} is in use{who}\n", status=1)
    if taken:
        return Answer(stderr=f"rmmod: ERROR: Module {name} is not currently loaded\n", status=1)
    if call.name == "insmod":
        text = f"insmod: ERROR: could not load module {names[0]}: No such file or directory\n"
        return Answer(stderr=text, status=1)
    if name in loaded:
        return Answer()
    folder = f"/lib/modules/{call.machine.system.kernel}"
    return Answer(stderr=f"modprobe: FATAL: Module {names[0]} not found in directory {folder}\n", status=1)


@exact("modinfo")
def modinfo(call: Call) -> Answer:
    """``modinfo nvidia`` and its kin, whole or one field (``-F``); other modules are the model's."""
    args, field = list(call.args), ""
    if args[:1] in (["-F"], ["--field"]) and len(args) > 1:
        field, args = args[1], args[2:]
    if len(args) != 1 or args[0].startswith("-"):
        raise NotExact
    name = args[0].replace("-", "_")
    loaded = [row.name for row in modules(call.machine)]
    if not name.startswith("nvidia"):
        raise NotExact
    if name not in loaded:
        return Answer("", f"modinfo: ERROR: Module {args[0]} not found.\n", 1)
    rows = _nvidia(call.machine, name)
    if field:
        return Answer("".join(f"{text}\n" for key, text in rows if key == field))
    return Answer("".join(f"{key + ':':<15} {text}\n" for key, text in rows))


def _nvidia(machine: Machine, name: str) -> list[tuple[str, str]]:
    """The fields of a module of NVIDIA's driver."""
    system, driver = machine.system, machine.devices.driver
    red = system.profile.like == "rhel"
    place = "extra" if red else "updates/dkms"
    file = f"{name.replace('_', '-')}.ko{'.xz' if red else ''}"
    needs = {"nvidia_uvm": "nvidia", "nvidia_modeset": "nvidia", "nvidia_drm": "nvidia-modeset,drm,drm_kms_helper"}
    rows = [("filename", f"/lib/modules/{system.kernel}/{place}/{file}")]
    rows += [("alias", "char-major-195-*")] if name == "nvidia" else []
    rows += [("version", driver), ("supported", "external"), ("license", "NVIDIA")]
    if name == "nvidia":
        rows += [("alias", f"pci:v000010DEd*sv*sd*bc03sc{kind}i00*") for kind in ("02", "00")]
    rows += [("depends", needs.get(name, "")), ("retpoline", "Y"), ("name", name)]
    return [*rows, ("vermagic", f"{system.kernel} SMP mod_unload modversions ")]
