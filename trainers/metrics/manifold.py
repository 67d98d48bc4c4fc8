"""Fidelity and variety by nearest neighbours: precision, recall, density, coverage.

Kynkäänniemi, Karras, Laine, Lehtinen, Aila: Improved Precision and Recall Metric for Assessing
Generative Models (2019), eq. 1-3, https://arxiv.org/abs/1904.06991
Naeem, Oh, Uh, Choi, Yoo: Reliable Fidelity and Diversity Metrics for Generative Models (2020),
eq. 3 and 4, https://arxiv.org/abs/2002.09797

The radius of a sample's ball is the distance to the k-th nearest other sample of the same set.
Balls are open: a point at that distance is outside, as in the reference code of the second paper.
50,000 samples of 64 features against as many take 0.3 GB and a minute.
"""

import numpy as np

from trainers.metrics.arrays import as_matrices
from trainers.metrics.neighbours import squared_distances


def precision_recall(real, fake, k=5):
    """Precision and recall: shares of fakes in balls around reals, and of reals around fakes.

    Args:
        real: features of real samples, shape (n, d), n > k.
        fake: features of generated samples, shape (m, d), m > k.
        k: a ball's radius is the distance to the k-th nearest neighbour.

    Returns:
        (precision, recall), floats in [0, 1].

    Raises:
        ValueError: k < 1, k samples or fewer, a NaN or an infinity, or different d.

    >>> precision_recall([[0.0], [1.0], [2.5]], [[0.5], [0.7], [9.0]], k=1)
    (0.6666666666666666, 0.6666666666666666)
    """
    real, fake = _centered(real, fake, k)
    real_radii, fake_radii = _squared_radii(real, k), _squared_radii(fake, k)
    precise = np.zeros(len(fake), dtype=bool)
    recalled = np.zeros(len(real), dtype=bool)
    for part, squared in squared_distances(real, fake):
        precise |= (squared < real_radii[part, None]).any(axis=0)
        recalled[part] = (squared < fake_radii).any(axis=1)
    return float(precise.mean()), float(recalled.mean())


def density_coverage(real, fake, k=5):
    """Density, the number of balls that a fake lies in, over k; coverage, the share of hit balls.

    Unlike for precision and recall all balls are around reals: one outlier among the fakes with a
    large ball cannot raise them.

    Args:
        real: features of real samples, shape (n, d), n > k.
        fake: features of generated samples, shape (m, d), m > k.
        k: a ball's radius is the distance to the k-th nearest neighbour.

    Returns:
        (density, coverage), floats: density >= 0, of expectation 1 for equal distributions;
        coverage in [0, 1], of expectation 1 - 2^-k for equal distributions and n = m.

    Raises:
        ValueError: k < 1, k samples or fewer, a NaN or an infinity, or different d.

    >>> density_coverage([[0.0], [1.0], [2.5]], [[0.5], [0.7], [9.0]], k=1)
    (1.3333333333333333, 0.6666666666666666)
    """
    real, fake = _centered(real, fake, k)
    radii = _squared_radii(real, k)
    hits = covered = 0
    for part, squared in squared_distances(real, fake):
        inside = squared < radii[part, None]
        hits += np.count_nonzero(inside)
        covered += np.count_nonzero(inside.any(axis=1))
    return float(hits / (k * len(fake))), float(covered / len(real))


def _centered(real, fake, k):
    if k < 1:
        raise ValueError(f"`k` should be at least 1. Received: k={k!r}")
    real, fake = as_matrices(minimum=k + 1, real=real, fake=fake)
    mean = real.mean(axis=0)  # |x|² - 2xy + |y|² loses digits when all lie far from the origin
    return real - mean, fake - mean


def _squared_radii(x, k):
    """Returns the squared distance of each x (n, d) to its k-th nearest other x: (n,).

    A part in 10^12 of the spread is subtracted, so that no point at the radius is rounded inside.
    """
    radii = np.empty(len(x))
    for part, squared in squared_distances(x, x):
        radii[part] = np.partition(squared, k, axis=1)[:, k]  # rank 0 is x itself
    return radii - 1e-12 * (x * x).sum(axis=1).max()
