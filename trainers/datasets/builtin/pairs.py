"""Pairs: two pictures of one shape, for translation from either to the other.

    edge2shape      an outline, and the shape in colour; to fill it a model has to know which
                    colour the shape has (Isola, Zhu, Zhou, Efros 2017, "Image-to-Image
                    Translation with Conditional Adversarial Networks", edges -> photo,
                    https://arxiv.org/abs/1611.07004)
    solid2striped   a shape in one colour, and in stripes; both ways are known pixel by pixel
                    (Zhu, Park, Isola, Efros 2017, "Unpaired Image-to-Image Translation using
                    Cycle-Consistent Adversarial Networks", horse <-> zebra,
                    https://arxiv.org/abs/1703.10593)

A square is red, an ellipse green, a heart blue, a triangle yellow. They are .4, .3, .2 and .1 of
the samples: with equal shares a translation that exchanges two colours, and exchanges them again on
the way back, would have no cycle-consistency loss.

In `unpaired` x and y show different objects of the same distribution, drawn independently.
"""

import numpy as np

from trainers.datasets.builtin import shapes
from trainers.datasets.builtin.samples import (
    BuiltinDataset,
    Factor,
    Samples,
    splits,
    stream,
    uniform,
)

SIZE = 32
PRIORS = (0.4, 0.3, 0.2, 0.1)  # of shapes.SHAPES
COLORS = tuple(shapes.COLORS.values())  # of each shape, in the same order
PERIOD = 4  # of the stripes, pixels along a row or a column
SHADE = 0.25  # what a dark stripe leaves of the colour
COUNTS = splits(train=2_500, test=500, unpaired=2_500)


def edges(shape, scale, angle, x, y, size=SIZE):
    """Draws the outline of a shape, white on black, uint8 (size, size, 1).

    Args:
        shape: number of the shape in `shapes.SHAPES`.
        scale, angle, x, y: as for `shapes.outline`.
        size: height and width.

    >>> edges(0, 0.3, 0.0, x=0.5, y=0.5).shape
    (32, 32, 1)
    """
    corners = shapes.outline(shapes.SHAPES[shape], scale, angle, x, y)
    return shapes.stroked(corners, size)[..., None]


def solid(shape, scale, angle, x, y, size=SIZE):
    """Draws a shape in its colour, uint8 (size, size, 3). Arguments as for `edges`.

    >>> solid(0, 0.3, 0.0, x=0.5, y=0.5)[16, 16].tolist()  # red, in the middle of the light
    [169, 46, 38]
    """
    return shapes.painted(_cover(shape, scale, angle, x, y, size), COLORS[shape])


def striped(shape, scale, angle, x, y, size=SIZE):
    """Draws a shape in diagonal stripes, uint8 (size, size, 3). Arguments as for `edges`.

    The place of the stripes does not depend on the shape's.

    >>> striped(0, 0.3, 0.0, x=0.5, y=0.5)[16, 14:18, 0].tolist()
    [42, 42, 169, 169]
    """
    color = np.array(COLORS[shape]) * np.where(dark(size), SHADE, 1.0)[..., None]
    return shapes.painted(_cover(shape, scale, angle, x, y, size), color)


def dark(size=SIZE):
    """Returns the mask of the dark stripes, bool (size, size).

    >>> dark(4).astype(int).tolist()
    [[0, 0, 1, 1], [0, 1, 1, 0], [1, 1, 0, 0], [1, 0, 0, 1]]
    """
    rows, columns = np.indices((size, size))
    return (rows + columns) % PERIOD >= PERIOD // 2


def _cover(shape, scale, angle, x, y, size):
    return shapes.filled(shapes.outline(shapes.SHAPES[shape], scale, angle, x, y), size)


def objects(rng, count):
    """Draws the factors of objects: shape int32 (count,), and scale, angle, x, y float32.

    >>> list(objects(np.random.default_rng(0), 3))
    ['shape', 'scale', 'angle', 'x', 'y']
    """
    return {
        "shape": rng.choice(len(PRIORS), size=count, p=PRIORS).astype(np.int32),
        "scale": uniform(rng, 0.16, 0.30, count),
        "angle": uniform(rng, 0.0, 2 * np.pi, count),
        "x": uniform(rng, 0.34, 0.66, count),
        "y": uniform(rng, 0.34, 0.66, count),
    }


def _pair_dataset(name, draw_x, draw_y, channels, description):
    def draw(split, count):
        rng = stream(name, split)
        of_x = objects(rng, COUNTS[split])
        of_y = objects(rng, COUNTS[split]) if split == "unpaired" else of_x
        of_x, of_y = (
            {factor: values[:count] for factor, values in each.items()} for each in (of_x, of_y)
        )
        x, y = (
            np.stack([one(*row) for row in zip(*each.values(), strict=True)])
            for one, each in ((draw_x, of_x), (draw_y, of_y))
        )
        return Samples(x, y, of_x)

    return BuiltinDataset(
        name=name,
        description=description,
        shape=(SIZE, SIZE, channels),
        y_shape=(SIZE, SIZE, 3),
        y_levels=255,
        splits=COUNTS,
        factors={  # in `unpaired`, of x
            "shape": Factor("0 square, 1 ellipse, 2 heart, 3 triangle", dtype="int32"),
            "scale": Factor("share of the side, .16 … .30"),
            "angle": Factor("radians, clockwise, 0 … 2π"),
            "x": Factor("centre of mass from the left, share of the side, .34 … .66"),
            "y": Factor("centre of mass from the top, share of the side, .34 … .66"),
        },
        draw=draw,
    )


DATASETS = (
    _pair_dataset(
        "edge2shape",
        edges,
        solid,
        channels=1,
        description=(
            "Outlines (x) and coloured shapes (y) of 32x32 pixels, a colour per shape, after the "
            "edges -> photo of pix2pix (Isola, Zhu, Zhou, Efros 2017, "
            "https://arxiv.org/abs/1611.07004)."
        ),
    ),
    _pair_dataset(
        "solid2striped",
        solid,
        striped,
        channels=3,
        description=(
            "Shapes in one colour (x) and in stripes (y), 32x32 RGB pixels, after the horse <-> "
            "zebra of CycleGAN (Zhu, Park, Isola, Efros 2017, https://arxiv.org/abs/1703.10593)."
        ),
    ),
)
