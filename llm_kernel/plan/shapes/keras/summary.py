"""``model.summary()`` as Keras 2 and Keras 3 lay it out, for a terminal of eighty columns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from llm_kernel.plan.shapes.keras.graph import built_of, layers_of, weights
from llm_kernel.plan.shapes.keras.layers import Built
from llm_kernel.plan.shapes.tensor import Vague
from llm_kernel.plan.values import Thing

__all__ = ["summary"]

_COLUMNS = 76
"""A terminal of eighty, less what the library leaves free."""
_UNITS = ("B", "KB", "MB", "GB")
_HEAD = ("Layer (type)", "Output Shape", "Param #", "Connected to")


def summary(model: Thing, version: tuple[int, int], extra: int | None = None) -> str:
    """The whole table; ``extra``: how many weights the optimizer holds, once it has begun."""
    chain = linear(model)
    rows = [_row(layer, version, chain) for layer in layers_of(model)]
    learned, kept = weights(model)
    if version >= (3, 0):
        return _boxes(str(model.attrs["name"]), rows, chain) + _totals(learned, kept, extra)
    if any(layer.attrs["built"] is None and layer.kind != "keras model" for layer in layers_of(model)):
        raise Vague
    return _ruled(str(model.attrs["name"]), rows, chain, version) + _counts(learned, kept, version, 65 if chain else 98)


def linear(model: Thing) -> bool:
    """Whether no two layers are equally far from the end: the table needs no column of connections."""
    depths = cast("dict[int, int] | None", model.attrs.get("depths"))
    if depths is None:
        return True
    many = [depths[id(layer)] for layer in layers_of(model)]
    joined = any(len(inner) > 1 for layer in layers_of(model) for inner in _calls(layer))
    return len(set(many)) == len(many) and not joined


def _calls(layer: Thing) -> tuple[list[Thing], ...]:
    return cast("tuple[list[Thing], ...]", layer.attrs["calls"])


def _row(layer: Thing, version: tuple[int, int], chain: bool) -> list[list[str]]:
    found = built_of(layer)
    name = f"{layer.attrs['name']} ({layer.attrs['class']})"
    links = [f"{cast(Thing, each.attrs['layer']).attrs['name']}[0][0]" for inner in _calls(layer) for each in inner]
    if version >= (3, 0):
        shape = "?" if found is None else _shape(found)
        count = "0 (unbuilt)" if found is None else f"{found.learned + found.kept:,}"
        return [[name], [shape], [count], *([] if chain else [[", ".join(links) or "-"]])]
    if found is None:
        raise Vague
    shape = f"[{_shape(found)}]" if layer.attrs["class"] == "InputLayer" else _shape(found)
    return [[name], [shape], [str(found.learned + found.kept)], *([] if chain else [_quoted(links, version)])]


def _quoted(links: list[str], version: tuple[int, int]) -> list[str]:
    """Since 2.8 the links stand as a list does."""
    if version < (2, 8):
        return links
    shown = [f"'{link}'" for link in links]
    return [
        ("[" if n == 0 else " ") + each + ("]" if n == len(shown) - 1 else ",") for n, each in enumerate(shown)
    ] or ["[]"]


def _shape(found: Built) -> str:
    inner = ", ".join(str(each) for each in found.shape)
    return f"({inner},)" if len(found.shape) == 1 else f"({inner})"


def _ruled(name: str, rows: list[list[list[str]]], chain: bool, version: tuple[int, int]) -> str:
    length = 65 if chain else 98
    stops = [int(length * part) for part in ((0.45, 0.85, 1.0) if chain else (0.33, 0.55, 0.67, 1.0))]
    new = version >= (2, 7)
    text = f'Model: "{name}"\n{"_" * length}\n'
    text += _ruled_line(list(_HEAD[: len(stops)]), stops, new) + "=" * length + "\n"
    for n, row in enumerate(rows):
        height = max(len(cell) for cell in row)
        for at in range(height):
            text += _ruled_line([cell[at] if at < len(cell) else "" for cell in row], stops, new)
        last = n == len(rows) - 1
        text += " " * length + "\n" if new else ("=" if last else "_") * length + "\n"
    return text + ("=" * length + "\n" if new else "")


def _ruled_line(fields: Sequence[str], stops: Sequence[int], new: bool) -> str:
    """Each field is cut where the next begins; since 2.7 the line begins one column later, and long fields go on."""
    if not new:
        line = ""
        for n, field in enumerate(fields):
            line = ((line[:-1] + " " if n else "") + field)[: stops[n]].ljust(stops[n])
        return line + "\n"
    widths = [stop - (stops[n - 1] if n else 0) for n, stop in enumerate(stops)]
    room = [width - (2 if n == 0 else 1 if n < len(widths) - 1 else 0) for n, width in enumerate(widths)]
    cells = [_cut(field, room[n]) for n, field in enumerate(fields)]
    lines = []
    for at in range(max(len(cell) for cell in cells)):
        parts = [(cell[at] if at < len(cell) else "") for cell in cells]
        line = " " + parts[0]
        for n, part in enumerate(parts[1:]):
            line = line[: stops[n] - 1].ljust(stops[n]) + part
        lines.append(line[: stops[-1]].ljust(stops[-1]))
    return "\n".join(lines) + "\n"


def _cut(field: str, room: int) -> list[str]:
    """A field that is too long goes on below, broken where a blank or a bracket allows it."""
    lines = []
    while len(field) > room:
        place = max(field.rfind(" ", 0, room + 1), field.rfind("(", 0, room))
        place = place if place > 0 else room
        lines.append(field[:place])
        field = " " + field[place:].lstrip()
    return [*lines, field]


def _counts(learned: int, kept: int, version: tuple[int, int], length: int) -> str:
    counts = (learned + kept, learned, kept)
    told = [f"{each:,}" if version < (2, 13) else f"{each} ({_memory(4 * each, 'Byte')})" for each in counts]
    rule = "_" * length
    return f"Total params: {told[0]}\nTrainable params: {told[1]}\nNon-trainable params: {told[2]}\n{rule}\n"


def _memory(size: float, word: str = "B") -> str:
    units = (word, *_UNITS[1:])
    for unit in units[:-1]:
        if size < 1024:
            return f"{size:.2f} {unit}"
        size /= 1024
    return f"{size:.2f} {units[-1]}"


def _totals(learned: int, kept: int, extra: int | None) -> str:
    more = 4 * extra + 4 if extra is not None else 0
    total = 4 * (learned + kept) + more
    text = f" Total params: {learned + kept + (extra or 0):,} ({_memory(total)})\n"
    text += f" Trainable params: {learned:,} ({_memory(4 * learned)})\n"
    text += f" Non-trainable params: {kept:,} ({_memory(4 * kept)})\n"
    return text + (f" Optimizer params: {extra:,} ({_memory(more)})\n" if extra is not None else "")


def _boxes(name: str, rows: list[list[list[str]]], chain: bool) -> str:
    parts = (0.45, 0.80, 1.0) if chain else (0.3, 0.56, 0.74, 1.0)
    stops = [int(part * _COLUMNS) for part in parts]
    widths = _reduced([stop - (stops[n - 1] if n else 0) + 2 for n, stop in enumerate(stops)])
    cells = [[_wrapped(cell[0], widths[n] - 2) for n, cell in enumerate(row)] for row in rows]
    head = [_wrapped(each, widths[n] - 2) for n, each in enumerate(_HEAD[: len(widths)])]
    text = f'Model: "{name}"\n' + _edge("┏", "━", "┳", "┓", widths) + _cells(head, widths, "┃")
    text += _edge("┡", "━", "╇", "┩", widths)
    between = _edge("├", "─", "┼", "┤", widths)
    return text + between.join(_cells(row, widths, "│") for row in cells) + _edge("└", "─", "┴", "┘", widths)


def _reduced(widths: list[int]) -> list[int]:
    """What is too wide is taken from all columns alike."""
    over = sum(widths) - (_COLUMNS - len(widths) - 1)
    found = []
    for n, width in enumerate(widths):
        less = round(over / (len(widths) - n))
        found.append(width - less)
        over -= less
    return found


def _wrapped(text: str, room: int) -> list[str]:
    lines = [""]
    for word in text.split(" "):
        if lines[-1] and len(lines[-1]) + 1 + len(word) > room:
            lines.append(word)
        else:
            lines[-1] += " " * bool(lines[-1]) + word
    return [line if len(line) <= room else line[: room - 1] + "…" for line in lines]


def _edge(left: str, line: str, cross: str, right: str, widths: Sequence[int]) -> str:
    return left + cross.join(line * width for width in widths) + right + "\n"


def _cells(cells: Sequence[list[str]], widths: Sequence[int], bar: str) -> str:
    text = ""
    for at in range(max(len(cell) for cell in cells)):
        parts = [(cell[at] if at < len(cell) else "") for cell in cells]
        shown = [
            f" {part.rjust(width - 2) if n == 2 else part.ljust(width - 2)} "
            for n, (part, width) in enumerate(zip(parts, widths, strict=True))
        ]
        text += bar + bar.join(shown) + bar + "\n"
    return text
