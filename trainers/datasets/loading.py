"""From a name to batches or arrays: every argument is checked first, in one sentence."""

import numbers

import numpy as np

from trainers.datasets import catalog


def load(
    name,
    split="train",
    batch_size=64,
    turns=1,
    labels=False,
    image_size=None,
    data_dir=None,
    seed=0,
    start=(0, 0),
):
    """Returns a split as a finite tf.data.Dataset of shuffled batches, ready for `fit`.

    The stream is a pure function of (seed, epoch, number of the batch), the same in every process.
    Each iteration over the dataset is the next epoch, in another order; so is each round of its
    `.repeat()`. Pixels are dequantised: a grey level becomes a uniform draw from the interval that
    it stands for, other ones in each epoch (Theis, van den Oord, Bethge: A note on the evaluation
    of generative models, 2016, §3.1, https://arxiv.org/abs/1511.01844).

    Args:
        name: one of `list_datasets()`; the path of a folder of images (any format and size, nested
            by class or flat, with folders train and test or without), of a folder with the files
            of MNIST (IDX) or CIFAR (pickles), or of an .npz; or a name that TFDS knows ("mnist",
            "celeb_a"). Images of folders and of TFDS are decoded once, turned upright, cropped to
            the square in their middle and resized (bicubic, antialiased), and kept in `data_dir`.
        split: one of `info(name).splits`.
        batch_size: samples for one turn of one player.
        turns: how many turns a batch is dealt into; it has turns · batch_size samples. The
            samples that are left at the end of an epoch are left out, other ones in each epoch.
        labels: whether batches are (x, y) or x; y is the class number, or the second domain of
            worlds that have one.
        image_size: height and width to which images are brought (bicubic); by default as stored,
            which images of different sizes refuse. Resizing blurs: score generated images against
            real ones of the same `image_size`.
        data_dir: the folder of prepared datasets, by default TFDS's, ~/tensorflow_datasets.
        seed: of order and dequantisation, 0 … 2^63 - 1.
        start: (epoch, batch) of the first batch. The first iteration yields what is left of that
            epoch, the next ones are whole. Keras takes the length of the first epoch that it sees
            for that of all: to resume within an epoch, `fit(data.repeat(), steps_per_epoch=…)`.

    Returns:
        Batches x, or (x, y): images float32 (turns · batch_size, h, w, c) in [-1, 1], voxels
        float32 (turns · batch_size, d, h, w, 1) of 0 and 1, or points float32
        (turns · batch_size, d); labels int32 (turns · batch_size,). The cardinality is known
        unless `start` lies within an epoch.

    Raises:
        ValueError: in one sentence, for a name or a split that there is not, for a dataset that
            cannot be fetched, and for any other argument out of its range.

    Warns:
        UserWarning: files of a folder could not be read; how many, which, and where all are listed.

    Example:
        >>> from trainers import datasets
        >>> data = datasets.load("ring", batch_size=256, turns=2)
        >>> data.element_spec.shape, len(data)
        (TensorShape([512, 2]), 175)
    """
    source = catalog.find(name, image_size, data_dir)
    samples = _check_split(source.info, split)
    _check_labels(source.info, labels)
    _check_batch(source.info, split, samples, batch_size, turns)
    catalog.check_image_size(source, image_size)
    if not _is_integer(seed) or not 0 <= seed < 2**63:
        raise ValueError(f"`seed` should be an integer from 0 to 2^63 - 1. Received: seed={seed!r}")
    start = _check_start(start, samples // (batch_size * turns))

    from trainers.datasets import pipeline  # brings TensorFlow

    read = source.read(split)
    parts = [pipeline.Part(read.x, source.levels, image_size)]
    if labels:
        parts.append(pipeline.Part(read.y, source.y_levels, image_size))
    return pipeline.stream(parts, batch_size * turns, seed, start)


def arrays(name, split="train", image_size=None, data_dir=None, count=None):
    """Returns a split as NumPy arrays (x, y), in the order in which it is stored.

    Args:
        name, split, image_size, data_dir: as for `load`.
        count: at most how many samples, evenly spaced, so that those of a folder that is sorted by
            class are of all classes; by default all.

    Returns:
        x: images float32 (n, h, w, c) in [-1, 1], at their grey levels (`load` dequantises them),
            voxels float32 (n, d, h, w, 1) of 0 and 1, or points float32 (n, d); y: class numbers
            int32 (n,), or what else there is beside x; None where there is nothing.

    Raises:
        ValueError: as for `load`.

    Example:
        >>> from trainers import datasets
        >>> x, y = datasets.arrays("ring", split="test")
        >>> x.shape, y.shape
        ((10000, 2), (10000,))
    """
    source = catalog.find(name, image_size, data_dir)
    _check_split(source.info, split)
    catalog.check_image_size(source, image_size)
    if count is not None and (not _is_integer(count) or count < 1):
        raise ValueError(f"`count` should be a positive integer or None. Received: count={count!r}")
    read = source.read(split)
    rows = np.arange(len(read.x))
    if count is not None and count < len(rows):
        rows = np.arange(count) * len(rows) // count
    if source.levels is None and source.y_levels is None:
        return read.x[rows], None if read.y is None else read.y[rows]
    from trainers.datasets import pipeline  # brings TensorFlow

    x = pipeline.Part(read.x, source.levels, image_size).of(rows)
    y = None if read.y is None else pipeline.Part(read.y, source.y_levels, image_size).of(rows)
    return x, y


def factors(name, split="train", image_size=None, data_dir=None):
    """Returns what is known of each sample of a split, in the order of `arrays`.

    Args:
        name, split, image_size, data_dir: as for `load`.

    Returns:
        A dict name -> array (n, …); `info(name).factors` says what each is. Of a folder: `file`.

    Raises:
        ValueError: as for `load`.

    Example:
        >>> from trainers import datasets
        >>> arc = datasets.factors("swiss_roll", "test")["arc"]
        >>> arc.shape, bool(1.5 * 3.14 < arc.min() < arc.max() < 4.5 * 3.15)
        ((10000,), True)
    """
    source = catalog.find(name, image_size, data_dir)
    _check_split(source.info, split)
    catalog.check_image_size(source, image_size)
    return dict(source.read(split).factors)


def _is_integer(value):
    return isinstance(value, numbers.Integral) and not isinstance(value, bool)


def _check_split(info, split):
    """Returns the number of samples of the split."""
    if not isinstance(split, str) or split not in info.splits:
        raise ValueError(
            f"`split` of {info.name!r} should be one of {', '.join(info.splits)}. "
            f"Received: split={split!r}"
        )
    return info.splits[split]


def _check_batch(info, split, samples, batch_size, turns):
    for name, value in (("batch_size", batch_size), ("turns", turns)):
        if not _is_integer(value) or value < 1:
            raise ValueError(f"`{name}` should be a positive integer. Received: {name}={value!r}")
    if batch_size * turns > samples:
        most = samples // turns
        limit = f"`batch_size` should be at most {most} with turns={turns}"
        if not most:
            limit = f"`turns` should be at most {samples}"
        raise ValueError(
            f"{limit}: {split!r} of {info.name!r} has {samples} samples. "
            f"Received: batch_size={batch_size}, turns={turns}"
        )


def _check_labels(info, labels):
    if not isinstance(labels, bool):
        raise ValueError(f"`labels` should be True or False. Received: labels={labels!r}")
    if labels and info.y_shape is None:
        raise ValueError(
            f"`labels` should be False for {info.name!r}, which has none. Received: labels=True"
        )


def _check_start(start, batches):
    """Returns (epoch, batch) as Python integers."""
    pair = start if isinstance(start, tuple | list) and len(start) == 2 else (-1, -1)
    epoch, batch = (int(n) if _is_integer(n) else -1 for n in pair)
    if epoch < 0 or not 0 <= batch < batches:
        raise ValueError(
            "`start` should be (epoch, batch), the epoch from 0 and the batch from 0 to "
            f"{batches - 1}. Received: start={start!r}"
        )
    return epoch, batch
