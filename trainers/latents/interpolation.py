"""Interpolation between latents."""

import numpy as np


def slerp(start, end, steps):
    """Spherical interpolation: points from `start` to `end` on the great circle, at even angles.

    slerp(p, q; μ) = sin((1 - μ)Ω)/sin Ω · p + sin(μΩ)/sin Ω · q,  Ω the angle between p and q

    A straight line between two Gaussian latents passes through norms that are rare among training
    latents; the great circle keeps the norm. Parallel ends are interpolated linearly.
    Source: White 2016, "Sampling Generative Networks", https://arxiv.org/abs/1609.04468.

    Args:
        start, end: arrays (d,).
        steps: number of points, both ends included.

    Returns:
        An array (steps, d), float32.

    Example:
        >>> slerp(np.array([1.0, 0.0]), np.array([0.0, 1.0]), steps=3).round(3)
        array([[1.   , 0.   ],
               [0.707, 0.707],
               [0.   , 1.   ]], dtype=float32)
    """
    share = np.linspace(0.0, 1.0, steps)[:, None]
    norms = np.linalg.norm(start) * np.linalg.norm(end)
    cosine = np.dot(start, end) / norms if norms else 1.0
    angle = np.arccos(np.clip(cosine, -1.0, 1.0))
    if np.sin(angle) < 1e-6:
        path = (1.0 - share) * start + share * end
    else:
        path = (np.sin((1.0 - share) * angle) * start + np.sin(share * angle) * end) / np.sin(angle)
    return path.astype("float32")
