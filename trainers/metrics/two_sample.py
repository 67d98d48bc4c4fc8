"""Classifier two-sample test: can a classifier tell generated samples from real ones?

Lopez-Paz, Oquab: Revisiting Classifier Two-Sample Tests (2017), §3 and §5,
https://arxiv.org/abs/1610.06545
"""

import math
import warnings
from typing import NamedTuple

import numpy as np

from trainers.metrics.arrays import as_matrices, subsample_to_equal
from trainers.metrics.neighbours import neighbours


class TwoSampleTest(NamedTuple):
    """Result of `two_sample_test`: how well a classifier tells two sets apart."""

    accuracy: float
    p_value: float


def two_sample_test(real, fake, classifier="knn", seed=0):
    """Fits a classifier on half of either set and tests it on the other halves.

    Args:
        real: real samples or features, shape (n, d), n >= 2.
        fake: generated ones, shape (m, d), m >= 2. The larger set is subsampled to the size of the
            smaller. Round both in the same way: a network learns at once that only real pixels are
            multiples of a sixteenth.
        classifier: "knn", the majority of the k = ⌊√(number of training samples)⌋ nearest; or
            "mlp", scikit-learn's `MLPClassifier((64,), max_iter=300)`, more sensitive and slower:
            900 samples of 64 features take .03 s and half a second.
        seed: of the halves, and of the network.

    Returns:
        A `TwoSampleTest`: `accuracy` on the held-out samples, ½ for equal distributions; and
        `p_value`, two-sided, under the null distribution N(½, 1 / (4 n_te)) of the accuracy.

    Raises:
        ValueError: fewer than two samples, a NaN or an infinity, different d, or another
            classifier.

    >>> import numpy as np
    >>> points = np.linspace(0.0, 1.0, 20)[:, None]
    >>> accuracy, p_value = two_sample_test(points, points + 9.0)
    >>> accuracy, round(p_value, 6)
    (1.0, 8e-06)
    """
    if classifier not in CLASSIFIERS:
        raise ValueError(
            f"`classifier` should be one of {sorted(CLASSIFIERS)}. "
            f"Received: classifier={classifier!r}"
        )
    real, fake = subsample_to_equal(*as_matrices(minimum=2, real=real, fake=fake), seed)
    rng = np.random.default_rng(seed)
    halves = [x[rng.permutation(len(x))] for x in (real, fake)]
    middle = len(real) // 2
    train = np.concatenate([x[:middle] for x in halves])
    test = np.concatenate([x[middle:] for x in halves])
    labels = np.repeat([0, 1], middle)  # of `train`: real, fake
    truth = np.repeat([0, 1], len(real) - middle)
    accuracy = float(np.mean(CLASSIFIERS[classifier](train, labels, test, seed) == truth))
    # P(|N(0, 1)| > z) = erfc(z / √2), z = |accuracy - ½| (4 n)^½
    return TwoSampleTest(accuracy, math.erfc(abs(accuracy - 0.5) * math.sqrt(2.0 * len(truth))))


def _nearest_neighbours(train, labels, test, seed):
    k = math.isqrt(len(train))
    _, indices = neighbours(train, test, k)
    votes = 2 * labels[indices].sum(axis=1) - k
    tie = np.random.default_rng(seed).integers(2, size=len(votes))
    return np.where(votes == 0, tie, votes > 0)


def _network(train, labels, test, seed):
    from sklearn.exceptions import ConvergenceWarning  # imported here, which takes long
    from sklearn.neural_network import MLPClassifier

    network = MLPClassifier((64,), max_iter=300, random_state=seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # 300 passes are the protocol
        return network.fit(train, labels).predict(test)


CLASSIFIERS = {"knn": _nearest_neighbours, "mlp": _network}
