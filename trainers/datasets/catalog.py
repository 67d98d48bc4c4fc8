"""Which worlds there are, and what is known of them before any is loaded.

A world is one entry of `WORLDS`: its facts, and a function that reads a split. What reading
needs (TensorFlow, scikit-learn) is imported when it reads, so that a command line can check its
flags in no time.
"""

import copy
import dataclasses
import difflib
from collections.abc import Callable

import numpy as np

from trainers.datasets import worlds


@dataclasses.dataclass(frozen=True, eq=False)
class Info:
    """What is known of a dataset.

    Attributes:
        name: as `load` takes it.
        shape: of one sample: (h, w, c) of an image as it is stored, or (2,) of a point.
        classes: labels are 0 … classes - 1; of points they number the mode.
        splits: name of each split -> number of samples.
        centers, std: of worlds that are mixtures of Gaussians, the means, shape (classes, d), and
            the standard deviation of each along every axis; None for others.
        evaluator: the name of the classifier whose features compare images of this world
            (`trainers.metrics.evaluator`); None where there is none.
        description: what the samples are and where they come from.
    """

    name: str
    shape: tuple
    classes: int
    splits: dict
    centers: np.ndarray | None
    std: float | None
    evaluator: str | None
    description: str


@dataclasses.dataclass(frozen=True)
class World:
    """A dataset that can be loaded.

    Attributes:
        info: its facts.
        read: (split, data_dir) -> the samples and their labels, NumPy arrays of equal length.
            Images come as uint8, points as float32.
        levels: the largest value of a pixel, white; None for points.
    """

    info: Info
    read: Callable
    levels: int | None = None


def _read_digits(split, data_dir):
    from trainers.datasets import digits

    return digits.read(split, data_dir)


def _mixture(mixture, description):
    info = Info(
        name=mixture.name,
        shape=(2,),
        classes=len(mixture.centers),
        splits={split: len(range(*rows)) for split, rows in worlds.SPLITS.items()},
        centers=mixture.centers,
        std=mixture.std,
        evaluator=None,
        description=description,
    )
    return World(info, lambda split, data_dir: mixture.read(split))


DIGITS = World(
    Info(
        name="digits",
        shape=(8, 8, 1),
        classes=10,
        # half_a and half_b divide the same images anew: one to train on, one to score against
        splits={"train": 1297, "test": 500, "half_a": 899, "half_b": 898, "all": 1797},
        centers=None,
        std=None,
        evaluator="digits",
        description=(
            "Handwritten digits, 8x8 grey pixels of 17 levels: the test part of Optical "
            "Recognition of Handwritten Digits (Alpaydin, Kaynak 1998, "
            "https://doi.org/10.24432/C50P49), as it comes with scikit-learn."
        ),
    ),
    _read_digits,
    levels=16,
)

RING = _mixture(
    worlds.RING,
    "8 Gaussians of standard deviation .02, evenly spaced on a circle of radius 2 "
    "(Metz, Poole, Pfau, Sohl-Dickstein: Unrolled GAN, 2017, https://arxiv.org/abs/1611.02163).",
)

GRID = _mixture(
    worlds.GRID,
    "25 Gaussians of standard deviation .05 at {-4, -2, 0, 2, 4} x {-4, -2, 0, 2, 4} "
    "(Lin, Khetan, Fanti, Oh: PacGAN, 2018, https://arxiv.org/abs/1712.04086).",
)

WORLDS = {world.info.name: world for world in (DIGITS, GRID, RING)}


def list_datasets():
    """Returns the names that `load` takes, sorted."""
    return sorted(WORLDS)


def info(name):
    """Returns the `Info` of a dataset, the caller's own copy.

    Raises:
        ValueError: there is none of that name; the sentence lists those there are.
    """
    return copy.deepcopy(find(name).info)


def find(name):
    """Returns the `World` of that name.

    Raises:
        ValueError: there is none; the sentence lists those there are, and the nearest name.
    """
    if isinstance(name, str) and name in WORLDS:
        return WORLDS[name]
    near = difflib.get_close_matches(str(name).lower(), WORLDS, n=2)
    hint = f"; did you mean {' or '.join(map(repr, near))}?" if near else ""
    raise ValueError(
        f"`name` should be one of {', '.join(list_datasets())}. Received: name={name!r}{hint}"
    )
