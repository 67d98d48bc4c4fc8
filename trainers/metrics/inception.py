"""Inception score, for any classifier.

Salimans, Goodfellow, Zaremba, Cheung, Radford, Chen: Improved Techniques for Training GANs
(2016), §4, https://arxiv.org/abs/1606.03498
"""

import numpy as np

from trainers.metrics.arrays import as_matrices


def inception_score(logits, splits=1):
    """Inception score exp(E_x KL(p(y|x) || p(y))), where p(y) is the mean of p(y|x) over samples.

    Args:
        logits: a classifier's outputs for generated samples, before the softmax, shape
            (n, classes).
        splits: number of consecutive parts, each with p(y) of its own, whose scores are averaged.

    Returns:
        A float from 1 (the same probabilities for all samples) to the number of classes.

    Raises:
        ValueError: no sample, a NaN or an infinity, or fewer samples than splits.

    >>> round(inception_score([[50.0, 0.0], [0.0, 50.0]]), 6)  # certain, and each class once
    2.0
    """
    (logits,) = as_matrices(logits=logits)
    if not 1 <= splits <= len(logits):
        raise ValueError(
            f"`splits` should be from 1 to {len(logits)}, the number of samples. "
            f"Received: splits={splits!r}"
        )
    return float(np.mean([_score(part) for part in np.array_split(logits, splits)]))


def _score(logits):
    log_given = _log_softmax(logits)  # log p(y|x)
    # In logs, since p(y) of a class without a sample underflows to 0.
    log_marginal = np.logaddexp.reduce(log_given, axis=0) - np.log(len(logits))
    divergence = np.sum(np.exp(log_given) * (log_given - log_marginal), axis=1)
    return np.exp(divergence.mean())


def _log_softmax(logits):
    return logits - np.logaddexp.reduce(logits, axis=1, keepdims=True)
