"""Birthday paradox test: the support size of a generator.

Arora, Zhang: Do GANs Actually Learn the Distribution? An Empirical Study (2017), §2,
https://arxiv.org/abs/1706.08224
"""

import math
from typing import NamedTuple

import numpy as np

from trainers.metrics.arrays import as_matrices
from trainers.metrics.neighbours import neighbours, squared_distances


class Birthday(NamedTuple):
    """Result of `birthday_test`: how often two samples are near-duplicates."""

    pairs: int
    support: float
    batch: float
    real_support: float


def birthday_test(real, fake, percentile=5.0):
    """Counts near-duplicates among generated samples, and estimates the support size from them.

    Two samples are near-duplicates when they are nearer than the `percentile`-th percentile of the
    distances from each real sample to its nearest other. Where a share p of all pairs are
    near-duplicates, N = 1 / p is the size of a uniform distribution with as many, and
    s = (1 + (1 + 8 N log 2)^½) / 2 the number of samples among which a pair has probability ½: the
    paper finds s by eye and concludes that the support has no more than about s² members.

    Args:
        real: real samples or features, shape (n, d), n >= 2.
        fake: generated ones, shape (m, d), m >= 2.
        percentile: from 0 to 100.

    Returns:
        A `Birthday`: `pairs`, the number of near-duplicates; `support`, N; `batch`, s;
        `real_support`, N of the real samples. Only a support far below `real_support` shows that
        fakes repeat. Without a pair support and batch are infinite.

    Raises:
        ValueError: fewer than two samples, a NaN or an infinity, different d, or a percentile
            outside [0, 100].

    >>> result = birthday_test([[0.0], [1.0], [3.0], [7.0]], [[5.0], [5.5], [5.6], [0.0]], 50)
    >>> result.pairs, result.support, round(result.batch, 2), result.real_support
    (3, 2.0, 2.24, 6.0)
    """
    real, fake = as_matrices(minimum=2, real=real, fake=fake)
    if not 0 <= percentile <= 100:
        raise ValueError(
            f"`percentile` should be from 0 to 100. Received: percentile={percentile!r}"
        )
    threshold = float(np.percentile(neighbours(real, real, 1, itself=False)[0], percentile))
    pairs = _count_nearer(fake, threshold)
    support = _support(len(fake), pairs)
    batch = (1.0 + math.sqrt(1.0 + 8.0 * support * math.log(2.0))) / 2.0
    return Birthday(pairs, support, batch, _support(len(real), _count_nearer(real, threshold)))


def _support(n, pairs):
    return n * (n - 1) / 2 / pairs if pairs else math.inf


def _count_nearer(x, distance):
    """Returns the number of pairs of x that are nearer to each other than `distance`."""
    x = x - x.mean(axis=0)
    rounding = 1e-12 * (x * x).sum(axis=1).max()
    count = 0
    for part, squared in squared_distances(x, x):
        number = np.arange(len(squared))
        squared[number, number + part.start] = np.inf
        count += np.count_nonzero(squared < distance**2 - rounding)
    return int(count) // 2
