"""``lsmod``: the loaded modules. Loading and unloading is for the machine's administrator."""

from __future__ import annotations

from llm_kernel.machine.modules import modules
from llm_kernel.programs.exact.identity import caller
from llm_kernel.programs.table import exact
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
