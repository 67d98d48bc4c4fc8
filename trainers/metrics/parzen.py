"""Parzen-window log-likelihood: of real samples under a kernel density around generated ones.

Breuleux, Bengio, Vincent: Quickly Generating Representative Samples from an RBM-Derived Process
(2011), §4; Goodfellow et al.: Generative Adversarial Nets (2014), §5,
https://arxiv.org/abs/1406.2661

It misleads in many dimensions, where k-means centres beat the models of the time. Theis, van den
Oord, Bethge: A note on the evaluation of generative models (2016), §3.2,
https://arxiv.org/abs/1511.01844
"""

import numpy as np

from trainers.metrics.arrays import as_matrices
from trainers.metrics.neighbours import squared_distances

SIGMAS = np.logspace(-1.5, 0, 31)  # .03 to 1 in steps of 12 %, for pixels in [0, 1]


def parzen_log_likelihood(real, fake, sigma):
    """Parzen-window log-likelihood E_x log (1/m) Σⱼ N(x; fakeⱼ, σ² I) of the real x, in nats.

    Args:
        real: held-out real samples, shape (n, d).
        fake: generated ones, the centres, shape (m, d).
        sigma: the standard deviation of each kernel along every axis, > 0, in the samples' unit;
            see `parzen_sigma`.

    Returns:
        A float, the log of a density: it changes by d log a where samples and σ are multiplied by
        1/a, so compare only figures of equal unit, d and m.

    Raises:
        ValueError: no sample, a NaN or an infinity, different d, or σ <= 0.

    >>> round(parzen_log_likelihood([[1.0]], [[0.0], [2.0]], sigma=0.5), 8)
    -2.22579135
    """
    real, fake = as_matrices(real=real, fake=fake)
    return float(_log_likelihoods(real, fake, [sigma])[0])


def parzen_sigma(validation, fake, sigmas=SIGMAS):
    """Returns the σ under which validation samples are most likely.

    Args:
        validation: real samples, other ones than those to be scored, shape (n, d).
        fake: generated ones, shape (m, d).
        sigmas: values to choose from; the default suits pixels in [0, 1].

    Returns:
        A float.

    Raises:
        ValueError: no sample, a NaN or an infinity, different d, or σ <= 0.

    >>> parzen_sigma([[1.0]], [[0.0], [2.0]], sigmas=[0.5, 1.0, 2.0])
    1.0
    """
    validation, fake = as_matrices(validation=validation, fake=fake)
    return float(sigmas[np.argmax(_log_likelihoods(validation, fake, sigmas))])


def _log_likelihoods(x, centers, sigmas):
    """Returns a log-likelihood for each σ: (len(sigmas),)."""
    if not all(sigma > 0 for sigma in sigmas):
        raise ValueError(f"`sigma` should be greater than 0. Received: sigma={min(sigmas)!r}")
    mean = centers.mean(axis=0)
    x, centers = x - mean, centers - mean
    totals = np.zeros(len(sigmas))
    for _, squared in squared_distances(x, centers):
        least = squared.min(axis=1, keepdims=True)  # the largest term, which must not underflow
        squared -= least
        for i, sigma in enumerate(sigmas):
            rest = np.log(np.exp(squared / (-2.0 * sigma**2)).sum(axis=1))
            totals[i] += rest.sum() - least.sum() / (2.0 * sigma**2)
    variances = np.square(sigmas)
    return totals / len(x) - np.log(len(centers)) - x.shape[1] / 2 * np.log(2 * np.pi * variances)
