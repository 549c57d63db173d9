"""Chance that no program seeds: ``secrets`` and ``uuid.uuid4`` draw from the machine's."""

from __future__ import annotations

import base64
import hmac
import random
import uuid
from types import ModuleType
from typing import Any

__all__ = ["unseeded"]

_BYTES = 32


def unseeded(seed: str) -> ModuleType:
    """The module ``secrets``; ``uuid`` draws beside it from here on."""

    chance = random.Random(f"{seed}/secrets")

    def token_bytes(nbytes: int | None = None) -> bytes:
        return chance.randbytes(_BYTES if nbytes is None else nbytes)

    def choice(items: Any) -> Any:
        if not len(items):
            raise IndexError("Cannot choose from an empty sequence")
        return items[randbelow(len(items))]

    def randbelow(bound: int) -> int:
        if bound <= 0:
            raise ValueError("Upper bound must be positive.")
        return chance.randrange(bound)

    def drawn() -> uuid.UUID:
        return uuid.UUID(bytes=token_bytes(16), version=4)

    vars(uuid)["uuid4"] = drawn
    module = ModuleType("secrets")
    module.__dict__.update(
        token_bytes=token_bytes,
        token_hex=lambda nbytes=None: token_bytes(nbytes).hex(),
        token_urlsafe=lambda nbytes=None: base64.urlsafe_b64encode(token_bytes(nbytes)).rstrip(b"=").decode("ascii"),
        choice=choice,
        randbelow=randbelow,
        randbits=chance.getrandbits,
        compare_digest=hmac.compare_digest,
    )
    return module
