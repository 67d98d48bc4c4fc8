"""Directions in latent space along which one attribute of an image changes.

    z + amount · direction,  amount 1 for the average change of the attribute

With labels: the difference of means (White 2016, "Sampling Generative Networks", §3.4,
https://arxiv.org/abs/1609.04468), the difference balanced for a second attribute, and steps by
which one of several numbers rises and the others stay. Without labels: SeFa, the directions that
move the first layer most (Shen, Zhou 2021, "Closed-Form Factorization of Latent Semantics in GANs",
https://arxiv.org/abs/2007.06600), and GANSpace, where a layer's output varies most (Härkönen,
Hertzmann, Lehtinen, Paris 2020, https://arxiv.org/abs/2004.02546).
"""

import numpy as np


def mean_difference(latents, on):
    """Difference of means E[z | on] - E[z | off].

    Args:
        latents: (n, d).
        on: (n,) booleans.

    Raises:
        ValueError: all latents are on, or none.

    Example:
        >>> mean_difference([[0.0, 1.0], [2.0, 1.0]], [False, True])
        array([2., 0.])
    """
    latents, on = _paired(latents, on)
    return _mean(latents, on, "on") - _mean(latents, ~on, "off")


def balanced_difference(latents, on, other):
    """Difference of means, balanced for a second attribute: the mean of the differences where
    `other` is on and where it is off. For correlated attributes, such as a smile and long hair, it
    does not change the second (White 2016, §3.4).

    Raises:
        ValueError: one of the four combinations has no latent.

    Example:
        >>> latents = [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0], [1.0, 1.0]]
        >>> on, other = [False, False, True, True, True], [False, True, False, True, True]
        >>> balanced_difference(latents, on, other), mean_difference(latents, on).round(2)
        (array([1., 0.]), array([1.  , 0.17]))
    """
    latents, on = _paired(latents, on)
    _, other = _paired(latents, other)
    means = {
        side: [_mean(latents, (on == side) & (other == k), "each combination") for k in (0, 1)]
        for side in (0, 1)
    }
    return (sum(means[1]) - sum(means[0])) / 2.0


def regression_directions(latents, values, ridge=1e-3):
    """Returns for each of several numbers the step by which it rises by 1 and the others stay.

    By linear regressions W of the numbers on latents with covariance S, the most likely step is

        D = (Wᵀ S W)⁻¹ Wᵀ S,  a direction in each row

    Args:
        latents: (n, d).
        values: (n, k) numbers, such as measured angles and sizes.
        ridge: weight of the squared coefficients, over n.

    Returns:
        (k, d).

    Raises:
        ValueError: for other shapes, and numbers that are constant or linear functions of others.

    Example:
        >>> z = np.random.default_rng(0).normal(size=(1_000, 3))
        >>> values = np.stack([2.0 * z[:, 0] + 5.0, z[:, 0] + z[:, 1]], axis=1)
        >>> regression_directions(z, values).round(1) + 0.0
        array([[ 0.5, -0.5,  0. ],
               [ 0. ,  1. ,  0. ]])
    """
    latents, values = np.asarray(latents, "float64"), np.asarray(values, "float64")
    if latents.ndim != 2 or values.ndim != 2 or len(values) != len(latents):
        raise ValueError(
            "Latents should be (n, d), and numbers (n, k). "
            f"Received: {latents.shape} and {values.shape}"
        )
    centered, gaps = latents - latents.mean(axis=0), values - values.mean(axis=0)
    covariance = centered.T @ centered / len(latents)
    ridged = covariance + ridge * np.eye(latents.shape[1])
    weights = np.linalg.solve(ridged, centered.T @ gaps / len(latents))
    steps = covariance @ weights
    changes = weights.T @ steps  # (k, k): predicted change of each number by each step
    rank = np.linalg.matrix_rank(changes, tol=1e-9 * max(np.abs(changes).max(), 1e-9))
    if rank < len(changes):
        raise ValueError(
            "Numbers should vary, and none should be a linear function of the others. "
            f"Received: {len(changes)} numbers, of which {rank} are independent."
        )
    return np.linalg.solve(changes, steps.T)


def sefa(kernel):
    """SeFa: directions of length 1 that move the output of the first layer most, in order: the
    eigenvectors of A Aᵀ, A the kernel.

    Args:
        kernel: (d, units) of a dense layer whose input is the latent.

    Returns:
        (d, d), a direction in each row.

    Example:
        >>> abs(sefa(np.diag([1.0, 3.0]))[0]).round(6)
        array([0., 1.])
    """
    kernel = np.asarray(kernel, "float64")
    return np.linalg.eigh(kernel @ kernel.T)[1].T[::-1]


def ganspace(latents, hidden, count):
    """GANSpace: directions in the latent that move a layer's output along principal components.

    Args:
        latents: (n, d) draws.
        hidden: (n, features), the layer's output for each latent.
        count: number of components.

    Returns:
        (count, d), each direction for one standard deviation of the component.

    Example:
        >>> z = np.random.default_rng(0).normal(size=(500, 3))
        >>> np.abs(ganspace(z, z * [1.0, 5.0, 2.0], count=1)).round(1)
        array([[0., 1., 0.]])
    """
    latents, hidden = np.asarray(latents, "float64"), np.asarray(hidden, "float64")
    centered = hidden - hidden.mean(axis=0)
    left, _, _ = np.linalg.svd(centered, full_matrices=False)
    scores = left[:, :count] * np.sqrt(len(latents))  # of variance 1
    return np.linalg.lstsq(scores, latents - latents.mean(axis=0), rcond=None)[0]


def _paired(latents, on):
    latents, on = np.asarray(latents, "float64"), np.asarray(on).astype(bool)
    if latents.ndim != 2 or on.shape != latents.shape[:1]:
        raise ValueError(
            "Latents should be (n, d), and an attribute (n,). "
            f"Received: {latents.shape} and {on.shape}"
        )
    return latents, on


def _mean(latents, rows, which):
    if not rows.any():
        raise ValueError(f"There should be at least one latent for {which}. Received: none.")
    return latents[rows].mean(axis=0)
