"""Perceptual path length: how smoothly samples change with the latents.

Karras, Laine, Aila: A Style-Based Generator Architecture for Generative Adversarial Networks
(2019), §4.1, eq. 2, https://arxiv.org/abs/1812.04948
"""

import numpy as np

from trainers.metrics.arrays import as_matrices


def perceptual_path_length(
    generator, features, latents, epsilon=1e-4, path="slerp", seed=0, batch_size=64
):
    """Perceptual path length E |f(G(z(t))) - f(G(z(t + ε)))|² / ε², t ~ U(0, 1), z(t) a path.

    Args:
        generator: latents (b, d) -> samples (b, …).
        features: samples -> features (b, k), whose squared distance is the perceptual distance: the
            paper's are of VGG, with learned weights; `evaluator("digits").features` can be used for
            digits. Compare only figures of one network.
        latents: shape (2n, d): path i runs from latent i to latent n + i.
        epsilon: the step. The paper's 1e-4 is near what float32 resolves: in float32 1e-2 is safer
            for networks that are smooth.
        path: "slerp", along great circles, for normal latents; or "lerp", straight, for those
            after a mapping network. With "slerp" the norm is interpolated linearly; the paper's
            generator depends on directions only.
        seed: of t.
        batch_size: number of samples generated at a time.

    Returns:
        A float >= 0, the unweighted mean: the paper's code leaves out the 1 % at either end.

    Raises:
        ValueError: an odd number of latents or none, a NaN or an infinity, or another path.

    >>> import numpy as np
    >>> latents = np.array([[0.0, 1.0], [1.0, 0.0]])
    >>> double = lambda z: 2.0 * z
    >>> same = lambda x: x
    >>> round(perceptual_path_length(double, same, latents), 4)  # a quarter of a circle of radius 2
    9.8696
    >>> round(perceptual_path_length(double, same, latents, path="lerp"), 4)  # its chord
    8.0
    """
    if path not in PATHS:
        raise ValueError(f"`path` should be one of {sorted(PATHS)}. Received: path={path!r}")
    kind = np.result_type(np.asarray(latents), np.float32)
    (latents,) = as_matrices(minimum=2, latents=latents)
    if len(latents) % 2:
        raise ValueError(
            "`latents` should be of shape (2n, d), both ends of each path. "
            f"Received: latents.shape={latents.shape}"
        )
    start, end = np.split(latents, 2)
    t = np.random.default_rng(seed).random((len(start), 1))
    ends = [PATHS[path](start, end, at).astype(kind) for at in (t, t + epsilon)]
    total = 0.0
    for i in range(0, len(start), batch_size):
        first, second = (
            np.asarray(features(np.asarray(generator(z[i : i + batch_size]))), dtype=np.float64)
            for z in ends
        )
        total += np.sum((first - second) ** 2)
    return float(total / len(start) / epsilon**2)


def _lerp(a, b, t):
    return a + (b - a) * t


def _slerp(a, b, t):
    """Interpolates the direction along a great circle, and the norm linearly."""
    lengths = [np.linalg.norm(x, axis=1, keepdims=True) for x in (a, b)]
    a, b = (x / np.maximum(length, 1e-12) for x, length in zip((a, b), lengths, strict=True))
    angle = np.arccos(np.clip(np.sum(a * b, axis=1, keepdims=True), -1.0, 1.0))
    across = b - a * np.cos(angle)
    across /= np.maximum(np.linalg.norm(across, axis=1, keepdims=True), 1e-12)
    return (a * np.cos(angle * t) + across * np.sin(angle * t)) * _lerp(*lengths, t)


PATHS = {"slerp": _slerp, "lerp": _lerp}
