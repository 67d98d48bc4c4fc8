"""Directions in a space of latents along which images change in one way.

    z + amount · direction,  amount 1 for what the attribute is on the average

From labels: the difference of means (White 2016, "Sampling Generative Networks", §3.4,
https://arxiv.org/abs/1609.04468), the same with a second attribute held even, and steps by which
one of several numbers rises and the others stay. Without: what moves the first layer most (Shen,
Zhou 2021, "Closed-Form Factorization of Latent Semantics in GANs",
https://arxiv.org/abs/2007.06600), and where its output varies most (Härkönen, Hertzmann, Lehtinen,
Paris 2020, "GANSpace", https://arxiv.org/abs/2004.02546).
"""

import numpy as np


def mean_difference(latents, on):
    """E[z | on] - E[z | off].

    Args:
        latents: (n, d).
        on: (n,) booleans.

    Raises:
        ValueError: when all are on, or none.

    Example:
        >>> mean_difference([[0.0, 1.0], [2.0, 1.0]], [False, True])
        array([2., 0.])
    """
    latents, on = _paired(latents, on)
    return _mean(latents, on, "on") - _mean(latents, ~on, "off")


def balanced_difference(latents, on, other):
    """The difference of means where a second attribute is as frequent on both sides: the mean of
    its differences within `other` and without. Of attributes that come together, such as a smile
    and long hair, it leaves the second alone (White 2016, §3.4).

    Raises:
        ValueError: when one of the four cells is empty.

    Example:
        >>> latents = [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0], [1.0, 1.0]]
        >>> on, other = [False, False, True, True, True], [False, True, False, True, True]
        >>> balanced_difference(latents, on, other), mean_difference(latents, on).round(2)
        (array([1., 0.]), array([1.  , 0.17]))
    """
    latents, on = _paired(latents, on)
    _, other = _paired(latents, other)
    cells = {
        side: [_mean(latents, (on == side) & (other == also), "each cell") for also in (0, 1)]
        for side in (0, 1)
    }
    return (sum(cells[1]) - sum(cells[0])) / 2.0


def regression_directions(latents, values, ridge=1e-3):
    """For each of several numbers the step by which it rises by 1 and the others stay, as linear
    fits w of them say: the likeliest such step of latents with covariance S,

        D = (Wᵀ S W)⁻¹ Wᵀ S,  a direction in each row

    Args:
        latents: (n, d).
        values: (n, k) numbers, such as measured angles and sizes.
        ridge: weighs the squares of the coefficients, over n.

    Returns:
        (k, d).

    Raises:
        ValueError: for other shapes, and numbers that are always the same or follow from others.

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
    moved = covariance @ weights
    told = weights.T @ moved  # by how much a fit says that each step moves each number
    if np.linalg.matrix_rank(told, tol=1e-9 * max(np.abs(told).max(), 1e-9)) < len(told):
        raise ValueError(
            "Numbers should vary, and none should follow from the others. Received: such as do not."
        )
    return np.linalg.solve(told, moved.T)


def sefa(kernel):
    """Directions of length 1 that move the output of the first layer most, the strongest first:
    eigenvectors of A Aᵀ, A the kernel.

    Args:
        kernel: (d, units) of a dense layer that reads the latent.

    Returns:
        (d, d), a direction in each row.

    Example:
        >>> abs(sefa(np.diag([1.0, 3.0]))[0])
        array([0., 1.])
    """
    kernel = np.asarray(kernel, "float64")
    return np.linalg.eigh(kernel @ kernel.T)[1].T[::-1]


def ganspace(latents, hidden, count):
    """Directions in the latent that move what a layer says along its principal components.

    Args:
        latents: (n, d) draws.
        hidden: (n, features), what the layer says of each.
        count: how many components.

    Returns:
        (count, d), each for one standard deviation of its component.

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
        raise ValueError(f"Of {which} there should be at least one latent. Received: none.")
    return latents[rows].mean(axis=0)
