"""Fréchet distance between two Gaussians (FID, when the features are Inception's).

Heusel, Ramsauer, Unterthiner, Nessler, Hochreiter: GANs Trained by a Two Time-Scale Update Rule
Converge to a Local Nash Equilibrium (2017), eq. 6, https://arxiv.org/abs/1706.08500
"""

import numpy as np

from trainers.metrics.arrays import rows


def frechet_distance(real, fake):
    """Fréchet distance between the Gaussians fitted to two sets of features.

    Args:
        real: features of real samples, shape (n, d), n >= 2; images (n, h, w, c) are taken as
            vectors of pixels.
        fake: features of generated samples, shape (m, d), m >= 2.

    Returns:
        A float >= 0, in squared units of the features; 0 for equal samples. Covariances are
        divided by n - 1. The estimate falls with n: compare only figures of one n.

    Raises:
        ValueError: fewer than two samples, a NaN or an infinity, or different d.
    """
    real, fake = rows(minimum=2, real=real, fake=fake)
    return frechet_distance_from_moments(*_moments(real), *_moments(fake))


def frechet_distance_from_moments(real_mean, real_cov, fake_mean, fake_cov):
    """|m - m'|² + tr(C + C' - 2 (C C')^½), for means of shape (d,) and covariances (d, d).

    The trace of (C C')^½ is taken as the sum of the square roots of the eigenvalues of
    C^½ C' C^½: the same number, of a symmetric matrix, so that it is real and symmetric in its
    arguments, and singular covariances do no harm.

    Returns:
        A float >= 0.

    Raises:
        ValueError: the shapes do not agree, or a NaN or an infinity.
    """
    d = np.size(real_mean)
    shapes = tuple(np.shape(moment) for moment in (real_mean, real_cov, fake_mean, fake_cov))
    if shapes != ((d,), (d, d), (d,), (d, d)):
        raise ValueError(
            "`real_mean`, `real_cov`, `fake_mean`, `fake_cov` should be of shapes "
            f"(d,), (d, d), (d,), (d, d). Received: {shapes}"
        )
    real_mean, fake_mean = rows(real_mean=[real_mean], fake_mean=[fake_mean])
    real_cov, fake_cov = rows(real_cov=real_cov, fake_cov=fake_cov)
    values, vectors = np.linalg.eigh(real_cov)
    root = (vectors * np.sqrt(_without_rounding(values))) @ vectors.T  # C^½
    values = np.linalg.eigvalsh(root @ fake_cov @ root)
    overlap = np.sqrt(_without_rounding(values)).sum()  # tr (C C')^½
    shift = np.sum((real_mean - fake_mean) ** 2)
    distance = shift + np.trace(real_cov) + np.trace(fake_cov) - 2.0 * overlap
    return float(max(distance, 0.0))  # equal moments may round to -1e-15


def _moments(features):
    mean = features.mean(axis=0)
    centred = features - mean
    return mean, centred.T @ centred / (len(features) - 1)


def _without_rounding(eigenvalues):
    """Eigenvalues of a covariance with those that are rounding alone set to 0.

    The square root turns an error of 1e-16 into one of 1e-8 in each empty direction.
    """
    noise = len(eigenvalues) * np.finfo(np.float64).eps * np.abs(eigenvalues).max()
    return np.where(eigenvalues > noise, eigenvalues, 0.0)
