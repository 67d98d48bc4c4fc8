"""Sprites: one white shape on black, every combination of its factors once.

Matthey, Higgins, Hassabis, Lerchner (2017), "dSprites: Disentanglement testing Sprites dataset",
https://github.com/google-deepmind/dsprites-dataset

    3 shapes x 4 scales x 8 orientations x 6 x 6 places = 3,456 images of 32x32

dSprites has 3 x 6 x 40 x 32 x 32 images of 64x64. As there, a square looks the same after a quarter
of a turn and an ellipse after half of one, so some images are equal: 8 orientations make 2
different squares and 4 different ellipses. Equal images are in the same split.
"""

import itertools

import numpy as np

from trainers.datasets.builtin import shapes
from trainers.datasets.builtin.samples import BuiltinDataset, Factor, Samples, splits, stream

SIZE = 32
SHAPES = shapes.SHAPES[:3]
SCALES = (0.16, 0.20, 0.24, 0.28)  # shares of the side, see `shapes.outline`
ORIENTATIONS = tuple(2 * np.pi * k / 8 for k in range(8))  # radians, clockwise
PLACES = (0.32, 0.392, 0.464, 0.536, 0.608, 0.68)  # of the centre of mass, shares of the side
TEST = {"square": 168, "ellipse": 166, "heart": 166}


def sprite(shape, scale, orientation, x, y, size=SIZE):
    """Draws an image, uint8 (size, size, 1).

    >>> image = sprite("heart", 0.28, 0.0, x=0.5, y=0.5)
    >>> image.shape, image.max()
    ((32, 32, 1), np.uint8(255))
    """
    return shapes.filled(shapes.outline(shape, scale, orientation, x, y), size)[..., None]


def combinations():
    """Returns the factors of all sprites: shape int32 (3456,); scale, orientation, x, y float32.

    >>> len(combinations()["shape"])
    3456
    """
    rows = itertools.product(range(len(SHAPES)), SCALES, ORIENTATIONS, PLACES, PLACES)
    shape, *others = np.array(list(rows)).T
    named = dict(zip(("scale", "orientation", "x", "y"), others, strict=True))
    named = {name: values.astype(np.float32) for name, values in named.items()}
    return {"shape": shape.astype(np.int32), **named}


def rows(split):
    """Returns the indices of a split's combinations, in the order of the split.

    >>> sorted(np.concatenate([rows("train"), rows("test")]).tolist()) == list(range(3456))
    True
    """
    rng = stream("sprites", "division")
    shape, scale, orientation, place = np.unravel_index(
        np.arange(3456), (len(SHAPES), len(SCALES), len(ORIENTATIONS), len(PLACES) ** 2)
    )
    test = np.zeros(3456, bool)
    for k, name in enumerate(SHAPES):
        different = round(shapes.SYMMETRY[name] / (2 * np.pi) * len(ORIENTATIONS))
        looks = np.ravel_multi_index(
            (scale, orientation % different, place),
            (len(SCALES), different, len(PLACES) ** 2),
        )
        equal = len(ORIENTATIONS) // different
        held_out = rng.permutation(looks[shape == k].max() + 1)[: TEST[name] // equal]
        test |= (shape == k) & np.isin(looks, held_out)
    return rng.permutation(np.flatnonzero(test if split == "test" else ~test))


def _draw(split, count):
    chosen = rows(split)[:count]
    factors = {name: values[chosen] for name, values in combinations().items()}
    images = [sprite(SHAPES[k], *others) for k, *others in zip(*factors.values(), strict=True)]
    return Samples(np.stack(images), factors["shape"], factors)


DATASETS = (
    BuiltinDataset(
        name="sprites",
        description=(
            "A white square, ellipse or heart on black, in 4 sizes, 8 orientations and 36 places, "
            "each combination once: 32x32 grey pixels, after dSprites (Matthey, Higgins, "
            "Hassabis, Lerchner 2017, https://github.com/google-deepmind/dsprites-dataset)."
        ),
        shape=(SIZE, SIZE, 1),
        y_shape=(),
        class_names=SHAPES,
        splits=splits(train=3456 - sum(TEST.values()), test=sum(TEST.values())),
        factors={
            "shape": Factor("0 square, 1 ellipse, 2 heart", dtype="int32"),
            "scale": Factor("share of the side, .16 .20 .24 .28"),
            "orientation": Factor("radians, clockwise, 2πk/8"),
            "x": Factor("centre of mass from the left, share of the side, 6 from .32 to .68"),
            "y": Factor("centre of mass from the top, share of the side, 6 from .32 to .68"),
        },
        draw=_draw,
    ),
)
