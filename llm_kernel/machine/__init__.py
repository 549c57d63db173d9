"""The simulated machine. It knows no socket, no host clock and no chance but a seeded one."""

from llm_kernel.machine.clock import DEFAULT_EPOCH, Clock
from llm_kernel.machine.machine import Machine

__all__ = ["DEFAULT_EPOCH", "Clock", "Machine"]
