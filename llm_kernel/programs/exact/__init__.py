"""The families of exact programs; importing this package fills the table."""

from llm_kernel.programs.exact import dates, disks, free, host, identity

__all__ = ["dates", "disks", "free", "host", "identity"]
