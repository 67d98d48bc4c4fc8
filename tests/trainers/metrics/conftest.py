"""Digits, their halves, and the evaluator that ships."""

import pytest
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from trainers import metrics


@pytest.fixture(scope="session")
def evaluator():
    return metrics.evaluator("digits")


@pytest.fixture(scope="session")
def digits():
    images, labels = load_digits(return_X_y=True)
    return (images / 8 - 1).reshape(-1, 8, 8, 1), labels


@pytest.fixture(scope="session")
def halves(digits):
    """Images of the two halves, 898 and 899: [-1, 1], (n, 8, 8, 1)."""
    images, labels = digits
    return train_test_split(images, test_size=0.5, random_state=0, stratify=labels)
