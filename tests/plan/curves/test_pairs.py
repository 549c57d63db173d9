"""The file of pairs holds only what a course can go along."""

from __future__ import annotations

import json
from pathlib import Path

from llm_kernel.plan.curves import pairs


def test_rewards_begin_and_end_above_the_least_that_there_is() -> None:
    rows = json.loads(Path(pairs.__file__).with_name("pairs.json").read_text(encoding="utf-8"))["pairs"]
    found = [(row["data"], row.get("figures", {}).get("reward")) for row in rows]
    told = {data: reward for data, reward in found if reward}
    low = {name: [least < figure for figure in way] for name, (*way, _rough, least, _most) in told.items()}
    assert low == {name: [True, True, True] for name in told}
    assert len(told) > 3
