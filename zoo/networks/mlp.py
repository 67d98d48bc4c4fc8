"""Fully connected networks, for points and for small images."""

import math

import keras
from keras import layers

from zoo.networks import labels


def generator(image_shape, latent_dim, width=256, depth=2, classes=0, name="generator"):
    """z (latent_dim,) [, y ()] -> width x depth, ReLU -> image in [-1, 1], or unbounded point.

    Example:
        >>> generator((8, 8, 1), latent_dim=32).output_shape
        (None, 8, 8, 1)
    """
    x = keras.Input((latent_dim,), name="latent")
    inputs, given = labels.conditioned(x, classes)
    x = given(x)
    for _ in range(depth):
        x = layers.Dense(width, activation="relu", kernel_initializer="he_normal")(x)
    squash = "tanh" if len(image_shape) == 3 else None
    x = layers.Dense(math.prod(image_shape), activation=squash, dtype="float32")(x)
    x = layers.Reshape(image_shape, dtype="float32", name="images")(x)
    return keras.Model(inputs, x, name=name)


def discriminator(
    image_shape, width=256, depth=2, classes=0, wrap=lambda layer: layer, name="discriminator"
):
    """x image_shape [, y ()] -> width x depth, LeakyReLU .2 -> logit (1,).

    `wrap` is put around each layer that has weights, such as SpectralNormalization.

    Example:
        >>> discriminator((8, 8, 1)).output_shape
        (None, 1)
        >>> [x.name for x in discriminator((8, 8, 1), classes=10).inputs]
        ['images', 'labels']
    """
    inputs = keras.Input(image_shape, name="images")
    x = layers.Flatten()(inputs)
    inputs, given = labels.conditioned(inputs, classes)
    x = given(x)
    for _ in range(depth):
        x = wrap(layers.Dense(width, kernel_initializer="he_normal"))(x)
        x = layers.LeakyReLU(0.2)(x)
    logit = wrap(layers.Dense(1, dtype="float32", name="logit"))
    return keras.Model(inputs, logit(x), name=name)
