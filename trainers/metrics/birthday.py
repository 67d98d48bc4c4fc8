"""How many different samples a generator has, by the birthday paradox.

Arora, Zhang: Do GANs Actually Learn the Distribution? An Empirical Study (2017), §2,
https://arxiv.org/abs/1706.08224
"""

import math
from typing import NamedTuple

import numpy as np

from trainers.metrics.arrays import as_matrices
from trainers.metrics.neighbours import neighbours, squared_distances


class Birthday(NamedTuple):
    """How often two samples are alike, see `birthday_test`."""

    pairs: int
    support: float
    batch: float
    real_support: float


def birthday_test(real, fake, percentile=5.0):
    """Counts the pairs of generated samples that are as good as equal.

    Two are, when nearer than `percentile` % of the real samples are to their nearest. Where a
    share p of all pairs are, N = 1 / p is the size of a uniform distribution that would give as
    many, and s = (1 + (1 + 8 N log 2)^½) / 2 the samples among which a pair has probability ½: the
    paper finds s by eye and concludes that the support has no more than about s² members.

    Args:
        real: real samples or features, shape (n, d), n >= 2.
        fake: generated ones, shape (m, d), m >= 2.
        percentile: of the distances from each real sample to its nearest other, from 0 to 100.

    Returns:
        A `Birthday`: `pairs`, how many there are; `support`, N; `batch`, s; `real_support`, N of
        the real samples themselves. Only a support far below `real_support` says that fakes repeat.
        Without a pair support and batch are infinite.

    Raises:
        ValueError: fewer than two samples, a NaN or an infinity, different d, or a percentile that
            is none.

    >>> found = birthday_test([[0.0], [1.0], [3.0], [7.0]], [[5.0], [5.5], [5.6], [0.0]], 50)
    >>> found.pairs, found.support, round(found.batch, 2), found.real_support
    (3, 2.0, 2.24, 6.0)
    """
    real, fake = as_matrices(minimum=2, real=real, fake=fake)
    if not 0 <= percentile <= 100:
        raise ValueError(
            f"`percentile` should be from 0 to 100. Received: percentile={percentile!r}"
        )
    alike = float(np.percentile(neighbours(real, real, 1, itself=False)[0], percentile))
    pairs = _nearer(fake, alike)
    support = _support(len(fake), pairs)
    batch = (1.0 + math.sqrt(1.0 + 8.0 * support * math.log(2.0))) / 2.0
    return Birthday(pairs, support, batch, _support(len(real), _nearer(real, alike)))


def _support(n, pairs):
    return n * (n - 1) / 2 / pairs if pairs else math.inf


def _nearer(x, distance):
    """How many pairs of x are nearer to each other."""
    x = x - x.mean(axis=0)
    rounding = 1e-12 * (x * x).sum(axis=1).max()
    count = 0
    for part, squared in squared_distances(x, x):
        number = np.arange(len(squared))
        squared[number, number + part.start] = np.inf
        count += np.count_nonzero(squared < distance**2 - rounding)
    return int(count) // 2
