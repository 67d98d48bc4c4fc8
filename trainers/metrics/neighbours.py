"""Distances to nearest neighbours, in chunks; and whether a generator copies its training data.

Distances are Euclidean, in the unit of the features. |x|² - 2xy + |y|² gives many at once; those
that are returned are computed again from the differences, so that a copy is at distance 0.
50,000 samples of 64 features against as many take 0.3 GB and a minute.
"""

import numpy as np

from trainers.metrics.arrays import PAIRS, as_matrices, chunks, subsample_to_equal


def nearest(train, samples):
    """Returns the nearest neighbour of each sample in a training set.

    Args:
        train: samples, or features of them, shape (n, d); images (n, h, w, c) are taken as vectors
            of pixels.
        samples: shape (m, d).

    Returns:
        (distances, indices): float64 (m,), and integers (m,) into `train`; any of equally near.

    Raises:
        ValueError: no sample, a NaN or an infinity, or different d.

    >>> nearest([[0.0, 0.0], [3.0, 4.0]], [[3.0, 0.0], [3.0, 4.0]])
    (array([3., 0.]), array([0, 1]))
    """
    train, samples = as_matrices(train=train, samples=samples)
    distances, indices = neighbours(train, samples, 1)
    return distances[:, 0], indices[:, 0]


def memorisation(train, held_out, fake):
    """Ratio that shows whether samples lie nearer to the training set than other real samples.

        median of |fake - its nearest in train| / median of |held_out - its nearest in train|

    Args:
        train: training samples of the generator, or features of them, shape (n, d).
        held_out: other real samples, shape (l, d), fewer than half of them copies of `train`.
        fake: generated samples, shape (m, d).

    Returns:
        A float: 1 for a generator that has learned the distribution, 0 for one that copies; below
        .8 it is alarming. A generator that stays in the middle of the training data has a small
        ratio without copying: look at the nearest images too, see `nearest`.

    Raises:
        ValueError: no sample, a NaN or an infinity, different d, or a median of held-out distances
            that is 0.

    >>> memorisation([[0.0], [10.0]], [[1.0], [8.0], [9.0]], [[0.5], [10.5], [9.5]])
    0.5
    """
    train, held_out, fake = as_matrices(train=train, held_out=held_out, fake=fake)
    usual = np.median(neighbours(train, held_out, 1)[0])
    if usual == 0:
        raise ValueError(
            "`held_out` should hold other samples than `train`. "
            "Received: half of them or more are copies"
        )
    return float(np.median(neighbours(train, fake, 1)[0]) / usual)


def nearest_neighbour_accuracy(real, fake, seed=0):
    """Leave-one-out 1-NN accuracy: how often the nearest other sample is of the same kind.

    Xu, Huang, Yuan, Guo, Sun, Wu, Weinberger: An empirical study on evaluation metrics of
    generative adversarial networks (2018), §2, https://arxiv.org/abs/1806.07755

    Args:
        real: real samples or features, shape (n, d).
        fake: generated ones, shape (m, d). The larger set is subsampled to the size of the
            smaller.
        seed: of the subsample.

    Returns:
        (real, fake), floats in [0, 1], ½ each for equal distributions. A low `real` and a high
        `fake` mean that modes are missed; both are high for a generator that is wrong, and near 0
        for one that copies.

    Raises:
        ValueError: no sample, a NaN or an infinity, or different d.

    >>> nearest_neighbour_accuracy([[0.0], [1.0], [2.2]], [[2.5], [9.0], [9.1]])
    (0.6666666666666666, 0.6666666666666666)
    """
    real, fake = subsample_to_equal(*as_matrices(real=real, fake=fake), seed)
    n = len(real)
    both = np.concatenate([real, fake])
    _, indices = neighbours(both, both, 1, itself=False)
    is_fake = indices[:, 0] >= n  # the nearest sample
    return float(np.mean(~is_fake[:n])), float(np.mean(is_fake[n:]))


def neighbours(points, samples, k, itself=True):
    """Returns the k nearest of `points` (n, d) to each of `samples` (m, d), nearest first.

    Args:
        points, samples: float64.
        k: number of neighbours.
        itself: whether the point with a sample's own index counts; False where both are one set.

    Returns:
        (distances, indices), both (m, k).
    """
    mean = points.mean(axis=0)  # |x|² - 2xy + |y|² loses digits when all lie far from the origin
    points, samples = points - mean, samples - mean
    indices = np.empty((len(samples), k), dtype=np.intp)
    distances = np.empty((len(samples), k))
    for part, squared in squared_distances(samples, points):
        if not itself:
            number = np.arange(len(squared))
            squared[number, number + part.start] = np.inf
        if k == 1:
            closest = squared.argmin(axis=1)[:, None]
        else:
            closest = np.argpartition(squared, k - 1, axis=1)[:, :k]
        for j in range(k):  # one at a time: (m, k, d) would be large
            distances[part, j] = np.linalg.norm(samples[part] - points[closest[:, j]], axis=1)
        order = distances[part].argsort(axis=1, kind="stable")
        distances[part] = np.take_along_axis(distances[part], order, axis=1)
        indices[part] = np.take_along_axis(closest, order, axis=1)
    return distances, indices


def squared_distances(x, y):
    """Yields a slice of x and its squared distances to all y, (rows, len(y)), `PAIRS` at a time.

    Rounding may leave some slightly below 0. Centre sets that lie far from the origin first.
    """
    x_norms, y_norms = (x * x).sum(axis=1), (y * y).sum(axis=1)
    for part in chunks(len(x), len(y), PAIRS):
        squared = (-2.0 * x[part]) @ y.T
        squared += x_norms[part, None]
        squared += y_norms
        yield part, squared
