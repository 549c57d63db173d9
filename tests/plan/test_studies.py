"""Optuna's studies: trials whose lines, parameters and best agree."""

from __future__ import annotations

import re

from llm_kernel.plan import Line, Literal, every_node, plan

TRIAL = re.compile(
    r"\[I \?] Trial (\d+) finished with value: (\S+) and parameters: (\{.*\})\. Best is trial (\d+) with value: (\S+)\."
)
SQUARE = """
import optuna
def objective(trial):
    x = trial.suggest_float("x", -10, 10)
    n = trial.suggest_int("n", 1, 9, step=2)
    return (x - 2) ** 2 + n
study = optuna.create_study(study_name="square")
study.optimize(objective, n_trials=12)
print(study.best_params, study.best_value, study.best_trial.number, len(study.trials))
"""
OPEN = """
import optuna
import torch
def objective(trial):
    layers = trial.suggest_int("layers", 1, 3)
    sizes = [trial.suggest_int(f"units_{n}", 4, 128, log=True) for n in range(layers)]
    rate = trial.suggest_float("lr", 1e-5, 1e-1, log=True)
    return torch.load("score.pt") * rate
study = optuna.create_study(direction="maximize")
study.optimize(objective, n_trials=40)
states = optuna.trial.TrialState
print(len(study.get_trials(states=[states.COMPLETE])), len(study.get_trials(states=[states.PRUNED])))
print(sorted(study.best_params)[0], study.best_value > 0.5)
"""


def told(source: str) -> list[str]:
    """The lines of both streams, with ``?`` for what nobody knows."""
    found = plan(source)
    assert found is not None
    lines = [each for each in every_node(found.nodes) if isinstance(each, Line)]
    return ["".join(part.text if isinstance(part, Literal) else "?" for part in line.parts) for line in lines]


def test_an_objective_that_can_be_computed_is():
    first, *lines, last = told(SQUARE)
    assert first == "[I ?] A new study created in memory with name: square"
    rows = [TRIAL.fullmatch(line) for line in lines]
    least: tuple[float, int] | None = None
    for number, row in enumerate(rows):
        assert row is not None
        x, n = (float(one) for one in re.findall(r": ([-\d.e]+)", row[3]))
        assert (int(row[1]), n in (1, 3, 5, 7, 9), -10 <= x <= 10) == (number, True, True)
        assert float(row[2]) == (x - 2) ** 2 + n
        least = min(least or (float(row[2]), number), (float(row[2]), number))
        assert (float(row[5]), int(row[4])) == least
    assert least is not None
    assert re.fullmatch(rf"\{{.*\}} {re.escape(str(least[0]))} {least[1]} 12", last)


def test_values_that_nobody_computes_have_a_best_all_the_same():
    *lines, counts, last = told(OPEN)
    rows = [TRIAL.fullmatch(line) for line in lines[1:]]
    values = [float(row[2]) for row in rows if row is not None]
    assert len(values) == 40
    for number, row in enumerate(rows):
        assert row is not None
        assert float(row[5]) == max(values[: number + 1])
        layers = int(re.findall(r"'layers': (\d)", row[3])[0])
        assert row[3].count("units_") == layers
    assert (counts, last) == ("40 0", "layers True")


def test_a_study_that_is_told_to_be_quiet_is():
    quiet = SQUARE.replace("study = ", "optuna.logging.set_verbosity(optuna.logging.WARNING)\nstudy = ")
    found = plan(quiet)
    assert found is not None
    assert told(quiet) == told(SQUARE)[-1:]
    assert found.drawn == ("what the trials of a study suggest",)


def test_what_a_trial_notes_is_there_for_every_trial():
    noting = OPEN.replace("    return torch", "    trial.set_user_attr('seen', 3)\n    return torch")
    assert told(noting + "print(set(study.best_trial.user_attrs))\n")[-1] == "{'seen'}"
