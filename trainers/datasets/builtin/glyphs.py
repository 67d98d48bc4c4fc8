"""Glyphs: digits of a typeface, turned, slanted, scaled, shifted, and of any weight.

MNIST (LeCun, Bottou, Bengio, Haffner 1998, http://yann.lecun.com/exdb/mnist/) without a download,
and with known factors. The typeface is Aileron, the one inside Pillow,
https://pillow.readthedocs.io/en/stable/reference/ImageFont.html.

    glyphs        28x28 grey
    glyphs8       8x8 grey, with smaller deformations: a synthetic partner of the handwritten
                  digits (unsupervised adaptation as by Shrivastava et al. 2017, "Learning from
                  Simulated and Unsupervised Images", https://arxiv.org/abs/1612.07828)
    glyphs_photo  |patch of a photograph - glyph|, 28x28 RGB: the recipe of MNIST-M (Ganin et al.
                  2016, "Domain-Adversarial Training of Neural Networks",
                  https://arxiv.org/abs/1505.07818)
"""

import functools

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from trainers.datasets.builtin import photos
from trainers.datasets.builtin.samples import (
    BuiltinDataset,
    Factor,
    Samples,
    splits,
    stream,
    uniform,
)

DIGITS = tuple("0123456789")
FINE = 4  # a pixel is drawn as 4 x 4
HEIGHT = 0.72  # of the font, a share of the side; a digit is .71 of that high

# name -> low, high of a uniform distribution. Angles in radians, shifts in shares of the side, the
# stroke in whole quarters of a pixel added on each side of the font's own, both ends included.
RANGES = {
    "rotation": (-0.45, 0.45),
    "shear": (-0.3, 0.3),
    "scale": (0.75, 1.15),
    "shift_x": (-0.06, 0.06),
    "shift_y": (-0.06, 0.06),
    "stroke": (0, 6),
}
GENTLE = {
    "rotation": (-0.25, 0.25),
    "shear": (-0.25, 0.25),
    "scale": (1.15, 1.45),
    "shift_x": (-0.03, 0.03),
    "shift_y": (-0.03, 0.03),
    "stroke": (0, 8),
}


def glyph(digit, rotation=0.0, shear=0.0, scale=1.0, shift_x=0.0, shift_y=0.0, stroke=0, size=28):
    """Draws a digit, uint8 (size, size, 1): scaled and turned, then slanted, then shifted.

    Args:
        digit: 0 … 9.
        rotation: radians, clockwise.
        shear: shift of a row to the right, per row that it lies above the centre.
        scale: 1 makes a digit of half the side.
        shift_x, shift_y: to the right and down, shares of the side.
        stroke: quarters of a pixel by which lines are wider on each side, a whole number.
        size: height and width.

    >>> glyph(3, rotation=0.4, stroke=2).shape
    (28, 28, 1)
    """
    side = size * FINE
    sin, cos = np.sin(rotation) / scale, np.cos(rotation) / scale
    # Pillow takes the inverse map, from a pixel of the result to a pixel of the source.
    back = np.array([[cos, sin], [-sin, cos]]) @ [[1.0, shear], [0.0, 1.0]]
    center = np.array([side / 2, side / 2])
    start = center - back @ (center + side * np.array([shift_x, shift_y]))
    rows = (*back[0], start[0], *back[1], start[1])
    image = _upright(int(digit), int(stroke), side)
    image = image.transform((side, side), Image.Transform.AFFINE, rows, Image.Resampling.BILINEAR)
    return np.asarray(image.reduce(FINE))[..., None]


@functools.cache
def _upright(digit, stroke, side):
    """Returns the upright digit, cached: to lay out text takes longer than all the rest."""
    image = Image.new("L", (side, side))
    font = ImageFont.load_default(size=int(HEIGHT * side))
    middle = (side / 2, side / 2)
    ImageDraw.Draw(image).text(
        middle, DIGITS[digit], fill=255, font=font, anchor="mm", stroke_width=stroke
    )
    return image


def _factors(rng, ranges, count):
    """Draws labels int32 (count,), and factors name -> (count,)."""
    labels = rng.integers(10, size=count).astype(np.int32)
    factors = {
        name: uniform(rng, low, high, count)
        for name, (low, high) in ranges.items()
        if name != "stroke"
    }
    low, high = ranges["stroke"]
    factors["stroke"] = rng.integers(low, high + 1, size=count).astype(np.int32)
    return labels, factors


def _images(labels, factors, size):
    """Draws images uint8 (n, size, size, 1)."""
    rows = zip(labels, *factors.values(), strict=True)
    return np.stack([glyph(*row, size=size) for row in rows])


def _draw_glyphs(split, count):
    rng = stream("glyphs", split)
    return _samples(*_factors(rng, RANGES, GLYPHS.splits[split]), count, size=28)


def _draw_glyphs8(split, count):
    rng = stream("glyphs8", split)
    samples = _samples(*_factors(rng, GENTLE, GLYPHS8.splits[split]), count, size=32)
    # 32x32, then means of 4x4: the handwritten digits, too, count the pixels of 4x4
    blocks = samples.x.reshape(count, 8, 4, 8, 4, 1)
    small = np.rint(blocks.mean(axis=(2, 4))).astype(np.uint8)
    return Samples(small, samples.y, samples.factors)


def _samples(labels, factors, count, size):
    factors = {name: values[:count] for name, values in factors.items()}
    return Samples(_images(labels[:count], factors, size), labels[:count], factors)


def _draw_glyphs_photo(split, count):
    size = GLYPHS_PHOTO.splits[split]
    rng = stream("glyphs_photo", split)
    glyphs = _samples(*_factors(rng, RANGES, size), count, size=28)
    photographs = photos.photographs(split)
    numbers = np.array([photos.NAMES.index(name) for name in photographs], np.int32)
    which = rng.choice(numbers, size)[:count]
    where = rng.random((size, 2))[:count]
    patches = np.stack(
        [_patch(photographs[photos.NAMES[k]], *at) for k, at in zip(which, where, strict=True)]
    )
    x = np.abs(patches.astype(np.int16) - glyphs.x).astype(np.uint8)
    return Samples(x, glyphs.y, {**glyphs.factors, "glyph": glyphs.x, "photograph": which})


def _patch(photograph, down, right):
    """Returns a 28x28 patch; its corner is given as shares, 0 … 1, of its range."""
    top = int(down * (photograph.shape[0] - 27))
    left = int(right * (photograph.shape[1] - 27))
    return photograph[top : top + 28, left : left + 28]


def _factor_facts(ranges):
    stroke = "quarters of a pixel by which lines are wider on each side, 0 … {1}"
    meanings = {
        "rotation": "radians, clockwise, {} … {}",
        "shear": "shift to the right per row above the centre, {} … {}",
        "scale": "{} … {}; at 1 a digit is half as high as the image",
        "shift_x": "to the right, share of the side, {} … {}",
        "shift_y": "down, share of the side, {} … {}",
        "stroke": stroke,
    }
    return {
        name: Factor(
            meaning.format(*ranges[name]), dtype="int32" if name == "stroke" else "float32"
        )
        for name, meaning in meanings.items()
    }


GLYPHS = BuiltinDataset(
    name="glyphs",
    description=(
        "Digits of the typeface inside Pillow, turned, slanted, scaled, shifted and of any "
        "weight, 28x28 grey pixels: MNIST without a download "
        "(https://pillow.readthedocs.io/en/stable/reference/ImageFont.html)."
    ),
    shape=(28, 28, 1),
    y_shape=(),
    class_names=DIGITS,
    splits=splits(train=10_000, test=2_000),
    factors=_factor_facts(RANGES),
    draw=_draw_glyphs,
)
GLYPHS8 = BuiltinDataset(
    name="glyphs8",
    description=(
        "Digits of the typeface inside Pillow as 8x8 grey pixels, a synthetic partner of the "
        "handwritten digits (https://pillow.readthedocs.io/en/stable/reference/ImageFont.html)."
    ),
    shape=(8, 8, 1),
    y_shape=(),
    class_names=DIGITS,
    splits=splits(train=6_000, test=1_000),
    factors=_factor_facts(GENTLE),
    draw=_draw_glyphs8,
)
GLYPHS_PHOTO = BuiltinDataset(
    name="glyphs_photo",
    description=(
        "|patch of a photograph - glyph|, 28x28 RGB pixels: the recipe of MNIST-M (Ganin et al.: "
        "Domain-Adversarial Training of Neural Networks, 2016, https://arxiv.org/abs/1505.07818). "
        "The photographs behind `test` are others than those behind `train`."
    ),
    shape=(28, 28, 3),
    y_shape=(),
    class_names=DIGITS,
    splits=splits(train=6_000, test=1_000),
    factors={
        **_factor_facts(RANGES),
        "glyph": Factor(
            "the glyph without background, pixels of 0 … 255", shape=(28, 28, 1), dtype="uint8"
        ),
        "photograph": Factor("number of the photograph in photos.NAMES", dtype="int32"),
    },
    draw=_draw_glyphs_photo,
)
DATASETS = (GLYPHS, GLYPHS8, GLYPHS_PHOTO)
