"""Which calls may print, by their names."""

from __future__ import annotations

import ast

from llm_kernel.plan.loudness import Loudness
from llm_kernel.plan.trees import every

LAYER = "class Fit:\n    def forward(self, x):\n        return x\n"
CELL = """class Cell:
    def __init__(self):
        self.fit = {made}
    def forward(self, x):
        return self.fit(x)
"""


def says(*sources: str) -> bool:
    """Whether the forward of the first class that is called Cell may print."""
    loudness, cells = Loudness(), []
    for source in sources:
        nodes = every(ast.parse(source))
        loudness.add(nodes)
        cells += [node for node in nodes if isinstance(node, ast.ClassDef) and node.name == "Cell"]
    return loudness.says(cells[0].body[1])


def test_an_object_of_the_source_under_the_name_of_a_method_that_prints_is_called_for_what_it_is():
    assert not says(LAYER + CELL.format(made="Fit()"))
    assert not says(LAYER, CELL.format(made="Fit()"))
    assert says(LAYER.replace("return x", "print(x)") + CELL.format(made="Fit()"))


def test_what_may_be_another_objects_method_may_print():
    assert says(LAYER + CELL.format(made="model.fit"))
    assert says(LAYER + CELL.format(made="partial(print)"))
    assert says(LAYER + CELL.format(made="Fit()") + "cell.fit = print\n")
    assert says(LAYER + CELL.format(made="Fit()"), "cell.fit = print\n")
