"""Models: whoever answers a request (an endpoint, the embedded model, a tape, a script)."""

from llm_kernel.model.chat import Backend, Delta, Message, OpenAIBackend, Patience, Request, ScriptedBackend, Usage

__all__ = ["Backend", "Delta", "Message", "OpenAIBackend", "Patience", "Request", "ScriptedBackend", "Usage"]
