import keras
from keras import layers
from keras.layers import Add, Concatenate, Conv2D, Dense, Flatten, GlobalAveragePooling2D, Input, Reshape
from keras.models import Model

inputs = Input(shape=(784,))
x = Dense(64, activation="relu")(inputs)
x = Dense(64, activation="relu", name="hidden")(x)
outputs = Dense(10)(x)
model = Model(inputs=inputs, outputs=outputs, name="mnist_model")
model.summary()
print(x.shape, model.count_params())
image = Input((32, 32, 3))
first = Conv2D(16, 3, padding="same", activation="relu")(image)
second = Conv2D(16, 3, padding="same")(first)
joined = Add()([first, second])
branch = Conv2D(8, 1, strides=2)(joined)
pooled = layers.MaxPooling2D(2)(joined)
wide = Concatenate()([branch, pooled])
flat = GlobalAveragePooling2D()(wide)
side = Input(shape=(4,), name="extra")
more = layers.concatenate([flat, side]) if False else Concatenate(name="all")([flat, side])
end = Dense(2, activation="softmax")(more)
net = Model([image, side], end)
net.summary()
print(net.count_params(), [layer.name for layer in net.layers])
code = keras.Model(inputs, Reshape((8, 8))(x))
code.summary()
