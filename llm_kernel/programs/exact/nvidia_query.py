"""The answer to ``nvidia-smi --query-...``: fields asked for, one line for each GPU or process."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from llm_kernel.programs.exact.nvidia_sight import Field, Sight, failed

__all__ = ["BadField", "Form", "csv"]


@dataclass(frozen=True, slots=True)
class Form:
    """The options of ``--format``."""

    header: bool = True
    units: bool = True


class BadField(Exception):  # noqa: N818 - what the program prints about it is the answer
    """A field that this version of the program does not have."""


_EVENTS = "clocks_event_reasons."


def _pick(names: Iterable[str], fields: dict[str, Field], branch: int) -> list[Field]:
    picked = []
    for name in names:
        field = fields.get(name)
        if field is None or not field.there(branch) or (_EVENTS in name and branch < 535):
            raise BadField(name)
        # before 535 the reasons were called throttle reasons, and the header says so
        old = branch < 535 and _EVENTS in field.name
        picked.append(Field(field.name.replace("event", "throttle"), field.value) if old else field)
    return picked


def _cell(field: Field, sight: Sight, units: bool) -> str:
    value = field.value(sight)
    if failed(sight, field.name):
        return "[Unknown Error]"
    if value is None:
        return "[N/A]" if sight.branch >= 450 else "[Not Supported]"
    return f"{value} {field.unit}" if units and field.unit and not value.startswith("[") else value


def csv(asked: Sequence[str], fields: dict[str, Field], sights: Iterable[Sight], branch: int, form: Form) -> str:
    """The answer to a query: a header and a line for each sight.

    Raises:
        BadField: for a name that is no field of this version.
    """
    picked = _pick(asked, fields, branch)
    lines = [", ".join(_cell(field, sight, form.units) for field in picked) for sight in sights]
    if form.header:
        heads = (f"{field.name} [{field.unit}]" if field.unit and form.units else field.name for field in picked)
        lines.insert(0, ", ".join(heads))
    return "".join(f"{line}\n" for line in lines)
