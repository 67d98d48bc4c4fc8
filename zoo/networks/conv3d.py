"""The volumetric networks of 3D-GAN (Wu et al. 2016): DCGAN's, in three dimensions."""

import math

import keras
from keras import layers
from keras.initializers import Constant, RandomNormal

from zoo.layers import DoublingConv3D, HalvingConv3D


def halvings(shape, name="image_shape"):
    """Returns how often the equal sides of voxels or of a picture are halved, down to 4.

    Args:
        shape: (side, …, side, channels).
        name: the name of the argument in the error message.

    Raises:
        ValueError: for sides that are not 4 times a power of 2, from 8.

    Example:
        >>> halvings((64, 64, 64, 1)), halvings((256, 256, 3))
        (4, 6)
    """
    side = shape[0]
    count = (side // 4).bit_length() - 1
    if count < 1 or side != 4 * 2**count or any(other != side for other in shape[:-1]):
        sides = ", ".join(["side"] * (len(shape) - 1))
        raise ValueError(
            f"`{name}` should be ({sides}, channels), side 8, 16, 32 …. "
            f"Received: {name}={tuple(shape)}"
        )
    return count


def check_occupancy(occupancy):
    """Raises a ValueError for an occupancy outside (0, 1).

    Example:
        >>> check_occupancy(0.0)
        Traceback (most recent call last):
        ValueError: `occupancy` should be in (0, 1). Received: occupancy=0.0
    """
    if not 0.0 < occupancy < 1.0:
        raise ValueError(f"`occupancy` should be in (0, 1). Received: occupancy={occupancy!r}")


def generator(shape, latent_dim, width=64, batch_norm=True, occupancy=0.5, name="generator"):
    """z (latent_dim,) -> 4x4x4x8w -> 8x8x8x4w -> … -> 32x32x32xw, ReLU -> 64x64x64xc, σ.

    Args:
        occupancy: mean of the voxels before training.

    Example:
        >>> generator((16, 16, 16, 1), latent_dim=200, width=8).output_shape
        (None, 16, 16, 16, 1)
    """
    count = halvings(shape)
    widths = [width * 2**i for i in reversed(range(count))]
    inputs = keras.Input((latent_dim,), name="latent")

    def options():  # a shared initialiser would give all layers the same weights
        return {"use_bias": not batch_norm, "kernel_initializer": _initializer(batch_norm)}

    x = layers.Dense(64 * widths[0], **options())(inputs)
    x = layers.Reshape((4, 4, 4, widths[0]))(x)
    for filters in widths[1:]:
        x = layers.ReLU()(_norm(x) if batch_norm else x)
        x = DoublingConv3D(filters, **options())(x)
    x = layers.ReLU()(_norm(x) if batch_norm else x)
    bias = Constant(math.log(occupancy / (1.0 - occupancy)))
    last = {"kernel_initializer": _initializer(True), "bias_initializer": bias}
    x = DoublingConv3D(shape[-1], **last)(x)
    voxels = layers.Activation("sigmoid", dtype="float32", name="voxels")(x)
    return keras.Model(inputs, voxels, name=name)


def discriminator(shape, width=64, batch_norm=True, name="discriminator"):
    """x -> 32x32x32xw -> 16x16x16x2w -> … -> 4x4x4x8w, LeakyReLU .2 -> logit (1,).

    Example:
        >>> discriminator((16, 16, 16, 1), width=8).output_shape
        (None, 1)
    """
    inputs = x = keras.Input(shape, name="voxels")
    for i in range(halvings(shape)):
        normed = batch_norm and i > 0
        options = {"use_bias": not normed, "kernel_initializer": _initializer(batch_norm)}
        x = HalvingConv3D(width * 2**i, **options)(x)
        x = layers.LeakyReLU(0.2)(_norm(x) if normed else x)
    logit = layers.Dense(
        1, kernel_initializer=_initializer(batch_norm), dtype="float32", name="logit"
    )
    return keras.Model(inputs, logit(layers.Flatten()(x)), name=name)


def _initializer(batch_norm):
    """Returns N(0, .02²), or He's, without which signals vanish if there is no batch norm."""
    return RandomNormal(stddev=0.02) if batch_norm else "he_normal"


def _norm(x):
    return layers.BatchNormalization(momentum=0.9, epsilon=1e-5)(x)
