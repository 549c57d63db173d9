"""ldconfig lists the libraries that are there: the system's, the driver's and the toolkit's."""

from __future__ import annotations

import pytest

from tests.notebook import Notebook


def _names(text: str) -> dict[str, str]:
    rows = (line.strip().split(" (libc6,x86-64) => ", 1) for line in text.splitlines()[1:])
    return {row[0]: row[1] for row in rows}


@pytest.mark.parametrize(("system", "folder"), [("ubuntu 18.04", "/lib/x86_64-linux-gnu"), ("centos 7", "/usr/lib64")])
async def test_libraries_come_with_driver_and_toolkit(system: str, folder: str) -> None:
    book = Notebook()
    await book(f"%machine os {system}")
    plain = await book.said("ldconfig -p")
    names = _names(plain)
    assert plain.startswith(f"{len(names)} libs found in cache `/etc/ld.so.cache'\n")
    assert names["libc.so.6"] == f"{folder}/libc.so.6"
    assert "libcuda.so.1" not in names
    await book("%machine gpu 1 'GeForce RTX 3090'\n%machine cuda 11.3\n%machine driver 465.19.01")
    more = _names(await book.said("ldconfig -p"))
    home = "/usr/local/cuda-11.3/targets/x86_64-linux/lib"
    assert more["libcuda.so.1"] == f"{folder}/libcuda.so.1"
    assert more["libcudart.so.11.0"] == f"{home}/libcudart.so.11.0"
    assert "libcuda.so.465.19.01" not in more
    assert await book.said(f"readlink {folder}/libcuda.so.1") == "libcuda.so.465.19.01\n"
    assert await book.said(f"ls {' '.join(more.values())} | wc -l") == f"{len(more)}\n"
    assert await book.said("ls /usr/local/cuda/lib64/libcublas.so.*") == "/usr/local/cuda/lib64/libcublas.so.11\n"


async def test_a_folder_that_a_file_names_is_searched() -> None:
    book = Notebook()
    await book("mkdir /opt/mine; touch /opt/mine/libmine.so.2; echo /opt/mine > /etc/ld.so.conf.d/mine.conf; ldconfig")
    assert await book.said("ldconfig -p | grep mine") == "\tlibmine.so.2 (libc6,x86-64) => /opt/mine/libmine.so.2\n"
