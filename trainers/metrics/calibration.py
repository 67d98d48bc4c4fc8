"""Calibration of a classifier: does the confidence equal the accuracy?

Guo, Pleiss, Sun, Weinberger (2017), "On Calibration of Modern Neural Networks", §2,
https://arxiv.org/abs/1706.04599
"""

import numpy as np


def reliability(probabilities, labels, bins=10):
    """Reliability diagram: accuracy by confidence, which is the largest probability.

    Args:
        probabilities: of each class, shape (n, classes), rows of sum 1.
        labels: class numbers, shape (n,).
        bins: number of equal bins of confidences from 0 to 1.

    Returns:
        (confidence, accuracy, share): means over each bin that is not empty, and the share of the
        predictions in the bin, arrays of one length.

    Raises:
        ValueError: for other shapes, and rows that are no probabilities.

    Example:
        >>> sure = np.array([[0.9, 0.1], [0.9, 0.1], [0.4, 0.6]])
        >>> confidence, accuracy, share = reliability(sure, [0, 1, 1])
        >>> confidence, accuracy, share.round(2)
        (array([0.6, 0.9]), array([1. , 0.5]), array([0.33, 0.67]))
    """
    probabilities, labels = np.asarray(probabilities, "float64"), np.asarray(labels)
    if probabilities.ndim != 2 or labels.shape != probabilities.shape[:1] or not labels.size:
        raise ValueError(
            "`probabilities` should be (n, classes), and `labels` (n,), n at least 1. "
            f"Received: {probabilities.shape} and {labels.shape}"
        )
    if (probabilities < 0.0).any() or not np.allclose(probabilities.sum(axis=1), 1.0, atol=1e-3):
        raise ValueError("`probabilities` should be rows of sum 1. Received: others.")
    confidence, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == labels
    bin_of = np.minimum((confidence * bins).astype(int), bins - 1)
    members = [bin_of == number for number in np.unique(bin_of)]
    parts = [(confidence[rows].mean(), right[rows].mean(), rows.mean()) for rows in members]
    return tuple(np.array(column) for column in zip(*parts, strict=True))


def calibration_error(probabilities, labels, bins=10):
    """Expected calibration error, Σ_b |B_b|/n · |accuracy(B_b) - confidence(B_b)| (eq. 3): how far
    the accuracy is from the confidence, from 0 to 1.

    Args, Raises: as of `reliability`.

    Example:
        >>> sure = np.array([[0.9, 0.1], [0.9, 0.1], [0.4, 0.6]])
        >>> round(calibration_error(sure, [0, 1, 1]), 6)
        0.4
    """
    confidence, accuracy, share = reliability(probabilities, labels, bins)
    return float(np.sum(share * np.abs(accuracy - confidence)))
