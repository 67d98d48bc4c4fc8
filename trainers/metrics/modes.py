"""Mode coverage of a mixture with known centres: number, quality and evenness of modes.

Srivastava, Valkov, Russell, Gutmann, Sutton: VEEGAN (2017), §4.1, https://arxiv.org/abs/1705.07761
Lin, Khetan, Fanti, Oh: PacGAN (2018), §4.1, https://arxiv.org/abs/1712.04086
"""

import numpy as np

from trainers.metrics.arrays import as_matrices
from trainers.metrics.neighbours import nearest


def mode_coverage(samples, centers, std, min_hits=1):
    """Counts the modes of a mixture of equally likely Gaussians that samples reach.

    A sample belongs to the nearest centre, and is of high quality within three standard deviations
    of that centre. All three figures are computed from samples of high quality, p being their
    distribution over the K modes: reverse KL = sum p log(p K), so 0 when every mode has its share.

    Args:
        samples: generated points, shape (n, d).
        centers: the mixture's means, shape (K, d).
        std: the standard deviation of each Gaussian along every axis, > 0.
        min_hits: number of samples of high quality from which a mode counts. One is the papers'
            rule, with 2,500 samples; with more, a larger number tells a mode from stray points.

    Returns:
        (modes, share of high quality, reverse KL): an int from 0 to K, a float in [0, 1], a
        float from 0 to log K. Without a sample of high quality the last is the worst value, log K.
        In two dimensions a perfect sampler has a share of 1 - exp(-9/2) = .989.

    Raises:
        ValueError: no sample, a NaN or an infinity, different d, std <= 0 or min_hits < 1.

    >>> modes, share, divergence = mode_coverage([[0.1], [0.2], [5.0]], [[0.0], [9.0]], std=1.0)
    >>> modes, round(share, 4), round(divergence, 4)  # one mode of two: log 2
    (1, 0.6667, 0.6931)
    """
    samples, centers = as_matrices(samples=samples, centers=centers)
    if not std > 0:
        raise ValueError(f"`std` should be greater than 0. Received: std={std!r}")
    if min_hits < 1:
        raise ValueError(f"`min_hits` should be at least 1. Received: min_hits={min_hits!r}")
    distances, mode = nearest(centers, samples)
    good = distances < 3.0 * std
    hits = np.bincount(mode[good], minlength=len(centers))
    modes = int(np.count_nonzero(hits >= min_hits))
    if not good.any():
        return modes, 0.0, float(np.log(len(centers)))
    p = hits[hits > 0] / hits.sum()
    return modes, float(good.mean()), float(np.sum(p * np.log(p * len(centers))))
