"""Series drawn as a figure: PNG and SVG by matplotlib, without a screen and without the host's settings or fonts.

The same series give the same bytes as long as the library is the same.
"""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from llm_kernel.events import Display
from llm_kernel.views.metrics import Series
from llm_kernel.views.page import columns, shown

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["plot_view"]

_MOST_POINTS = 600
_MOST_PANELS = 6
_LONGEST = 40
_FAMILY = "imagined machine"
_SCORE = re.compile(
    r"(?i)(?:^|[ _./-])(?:acc|accuracy|top-?[15]|f1|auc|precision|recall|m?iou|dice|map|r2|bleu|score)$"
)
_LOSS = re.compile(r"(?i)(?:loss|nll|elbo)$")


def plot_view(series: Sequence[Series], title: str) -> Display:
    """A figure of ``series``: losses together, scores together, everything else in a panel of its own."""
    panels = [*_panels(series)][:_MOST_PANELS]
    png, svg = _drawn(panels, shown(title))
    plain = "\n".join([shown(title), *_told(series)])
    return Display({"text/plain": plain, "image/png": base64.b64encode(png).decode(), "image/svg+xml": svg})


def _panels(series: Sequence[Series]) -> Iterator[tuple[str, list[Series]]]:
    """Series that share both axes, by the title of their values."""
    found: dict[tuple[str, str], list[Series]] = {}
    for one in series:
        found.setdefault((_kind(one), one.x), []).append(one)
    for (kind, _), some in found.items():
        yield kind, some


def _kind(one: Series) -> str:
    if one.percent:
        return "%"
    if _LOSS.search(one.name):
        return "loss"
    if _SCORE.search(one.name):
        return "%" if max(y for _, y in one.points) > 1.5 else "score"
    return _label(one.name, 0)


def _told(series: Sequence[Series]) -> list[str]:
    """What the figure shows, a line for each series."""
    rows = [
        (
            f"  {shown(one.name)}",
            f"{len(one.points)} points",
            f"{one.x} {one.points[0][0]:.4g} to {one.points[-1][0]:.4g}",
            f"{one.points[0][1]:.6g} -> {one.points[-1][1]:.6g}{'%' if one.percent else ''}",
            f"lowest {min(y for _, y in one.points):.6g}, highest {max(y for _, y in one.points):.6g}",
        )
        for one in series
    ]
    return columns(rows)


def _drawn(panels: Sequence[tuple[str, list[Series]]], title: str) -> tuple[bytes, str]:
    import matplotlib  # takes most of a second, and only a figure needs it

    settings: Any = {**_SETTINGS, "font.family": _font()}
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(settings)
        png, svg = io.BytesIO(), io.BytesIO()
        figure = _figure(panels, title)
        figure.savefig(png, format="png", metadata={"Software": None})
        figure.savefig(svg, format="svg", metadata=dict.fromkeys(("Creator", "Date", "Format", "Type")))
    text = svg.getvalue().decode()
    return png.getvalue(), text[text.index("<svg") :]


_SETTINGS: Mapping[str, Any] = {
    "svg.hashsalt": _FAMILY,
    "svg.fonttype": "path",
    "text.parse_math": False,
    "figure.dpi": 110,
    "savefig.dpi": 110,
    "axes.grid": True,
    "grid.alpha": 0.3,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "font.size": 9,
    "axes.unicode_minus": False,
}


def _figure(panels: Sequence[tuple[str, list[Series]]], title: str) -> Figure:
    from matplotlib.figure import Figure

    across = min(len(panels), 2)
    down = -(-len(panels) // across)
    figure = Figure(figsize=(4.6 * across + 0.4, 3.0 * down + 0.4), layout="constrained")
    figure.suptitle(_label(title, 0), fontsize=10)
    axes = figure.subplots(down, across, squeeze=False).flatten()
    for place, (kind, some) in zip(axes, panels, strict=False):
        for number, one in enumerate(some):
            xs, ys = zip(*_thinned(one.points), strict=True)
            place.plot(xs, ys, marker="o" if len(xs) <= 30 else "", markersize=3, label=_label(one.name, number + 1))
        place.set_xlabel(some[0].x)
        place.set_ylabel(kind)
        place.legend(frameon=False)
    for place in axes[len(panels) :]:
        place.remove()
    return figure


def _thinned(points: Sequence[tuple[float, float]]) -> Sequence[tuple[float, float]]:
    """As many points as a figure can show, the last of them always."""
    stride = -(-len(points) // _MOST_POINTS)
    return points if stride == 1 else [*points[:-1:stride], points[-1]]


def _label(text: str, number: int) -> str:
    """A name that the font can write; ``number`` stands for one that it cannot."""
    plain = shown(text).lstrip("_ ")[:_LONGEST]
    if all(ord(char) in _letters() for char in plain) and plain:
        return plain
    return f"series {number}" if number else "".join(char if ord(char) in _letters() else "?" for char in plain)


@cache
def _letters() -> frozenset[int]:
    from matplotlib.ft2font import FT2Font

    return frozenset(FT2Font(_font_file()).get_charmap())


def _font_file() -> str:
    import matplotlib

    return f"{matplotlib.get_data_path()}/fonts/ttf/DejaVuSans.ttf"


@cache
def _font() -> str:
    """The library's own font under a name that no host has."""
    from matplotlib import font_manager

    font_manager.fontManager.ttflist.append(font_manager.FontEntry(fname=_font_file(), name=_FAMILY))
    return _FAMILY
