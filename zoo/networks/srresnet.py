"""The networks of SRGAN (Ledig et al. 2017, Fig. 4): SRResNet, and a discriminator."""

import math

import keras
from keras import layers, ops

from trainers.engine import shape_checks
from zoo.layers import Bicubic


def check_factor(factor):
    """Raises a ValueError unless the factor is a power of 2, from 2.

    Example:
        >>> check_factor(3)
        Traceback (most recent call last):
        ValueError: `factor` should be a power of 2, from 2. Received: factor=3
    """
    shape_checks.check_counts(factor=factor)
    if factor < 2 or factor & (factor - 1):
        raise ValueError(f"`factor` should be a power of 2, from 2. Received: factor={factor}")


def generator(
    channels,
    factor=4,
    width=64,
    blocks=16,
    outer_kernel=9,
    batch_norm=True,
    skip=False,
    name="generator",
):
    """x (h, w, c) -> 9x9 w -> residual blocks of two 3x3 -> 3x3 w, plus the blocks' input ->
    for each doubling 3x3 4w and depth to space -> 9x9 c -> y (factor h, factor w, c). PReLU.

    Args:
        channels: of x and of y.
        factor: by which sides are enlarged, a power of 2.
        outer_kernel: side of the first and the last kernel.
        batch_norm: in the blocks.
        skip: whether to add to a bicubic enlargement, instead of generating the complete image.

    Example:
        >>> generator(1, width=8, blocks=2)(ops.zeros((5, 6, 7, 1))).shape
        TensorShape([5, 24, 28, 1])
    """
    inputs = keras.Input((None, None, channels), name="low")
    x = first = _prelu(layers.Conv2D(width, outer_kernel, padding="same")(inputs))
    for _ in range(blocks):
        inner = _prelu(_conv(x, width, batch_norm))
        x = layers.Add()([x, _conv(inner, width, batch_norm)])
    x = layers.Add()([first, _conv(x, width, batch_norm)])
    for _ in range(round(math.log2(factor))):
        x = _prelu(ops.depth_to_space(layers.Conv2D(4 * width, 3, padding="same")(x), 2))
    x = layers.Conv2D(channels, outer_kernel, padding="same", dtype="float32")(x)
    if skip:
        x = layers.Add(dtype="float32")([x, Bicubic(factor, dtype="float32")(inputs)])
    return keras.Model(inputs, layers.Identity(dtype="float32", name="images")(x), name=name)


def discriminator(image_shape, width=64, batch_norm=True, name="discriminator"):
    """x -> 3x3 w, w halved, 2w, 2w halved, 4w, 4w halved, 8w, 8w halved, LeakyReLU .2, no batch
    norm in the first -> dense 16w -> logit (1,).

    Example:
        >>> discriminator((16, 16, 1), width=4).output_shape
        (None, 1)
    """
    inputs = x = keras.Input(image_shape, name="images")
    for i in range(8):
        x = _conv(x, width * 2 ** (i // 2), batch_norm and i > 0, strides=1 + i % 2)
        x = layers.LeakyReLU(0.2)(x)
    x = layers.LeakyReLU(0.2)(layers.Dense(16 * width)(layers.Flatten()(x)))
    return keras.Model(inputs, layers.Dense(1, dtype="float32", name="logit")(x), name=name)


def _conv(x, filters, batch_norm, strides=1):
    x = layers.Conv2D(filters, 3, strides, "same", use_bias=not batch_norm)(x)
    return layers.BatchNormalization(momentum=0.9, epsilon=1e-5)(x) if batch_norm else x


def _prelu(x):
    return layers.PReLU(alpha_initializer=keras.initializers.Constant(0.25), shared_axes=[1, 2])(x)
