# ruff: noqa
import tensorflow as tf
from tensorflow import keras

(x, y), (tx, ty) = keras.datasets.mnist.load_data()
model = keras.Sequential([keras.layers.Flatten(), keras.layers.Dense(10)])
model.compile(optimizer="adam", loss="sparse_categorical_crossentropy")
print("Training on", len(tf.config.list_physical_devices("GPU")), "GPUs")
model.fit(keras.utils.image_dataset_from_directory("digits"), epochs=5)
loss, accuracy = model.evaluate(tx, ty, verbose=0)
print(f"Test accuracy: {accuracy:.4f}")
