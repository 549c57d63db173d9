"""``%plot``: from a cell's or a file's text to a figure."""

from __future__ import annotations

import base64
import hashlib
import os
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from llm_kernel.errors import CellError
from llm_kernel.events import Display, Exit
from llm_kernel.views import plot_view
from llm_kernel.views.metrics import Series, series
from tests.notebook import Notebook
from tests.views.html import HOSTILE

RUN = "".join(f"[{n}/5] loss {0.5 / n:.4f}, accuracy {90 + n:.2f}%\n" for n in range(1, 6))
PLAIN = [
    "  loss      5 points  epoch 1 to 5  0.5 -> 0.1  lowest 0.1, highest 0.5",
    "  accuracy  5 points  epoch 1 to 5  91 -> 95%   lowest 91, highest 95",
]
SVG = "{http://www.w3.org/2000/svg}"


def drawn(view: Display) -> list[str]:
    """The names of the lines of a figure's panels, and what else its texts say."""
    root = ET.fromstring(view.data["image/svg+xml"])
    return [str(group.get("id")) for group in root.iter(f"{SVG}g") if str(group.get("id")).startswith("axes_")]


async def _plot(notebook: Notebook, cell: str) -> list[str]:
    view, end = await notebook(cell)
    assert (set(view.data), end) == ({"text/plain", "image/png", "image/svg+xml"}, Exit(0))
    assert base64.b64decode(view.data["image/png"]).startswith(b"\x89PNG\r\n")
    return str(view.data["text/plain"]).split("\n")


async def test_the_last_run_is_drawn() -> None:
    notebook = Notebook([RUN])
    await notebook("rsync a")
    await notebook("echo done; ls")
    await notebook("printf 'icmp_seq=%d ttl=64\\n' 1 2")
    assert await _plot(notebook, "%plot") == ["rsync a", *PLAIN]


async def test_a_long_run_is_drawn_from_its_beginning() -> None:
    notebook = Notebook(["".join(f"epoch {n}: loss={1 / n:.6f}\n" for n in range(1, 401))])
    await notebook("rsync a")
    assert (await _plot(notebook, "%plot"))[1].startswith("  loss  400 points  epoch 1 to 400  1 -> 0.0025")


async def test_a_file_of_the_machine_is_drawn() -> None:
    notebook = Notebook()
    notebook.machine.files.write("/root/runs/log.txt", RUN.encode())
    assert await _plot(notebook, "cd runs\n%plot log.txt") == ["log.txt", *PLAIN]
    assert await _plot(notebook, "cd /tmp\n%plot ~/runs/log.txt") == ["~/runs/log.txt", *PLAIN]
    assert await _plot(notebook, "%plot '/root/runs/log.txt'") == ["/root/runs/log.txt", *PLAIN]


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        ("%plot", "%plot: no run printed metrics yet: a figure needs two points"),
        ("%plot nothing.txt", "%plot: nothing.txt: No such file or directory"),
        ("%plot /etc", "%plot: /etc: Is a directory"),
        ("%plot /etc/hosts", "%plot: no metrics in /etc/hosts: a figure needs two points"),
        ("%plot fit.pt", "%plot: fit.pt has a size and no contents"),
        ("%plot a b", "usage: %plot"),
        ("%plot ''", "usage: %plot"),
        ("%plot 'a", "%plot: No closing quotation"),
    ],
)
async def test_what_cannot_be_drawn_says_why(cell: str, message: str) -> None:
    notebook = Notebook()
    notebook.machine.files.sized("/root/fit.pt", 1_700_000)
    assert await notebook.fails(cell) == []
    assert isinstance(notebook.fault, CellError)
    assert message in str(notebook.fault)


def test_losses_share_a_panel_and_so_do_scores() -> None:
    points = ((1.0, 0.5), (2.0, 0.4))
    kinds = [Series(name, "epoch", points) for name in ("loss", "val_loss", "acc", "val acc", "lr")]
    assert len(drawn(plot_view(kinds, "run"))) == 3


def test_series_of_other_places_are_apart() -> None:
    points = ((1.0, 0.5), (2.0, 0.4))
    assert len(drawn(plot_view([Series("loss", "step", points), Series("val loss", "epoch", points)], "run"))) == 2


def test_many_panels_are_cut_and_many_points_are_thinned() -> None:
    many = [Series(f"m{n}", "step", tuple((float(x), float(x)) for x in range(50_000))) for n in range(9)]
    view = plot_view(many, "run")
    assert (len(drawn(view)), len(view.data["image/svg+xml"]) < 400_000) == (6, True)
    assert view.data["text/plain"].count("50000 points") == 9


def test_the_same_series_give_the_same_bytes_whatever_the_host_has_set(tmp_path: Path) -> None:
    (tmp_path / "matplotlibrc").write_text("figure.facecolor: red\nsvg.fonttype: none\nfont.family: serif\n")
    script = (
        "import sys; sys.path.insert(0, sys.argv[1])\nfrom tests.views.test_plot import RUN, digest\nprint(digest())\n"
    )
    said = subprocess.run(
        [sys.executable, "-c", script, str(Path(__file__).parents[2])],
        cwd=tmp_path,
        env={**os.environ, "PYTHONHASHSEED": "1", "MATPLOTLIBRC": str(tmp_path), "TZ": "Asia/Tokyo"},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert said == f"{digest()}\n"


def digest() -> str:
    """What tells a figure's bytes apart."""
    return hashlib.sha256(str(sorted(plot_view(series(RUN), "run").data.items())).encode()).hexdigest()


def test_what_others_have_set_in_this_process_stays() -> None:
    import matplotlib

    before, matplotlib.rcParams["figure.facecolor"] = matplotlib.rcParams["figure.facecolor"], "green"
    plot_view(series(RUN), "run")
    after, matplotlib.rcParams["figure.facecolor"] = matplotlib.rcParams["figure.facecolor"], before
    assert after == "green"


ODD = (*HOSTILE, "$\\frac{1}{0}$ $", "_hidden", "损失", "\ud800", "")


def test_no_name_becomes_more_than_a_label() -> None:
    points = ((1.0, 0.5), (2.0, 0.4))
    clean = ET.fromstring(plot_view([Series(f"m{n}", "epoch", points) for n in range(6)], "run").data["image/svg+xml"])
    for names in ([f"{name} loss" for name in ODD], ODD[:6], ODD[6:12]):
        view = plot_view([Series(name, "epoch", points) for name in names], " ".join(names))
        svg = view.data["image/svg+xml"]
        elements = [*ET.fromstring(svg).iter()]
        assert {one.tag for one in elements} <= {one.tag for one in clean.iter()}
        values = [(key, value) for one in elements for key, value in one.attrib.items()]
        links = [value for key, value in values if key.endswith("href") or "url(" in value]
        assert [link for link in links if not link.startswith(("#", "url(#"))] == []
        assert [key for key, _ in values if key.rpartition("}")[2].startswith("on")] == []
        assert "<!DOCTYPE" not in svg
        view.data["text/plain"].encode()
