"""The machine, a call and the journal made into a request. Pure and byte-stable: equal input, equal bytes."""

from llm_kernel.prompt.build import Shown, card, meta_request, program_request, pure_request, volatile

__all__ = ["Shown", "card", "meta_request", "program_request", "pure_request", "volatile"]
