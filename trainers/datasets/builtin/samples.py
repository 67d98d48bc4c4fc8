"""Base classes of built-in datasets: facts, and a function that draws the samples of a split.

A dataset is drawn anew wherever it is needed. All randomness comes from `stream`, so that the
samples of a split are the same in every process, and two splits share no random numbers.
"""

import dataclasses
from collections.abc import Callable

import numpy as np


@dataclasses.dataclass(frozen=True, eq=False)
class Samples:
    """Samples, and the factors that each was drawn from; all arrays have n rows.

    Attributes:
        x: images uint8 (n, h, w, c), voxels uint8 (n, width, depth, height, 1) of 0 and 1, or
            points float32 (n, d).
        y: labels int32 (n,), tokens int32 (n, length), or a second domain, images or voxels
            uint8; None without any of them.
        factors: name -> array (n, …), in the units that `BuiltinDataset.factors` states.

    >>> from trainers.datasets import builtin
    >>> samples = builtin.find("glyphs").read("test", count=2)
    >>> samples.x.shape, samples.y.shape, samples.factors["rotation"].shape
    ((2, 28, 28, 1), (2,), (2,))
    """

    x: np.ndarray
    y: np.ndarray | None
    factors: dict


@dataclasses.dataclass(frozen=True)
class Factor:
    """A factor of variation, by which samples are drawn.

    Attributes:
        meaning: what the factor is, with unit and range.
        shape: of the factor of one sample.
        dtype: "float32", "int32", "uint8", or "str".

    >>> from trainers.datasets import builtin
    >>> builtin.find("captions").factors["box"].shape
    (4,)
    """

    meaning: str
    shape: tuple = ()
    dtype: str = "float32"


@dataclasses.dataclass(frozen=True, eq=False, kw_only=True)
class BuiltinDataset:
    """A dataset that is drawn, not downloaded.

    Attributes:
        name: of the dataset.
        description: what the samples are, and the public source of the idea.
        shape: of one x.
        levels: the largest value of an x that is stored as uint8; None for points.
        y_shape: of one y: () of a label; None where there is no y.
        y_levels: the largest value of a y that is stored as uint8; None for labels and tokens.
        class_names: of the labels 0, 1 …; empty where y is not a label.
        splits: name -> number of samples, known before any is drawn. "all" is train, then test.
        factors: name -> `Factor`.
        centers, std: of mixtures of equal Gaussians, the means, shape (classes, d), and the
            standard deviation of each along every axis; None for others.
        draw: (split, count) -> the first `count` samples of a split other than "all". Callers
            use `read`.
    """

    name: str
    description: str
    shape: tuple
    levels: int | None = 255
    y_shape: tuple | None = None
    y_levels: int | None = None
    class_names: tuple = ()
    splits: dict
    factors: dict
    centers: np.ndarray | None = None
    std: float | None = None
    draw: Callable

    def read(self, split, count=None):
        """Draws a split, the same samples each time.

        Args:
            split: one of `splits`.
            count: number of samples, from the first; by default all.

        Returns:
            `Samples`.

        Raises:
            ValueError: there is no split of this name, or it has fewer than `count` samples.

        >>> from trainers.datasets import builtin
        >>> builtin.find("ring").read("test", count=3).x.shape
        (3, 2)
        """
        if split not in self.splits:
            raise ValueError(
                f"`split` of {self.name!r} should be one of {', '.join(self.splits)}. "
                f"Received: split={split!r}"
            )
        size = self.splits[split]
        count = size if count is None else count
        if not 1 <= count <= size:
            raise ValueError(
                f"`count` should be from 1 to {size}, the samples of {split!r} of {self.name!r}. "
                f"Received: count={count!r}"
            )
        if split != "all":
            return self.draw(split, count)
        train = self.splits["train"]
        first = self.draw("train", min(count, train))
        return first if count <= train else _concatenate(first, self.draw("test", count - train))


def splits(train, test, **others):
    """Returns the sizes of splits, and of "all", which is train and then test.

    >>> splits(train=90, test=10, unseen=5)
    {'train': 90, 'test': 10, 'unseen': 5, 'all': 100}
    """
    return {"train": train, "test": test, **others, "all": train + test}


def stream(dataset, split):
    """Returns the random generator of a split; the seed is the split's name, so no two share any.

    >>> float(stream("glyphs", "train").random()) == float(stream("glyphs", "test").random())
    False
    """
    return np.random.default_rng(list(f"{dataset}/{split}".encode()))


def uniform(rng, low, high, size):
    """Returns uniform draws as float32: a factor is rounded before samples are drawn from it.

    >>> uniform(np.random.default_rng(0), 0.0, 1.0, 2)
    array([0.6369617 , 0.26978672], dtype=float32)
    """
    return rng.uniform(low, high, size).astype(np.float32)


def _concatenate(first, second):
    def join(a, b):
        return np.concatenate([a, b])

    return Samples(
        x=join(first.x, second.x),
        y=None if first.y is None else join(first.y, second.y),
        factors={name: join(rows, second.factors[name]) for name, rows in first.factors.items()},
    )
