"""Keras' summaries by version, and the lines of training."""

from __future__ import annotations

import pytest

from tests.plan.shapes.reading import printed

SMALL = (
    "from tensorflow import keras\nfrom tensorflow.keras import layers\n"
    "m = keras.Sequential([layers.Flatten(input_shape=(28, 28)), layers.Dense(10)])\n"
)
OLD = """Model: "sequential"
_________________________________________________________________
Layer (type)                 Output Shape              Param #   
=================================================================
flatten (Flatten)            (None, 784)               0         
_________________________________________________________________
dense (Dense)                (None, 10)                7850      
=================================================================
Total params: 7,850
Trainable params: 7,850
Non-trainable params: 0
_________________________________________________________________
"""  # noqa: W291
NEW = """Model: "sequential"
_________________________________________________________________
 Layer (type)                Output Shape              Param #   
=================================================================
 flatten (Flatten)           (None, 784)               0         
                                                                 
 dense (Dense)               (None, 10)                7850      
                                                                 
=================================================================
Total params: 7850 (30.66 KB)
Trainable params: 7850 (30.66 KB)
Non-trainable params: 0 (0.00 Byte)
_________________________________________________________________
"""  # noqa: W291, W293
FIT = SMALL + (
    "(x, y), (a, b) = keras.datasets.mnist.load_data()\n"
    "m.compile('adam', 'sparse_categorical_crossentropy', metrics=['accuracy'])\n"
    "h = m.fit(x / 255.0, y, epochs=2, batch_size=128, validation_split=0.1{})\nm.evaluate(a, b{})\n"
    "print(len(h.history['val_loss']), sorted(h.history))\n"
)
SHAPE = "2 ['accuracy', 'loss', 'val_accuracy', 'val_loss']\n"


@pytest.mark.parametrize(("version", "text"), [("2.4.1", OLD), ("2.15.0", NEW)])
def test_a_summary_is_laid_out_as_its_version_does(version, text):
    assert printed(SMALL + "m.summary()", **{"tensorflow.__version__": version}) == text


def test_progress_of_keras_two():
    line = "? - accuracy: ? - val_loss: ? - val_accuracy: ?\n"
    bar = "422/422 [==============================] - ?s ?ms/step - loss: "
    last = "313/313 [==============================] - ?s ?ms/step - loss: ? - accuracy: ?\n"
    facts = {"tensorflow.__version__": "2.9.0"}
    assert printed(FIT.format("", ""), **facts) == f"Epoch 1/2\n{bar}{line}Epoch 2/2\n{bar}{line}{last}{SHAPE}"


def test_progress_of_keras_three_sorts_its_measures():
    line = "422/422 - ?s - ?ms/step - accuracy: ? - loss: ? - val_accuracy: ? - val_loss: ?\n"
    facts = {"keras.__version__": "3.3.0"}
    said = printed(FIT.format(", verbose=2", ", verbose=0"), **facts)
    assert said == f"Epoch 1/2\n{line}Epoch 2/2\n{line}{SHAPE}"


def test_what_a_callback_says_is_not_foreseen():
    source = FIT.format(", callbacks=[Spoken()]", ", verbose=0").replace("(x, y)", "class Spoken: pass\n(x, y)", 1)
    assert "Epoch" not in printed(source)


def test_a_layer_that_does_not_fit_leaves_the_summary_open():
    source = SMALL + "m.add(layers.Conv2D(8, 3))\nm.summary()\nprint('end')"
    assert printed(source) == "end\n"
