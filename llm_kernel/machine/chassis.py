"""What the server's makers wrote on it: the model, its board and its firmware. It follows processor and GPUs."""

from __future__ import annotations

from dataclasses import dataclass

from llm_kernel.machine.cpus import chip
from llm_kernel.machine.system import System

__all__ = ["Chassis", "chassis"]


@dataclass(frozen=True, slots=True)
class Chassis:
    """The names as the firmware's tables have them; ``released`` is the firmware's date, ``02/21/2020``."""

    product: str
    board: str
    maker: str = "Supermicro"
    version: str = "0123456789"
    firm: str = "American Megatrends Inc."
    firmware: str = "3.3"
    released: str = "02/21/2020"


def chassis(system: System, gpus: int) -> Chassis:
    """The server that has room for so many GPUs, and sockets for its processors."""
    many = gpus > 2
    if chip(system.cpu.model).vendor == "AuthenticAMD":
        return Chassis("AS -4124GS-TNR", "H12DSG-O-CPU") if many else Chassis("AS -2014S-TR", "H12SSW-NT")
    return Chassis("SYS-4029GP-TRT", "X11DPG-OT-CPU") if many else Chassis("SYS-6029P-TRT", "X11DPi-NT")
