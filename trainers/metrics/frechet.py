"""Fréchet distance between two Gaussians (FID, when the features are Inception's).

Heusel, Ramsauer, Unterthiner, Nessler, Hochreiter: GANs Trained by a Two Time-Scale Update Rule
Converge to a Local Nash Equilibrium (2017), eq. 6, https://arxiv.org/abs/1706.08500

Moments are computed a batch at a time, as in Chan, Golub, LeVeque: Updating Formulae and a Pairwise
Algorithm for Computing Sample Variances (1979), eq. 2.1: 50,000 samples need no more memory than
their covariance.
"""

import warnings

import numpy as np

from trainers.metrics.arrays import as_matrices, row_chunks, validate


class Moments:
    """Running mean and covariance of samples (m, d) that come in batches.

    Sums of squares would lose digits to cancellation far from the origin. Instead a batch (m, mean
    μ', scatter S' = Σ (x - μ')(x - μ')ᵀ) is merged with those before it (n, μ, S) by

        δ = μ' - μ;   μ += δ m / (n + m);   S += S' + δ δᵀ n m / (n + m)

    >>> import numpy as np
    >>> moments = Moments()
    >>> for batch in np.arange(12.0).reshape(3, 2, 2):
    ...     moments.update(batch)
    >>> moments.n, moments.mean, moments.covariance
    (6, array([5., 6.]), array([[14., 14.],
           [14., 14.]]))
    """

    def __init__(self):
        self.n = 0
        self._mean = self._scatter = None

    def update(self, batch):
        """Adds samples, shape (m, d), m >= 1; images (m, h, w, c) as vectors of pixels.

        Raises:
            ValueError: no sample, a NaN or an infinity, or samples of another size than before.
        """
        (batch,) = validate(batch=batch)
        if self.n and batch.shape[1] != len(self._mean):
            raise ValueError(
                f"`batch` should hold samples of {len(self._mean)} features, as those before. "
                f"Received: batch.shape={batch.shape}"
            )
        for part in row_chunks(batch):
            self._merge(batch[part].astype(np.float64, copy=False))

    def _merge(self, x):
        mean = x.mean(axis=0)
        x = x - mean
        scatter = x.T @ x
        if self.n:
            shift, share = mean - self._mean, len(x) / (self.n + len(x))
            mean = self._mean + shift * share
            scatter += self._scatter + np.outer(shift, shift) * (self.n * share)
        self.n, self._mean, self._scatter = self.n + len(x), mean, scatter

    @property
    def mean(self):
        """Mean, shape (d,), float64."""
        self._require(1)
        return self._mean

    @property
    def covariance(self):
        """Covariance, divided by n - 1; shape (d, d), float64."""
        self._require(2)
        return self._scatter / (self.n - 1)

    def _require(self, n):
        if self.n < n:
            raise ValueError(f"`update` should have seen {n} samples or more. Received: {self.n}")


def frechet_distance(real, fake):
    """Fréchet distance between the Gaussians fitted to two sets of features.

    Args:
        real: features of real samples, shape (n, d), n >= 2; images (n, h, w, c) are taken as
            vectors of pixels.
        fake: features of generated samples, shape (m, d), m >= 2.

    Returns:
        A float >= 0, in squared units of the features; 0 for equal samples. Covariances are
        divided by n - 1. The estimate falls with n: compare only figures of equal n.

    Raises:
        ValueError: fewer than two samples, a NaN or an infinity, or different d.

    Warns:
        UserWarning: a set of d samples or fewer, whose covariance is singular: the estimate is far
            above the distance of what was sampled, however alike the sets are.

    >>> round(frechet_distance([[0.0], [2.0]], [[3.0], [7.0]]), 6)  # (1 - 5)² + (√2 - √8)²
    18.0
    """
    moments, sets = [], validate(minimum=2, real=real, fake=fake)
    fewest, d = min(map(len, sets)), sets[0].shape[1]
    if fewest <= d:
        warnings.warn(
            f"The Fréchet distance of {fewest} samples of {d} features is far too large: it needs "
            f"more than {d}. Compare it only with that of as many samples.",
            stacklevel=2,
        )
    for features in sets:
        running = Moments()
        running.update(features)
        moments += [running.mean, running.covariance]
    return frechet_distance_from_moments(*moments)


def frechet_distance_from_moments(real_mean, real_cov, fake_mean, fake_cov):
    """Fréchet distance |m - m'|² + tr(C + C' - 2 (C C')^½) of means (d,) and covariances (d, d).

    The trace of (C C')^½ is computed as the sum of the square roots of the eigenvalues of the
    symmetric matrix C^½ C' C^½, so that it is real, symmetric in real and fake, and correct for
    singular covariances.

    Returns:
        A float >= 0.

    Raises:
        ValueError: the shapes do not agree, or a NaN or an infinity.

    >>> import numpy as np
    >>> round(frechet_distance_from_moments([0, 0], np.eye(2), [3, 4], 4 * np.eye(2)), 6)
    27.0
    """
    d = np.size(real_mean)
    shapes = tuple(np.shape(moment) for moment in (real_mean, real_cov, fake_mean, fake_cov))
    if shapes != ((d,), (d, d), (d,), (d, d)):
        raise ValueError(
            "`real_mean`, `real_cov`, `fake_mean`, `fake_cov` should be of shapes "
            f"(d,), (d, d), (d,), (d, d). Received: {shapes}"
        )
    real_mean, fake_mean = as_matrices(real_mean=[real_mean], fake_mean=[fake_mean])
    real_cov, fake_cov = as_matrices(real_cov=real_cov, fake_cov=fake_cov)
    values, vectors = np.linalg.eigh(real_cov)
    root = (vectors * np.sqrt(_without_rounding(values))) @ vectors.T  # C^½
    values = np.linalg.eigvalsh(root @ fake_cov @ root)
    overlap = np.sqrt(_without_rounding(values)).sum()  # tr (C C')^½
    shift = np.sum((real_mean - fake_mean) ** 2)
    distance = shift + np.trace(real_cov) + np.trace(fake_cov) - 2.0 * overlap
    return float(max(distance, 0.0))  # equal moments may round to -1e-15


def _without_rounding(eigenvalues):
    """Returns the eigenvalues of a covariance, with those that are only rounding set to 0.

    The square root turns an error of 1e-16 into one of 1e-8 in each empty direction.
    """
    noise = len(eigenvalues) * np.finfo(np.float64).eps * np.abs(eigenvalues).max()
    return np.where(eigenvalues > noise, eigenvalues, 0.0)
