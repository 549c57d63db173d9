"""Boosted trees: their lines by library and release, and figures that hold together."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest

from tests.plan.shapes.reading import printed

HEAD = (
    "from sklearn.datasets import load_{0}\nfrom sklearn.model_selection import train_test_split\n"
    "from sklearn.metrics import accuracy_score, roc_auc_score\n"
    "X, T, y, t = train_test_split(*load_{0}(return_X_y=True), test_size=0.2, random_state=0)\n"
)
XGB = HEAD.format("breast_cancer") + (
    "import xgboost as xgb\na, b = xgb.DMatrix(X, label=y), xgb.DMatrix(T, label=t)\nkept = {{}}\n"
    "params = {{'objective': 'binary:logistic', 'eta': 0.1, 'eval_metric': ['error', 'logloss']}}\n"
    "m = xgb.train(params, a, 300, [(a, 'train'), (b, 'eval')], evals_result=kept, {})\n"
)
LINE = re.compile(
    r"\[(\d+)\]\ttrain-error:\d\.\d{5}\ttrain-logloss:(\d\.\d{5})\teval-error:\d\.\d{5}\teval-logloss:(\d\.\d{5})"
)


def test_each_round_of_xgboost_is_a_line_and_the_best_ends_it():
    asked = "early_stopping_rounds=10"
    source = XGB.format(asked) + "print(m.best_iteration, f'{m.best_score:.5f}', len(kept['eval']['logloss']))\n"
    *lines, last = printed(source).splitlines()
    rows = [LINE.fullmatch(line) for line in lines]
    assert None not in rows
    numbers = [(int(row[1]), float(row[2]), float(row[3])) for row in rows if row]
    best = min(numbers, key=lambda row: row[2])
    assert last == f"{best[0]} {best[2]:.5f} {len(lines)}"
    assert [row[0] for row in numbers] == list(range(best[0] + 11))
    assert all(one[1] > two[1] for one, two in pairwise(numbers))


def test_xgboost_tells_every_so_many_rounds_and_the_last():
    lines = printed(XGB.format("verbose_eval=100")).splitlines()
    assert [line.partition("\t")[0] for line in lines] == ["[0]", "[100]", "[200]", "[299]"]
    assert printed(XGB.format("verbose_eval=False")) == ""


def test_what_a_booster_says_agrees_with_itself():
    source = XGB.format("verbose_eval=0") + (
        "p = m.predict(b)\nprint(p.shape, accuracy_score(t, p > 0.5) == accuracy_score(t, p.round()))\n"
        "print(accuracy_score(t, p > 0.5) < roc_auc_score(t, p) <= 1, b.num_row(), b.num_col())\n"
    )
    assert printed(source) == "(114,) True\nTrue 114 30\n"


def test_the_estimators_of_xgboost_watch_what_they_are_given():
    source = HEAD.format("iris") + (
        "from xgboost import XGBClassifier\nm = XGBClassifier(n_estimators=2, learning_rate=1)\n"
        "m.fit(X, y)\nm.fit(X, y, eval_set=[(X, y), (T, t)])\n"
        "print(m.score(T, t) == accuracy_score(t, m.predict(T)), m.predict_proba(T).shape)\n"
    )
    first, second, last = printed(source).splitlines()
    assert re.fullmatch(r"\[0\]\tvalidation_0-mlogloss:\d\.\d{5}\tvalidation_1-mlogloss:\d\.\d{5}", first)
    assert second.startswith("[1]\tvalidation_0-mlogloss:")
    assert last == "True (30, 3)"


LGB = HEAD.format("breast_cancer") + (
    "import lightgbm as lgb\na = lgb.Dataset(X, y)\nb = lgb.Dataset(T, t, reference=a)\n"
    "m = lgb.train({{'objective': 'binary', 'verbose': {}}}, a, 200, valid_sets=[b], callbacks=[{}])\n"
    "print(m.best_iteration)\n"
)


def test_lightgbm_says_what_it_is_given_and_how_it_stops():
    said = printed(LGB.format(1, "lgb.early_stopping(5)"), **{"lightgbm.__version__": "4.1.0"}).splitlines()
    signs = re.fullmatch(r"\[LightGBM\] \[Info\] Number of positive: (\d+), number of negative: (\d+)", said[0])
    assert signs is not None
    assert int(signs[1]) + int(signs[2]) == 455
    assert "[LightGBM] [Info] Number of data points in the train set: 455, number of used features: 30" in said
    assert said[-4:-2] == [
        "Training until validation scores don't improve for 5 rounds",
        "Early stopping, best iteration is:",
    ]
    assert re.fullmatch(r"\[(\d+)\]\tvalid_0's binary_logloss: 0\.\d+", said[-2])
    assert said[-2].startswith(f"[{said[-1]}]")


def test_lightgbm_tells_the_rounds_that_it_is_asked_to():
    said = printed(LGB.format(-1, "lgb.log_evaluation(50)"), **{"lightgbm.__version__": "4.1.0"}).splitlines()
    assert [line.partition("\t")[0] for line in said[:-1]] == ["[50]", "[100]", "[150]", "[200]"]


def test_catboost_keeps_the_best_of_its_rounds():
    source = HEAD.format("breast_cancer") + (
        "from catboost import CatBoostClassifier as Model\nm = Model(iterations=100, learning_rate=0.1, verbose=50)\n"
        "m.fit(X, y, eval_set=(T, t))\nprint(m.get_best_iteration(), m.score(T, t) > 0.9)\n"
    )
    said = printed(source).splitlines()
    row = r"(\d+):\tlearn: 0\.\d{7}\ttest: 0\.\d{7}\tbest: (0\.\d{7}) \((\d+)\)\ttotal: \S+s\tremaining: \S+s"
    rows = [re.fullmatch(row, line) for line in said[:3]]
    assert [match[1] for match in rows if match] == ["0", "50", "99"]
    best = int(said[5].removeprefix("bestIteration = "))
    assert said[3:] == ["", said[4], f"bestIteration = {best}", "", f"Shrink model to first {best + 1} iterations.",
                        f"{best} True"]  # fmt: skip
    assert rows[2] is not None
    assert rows[2][3] == str(best)
    assert f"{float(said[4].removeprefix('bestTest = ')):.7f}" == rows[2][2]


@pytest.mark.parametrize(("model", "metric"), [("XGBRegressor", "rmse"), ("XGBClassifier", "mphe")])
def test_of_data_whose_scale_nobody_knows_figures_are_open(model, metric):
    source = (
        f"import numpy as np\nfrom xgboost import {model}\nX, y = np.load('x.npy'), np.load('y.npy')\n"
        f"m = {model}(n_estimators=3, eval_metric='{metric}')\nm.fit(X, y, eval_set=[(X, y)])\n"
    )
    assert printed(source) == "".join(f"[{n}]\tvalidation_0-{metric}:?\n" for n in range(3))


@pytest.mark.parametrize("more", ["custom_metric=own", "xgb_model=m0", "callbacks=[own]"])
def test_what_another_function_measures_is_left_open(more):
    source = XGB.format(f"{more}, verbose_eval=0").replace("m = xgb", "own = m0 = object()\nm = xgb")
    source += "print(kept['eval']['logloss'][-1], m.best_iteration)\nprint('end')\n"
    said = printed(source)
    assert said.endswith("? ?\nend\n") or more == "obj=own"
    assert said.endswith("? ?\nend\n")
