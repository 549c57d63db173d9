"""Packages beside a script: relative names, stars, and what a module holds."""

from __future__ import annotations

from llm_kernel.plan import Line, Literal, plan

FILES = {
    "nets/__init__.py": "from .small import *\nfrom . import large\nfrom .deep.inner import build\nprint('nets')\n",
    "nets/small.py": "__all__ = ['tiny', 'mini']\ndef tiny(): return 1\ndef mini(): return 2\ndef hidden(): return 3\n",
    "nets/large.py": "from .small import hidden\ndef huge(): return hidden() * 100\ndef _own(): return 0\n",
    "nets/deep/__init__.py": "print('deep in', __name__)\n",
    "nets/deep/inner.py": "from .. import small\nfrom ..large import huge\ndef build(): return small.mini() + huge()\n",
    "plain.py": "_own = 1\nopen_one = 2\n",
}


def printed(source: str) -> list[str]:
    made = plan(source, read=FILES.get)
    assert made is not None
    assert made.fault is None
    return ["".join(part.text for part in node.parts if isinstance(part, Literal)) for node in made.nodes
            if isinstance(node, Line)]  # fmt: skip


def test_names_within_a_package_are_found_from_where_they_stand() -> None:
    assert printed("import nets\nprint(nets.tiny(), nets.large.huge(), nets.build())\n") == [
        "deep in nets.deep",
        "nets",
        "1 300 302",
    ]


def test_a_package_is_run_before_its_modules() -> None:
    assert printed("from nets.deep import inner\nprint(inner.build())\n") == ["deep in nets.deep", "nets", "302"]


def test_a_star_brings_what_a_module_offers_and_no_name_of_its_own() -> None:
    assert printed("from plain import *\nprint(__name__, open_one, '_own' in globals())\n") == ["__main__ 2 False"]
    assert printed("from nets.small import *\nprint('hidden' in globals(), mini())\n")[-1] == "False 2"


def test_what_a_module_holds_can_be_looked_through() -> None:
    source = (
        "from nets import small\nimport argparse\n"
        "names = sorted(n for n in small.__dict__ if n.islower() and not n.startswith('__')\n"
        "               and callable(small.__dict__[n]))\nprint(names, small.__dict__['mini']())\n"
    )
    assert printed(source)[-1] == "['hidden', 'mini', 'tiny'] 2"
