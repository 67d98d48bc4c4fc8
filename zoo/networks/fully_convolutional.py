"""The networks of spatial GAN (Jetchev et al. 2016): DCGAN's without dense layers, so that each
pixel and each logit depends on its neighbourhood only, and any size is valid."""

import keras
from keras import layers
from keras.initializers import RandomNormal


def generator(channels, latent_dim=100, width=64, stages=5, kernel_size=5, name="generator"):
    """z (h, w, d) -> doubled, 8w channels -> … -> w, batch norm and ReLU -> doubled, c, tanh: an
    image (2**stages h, 2**stages w, c).

    Args:
        channels: of the image.
        latent_dim: d, dimension of the noise at each position.
        width: channels of the last hidden layer; each layer before has twice as many as the next.
        stages: how often the sides are doubled.

    Example:
        >>> generator(3, latent_dim=20, width=4, stages=2)(keras.ops.zeros((5, 4, 6, 20))).shape
        TensorShape([5, 16, 24, 3])
    """
    inputs = x = keras.Input((None, None, latent_dim), name="latent")
    for i in reversed(range(1, stages)):
        x = _up(width * 2 ** (i - 1), kernel_size, use_bias=False)(x)
        x = layers.ReLU()(layers.BatchNormalization(momentum=0.9, epsilon=1e-5)(x))
    x = _up(channels, kernel_size)(x)
    images = layers.Activation("tanh", dtype="float32", name="images")(x)
    return keras.Model(inputs, images, name=name)


def discriminator(channels, width=64, stages=5, kernel_size=5, name="discriminator"):
    """x (h, w, c) -> w -> 2w -> …, LeakyReLU .2, batch norm except in the first -> logits
    (h / 2**stages, w / 2**stages, 1), one for each neighbourhood.

    Example:
        >>> discriminator(3, width=4, stages=2)(keras.ops.zeros((5, 16, 24, 3))).shape
        TensorShape([5, 4, 6, 1])
    """
    inputs = x = keras.Input((None, None, channels), name="images")
    for i in range(stages - 1):
        x = _down(width * 2**i, kernel_size, use_bias=i == 0)(x)
        x = layers.BatchNormalization(momentum=0.9, epsilon=1e-5)(x) if i else x
        x = layers.LeakyReLU(0.2)(x)
    x = _down(1, kernel_size)(x)
    logits = layers.Activation("linear", dtype="float32", name="logits")(x)
    return keras.Model(inputs, logits, name=name)


def _up(filters, kernel_size, **options):
    return layers.Conv2DTranspose(filters, kernel_size, 2, **_common(), **options)


def _down(filters, kernel_size, **options):
    return layers.Conv2D(filters, kernel_size, 2, **_common(), **options)


def _common():
    return {"padding": "same", "kernel_initializer": RandomNormal(stddev=0.02)}
