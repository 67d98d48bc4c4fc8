"""Worlds without a download: every sample is drawn here, and what it was drawn from is known.

    from trainers.datasets import builtin

    world = builtin.find("glyphs")
    samples = world.read("train", count=100)     # always the same ones
    samples.x, samples.y, samples.factors        # images, labels, and the truth about each
    world.splits, world.factors                  # known before anything is drawn

They need NumPy and Pillow; `stacked_digits` and `photos` read what scikit-learn and scikit-image
bring along.
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
from trainers.datasets.builtin.samples import Factor, Samples, World

__all__ = ["GRID", "RING", "SPLITS", "WORLDS", "Factor", "Mixture", "Samples", "World", "find"]

WORLDS = tuple(
    world
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
    for world in module.WORLDS
)


def find(name):
    """Returns the `World` of that name.

    Raises:
        ValueError: there is none; the sentence lists those there are.

    >>> find("sprites").splits
    {'train': 2956, 'test': 500, 'all': 3456}
    """
    for world in WORLDS:
        if world.name == name:
            return world
    names = ", ".join(sorted(world.name for world in WORLDS))
    raise ValueError(f"`name` should be one of {names}. Received: name={name!r}")
