"""Programs as people write them for Keras and TensorFlow: data that is fetched, own models, pipelines."""

from __future__ import annotations

import pytest

from llm_kernel.plan import plan
from llm_kernel.plan.curves.recipe import recipe
from tests.plan.shapes.reading import printed

HEAD = (
    "import numpy as np\nimport tensorflow as tf\nfrom tensorflow import keras\nfrom tensorflow.keras import layers\n"
    "(x, y), (a, b) = keras.datasets.mnist.load_data()\n"
)
SHAPES = {
    "np.expand_dims(x, -1)": (60000, 28, 28, 1),
    "np.expand_dims(x, axis=(0, 4))": (1, 60000, 28, 28, 1),
    "x[:, :, :, np.newaxis]": (60000, 28, 28, 1),
    "x[..., tf.newaxis].astype('float32') / 255": (60000, 28, 28, 1),
    "np.repeat(x[..., None], 3, -1)": (60000, 28, 28, 3),
    "np.pad(x, ((0, 0), (2, 2), (2, 2)))": (60000, 32, 32),
    "np.pad(y, 3)": (60006,),
    "np.transpose(x, (1, 2, 0))": (28, 28, 60000),
    "np.transpose(x)": (28, 28, 60000),
    "tf.expand_dims(tf.cast(x, tf.float32), -1)": (60000, 28, 28, 1),
    "tf.reshape(x, (-1, 784))": (60000, 784),
    "tf.one_hot(y, 10)": (60000, 10),
    "tf.random.normal([16, 100])": (16, 100),
}
OWN = """
class Net(keras.Model):
    def __init__(self):
        super().__init__()
        self.d = layers.Dense(10)
    def call(self, x):
        return self.d(x)
m = Net()
m.compile('adam', 'mse')
m.fit(x, y, epochs=2, verbose=2, validation_data=(a, b))
"""
PIPES = """
train = tf.data.Dataset.from_tensor_slices((x, y)).shuffle(1000).batch(64).prefetch(2)
print(len(train), len(train.take(5)), len(train.skip(5)))
for n, (images, labels) in enumerate(train):
    if n in (0, 937):
        print(n, images.shape, labels.shape)
m = keras.Sequential([layers.Flatten(), layers.Dense(10)])
print(m(x[:5]).shape, m.count_params())
m.compile('adam', 'sparse_categorical_crossentropy')
m.fit(train, epochs=1, verbose=2)
"""


def facts(version: str, *there: str) -> dict[str, object]:
    """A machine with this release, and these files."""
    return {"tensorflow.__version__": version, "environ": {"HOME": "/home/ann"}, "exists": lambda path: path in there}


def test_arrays_of_unknown_numbers_keep_their_shapes():
    said = printed(HEAD + "".join(f"print(({each}).shape)\n" for each in SHAPES))
    assert said == "".join(f"{shape}\n" for shape in SHAPES.values())


@pytest.mark.parametrize(
    ("version", "bar"),
    [("2.4.0", "11493376/11490434 [{}] - 0s 0us/step"), ("2.15.0", "11490434/11490434 [{}] - 0s 0us/step")],
)
def test_a_data_set_is_fetched_once(version, bar):
    line = "Downloading data from https://storage.googleapis.com/tensorflow/tf-keras-datasets/mnist.npz\n"
    again = HEAD + "keras.datasets.mnist.load_data()\n"
    assert printed(again, **facts(version)) == line + bar.format("=" * 30) + "\n"
    assert printed(again, **facts(version, "/home/ann/.keras/datasets/mnist.npz")) == ""


def test_a_model_of_the_programs_own_trains_as_others_do():
    line = "1875/1875 - ?s - loss: ? - val_loss: ? - ?s/epoch - ?ms/step\n"
    assert printed(HEAD + OWN, **{"tensorflow.__version__": "2.15.0"}) == f"Epoch 1/2\n{line}Epoch 2/2\n{line}"


def test_a_pipeline_gives_as_many_batches_as_it_is_told():
    said = printed(HEAD + PIPES, **{"tensorflow.__version__": "2.15.0"})
    assert said == (
        "938 5 933\n0 (64, 28, 28) (64,)\n937 (32, 28, 28) (32,)\n(5, 10) 7850\n"
        "Epoch 1/1\n938/938 - ?s - loss: ? - ?s/epoch - ?ms/step\n"
    )


def test_rows_that_are_looked_at_are_not_all_there_is_to_learn():
    run = (
        "model = keras.Sequential([layers.Flatten(), layers.Dense(128), layers.Dense(10)])\nprint(model(x_train[:1]))\n"
    )
    load = HEAD.replace("(x, y), (a, b)", "(x_train, y_train), (a, b)")
    found = recipe(f"{load}{run}tf.keras.optimizers.Adam().apply_gradients([])\n")
    assert found is not None
    assert (found.pair.data, found.examples) == ("MNIST", 60000)


def test_an_axis_that_there_is_not_is_complained_of_in_no_other_librarys_words():
    assert plan(f"{HEAD}np.expand_dims(x, 9)\nprint('on')").fault is None
