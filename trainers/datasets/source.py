"""An opened dataset: what is known of it, and its splits as batches or arrays.

Every argument is checked before TensorFlow is loaded, and refused in one sentence.
"""

import copy
import dataclasses
import math
import numbers
from collections.abc import Callable

import numpy as np

from trainers.datasets import memory


@dataclasses.dataclass(frozen=True, eq=False, kw_only=True)
class Info:
    """What is known of a dataset.

    Attributes:
        name: as `load` takes it; for a path its last part.
        shape: of one x: (h, w, c) of an image, (d, h, w, 1) of voxels, (d,) of a point.
        y_shape: of what `labels=True` adds to x: () of a class number; None where there is
            nothing to add.
        classes: labels are 0 … classes - 1; for points they number the mode. None where y is no
            label.
        class_names: of the labels; empty where they have none.
        splits: name of each split -> number of samples.
        factors: name of each factor that is known of a sample -> what it is; see `factors`.
        centers, std: of mixtures of Gaussians, the means, shape (classes, d), and the standard
            deviation of each along every axis; None for others.
        evaluator: the name of the classifier whose features compare images of this dataset
            (`trainers.metrics.evaluator`); None where there is none.
        skipped: (file, reason) of each file that could not be read.
        description: what the samples are and where they come from.

    Example:
        >>> from trainers import datasets
        >>> facts = datasets.info("glyphs", image_size=32)
        >>> facts.shape, facts.classes, facts.splits["train"]
        ((32, 32, 1), 10, 10000)
    """

    name: str
    shape: tuple
    splits: dict
    y_shape: tuple | None = None
    classes: int | None = None
    class_names: tuple = ()
    factors: dict = dataclasses.field(default_factory=dict)
    centers: np.ndarray | None = None
    std: float | None = None
    evaluator: str | None = None
    skipped: list = dataclasses.field(default_factory=list)
    description: str


@dataclasses.dataclass(frozen=True, eq=False)
class Source:
    """A dataset that `datasets.open` has opened: its files are looked for once.

    Attributes:
        facts: the `Info` of the dataset, with the shapes that are stored.
        read: split -> `Samples`; x may be `image_cache.Rows` instead of an array.
        levels, y_levels: the largest value of an x, and of a y, that is stored as uint8; None for
            points, labels and tokens.
        image_size: height and width to which images are resized; None for the size as stored.

    Example:
        >>> from trainers import datasets
        >>> source = datasets.open("ring")
        >>> source.info().splits["test"]
        10000
        >>> source.load("test", batch_size=100).element_spec.shape
        TensorShape([100, 2])
        >>> x, y = source.arrays("test", count=500)
        >>> x.shape, y.shape, source.factors("test")
        ((500, 2), (500,), {})
    """

    facts: Info
    read: Callable
    levels: int | None = 255
    y_levels: int | None = None
    image_size: int | None = None

    def info(self):
        """Returns the `Info` of the dataset at `image_size`, the caller's own copy."""
        facts = copy.deepcopy(self.facts)
        return dataclasses.replace(
            facts,
            shape=resized(facts.shape, self.image_size),
            y_shape=resized(facts.y_shape, self.image_size),
        )

    def load(self, split="train", batch_size=64, turns=1, labels=False, seed=0, start=(0, 0)):
        """Returns a split as a finite tf.data.Dataset of shuffled batches: see `datasets.load`."""
        samples = self._check_split(split)
        self._check_labels(labels)
        self._check_batch(split, samples, batch_size, turns)
        self._check_memory(batch_size * turns, "batch_size")
        if not _is_integer(seed) or not 0 <= seed < 2**63:
            raise ValueError(
                f"`seed` should be an integer from 0 to 2^63 - 1. Received: seed={seed!r}"
            )
        start = _check_start(start, samples // (batch_size * turns))

        from trainers.datasets import pipeline  # imports TensorFlow

        stored = self.read(split)
        fields = [pipeline.BatchField(stored.x, self.levels, self.image_size)]
        if labels:
            fields.append(pipeline.BatchField(stored.y, self.y_levels, self.image_size))
        return pipeline.stream(fields, batch_size * turns, seed, start)

    def arrays(self, split="train", count=None):
        """Returns a split as NumPy arrays (x, y): see `datasets.arrays`."""
        samples = self._check_split(split)
        if count is not None and (not _is_integer(count) or count < 1):
            raise ValueError(
                f"`count` should be a positive integer or None. Received: count={count!r}"
            )
        self._check_memory(min(count or samples, samples), "count")
        stored = self.read(split)
        rows = np.arange(len(stored.x))
        if count is not None and count < len(rows):
            rows = np.arange(count) * len(rows) // count
        if self.levels is None and self.y_levels is None:
            return stored.x[rows], None if stored.y is None else stored.y[rows]
        from trainers.datasets import pipeline  # imports TensorFlow

        def array(values, levels):
            return pipeline.BatchField(values, levels, self.image_size).array(rows)

        y = None if stored.y is None else array(stored.y, self.y_levels)
        return array(stored.x, self.levels), y

    def factors(self, split="train"):
        """Returns the factors of each sample of a split: see `datasets.factors`."""
        self._check_split(split)
        return dict(self.read(split).factors)

    def _check_memory(self, samples, argument):
        """Raises a ValueError where so many samples, as floats, are too many."""
        shapes = [
            resized(shape, self.image_size) for shape in (self.facts.shape, self.facts.y_shape)
        ]
        n_bytes = 4 * samples * sum(math.prod(shape) for shape in shapes if shape is not None)
        sizes = f"{samples} samples of shape {shapes[0]}"
        memory.check(n_bytes, sizes, f" Choose a smaller `{argument}` or `image_size`.")

    def _check_split(self, split):
        """Returns the number of samples of the split."""
        splits = self.facts.splits
        if not isinstance(split, str) or split not in splits:
            raise ValueError(
                f"`split` of {self.facts.name!r} should be one of {', '.join(splits)}. "
                f"Received: split={split!r}"
            )
        return splits[split]

    def _check_labels(self, labels):
        if not isinstance(labels, bool):
            raise ValueError(f"`labels` should be True or False. Received: labels={labels!r}")
        if labels and self.facts.y_shape is None:
            raise ValueError(
                f"`labels` should be False for {self.facts.name!r}, which has none. "
                "Received: labels=True"
            )

    def _check_batch(self, split, samples, batch_size, turns):
        for name, value in (("batch_size", batch_size), ("turns", turns)):
            if not _is_integer(value) or value < 1:
                raise ValueError(
                    f"`{name}` should be a positive integer. Received: {name}={value!r}"
                )
        if batch_size * turns > samples:
            most = samples // turns
            limit = f"`batch_size` should be at most {most} with turns={turns}"
            if not most:
                limit = f"`turns` should be at most {samples}"
            raise ValueError(
                f"{limit}: {split!r} of {self.facts.name!r} has {samples} samples. "
                f"Received: batch_size={batch_size}, turns={turns}"
            )


def image_info(name, shape, splits, classes, class_names, **others):
    """Returns the `Info` of images with or without labels.

    Args:
        name, shape, splits, class_names: as of `Info`.
        classes: number of classes; None without labels.
        others: further attributes of `Info`.
    """
    y_shape = None if classes is None else ()
    return Info(
        name=name,
        shape=shape,
        y_shape=y_shape,
        classes=classes,
        class_names=class_names,
        splits=splits,
        **others,
    )


def resized(shape, image_size):
    """Returns the shape (h, w, c) of an image at another size; any other shape as it is."""
    if image_size is None or shape is None or len(shape) != 3:
        return shape
    return (image_size, image_size, shape[-1])


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


def _is_integer(value):
    return isinstance(value, numbers.Integral) and not isinstance(value, bool)
