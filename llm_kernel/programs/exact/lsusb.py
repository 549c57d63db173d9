"""``lsusb``: what hangs on the server's USB."""

from __future__ import annotations

from llm_kernel.machine.catalog import load
from llm_kernel.programs.table import NotExact, exact
from llm_kernel.shell.call import Answer, Call

__all__ = ["lsusb"]


@exact("lsusb")
def lsusb(call: Call) -> Answer:
    """The list, or of it what ``-d VENDOR:[PRODUCT]`` or ``-s [BUS:][DEVICE]`` chooses; trees are the model's."""
    rows = load("usb")["devices"]
    args = list(call.args)
    while args:
        option = args.pop(0)
        if option not in ("-d", "-s") or not args:
            raise NotExact
        value = args.pop(0)
        rows = [row for row in rows if (_made_by(row[2], value) if option == "-d" else _at(row, value))]
    lines = (f"Bus {bus} Device {device}: ID {ids} {name}\n" for bus, device, ids, name in rows)
    return Answer("".join(lines), "", int(not rows))


def _made_by(ids: str, value: str) -> bool:
    vendor, _, product = value.lower().partition(":")
    return ids.split(":")[0] == vendor and product in ("", ids.split(":")[1])


def _at(row: list[str], value: str) -> bool:
    bus, colon, device = value.rpartition(":")
    if colon and bus.strip("0") not in ("", row[0].strip("0")):
        return False
    return device.strip("0") in ("", row[1].strip("0"))
