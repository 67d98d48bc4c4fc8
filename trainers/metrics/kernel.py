"""Kernel distance (KID, when the features are Inception's).

Bińkowski, Sutherland, Arbel, Gretton: Demystifying MMD GANs (2018), §4 and eq. 4,
https://arxiv.org/abs/1801.01401
"""

import numpy as np

from trainers.metrics.arrays import PAIRS, as_matrices, chunks


def kernel_distance(real, fake, block_size=None):
    """Kernel distance: unbiased squared MMD with the kernel k(x, y) = (<x, y> / d + 1)³.

    Args:
        real: features of real samples, shape (n, d), n >= 2.
        fake: features of generated samples, shape (m, d), m >= 2.
        block_size: None takes all samples as one block. A number b >= 2 gives the mean over the
            min(n, m) // b blocks of b consecutive samples of each (shuffle ordered data first);
            samples left over are not used.

    Returns:
        A float, of expectation 0 for equal distributions, so that it is often slightly negative; it
        is not clipped. Unlike the Fréchet distance it has no bias in n.

    Raises:
        ValueError: fewer than two samples, a NaN or an infinity, different d, or a block that is
            larger than one of the sets.

    >>> kernel_distance([[0.0], [1.0]], [[1.0], [2.0]])  # 1 + 27 - (1 + 1 + 8 + 27) / 2
    9.5
    """
    real, fake = as_matrices(minimum=2, real=real, fake=fake)
    if block_size is None:
        return _squared_discrepancy(real, fake)
    smaller = min(len(real), len(fake))
    if not 2 <= block_size <= smaller:
        raise ValueError(
            f"`block_size` should be None or from 2 to {smaller}, the smaller number of samples. "
            f"Received: block_size={block_size!r}"
        )
    blocks = [slice(i, i + block_size) for i in range(0, smaller - block_size + 1, block_size)]
    return float(np.mean([_squared_discrepancy(real[block], fake[block]) for block in blocks]))


def _squared_discrepancy(real, fake):
    """E k(x, x') + E k(y, y') - 2 E k(x, y) over pairs of different samples."""
    within = _mean_within(real) + _mean_within(fake)
    return float(within - 2.0 * _kernel_sum(real, fake) / (len(real) * len(fake)))


def _mean_within(x):
    n, d = x.shape
    itself = np.sum(((x * x).sum(axis=1) / d + 1.0) ** 3)  # i = j
    return (_kernel_sum(x, x) - itself) / (n * (n - 1))


def _kernel_sum(x, y):
    """Returns the sum of k over all pairs of an x and a y, `PAIRS` at a time."""
    total = 0.0
    for part in chunks(len(x), len(y), PAIRS):
        gram = x[part] @ y.T / x.shape[1] + 1.0
        total += np.vdot(gram * gram, gram)  # 8 times as fast as gram**3
    return total
