"""Sampling from priors other than N(0, I) and uniform boxes."""

import math

from keras import ops

from trainers import noise


def categories(n, count):
    """Samples categories uniformly from 0 … count - 1: int32 (n,).

    Example:
        >>> sorted(set(categories(1000, 3).numpy().tolist()))
        [0, 1, 2]
    """
    drawn = ops.cast(ops.floor(noise.uniform((n,), 0.0, float(count))), "int32")
    return ops.minimum(drawn, count - 1)


def gaussian(mean, log_std):
    """Samples N(mean, exp(log_std)²), differentiable in both by reparametrisation (Kingma & Welling
    2014, §2.4).

    Args:
        mean, log_std: (n, d).

    Example:
        >>> gaussian(ops.ones((5, 2)), ops.zeros((5, 2))).shape
        TensorShape([5, 2])
    """
    return mean + ops.exp(log_std) * ops.cast(noise.normal(ops.shape(mean)), mean.dtype)


def mixture(part, parts):
    """Samples z on a flower: N(1.4, .5²) along petal `part` of `parts`, N(0, .05²) across it.

    Args:
        part: number of the petal of each sample, int32 (n,).
        parts: number of petals.

    Returns:
        (n, 2).

    Example:
        >>> mixture(ops.zeros((5,), "int32"), parts=10).shape
        TensorShape([5, 2])
    """
    spread = ops.array([0.5, 0.05])
    along, across = ops.split(noise.normal((ops.shape(part)[0], 2)) * spread, 2, axis=1)
    angle = 2.0 * math.pi / parts * ops.cast(part, "float32")[:, None]
    along, cos, sin = along + 1.4, ops.cos(angle), ops.sin(angle)
    return ops.concatenate([along * cos - across * sin, along * sin + across * cos], axis=1)


def swiss_roll(part, parts):
    """Samples z on a spiral, radius 3√u, angle 4π√u, u uniform over `part` of `parts` of [0, 1].

    Args, returns: as for `mixture`.

    Example:
        >>> bool(ops.all(ops.norm(swiss_roll(ops.zeros((99,), "int32"), 9), axis=1) <= 1.0))
        True
    """
    u = ops.cast(part, "float32")[:, None] + noise.uniform((ops.shape(part)[0], 1))
    root = ops.sqrt(u / parts)
    angle = 4.0 * math.pi * root
    return 3.0 * root * ops.concatenate([ops.cos(angle), ops.sin(angle)], axis=1)
