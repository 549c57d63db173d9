"""Keras' callbacks: they stop, save, slow down and speak by the figures that the epochs' lines show."""

from __future__ import annotations

import pytest

from llm_kernel.plan import Line, every_node, plan
from llm_kernel.plan.nodes import Literal

SOURCE = """
import numpy as np
from tensorflow import keras
from tensorflow.keras.callbacks import EarlyStopping, LearningRateScheduler, ModelCheckpoint, ReduceLROnPlateau
x, y = np.zeros((640, 8)), np.zeros((640,))
tx, ty = np.zeros((64, 8)), np.zeros((64,))
model = keras.Sequential([keras.layers.Dense(1, input_shape=(8,))])
model.compile(optimizer={optimizer}, loss="mse")
history = model.fit(x, y, epochs=6, validation_data=(tx, ty), verbose={verbose}, callbacks=[{callbacks}])
print(len(history.history["loss"]), model.evaluate(tx, ty, verbose=0), model.evaluate(x, y, verbose=0))
"""
LOSSES = {"loss": [3.0, 2.5, 2.25, 2.125, 2.0, 1.75], "val_loss": [4.0, 3.0, 3.5, 3.25, 2.75, 2.5]}


def told(callbacks: str, version: str, verbose: int = 2, optimizer: str = "'adam'") -> list[str]:
    """The lines of a run with these callbacks, ``?`` for what nobody knows."""
    source = SOURCE.format(callbacks=callbacks, verbose=verbose, optimizer=optimizer)
    facts = {"keras.__version__": version, "foreseen": lambda name, turn: LOSSES[name][turn]}
    found = plan(source, facts=facts)
    assert found is not None
    said = ""
    for line in every_node(found.nodes):
        if isinstance(line, Line):
            said += "".join(part.text if isinstance(part, Literal) else "?" for part in line.parts) + line.end
    return said.splitlines()


STOPPED = """Epoch 1/6
20/20 - ?s - loss: 3.0000 - val_loss: 4.0000 - ?s/epoch - ?ms/step
Epoch 2/6
20/20 - ?s - loss: 2.5000 - val_loss: 3.0000 - ?s/epoch - ?ms/step
Epoch 3/6
20/20 - ?s - loss: 2.2500 - val_loss: 3.5000 - ?s/epoch - ?ms/step
Epoch 4/6
Restoring model weights from the end of the best epoch: 2.
20/20 - ?s - loss: 2.1250 - val_loss: 3.2500 - ?s/epoch - ?ms/step
Epoch 4: early stopping
4 3.0 ?"""
SAVED = """Epoch 1/6
20/20 ━━━━━━━━━━━━━━━━━━━━ ?s ?ms/step - loss: 3.0000
Epoch 1: val_loss improved from inf to 4.00000, saving model to w.keras
20/20 ━━━━━━━━━━━━━━━━━━━━ ?s ?ms/step - loss: 3.0000 - val_loss: 4.0000
Epoch 2/6
20/20 ━━━━━━━━━━━━━━━━━━━━ ?s ?ms/step - loss: 2.5000
Epoch 2: val_loss improved from 4.00000 to 3.00000, saving model to w.keras
20/20 ━━━━━━━━━━━━━━━━━━━━ ?s ?ms/step - loss: 2.5000 - val_loss: 3.0000
Epoch 3/6
20/20 ━━━━━━━━━━━━━━━━━━━━ ?s ?ms/step - loss: 2.2500
Epoch 3: val_loss did not improve from 3.00000"""
SLOWED = """20/20 - ?s - loss: 2.2500 - val_loss: 3.5000 - lr: 0.0100
Epoch 4/6

Epoch 00004: ReduceLROnPlateau reducing learning rate to 0.0009999999776482583.
20/20 - ?s - loss: 2.1250 - val_loss: 3.2500 - lr: 0.0100
Epoch 5/6
20/20 - ?s - loss: 2.0000 - val_loss: 2.7500 - lr: 1.0000e-03"""
SET = """
Epoch 2: LearningRateScheduler setting learning rate to 0.0005000000237487257.
Epoch 2/6
20/20 - ?s - loss: 2.5000 - val_loss: 3.0000 - lr: 5.0000e-04 - ?s/epoch - ?ms/step"""


@pytest.mark.parametrize(
    ("callbacks", "version", "verbose", "optimizer", "begin", "lines"),
    [
        ("EarlyStopping(patience=2, verbose=1, restore_best_weights=True)", "2.12.0", 2, "'adam'", 0, STOPPED),
        ("ModelCheckpoint('w.keras', save_best_only=True, verbose=1)", "3.3.3", 1, "'adam'", 0, SAVED),
        ("ReduceLROnPlateau(patience=2, verbose=1)", "2.4.0", 2, "keras.optimizers.SGD(0.01)", 5, SLOWED),
        ("LearningRateScheduler(lambda epoch, rate: rate * 0.5 if epoch == 1 else rate, verbose=1)", "2.12.0", 2,
         "keras.optimizers.Adam()", 4, SET),
    ],
)  # fmt: skip
def test_callbacks_act_by_the_figures_that_are_shown(callbacks, version, verbose, optimizer, begin, lines):
    wanted = lines.splitlines()
    assert told(callbacks, version, verbose, optimizer)[begin : begin + len(wanted)] == wanted
