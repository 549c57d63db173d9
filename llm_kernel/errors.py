"""Our own faults. What a real machine would print is an event, never one of these.

    ImaginedMachineError
    ├── CellError              the cell's text cannot be taken apart (an unclosed brace block, an unknown magic)
    ├── SettingError           a setting has a value nobody can use
    ├── ModelError             the model could not answer
    │   ├── NoModel            no endpoint and no embedded model is there
    │   ├── EndpointError      the endpoint refused, failed, timed out or broke off
    │   ├── OverBudget         the budget has no room for what is asked
    │   ├── BadReply           the reply was empty, a refusal or an apology
    │   └── TooLong            what is asked alone is longer than a request may be
    ├── TapeError              a tape cannot be read or written
    │   └── TapeMiss           replay: this request was never recorded
    ├── WeightsError           the embedded model's file could not be fetched or has a wrong digest
    ├── CellOver               a cell has spent all the machine's time that it may
    ├── Refused                the machine refuses a proposal (an act, a meta script)
    │   └── NoRoom             a GPU has the memory, and others use it
    ├── StateError             a stored machine has an unknown format or is damaged
    └── StoreError             the store of snapshots cannot be written now

Each carries a message for the user that says what happened and what to do.
"""

from __future__ import annotations

__all__ = [
    "BadReply",
    "CellError",
    "CellOver",
    "EndpointError",
    "ImaginedMachineError",
    "ModelError",
    "NoModel",
    "NoRoom",
    "OverBudget",
    "Refused",
    "SettingError",
    "StateError",
    "StoreError",
    "TapeError",
    "TapeMiss",
    "TooLong",
    "WeightsError",
]


class ImaginedMachineError(Exception):
    """The root of all our faults; ``str()`` is what the user reads."""


class CellError(ImaginedMachineError):
    """The cell's text cannot be taken apart."""


class SettingError(ImaginedMachineError):
    """A setting has a value nobody can use."""


class ModelError(ImaginedMachineError):
    """The model could not answer."""


class NoModel(ModelError):
    """Neither an endpoint nor the embedded model is there."""


class EndpointError(ModelError):
    """The endpoint refused, failed, timed out or broke off.

    ``status`` is the HTTP status, or None where there was none.
    """

    def __init__(self, message: str, *, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


class OverBudget(ModelError):
    """The budget has no room for what is asked; nothing was sent."""


class BadReply(ModelError):
    """The reply was empty, a refusal or an apology."""


class TooLong(ModelError):
    """What is asked is longer than a request may be, even without all that may be left out."""


class TapeError(ImaginedMachineError):
    """A tape cannot be read or written."""


class TapeMiss(TapeError):
    """Replay met a request that was never recorded; the message names the nearest one and what differs."""


class WeightsError(ImaginedMachineError):
    """The embedded model's file could not be fetched, or its digest is wrong."""


class CellOver(ImaginedMachineError):
    """A cell has spent all the machine's time that it may; the message says how much that is."""


class Refused(ImaginedMachineError):
    """The machine refuses a proposal; the message says why, in the words of a usage line where it was a word."""


class NoRoom(Refused):
    """GPU ``index`` could hold ``mem`` MiB if others did not use it."""

    def __init__(self, message: str, index: int, mem: int) -> None:
        super().__init__(message)
        self.index = index
        self.mem = mem


class StateError(ImaginedMachineError):
    """A stored machine has an unknown format number or is damaged."""


class StoreError(ImaginedMachineError):
    """The store of snapshots cannot be written now; nothing was half-written, and the next try may succeed."""
