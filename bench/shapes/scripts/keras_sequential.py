import keras
from keras import layers

model = keras.Sequential([
    keras.Input(shape=(28, 28, 1)),
    layers.Conv2D(32, kernel_size=(3, 3), activation="relu"),
    layers.MaxPooling2D(pool_size=(2, 2)),
    layers.Conv2D(64, 3, padding="same", use_bias=False),
    layers.BatchNormalization(),
    layers.Activation("relu"),
    layers.AveragePooling2D(2),
    layers.SeparableConv2D(16, 3),
    layers.Flatten(),
    layers.Dropout(0.5),
    layers.Dense(10, activation="softmax"),
])
model.summary()
print(model.count_params(), model.input_shape, model.output_shape, len(model.layers), model.layers[-1].name)
other = keras.models.Sequential(name="words")
other.add(keras.Input((None,)))
other.add(layers.Embedding(20000, 128))
other.add(layers.Bidirectional(layers.LSTM(64, return_sequences=True)))
other.add(layers.GRU(32))
other.add(layers.Dense(1, activation="sigmoid"))
other.compile(loss="binary_crossentropy", optimizer="adam", metrics=["accuracy"])
other.summary()
for layer in model.layers[:4]:
    layer.trainable = False
model.summary()
print(sum(layer.count_params() for layer in model.layers))
late = keras.Sequential([layers.Dense(64, activation="relu"), layers.Dense(3)])
late.summary()
late.build((None, 8))
late.summary()
