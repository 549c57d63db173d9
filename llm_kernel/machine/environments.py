"""Pythons of their own: virtual environments, conda's, and what a user has at home. Facts about them, no contents."""

from __future__ import annotations

from dataclasses import dataclass

from packaging.version import Version

__all__ = ["Environment", "bundled", "python_release"]

_BUNDLED = (
    ("3.4", "9.0.1", "28.8.0"),
    ("3.6.8", "18.1", "40.6.2"),
    ("3.7.4", "19.0.3", "40.8.0"),
    ("3.7.9", "20.1.1", "47.1.0"),
    ("3.7.17", "23.0.1", "47.1.0"),
    ("3.8", "19.2.3", "41.2.0"),
    ("3.8.4", "20.1.1", "47.1.0"),
    ("3.8.9", "20.2.3", "49.2.1"),
    ("3.8.10", "21.1.1", "56.0.0"),
    ("3.8.17", "23.0.1", "56.0.0"),
    ("3.9", "20.2.3", "49.2.1"),
    ("3.9.5", "21.1.1", "56.0.0"),
    ("3.9.7", "21.2.3", "57.4.0"),
    ("3.9.10", "21.2.4", "58.1.0"),
    ("3.9.13", "22.0.4", "58.1.0"),
    ("3.9.17", "23.0.1", "58.1.0"),
    ("3.10", "21.2.3", "57.4.0"),
    ("3.10.2", "21.2.4", "58.1.0"),
    ("3.10.5", "22.0.4", "58.1.0"),
    ("3.10.7", "22.2.2", "63.2.0"),
    ("3.10.9", "22.3.1", "65.5.0"),
    ("3.10.11", "23.0.1", "65.5.0"),
    ("3.11", "22.3", "65.5.0"),
    ("3.11.3", "22.3.1", "65.5.0"),
    ("3.11.4", "23.1.2", "65.5.0"),
    ("3.11.5", "23.2.1", "65.5.0"),
    ("3.11.9", "24.0", "65.5.0"),
    ("3.12", "23.2.1", ""),
    ("3.12.3", "24.0", ""),
    ("3.12.6", "24.2", ""),
    ("3.12.8", "24.3.1", ""),
    ("3.12.10", "25.0.1", ""),
    ("3.13", "24.2", ""),
    ("3.13.1", "24.3.1", ""),
    ("3.13.4", "25.1.1", ""),
    ("3.14", "25.2", ""),
)
"""From which Python on which pip and setuptools come with it, as its release notes say."""

_RELEASES = {
    "3.4": "10@2019-03",
    "3.5": "2@2016-06 3@2017-01 4@2017-08 5@2018-02 6@2018-08 7@2019-03 9@2019-11 10@2020-09",
    "3.6": "0@2016-12 1@2017-03 2@2017-07 3@2017-10 4@2017-12 5@2018-03 6@2018-06 7@2018-10 8@2018-12 9@2019-07 "
    "10@2019-12 11@2020-06 12@2020-08 13@2021-02 14@2021-06 15@2021-09",
    "3.7": "0@2018-06 1@2018-10 2@2018-12 3@2019-03 4@2019-07 5@2019-10 6@2019-12 7@2020-03 8@2020-06 9@2020-08 "
    "10@2021-02 11@2021-06 12@2021-09 13@2022-03 14@2022-09 15@2022-10 16@2022-12 17@2023-06",
    "3.8": "0@2019-10 1@2019-12 2@2020-02 3@2020-05 5@2020-07 6@2020-09 7@2020-12 8@2021-02 9@2021-04 10@2021-05 "
    "11@2021-06 12@2021-08 13@2022-03 14@2022-09 15@2022-10 16@2022-12 17@2023-06 18@2023-08 19@2024-03 20@2024-09",
    "3.9": "0@2020-10 1@2020-12 2@2021-02 4@2021-04 5@2021-05 6@2021-06 7@2021-08 9@2021-11 10@2022-01 12@2022-03 "
    "13@2022-05 14@2022-09 15@2022-10 16@2022-12 17@2023-06 18@2023-08 19@2024-03 20@2024-09 21@2024-12 22@2025-04 "
    "23@2025-06 25@2025-10",
    "3.10": "0@2021-10 1@2021-12 2@2022-01 4@2022-03 5@2022-06 6@2022-08 7@2022-09 8@2022-10 9@2022-12 10@2023-02 "
    "11@2023-04 12@2023-06 13@2023-08 14@2024-03 15@2024-09 16@2024-12 17@2025-04 18@2025-06 19@2025-10",
    "3.11": "0@2022-10 1@2022-12 2@2023-02 3@2023-04 4@2023-06 5@2023-08 6@2023-10 7@2023-12 8@2024-02 9@2024-04 "
    "10@2024-09 11@2024-12 12@2025-04 13@2025-06 14@2025-10",
    "3.12": "0@2023-10 1@2023-12 2@2024-02 3@2024-04 4@2024-06 5@2024-08 6@2024-09 7@2024-10 8@2024-12 9@2025-02 "
    "10@2025-04 11@2025-06 12@2025-10",
    "3.13": "0@2024-10 1@2024-12 2@2025-02 3@2025-04 5@2025-06 7@2025-08 9@2025-10",
    "3.14": "0@2025-10",
}
"""The patch releases of each branch and their months, as the release pages list them."""


@dataclass(frozen=True, slots=True)
class Environment:
    """``root`` is its directory, ``kind`` is ``venv``, ``conda`` or ``user``; ``python`` is empty where it has none."""

    root: str
    kind: str
    python: str

    @property
    def name(self) -> str:
        """What people call it: the last part of its directory."""
        return self.root.rpartition("/")[2]

    @property
    def site(self) -> str:
        """The directory of its packages."""
        return f"{self.root}/lib/python{self.python.rpartition('.')[0]}/site-packages"


def bundled(python: str) -> dict[str, str]:
    """What ``ensurepip`` of this Python puts into a new virtual environment, name to version."""
    branch = python.rpartition(".")[0]
    fitting = [row for row in _BUNDLED if Version(row[0]) <= Version(python) and f"{row[0]}.".startswith(f"{branch}.")]
    before = [row for row in _BUNDLED if Version(row[0]) <= Version(python)] or list(_BUNDLED)
    _, pip, setuptools = (fitting or before)[-1]
    return {"pip": pip, "setuptools": setuptools} if setuptools else {"pip": pip}


def python_release(branch: str, month: str) -> str:
    """The newest release of a branch of Python in ``month``, or its first; empty for an unknown branch."""
    rows = [row.split("@") for row in _RELEASES.get(branch, "").split()]
    there = [patch for patch, born in rows if born <= month] or [patch for patch, _ in rows[:1]]
    return f"{branch}.{there[-1]}" if there else ""
