"""Convolutional networks of DCGAN (Radford, Metz & Chintala 2016), its guidelines as arguments.

1 `strided`: strided convolutions instead of pooling. 2 `batch_norm`: in both networks, but not at
the generator's output or the discriminator's input. 3 `hidden_dense`: no fully connected hidden
layer. 4 `activation`, `output_activation`: ReLU in the generator, tanh at its output. 5
`activation`: LeakyReLU in the discriminator.
"""

import keras
from keras import layers, ops
from keras.initializers import RandomNormal

from zoo.networks import label_conditioning


def stages(image_shape):
    """Returns how often sides are halved: to 4, but at least twice (64 -> 4: 4; 28 -> 7: 2).

    Raises:
        ValueError: for sides that cannot be halved twice.

    Example:
        >>> stages((64, 64, 3)), stages((28, 28, 1))
        (4, 2)
    """
    height, width = image_shape[:2]
    if height % 4 or width % 4:
        raise ValueError(
            "`image_shape` should have sides that are multiples of 4, best a power of 2. "
            f"Received: image_shape={tuple(image_shape)}"
        )
    count, side = 2, min(height, width) // 4
    while side > 4 and height % 2 ** (count + 1) == 0 and width % 2 ** (count + 1) == 0:
        count, side = count + 1, side // 2
    return count


def widths(image_shape, width):
    """Returns the channels of the discriminator's stages: doubled up to 8x the first.

    Example:
        >>> widths((64, 64, 3), width=128)
        [128, 256, 512, 1024]
    """
    return [width * min(2**i, 8) for i in range(stages(image_shape))]


def generator(
    image_shape,
    latent_dim,
    width=128,
    kernel_size=5,
    strided=True,
    batch_norm=True,
    hidden_dense=False,
    activation="relu",
    output_activation="tanh",
    classes=0,
    name="generator",
):
    """z (latent_dim,) [, y ()] -> 4x4x8w -> 8x8x4w -> … -> 32x32xw -> 64x64xc, tanh.

    Example:
        >>> generator((16, 16, 3), latent_dim=100, width=8).output_shape
        (None, 16, 16, 3)
    """
    channels = widths(image_shape, width)[::-1]
    base_height, base_width = (side // 2 ** len(channels) for side in image_shape[:2])
    inputs = x = keras.Input((latent_dim,), name="latent")
    inputs, with_labels = label_conditioning.label_inputs(inputs, classes)

    def norm_act(x):
        x = _norm(x) if batch_norm else x
        return layers.Activation(activation)(x)

    if hidden_dense:
        x = norm_act(_dense(1024, use_bias=not batch_norm)(with_labels(x)))
    x = _dense(base_height * base_width * channels[0], use_bias=not batch_norm)(with_labels(x))
    x = norm_act(layers.Reshape((base_height, base_width, channels[0]))(x))
    for filters in channels[1:]:
        x = norm_act(_up(with_labels(x), filters, kernel_size, strided, use_bias=not batch_norm))
    x = _up(with_labels(x), image_shape[-1], kernel_size, strided, use_bias=True)
    x = layers.Activation(output_activation, dtype="float32", name="images")(x)
    return keras.Model(inputs, x, name=name)


def discriminator(
    image_shape,
    width=128,
    kernel_size=5,
    strided=True,
    batch_norm=True,
    hidden_dense=False,
    activation="leaky_relu",
    classes=0,
    wrap=lambda layer: layer,
    name="discriminator",
):
    """x image [, y ()] -> 32x32xw -> 16x16x2w -> … -> 4x4x8w -> logit (1,).

    `wrap` is applied to each layer with weights: a wrapper such as SpectralNormalization.

    Example:
        >>> discriminator((16, 16, 3), width=8).output_shape
        (None, 1)
    """
    inputs = x = keras.Input(image_shape, name="images")
    inputs, with_labels = label_conditioning.label_inputs(inputs, classes)

    def act(x):  # negative slope: Keras' "leaky_relu" has .2, its layer .3
        leaky = activation == "leaky_relu"
        return (layers.LeakyReLU(0.2) if leaky else layers.Activation(activation))(x)

    for i, filters in enumerate(widths(image_shape, width)):
        normed = batch_norm and i > 0
        x = _down(with_labels(x), filters, kernel_size, strided, use_bias=not normed, wrap=wrap)
        x = act(_norm(x) if normed else x)
    x = layers.Flatten(name="features")(x)
    if hidden_dense:
        x = act(wrap(_dense(1024))(with_labels(x)))
    logit = layers.Dense(
        1, kernel_initializer=RandomNormal(0.0, 0.02), dtype="float32", name="logit"
    )
    return keras.Model(inputs, wrap(logit)(with_labels(x)), name=name)


def maxout(x, pieces):
    """Maxout: (batch, h, w, channels · pieces) -> (batch, h, w, channels), max over the pieces.

    Source: Goodfellow et al. 2013, "Maxout Networks", §2.

    Example:
        >>> maxout(keras.Input((8, 8, 64)), pieces=2).shape
        (None, 8, 8, 32)
    """
    height, width, channels = x.shape[1:]
    return ops.max(layers.Reshape((height, width, channels // pieces, pieces))(x), axis=-1)


def _norm(x):
    gain = RandomNormal(1.0, 0.02)
    return layers.BatchNormalization(momentum=0.9, epsilon=1e-5, gamma_initializer=gain)(x)


def _dense(units, use_bias=True):
    return layers.Dense(units, use_bias=use_bias, kernel_initializer=RandomNormal(0.0, 0.02))


def _conv(layer, filters, kernel_size, strides, use_bias):
    return layer(
        filters,
        kernel_size,
        strides=strides,
        padding="same",
        use_bias=use_bias,
        kernel_initializer=RandomNormal(0.0, 0.02),
    )


def _up(x, filters, kernel_size, strided, use_bias):
    if strided:
        return _conv(layers.Conv2DTranspose, filters, kernel_size, 2, use_bias)(x)
    return _conv(layers.Conv2D, filters, kernel_size, 1, use_bias)(layers.UpSampling2D()(x))


def _down(x, filters, kernel_size, strided, use_bias, wrap):
    strides = 2 if strided else 1
    x = wrap(_conv(layers.Conv2D, filters, kernel_size, strides, use_bias))(x)
    return x if strided else layers.MaxPooling2D()(x)
