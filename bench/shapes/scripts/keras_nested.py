from keras import Input, Model, Sequential, layers

encoder = Sequential([Input((28, 28)), layers.Flatten(), layers.Dense(32, activation="relu")], name="encoder")
decoder = Sequential([Input((32,)), layers.Dense(784, activation="sigmoid"), layers.Reshape((28, 28))], name="decoder")
start = Input((28, 28))
auto = Model(start, decoder(encoder(start)))
auto.summary()
decoder.trainable = False
auto.summary()
up = Sequential([Input((7, 7, 8)), layers.UpSampling2D(), layers.Conv2DTranspose(4, 3, strides=2, padding="same"),
                 layers.ZeroPadding2D(2), layers.DepthwiseConv2D(3), layers.LayerNormalization(),
                 layers.GlobalMaxPooling2D(), layers.RepeatVector(5), layers.SimpleRNN(6, return_sequences=True),
                 layers.TimeDistributed(layers.Dense(2)), layers.LeakyReLU()])
up.summary()
