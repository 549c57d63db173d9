"""What transformers prints of a training, and the shapes that scikit-learn's data sets and splits have."""

from __future__ import annotations

import re

import pytest

from llm_kernel.plan import plan
from llm_kernel.plan.curves import course
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
    log = "{{'loss': ?, 'grad_norm': ?, 'learning_rate': ?, 'epoch': {0}}}\n"
    test = "{{'eval_loss': ?, 'eval_accuracy': ?, 'eval_runtime': ?, 'eval_samples_per_second': ?, "
    test += "'eval_steps_per_second': ?, 'epoch': {0}}}\n"
    end = "{'train_runtime': ?, 'train_samples_per_second': ?, 'train_steps_per_second': ?, "
    end += "'train_loss': ?, 'epoch': 2.0}\n"
    assert printed(TRAINER) == (log + test).format("1.0") + (log + test).format("2.0") + end


def test_an_older_trainer_says_nothing_of_the_gradient():
    assert printed(TRAINER, **{"transformers.__version__": "4.30.2"}).startswith(
        "{'loss': ?, 'learning_rate': ?, 'epoch': 1.0}\n"
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


TUNED = """
import evaluate
import numpy as np
from datasets import load_dataset
from transformers import AutoModelForSequenceClassification, Trainer, TrainingArguments
model = AutoModelForSequenceClassification.from_pretrained("distilbert-base-uncased")
metric = evaluate.{}
def figures(p):
    return metric.compute(predictions=np.argmax(p[0], axis=-1), references=p[1])
data = load_dataset("imdb")
args = TrainingArguments("out", num_train_epochs=1, evaluation_strategy="epoch", learning_rate=2e-5)
trainer = Trainer(model, args, train_dataset=data["train"], eval_dataset=data["test"], compute_metrics=figures)
trainer.train()
print(sorted(trainer.evaluate())[:3], trainer.evaluate()["epoch"])
"""


@pytest.mark.parametrize(
    ("load", "names"),
    [
        ("load('accuracy')", ["accuracy"]),
        ("load('glue', 'mrpc')", ["accuracy", "f1"]),
        ("combine(['accuracy', 'precision'])", ["accuracy", "precision"]),
    ],
)
def test_measures_have_their_own_names(load, names):
    _, first, _, last = printed(TUNED.format(load)).splitlines()
    shown = "".join(f"'eval_{name}': ?, " for name in names)
    assert first.startswith(f"{{'eval_loss': ?, {shown}'eval_runtime': ?, ")
    assert last == f"{sorted(['epoch', *(f'eval_{name}' for name in [*names, 'loss', 'runtime'])])[:3]} 1.0"


def test_weights_that_are_tuned_gently_learn():
    found = course(TUNED.format("load('accuracy')"))
    assert found is not None
    assert (found.recipe.optimizer, found.recipe.lr, found.regime.kind) == ("adamw", 2e-5, "normal")


AGENT = """
import gymnasium as gym
from stable_baselines3 import PPO
from stable_baselines3.common.evaluation import evaluate_policy
agent = PPO("MlpPolicy", gym.make("CartPole-v1"), verbose={})
agent.learn(total_timesteps=1000)
mean, std = evaluate_policy(agent, agent.get_env(), n_eval_episodes=10)
print(f"{{mean:.1f}} +/- {{std:.1f}}")
agent.save("cartpole")
"""


def test_an_agent_says_what_it_runs_on_and_is_saved():
    quiet = plan(AGENT.format(0), facts={"torch.cuda.is_available()": True})
    assert quiet is not None
    assert quiet.left == ("cartpole.zip",)
    assert re.fullmatch(r"\d+\.\d \+/- \d+\.\d\n", printed(AGENT.format(0)))
    said = printed(AGENT.format(1), **{"torch.cuda.is_available()": True}).splitlines()
    assert said[:3] == ["Using cuda device", "Wrapping the env with a `Monitor` wrapper",
                        "Wrapping the env in a DummyVecEnv."]  # fmt: skip


def test_parameters_that_nobody_knows_one_by_one_may_change_with_their_optimizer():
    source = (
        "import torch\nfrom accelerate import Accelerator\nfrom transformers import AutoModel\n"
        "model = AutoModel.from_pretrained('bert-base-cased')\n"
        "optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)\n"
        "model, optimizer = Accelerator().prepare(model, optimizer)\nprint('ready')\n"
    )
    assert printed(source) == "ready\n"
