"""The U-Net of pix2pix (Isola et al. 2017, §6.1): an encoder-decoder with skip connections."""

import keras
from keras import layers
from keras.initializers import RandomNormal

from zoo.layers import Dropout


def generator(
    source_channels,
    channels,
    width=64,
    stages=8,
    dropout=0.5,
    batch_norm=False,
    name="generator",
):
    """x (h, w, c) -> w -> 2w -> 4w -> 8w …, LeakyReLU .2, each halved by 4x4 -> the reverse, ReLU,
    each concatenated with the encoder's output of that size -> y (h, w, c'), tanh. Sides of any
    multiple of 2**stages.

    Instance norm is the paper's batch norm for batches of one. It removes the mean of each feature
    map, and with it global information from the bottleneck, such as the image's colour: for batches
    of several, prefer batch norm. The first stage and the bottleneck have neither. Up to three
    stages after the bottleneck have dropout, at inference too: that is the noise of pix2pix.

    Args:
        source_channels, channels: of x and of y.
        width: channels of the first stage.
        stages: how often the sides are halved.
        dropout: fraction of units that are dropped.
        batch_norm: batch norm instead of instance norm.

    Example:
        >>> generator(1, 3, width=8, stages=3).output_shape
        (None, None, None, 3)
    """

    def norm(x):
        if batch_norm:
            return layers.BatchNormalization(momentum=0.9, epsilon=1e-5)(x)
        return layers.GroupNormalization(groups=-1, epsilon=1e-5)(x)

    inputs = x = keras.Input((None, None, source_channels), name="source")
    widths = [width * min(2**i, 8) for i in range(stages)]
    skips = []
    for i, filters in enumerate(widths):
        x = x if i == 0 else layers.LeakyReLU(0.2)(x)
        normed = 0 < i < stages - 1
        x = _down(filters, use_bias=not normed)(x)
        x = norm(x) if normed else x
        skips.append(x)
    for i, filters in enumerate(reversed(widths[:-1])):
        x = norm(_up(filters, use_bias=False)(layers.ReLU()(x)))
        x = Dropout(dropout, always=True)(x) if dropout and i < min(3, stages - 2) else x
        x = layers.Concatenate()([x, skips[-2 - i]])
    x = _up(channels)(layers.ReLU()(x))
    x = layers.Activation("tanh", dtype="float32", name="images")(x)
    return keras.Model(inputs, x, name=name)


def _down(filters, **options):
    return layers.Conv2D(
        filters, 4, 2, "same", kernel_initializer=RandomNormal(stddev=0.02), **options
    )


def _up(filters, **options):
    return layers.Conv2DTranspose(
        filters, 4, 2, "same", kernel_initializer=RandomNormal(stddev=0.02), **options
    )
