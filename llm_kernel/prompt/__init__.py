"""The machine, a call and the journal made into a request. Pure and byte-stable: equal input, equal bytes."""

from llm_kernel.prompt.build import Shown, card, meta_request, program_request, pure_request, volatile
from llm_kernel.prompt.imagined import file_request

__all__ = ["Shown", "card", "file_request", "meta_request", "program_request", "pure_request", "volatile"]
