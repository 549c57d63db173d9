"""The families of exact programs; importing this package fills the table."""

from llm_kernel.programs.exact import free, host, identity

__all__ = ["free", "host", "identity"]
