"""Python that can be computed: a script is judged from its syntax tree, run in a sandbox, and worded as CPython."""

from llm_kernel.python.disk import Disk
from llm_kernel.python.interpreter import Interpreter, Place
from llm_kernel.python.refusal import refused
from llm_kernel.python.sandbox import Limits, Outcome, Piece, Sandbox
from llm_kernel.python.script import Script, Unsure

__all__ = ["Disk", "Interpreter", "Limits", "Outcome", "Piece", "Place", "Sandbox", "Script", "Unsure", "refused"]
