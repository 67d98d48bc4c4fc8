"""Inception score, for any classifier.

Salimans, Goodfellow, Zaremba, Cheung, Radford, Chen: Improved Techniques for Training GANs
(2016), §4, https://arxiv.org/abs/1606.03498
"""

import numpy as np

from trainers.metrics.arrays import as_matrices


def inception_score(logits, splits=1):
    """exp(E_x KL(p(y|x) || p(y))), where p(y) is the mean of p(y|x) over the samples.

    Args:
        logits: a classifier's outputs for generated samples, before the softmax, shape
            (n, classes).
        splits: the mean score of so many consecutive parts; p(y) is then each part's own.

    Returns:
        A float from 1 (all samples look alike to the classifier) to the number of classes.

    Raises:
        ValueError: no sample, a NaN or an infinity, or fewer samples than splits.

    >>> round(inception_score([[50.0, 0.0], [0.0, 50.0]]), 6)  # sure, and each class once
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
    # A mean of logs of sums, not of probabilities: p(y) of a class that is nowhere is 0.
    log_marginal = np.logaddexp.reduce(log_given, axis=0) - np.log(len(logits))
    divergence = np.sum(np.exp(log_given) * (log_given - log_marginal), axis=1)
    return np.exp(divergence.mean())


def _log_softmax(logits):
    return logits - np.logaddexp.reduce(logits, axis=1, keepdims=True)
