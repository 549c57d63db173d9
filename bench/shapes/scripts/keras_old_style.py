import numpy as np
from keras.layers import LSTM, Dense, Dropout, Embedding
from keras.models import Sequential

model = Sequential()
model.add(Dense(12, input_shape=(8,), activation="relu"))
model.add(Dropout(0.2))
model.add(Dense(1))
model.summary()
model.compile(optimizer="adam", loss="mse", metrics=["mae"])
x, y = np.zeros((100, 8)), np.zeros((100, 1))
history = model.fit(x, y, epochs=2, batch_size=10, verbose=0, validation_split=0.2)
print(sorted(history.history), len(history.history["loss"]), history.epoch)
print(model.predict(x, verbose=0).shape)
second = Sequential([Embedding(1000, 16), LSTM(8), Dense(4, name="classes")])
second.summary()
second.build((None, 20))
print([layer.name for layer in second.layers], second.count_params())
