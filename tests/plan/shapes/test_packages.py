"""What transformers prints of a training, and the shapes that scikit-learn's data sets and splits have."""

from __future__ import annotations

from tests.plan.shapes.reading import printed

TRAINER = """\
import numpy as np
from transformers import Trainer, TrainingArguments
def figures(p):
    guess = np.argmax(p.predictions, axis=1)
    return {"accuracy": (guess == p.label_ids).mean()}
args = TrainingArguments("out", num_train_epochs=2, eval_strategy="epoch", logging_strategy="epoch")
trainer = Trainer(model=None, args=args, compute_metrics=figures)
trainer.train()
"""


def test_a_trainer_logs_tests_and_ends():
    log = "{'loss': ?, 'grad_norm': ?, 'learning_rate': ?, 'epoch': ?}\n"
    test = "{'eval_loss': ?, 'eval_accuracy': ?, 'eval_runtime': ?, 'eval_samples_per_second': ?, "
    test += "'eval_steps_per_second': ?, 'epoch': ?}\n"
    end = "{'train_runtime': ?, 'train_samples_per_second': ?, 'train_steps_per_second': ?, "
    end += "'train_loss': ?, 'epoch': ?}\n"
    assert printed(TRAINER) == (log + test) * 2 + end


def test_an_older_trainer_says_nothing_of_the_gradient():
    assert printed(TRAINER, **{"transformers.__version__": "4.30.2"}).startswith(
        "{'loss': ?, 'learning_rate': ?, 'epoch': ?}\n"
    )


def test_sample_data_is_split_as_the_package_rounds():
    source = (
        "from sklearn.datasets import load_iris, load_breast_cancer\n"
        "from sklearn.model_selection import train_test_split\n"
        "iris = load_iris()\nprint(iris.data.shape, iris.target.shape, len(iris.data))\n"
        "X, y = load_breast_cancer(return_X_y=True)\n"
        "parts = train_test_split(X, y, test_size=0.3, random_state=1)\nprint([each.shape for each in parts])\n"
        "a, b = train_test_split(iris.data)\nprint(a.shape, b.shape)\n"
        "a, b = train_test_split(iris.data, train_size=100)\nprint(a.shape, b.shape)\n"
    )
    assert printed(source) == (
        "(150, 4) (150,) 150\n[(398, 30), (171, 30), (398,), (171,)]\n(112, 4) (38, 4)\n(100, 4) (50, 4)\n"
    )
