"""Stable-Baselines3: what an agent tells while it learns; its counts follow from its settings."""

from __future__ import annotations

import math
import re

import pytest

from llm_kernel.events import Text
from llm_kernel.plan import Line, every_node, plan, text_of
from llm_kernel.programs.tables import tabled
from tests.notebook import Notebook

SOURCE = """
import gymnasium as gym
from stable_baselines3 import A2C, DQN, PPO, SAC
from stable_baselines3.common.env_util import make_vec_env
from stable_baselines3.common.evaluation import evaluate_policy
model = {make}
model.learn({learn})
mean, std = evaluate_policy(model, model.get_env(), n_eval_episodes=10)
print(f"{{mean:.1f}} {{std:.1f}}")
"""


def told(make: str, learn: str) -> list[dict[str, str]]:
    """The tables that an agent prints, each as its rows by name."""
    facts = {"chance": 3, "stable_baselines3.__version__": "2.3.0", "exists": lambda path: path == "tb/PPO_1"}
    found = plan(SOURCE.format(make=make, learn=learn), facts=facts)
    assert found is not None
    text = "".join(text_of(node) for node in every_node(found.nodes) if isinstance(node, Line))
    tables = re.split(r"^-{20,}\n", text, flags=re.MULTILINE)
    rows = (re.findall(r"^\|\s+(\w+)\s+\| (\S+)\s*\|$", table, re.MULTILINE) for table in tables)
    return [{"": text}, *(dict(each) for each in rows if each)]


@pytest.mark.parametrize(
    ("make", "learn", "names", "counts"),
    [
        ("PPO('MlpPolicy', make_vec_env('CartPole-v1', n_envs=4), n_steps=512, verbose=1)", "5000", "iterations",
         [("1", "2048", None), ("2", "4096", "10"), ("3", "6144", "20")]),
        ("A2C('MlpPolicy', gym.make('Pendulum-v1'), verbose=1)", "1000", "iterations",
         [("100", "500", "99"), ("200", "1000", "199")]),
        ("SAC('MlpPolicy', gym.make('Pendulum-v1'), verbose=1)", "2_000, log_interval=2", "episodes",
         [("2", "400", "299"), ("4", "800", "699"), ("6", "1200", "1099"), ("8", "1600", "1499"),
          ("10", "2000", "1899")]),
    ],
)  # fmt: skip
def test_rounds_steps_and_updates_are_counted(make, learn, names, counts):
    _, *tables = told(make, learn)
    assert [(each[names], each["total_timesteps"], each.get("n_updates")) for each in tables] == counts
    for each in tables:
        assert int(each["total_timesteps"]) / int(each["fps"]) == pytest.approx(int(each["time_elapsed"]), abs=1.5)


def test_what_explores_does_so_less_and_rewards_of_a_pole_are_lengths():
    _, *tables = told("DQN('MlpPolicy', 'CartPole-v1', verbose=1)", "total_timesteps=2000")
    for each in tables:
        steps = int(each["total_timesteps"])
        assert each["exploration_rate"] == f"{max(1 - 0.95 * steps / 200, 0.05):.3g}"
        assert each["ep_rew_mean"] == each["ep_len_mean"]
        assert each.get("n_updates") == (str((steps - 1) // 4 - 25) if steps > 104 else None)


def test_an_agent_that_learns_is_better_when_it_is_tried_than_one_that_does_not():
    def mean(steps: int) -> float:
        text = told("PPO('MlpPolicy', 'CartPole-v1')", str(steps))[0][""]
        return float(text.splitlines()[-1].split()[0])

    assert mean(200_000) == 500.0
    assert 9 <= mean(64) < 80
    assert math.isfinite(mean(20_000))


def test_runs_are_noted_in_folders_of_their_own():
    text = told("PPO('MlpPolicy', 'CartPole-v1', verbose=1, tensorboard_log='tb')", "2000")[0][""]
    assert text.splitlines()[:5] == [
        "Using cpu device", "Creating environment from the given name 'CartPole-v1'",
        "Wrapping the env with a `Monitor` wrapper", "Wrapping the env in a DummyVecEnv.",
        "Logging to tb/PPO_2"]  # fmt: skip


def test_an_environment_of_ones_own_leaves_the_tables_open():
    found = plan(SOURCE.format(make="PPO('MlpPolicy', gym.make('Mine-v0'), verbose=1)", learn="2000"))
    assert found is not None
    assert not tabled(found)


async def test_the_seconds_that_a_table_tells_have_passed():
    notebook = Notebook("done")
    source = SOURCE.format(make="SAC('MlpPolicy', 'Pendulum-v1', verbose=1)", learn="2000")
    notebook.machine.files.write("/root/a.py", source.encode())
    await notebook("%machine install stable-baselines3==2.3.0 torch==2.0.1 gymnasium")
    events = await notebook("cd /root; SECONDS=0; python3 a.py; echo $SECONDS")
    text = "".join(each.text for each in events if isinstance(each, Text))
    last = int(re.findall(r"time_elapsed\s+\| (\d+)", text)[-1])
    assert last <= int(text.splitlines()[-1]) <= last + 20
