"""Models: whoever answers a request (an endpoint, the embedded model, a tape, a script)."""

from llm_kernel.model.chat import Backend, Delta, Message, OpenAIBackend, Patience, Request, ScriptedBackend, Usage
from llm_kernel.model.tape import Tape

__all__ = ["Backend", "Delta", "Message", "OpenAIBackend", "Patience", "Request", "ScriptedBackend", "Tape", "Usage"]
