"""Reports of estimators hang together, and are laid out as scikit-learn's own (recorded by running it)."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from llm_kernel.plan import certain, plan, text_of
from llm_kernel.plan.shapes.estimators import CLASSES, note
from llm_kernel.plan.shapes.metrics import METRICS
from llm_kernel.plan.shapes.tensor import given
from llm_kernel.plan.text import shown
from tests.notebook import Notebook

RECORDED = json.loads((Path(__file__).parent / "metrics.json").read_text("utf-8"))
HEAD = """
from sklearn.datasets import load_{0}
from sklearn.model_selection import train_test_split, cross_val_score
from sklearn.metrics import accuracy_score, confusion_matrix, classification_report, f1_score
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler
data = load_{0}()
"""


def _said(source: str) -> str:
    found = plan(source)
    assert found is not None
    lines, rest = certain(found)
    assert rest.nodes == ()
    return "".join(text_of(line) for line in lines)


@pytest.mark.parametrize("case", RECORDED["reports"])
def test_a_report_reads_as_the_package_writes_it(case: dict[str, Any]) -> None:
    import numpy

    name = next(one for one, sizes in CLASSES.items() if len(sizes) >= len(set(case["true"]) | set(case["said"])))
    true, said = (
        note(given(numpy.array(case[which]), of="numpy"), labels=numpy.array(case[which]), set=name)
        for which in ("true", "said")
    )

    def ask(metric: str, **named: Any) -> Any:
        return METRICS[f"sklearn.metrics.{metric}"](None, [true, said], named, None)  # type: ignore[arg-type]

    assert ask("classification_report", digits=case["digits"], target_names=case["names"]) == case["report"]
    assert shown(ask("confusion_matrix"), lambda *_: None) == case["matrix"]
    assert ask("accuracy_score") == case["accuracy"]
    means = [ask(f"{metric}_score", average="macro") for metric in ("precision", "recall", "f1")]
    assert means == pytest.approx(case["macro"], rel=1e-12)
    assert ask("f1_score", average="weighted") == pytest.approx(case["weighted"], rel=1e-12)


@pytest.mark.parametrize("case", RECORDED["splits"])
def test_a_sorted_set_is_split_as_the_package_splits_it(case: dict[str, Any]) -> None:
    seed = "" if case["seed"] is None else f", random_state={case['seed']}"
    source = HEAD.format(case["set"].partition("_")[2]) + (
        f"a, b, c, d = train_test_split(data.data, data.target, test_size={case['size']}{seed}, "
        f"shuffle={case['shuffle']})\nprint(c.tolist())\nprint(d.tolist())\n"
    )
    assert _said(source) == f"{case['train']}\n{case['test']}\n"


@pytest.mark.parametrize("name", CLASSES)
@pytest.mark.parametrize("made", ["LogisticRegression()", "LogisticRegression(max_iter=200)"])
def test_what_is_said_of_one_model_agrees(name: str, made: str) -> None:
    source = HEAD.format(name) + (
        "X, T, y, t = train_test_split(data.data, data.target, test_size=0.2, random_state=1)\n"
        "scaler = StandardScaler().fit(X)\nX, T = scaler.transform(X), scaler.transform(T)\n"
        f"model = {made}\nmodel.fit(X, y)\np = model.predict(T)\n"
        "print(confusion_matrix(t, p).tolist())\nprint(accuracy_score(t, p), model.score(T, t))\n"
        "print(f1_score(t, p, average='weighted'))\nprint(classification_report(t, p))\n"
    )
    matrix, scores, weighted, *report = _said(source).splitlines()
    rows = json.loads(matrix)
    share = sum(row[n] for n, row in enumerate(rows)) / sum(map(sum, rows))
    assert scores == f"{share} {share}"
    assert 0.85 < share <= 1
    table = "\n".join(report)
    assert re.search(r"accuracy +(\S+) +(\d+)", table)[0].split()[1:] == [f"{share:.2f}", str(sum(map(sum, rows)))]  # type: ignore[index]
    assert re.search(r"weighted avg +\S+ +\S+ +(\S+)", table)[1] == f"{float(weighted):.2f}"  # type: ignore[index]
    supports = [int(line.split()[-1]) for line in report[2 : 2 + len(rows)]]
    assert supports == [sum(row) for row in rows]
    assert _said(source) == _said(source)


def test_a_cross_validation_has_a_score_for_each_fold() -> None:
    source = HEAD.format("iris") + (
        "scores = cross_val_score(LogisticRegression(), data.data, data.target, cv=5)\n"
        "print(len(scores), scores.mean() > 0.9)\nprint([round(float(one) * 30, 6) % 1 for one in scores])\n"
    )
    assert _said(source) == "5 True\n[0.0, 0.0, 0.0, 0.0, 0.0]\n"


def test_data_of_ones_own_is_left_to_the_model() -> None:
    source = (
        "import numpy as np\nfrom sklearn.linear_model import LogisticRegression\n"
        "from sklearn.metrics import accuracy_score\nX, y = np.zeros((20, 3)), np.arange(20) % 2\n"
        "print(accuracy_score(y, LogisticRegression().fit(X, y).predict(X)))\n"
    )
    found = plan(source)
    assert found is not None
    assert (certain(found)[0], found.drawn) == ((), ())


async def test_why_says_that_figures_were_drawn() -> None:
    notebook = Notebook()
    await notebook("%machine install pip scikit-learn")
    source = HEAD.format("iris") + (
        "X, T, y, t = train_test_split(data.data, data.target, test_size=0.2, random_state=42)\n"
        "print(accuracy_score(t, LogisticRegression().fit(X, y).predict(T)))\n"
    )
    notebook.machine.files.write("/root/a.py", source.encode())
    assert float(await notebook.said("python3 a.py")) > 0.85
    assert notebook.asked == []
    (shown_, _) = await notebook("%why")
    assert "drawn as it usually is: what the estimator predicts" in shown_.data["text/plain"]


SURE = HEAD + (
    "X, T, y, t = train_test_split(data.data, data.target, random_state=3, stratify=data.target)\n"
    "model = LogisticRegression().fit(X, y)\np = model.predict_proba(T)\n"
    "print(accuracy_score(t, model.predict(T)) == accuracy_score(t, p.argmax(axis=1)), p.shape)\n"
    "print(p.min() >= 0, abs(p.sum(axis=1) - 1).max() < 1e-9)\n"
)


@pytest.mark.parametrize(("name", "classes"), [("iris", 3), ("wine", 3), ("breast_cancer", 2), ("digits", 10)])
def test_an_estimator_is_as_sure_as_it_is_right(name, classes) -> None:
    scores = "p[:, 1]" if classes == 2 else "p, multi_class='ovr'"
    source = SURE.format(name) + (
        f"from sklearn.metrics import log_loss, roc_auc_score\nprint(roc_auc_score(t, {scores}), log_loss(t, p))\n"
        "print(model.score(T, t))\n"
    )
    agrees, sums, figures, right = _said(source).splitlines()
    assert (agrees.split()[0], sums) == ("True", "True True")
    area, surprise = map(float, figures.split())
    assert float(right) < area <= 1
    assert 0 < surprise < 0.4


def test_a_search_names_one_of_its_settings_and_counts_its_fits() -> None:
    source = HEAD.format("wine") + (
        "from sklearn.model_selection import GridSearchCV\n"
        "s = GridSearchCV(LogisticRegression(), {'C': [0.1, 1, 10], 'penalty': ['l1', 'l2']}, cv=4, verbose=1)\n"
        "s.fit(data.data, data.target)\nprint(sorted(s.best_params_))\n"
        "print(s.best_params_['C'] in (0.1, 1, 10), s.best_score_ > 0.85, s.score(data.data, data.target) > 0.85)\n"
    )
    assert _said(source) == (
        "Fitting 4 folds for each of 6 candidates, totalling 24 fits\n['C', 'penalty']\nTrue True True\n"
    )


def test_a_sample_set_names_its_classes_and_is_split_evenly_where_it_is_asked_to() -> None:
    source = HEAD.format("iris") + (
        "print(data.target_names, data.target_names.tolist(), list(data.target_names)[1])\n"
        "X, T, y, t = train_test_split(data.data, data.target, test_size=30, stratify=data.target)\n"
        "import numpy as np\nfrom sklearn.metrics import ConfusionMatrixDisplay\n"
        "print(confusion_matrix(t, LogisticRegression().fit(X, y).predict(T)).sum(axis=1))\n"
        "print(ConfusionMatrixDisplay.from_predictions(t, t).confusion_matrix)\n"
    )
    assert _said(source) == (
        "['setosa' 'versicolor' 'virginica'] ['setosa', 'versicolor', 'virginica'] versicolor\n"
        "[10 10 10]\n[[10  0  0]\n [ 0 10  0]\n [ 0  0 10]]\n"
    )


def test_an_area_of_given_numbers_is_computed() -> None:
    source = (
        "from sklearn.metrics import roc_auc_score\nprint(roc_auc_score([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8]))\n"
        "print(roc_auc_score([0, 1, 0], [0.5, 0.5, 0.5]))\n"
    )
    assert _said(source) == "0.75\n0.5\n"
