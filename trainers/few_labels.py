"""Data of which few samples have a label: which ones, and batches that see these often enough."""

import numpy as np
import tensorflow as tf


def chosen(labels, per_class, seed=0):
    """Which samples keep their label: as many of each class, drawn by the seed.

    Args:
        labels: class numbers, shape (n,).
        per_class: how many of each class.

    Returns:
        Sorted rows, shape (classes · per_class,).

    Raises:
        ValueError: when a class has fewer samples.

    Example:
        >>> rows = chosen(np.arange(50) % 10, per_class=2)
        >>> np.bincount(rows % 10)
        array([2, 2, 2, 2, 2, 2, 2, 2, 2, 2])
    """
    labels, rng = np.asarray(labels), np.random.default_rng(seed)
    classes, counts = np.unique(labels, return_counts=True)
    if not 1 <= per_class <= counts.min():
        raise ValueError(
            f"`per_class` should be from 1 to {counts.min()}, which the rarest class has. "
            f"Received: per_class={per_class}"
        )
    rows = [rng.choice(np.flatnonzero(labels == k), per_class, replace=False) for k in classes]
    return np.sort(np.concatenate(rows))


def stream(unlabelled, x, y, seed=0, first=0):
    """Endless batches (x, y) of which every second sample has a label, the others -1.

    The labelled ones of a batch are drawn with replacement by (seed, number of the batch), so that
    a training which is resumed sees what it would have seen.

    Args:
        unlabelled: a tf.data.Dataset of batches of samples without labels, such as
            `datasets.load(…)`; each of its iterations is an epoch.
        x, y: the samples with a label, (n, …), and their class numbers (n,).
        seed: of the draws.
        first: the number of the first batch: those that were seen before.

    Returns:
        A tf.data.Dataset of (x, y), twice as many as a batch of `unlabelled` has.

    Example:
        >>> others = tf.data.Dataset.from_tensor_slices(np.zeros((8, 2), "float32")).batch(4)
        >>> batches = stream(others, np.ones((3, 2), "float32"), np.array([5, 6, 7]))
        >>> x, y = next(iter(batches))
        >>> x.shape, bool(tf.reduce_all(y[1::2] == -1)), bool(tf.reduce_all(y[::2] >= 5))
        (TensorShape([8, 2]), True, True)
    """
    x, y = tf.constant(x), tf.constant(y, "int32")

    def joined(number, others):
        many = tf.shape(others)[0]
        rows = tf.random.stateless_uniform((many,), (seed, number), 0, len(y), "int32")
        pairs = (tf.gather(x, rows), others), (tf.gather(y, rows), tf.fill((many,), -1))
        return tuple(_in_turn(*pair) for pair in pairs)

    numbers = tf.data.Dataset.counter(start=first)
    return tf.data.Dataset.zip(numbers, unlabelled.repeat()).map(joined)


def _in_turn(a, b):
    """One of the first, one of the second, …: each part that a batch is dealt into has both."""
    return tf.reshape(tf.stack([a, b], axis=1), (-1, *a.shape[1:]))
