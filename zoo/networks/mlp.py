"""Fully connected networks, for points and for small images."""

import math

import keras
from keras import layers

from zoo.networks import label_conditioning


def generator(image_shape, latent_dim, width=256, depth=2, classes=0, name="generator"):
    """z (latent_dim,) [, y ()] -> width x depth, ReLU -> image in [-1, 1], or unbounded point.

    Example:
        >>> generator((8, 8, 1), latent_dim=32).output_shape
        (None, 8, 8, 1)
    """
    x = keras.Input((latent_dim,), name="latent")
    inputs, with_labels = label_conditioning.label_inputs(x, classes)
    x = with_labels(x)
    for _ in range(depth):
        x = layers.Dense(width, activation="relu", kernel_initializer="he_normal")(x)
    output_activation = "tanh" if len(image_shape) == 3 else None
    x = layers.Dense(math.prod(image_shape), activation=output_activation, dtype="float32")(x)
    x = layers.Reshape(image_shape, dtype="float32", name="images")(x)
    return keras.Model(inputs, x, name=name)


def discriminator(
    image_shape, width=256, depth=2, classes=0, wrap=lambda layer: layer, name="discriminator"
):
    """x image_shape [, y ()] -> width x depth, LeakyReLU .2 -> logit (1,).

    `wrap` is applied to each layer with weights: a wrapper such as SpectralNormalization.

    Example:
        >>> discriminator((8, 8, 1)).output_shape
        (None, 1)
        >>> [x.name for x in discriminator((8, 8, 1), classes=10).inputs]
        ['images', 'labels']
    """
    inputs = keras.Input(image_shape, name="images")
    x = layers.Flatten()(inputs)
    inputs, with_labels = label_conditioning.label_inputs(inputs, classes)
    x = with_labels(x)
    for _ in range(depth):
        x = _leaky(x, width, wrap)
    logit = wrap(layers.Dense(1, dtype="float32", name="logit"))
    return keras.Model(inputs, logit(x), name=name)


def joint_generator(inner, **shapes):
    """Returns a generator of several inputs, which are concatenated for `inner`.

    Args:
        inner: a Keras model, (sum of the sizes,) -> image.
        **shapes: name of an input -> its shape (d,), in order.

    Example:
        >>> joint_generator(generator((8, 8, 1), 12), latent=(2,), category=(10,)).input_shape
        [(None, 2), (None, 10)]
    """
    inputs = [keras.Input(shape, name=entry) for entry, shape in shapes.items()]
    x = inner(layers.Concatenate()(inputs))
    images = layers.Identity(dtype="float32", name="images")(x)
    return keras.Model(inputs, images, name=inner.name)


def encoder(
    image_shape, latent_dim, width=256, depth=2, gaussian=False, categories=0, name="encoder"
):
    """x image_shape -> width x depth, LeakyReLU .2 -> z (latent_dim,); when `gaussian` the mean and
    the log of the standard deviation of q(z|x), each (latent_dim,); with `categories` also logits
    (categories,).

    Example:
        >>> encoder((8, 8, 1), latent_dim=10, gaussian=True).output_names
        ['mean', 'log_std']
    """
    inputs = keras.Input(image_shape, name="images")
    x = layers.Flatten()(inputs)
    for _ in range(depth):
        x = _leaky(x, width)
    outputs = heads(x, latent_dim, gaussian)
    if categories:
        outputs = [outputs, layers.Dense(categories, dtype="float32", name="category")(x)]
    return keras.Model(inputs, outputs, name=name)


def heads(x, latent_dim, gaussian, initializer="glorot_uniform"):
    """Appends the output layers of an encoder to features (batch, d): z, or [mean, log_std].

    Example:
        >>> mean, log_std = heads(keras.Input((64,)), latent_dim=10, gaussian=True)
        >>> mean.shape
        (None, 10)
    """
    names = ("mean", "log_std") if gaussian else ("latent",)
    options = {"kernel_initializer": initializer, "dtype": "float32"}
    outputs = [layers.Dense(latent_dim, name=name, **options)(x) for name in names]
    return outputs if gaussian else outputs[0]


def joint_discriminator(width=256, depth=2, apart=False, name="discriminator", **shapes):
    """Several inputs, flattened and concatenated -> width x depth, LeakyReLU .2 -> logit (1,).

    Args:
        apart: whether each input has its own layers and logit: (number of inputs,).
        **shapes: name of an input -> its shape, in order.

    Example:
        >>> joint_discriminator(images=(8, 8, 1), latent=(10,)).input_shape
        [(None, 8, 8, 1), (None, 10)]
    """
    inputs = [keras.Input(shape, name=entry) for entry, shape in shapes.items()]
    parts = [layers.Flatten()(x) for x in inputs]
    if not apart:
        parts = [_joined(parts)]
    logits = []
    for x in parts:
        for _ in range(depth):
            x = _leaky(x, width)
        logits.append(layers.Dense(1, dtype="float32")(x))
    return keras.Model(inputs if len(inputs) > 1 else inputs[0], _joined(logits), name=name)


def _joined(parts):
    return layers.Concatenate(dtype="float32")(parts) if len(parts) > 1 else parts[0]


def _leaky(x, units, wrap=lambda layer: layer):
    x = wrap(layers.Dense(units, kernel_initializer="he_normal"))(x)
    return layers.LeakyReLU(0.2)(x)
