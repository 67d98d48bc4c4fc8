"""The volumetric networks of 3D-GAN (Wu et al. 2016): DCGAN's, with a third dimension."""

import keras
from keras import layers
from keras.initializers import Constant, RandomNormal

from zoo.layers import DoublingConv3D, HalvingConv3D


def stages(shape):
    """How often the sides are halved, down to 4.

    Raises:
        ValueError: for sides that are not 4 times a power of 2, from 8.

    Example:
        >>> stages((64, 64, 64, 1)), stages((16, 16, 16, 1))
        (4, 2)
    """
    counts = {(side // 4).bit_length() - 1 for side in shape[:3]}
    count = max(counts)
    if len(shape) != 4 or len(counts) > 1 or count < 1 or shape[0] != 4 * 2**count:
        raise ValueError(
            "`image_shape` should be (side, side, side, channels), side 8, 16, 32 …. "
            f"Received: image_shape={tuple(shape)}"
        )
    return count


def generator(shape, latent_dim, width=64, batch_norm=True, bias=0.0, name="generator"):
    """z (latent_dim,) -> 4x4x4x8w -> 8x8x8x4w -> … -> 32x32x32xw, ReLU -> 64x64x64xc, σ.

    Args:
        bias: of the last layer at the start: voxels begin as full as σ of it.

    Example:
        >>> generator((16, 16, 16, 1), latent_dim=200, width=8).output_shape
        (None, 16, 16, 16, 1)
    """
    count = stages(shape)
    widths = [width * 2**i for i in reversed(range(count))]
    inputs = keras.Input((latent_dim,), name="latent")
    x = layers.Dense(64 * widths[0], use_bias=not batch_norm, kernel_initializer=_normal())(inputs)
    x = layers.Reshape((4, 4, 4, widths[0]))(x)
    for filters in widths[1:]:
        x = layers.ReLU()(_norm(x) if batch_norm else x)
        x = _up(filters, use_bias=not batch_norm)(x)
    x = layers.ReLU()(_norm(x) if batch_norm else x)
    x = _up(shape[-1], bias_initializer=Constant(bias))(x)
    voxels = layers.Activation("sigmoid", dtype="float32", name="voxels")(x)
    return keras.Model(inputs, voxels, name=name)


def discriminator(shape, width=64, batch_norm=True, name="discriminator"):
    """x -> 32x32x32xw -> 16x16x16x2w -> … -> 4x4x4x8w, LeakyReLU .2 -> logit (1,).

    Example:
        >>> discriminator((16, 16, 16, 1), width=8).output_shape
        (None, 1)
    """
    inputs = x = keras.Input(shape, name="voxels")
    for i in range(stages(shape)):
        normed = batch_norm and i > 0
        bias = {"use_bias": not normed, "kernel_initializer": _normal()}
        x = HalvingConv3D(width * 2**i, **bias)(x)
        x = layers.LeakyReLU(0.2)(_norm(x) if normed else x)
    logit = layers.Dense(1, kernel_initializer=_normal(), dtype="float32", name="logit")
    return keras.Model(inputs, logit(layers.Flatten()(x)), name=name)


def _normal():
    """N(0, .02²)."""
    return RandomNormal(stddev=0.02)


def _up(filters, **options):
    return DoublingConv3D(filters, kernel_initializer=_normal(), **options)


def _norm(x):
    return layers.BatchNormalization(momentum=0.9, epsilon=1e-5)(x)
