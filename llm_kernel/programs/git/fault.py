"""How a git command ends early: with words on standard error and a status."""

from __future__ import annotations

__all__ = ["Fatal", "Stop"]


class Stop(Exception):  # noqa: N818 - an end, not a fault of ours
    """The command ends here, having said ``text``."""

    def __init__(self, text: str, status: int = 1, *, out: str = "") -> None:
        super().__init__(text)
        self.text = text
        self.status = status
        self.out = out


class Fatal(Stop):
    """The command cannot go on: ``fatal: WHY`` and 128."""

    def __init__(self, why: str, status: int = 128) -> None:
        super().__init__(f"fatal: {why}\n", status)
