"""What people would rather look at than read: each view is HTML for a notebook and the same as plain text."""

from llm_kernel.views.machine import machine_view

__all__ = ["machine_view"]
