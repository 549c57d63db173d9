"""What people would rather look at than read: each view is HTML for a notebook and the same as plain text."""

from llm_kernel.views.changes import diff_view
from llm_kernel.views.diff import Difference, diff
from llm_kernel.views.figure import plot_view
from llm_kernel.views.ledger import usage_view, why_view
from llm_kernel.views.machine import machine_view

__all__ = ["Difference", "diff", "diff_view", "machine_view", "plot_view", "usage_view", "why_view"]
