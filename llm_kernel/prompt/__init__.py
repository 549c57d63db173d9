"""The machine, a call and the journal made into a request. Pure and byte-stable: equal input, equal bytes."""

from llm_kernel.prompt.build import MOST, Past, Shown, meta_request, program_request, pure_request
from llm_kernel.prompt.card import card, older_facts, told_facts, volatile
from llm_kernel.prompt.imagined import file_request

__all__ = [
    "MOST",
    "Past",
    "Shown",
    "card",
    "file_request",
    "meta_request",
    "older_facts",
    "program_request",
    "pure_request",
    "told_facts",
    "volatile",
]
