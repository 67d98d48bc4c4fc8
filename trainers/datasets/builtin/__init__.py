"""Built-in datasets, without a download: every sample is drawn here, from known factors.

    from trainers.datasets import builtin

    dataset = builtin.find("glyphs")
    samples = dataset.read("train", count=100)   # always the same ones
    samples.x, samples.y, samples.factors        # images, labels, and the factors of each
    dataset.splits, dataset.factors              # known before anything is drawn

The datasets need NumPy and Pillow; `stacked_digits` and `photos` read files that come with
scikit-learn and scikit-image.
"""

from trainers.datasets.builtin import (
    captions,
    furniture,
    glyphs,
    pairs,
    photos,
    points,
    sprites,
    stacked_digits,
)
from trainers.datasets.builtin.points import GRID, RING, SPLITS, Mixture
from trainers.datasets.builtin.samples import BuiltinDataset, Factor, Samples

__all__ = [
    "DATASETS",
    "GRID",
    "RING",
    "SPLITS",
    "BuiltinDataset",
    "Factor",
    "Mixture",
    "Samples",
    "find",
]

DATASETS = tuple(
    dataset
    for module in (
        points,
        stacked_digits,
        glyphs,
        sprites,
        captions,
        pairs,
        furniture,
        photos,
    )
    for dataset in module.DATASETS
)


def find(name):
    """Returns the `BuiltinDataset` of that name.

    Raises:
        ValueError: there is none; the message lists those there are.

    >>> find("sprites").splits
    {'train': 2956, 'test': 500, 'all': 3456}
    """
    for dataset in DATASETS:
        if dataset.name == name:
            return dataset
    names = ", ".join(sorted(dataset.name for dataset in DATASETS))
    raise ValueError(f"`name` should be one of {names}. Received: name={name!r}")
